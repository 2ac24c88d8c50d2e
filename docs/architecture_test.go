// SPDX-License-Identifier: Apache-2.0

package docs

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var packageRow = regexp.MustCompile("(?m)^\\| `([a-z0-9/]+)` \\| ([0-9]+) \\| ")

func TestArchitectureListsEveryPackage(t *testing.T) {
	page := pages(t)["ARCHITECTURE.md"]
	listed := make(map[string]int)
	for _, m := range packageRow.FindAllStringSubmatch(page, -1) {
		if _, twice := listed[m[1]]; twice {
			t.Errorf("ARCHITECTURE.md lists %s twice", m[1])
		}
		listed[m[1]], _ = strconv.Atoi(m[2])
	}
	if diff := cmp.Diff(packagesWithLevels(t), listed); diff != "" {
		t.Errorf("the packages and their levels, -the tree and internal/arch +ARCHITECTURE.md:\n%s", diff)
	}
	const most = 180 // a row a package, of which there are over seventy
	if lines := strings.Count(page, "\n"); lines > most {
		t.Errorf("ARCHITECTURE.md has %d lines, more than %d", lines, most)
	}
}

// packagesWithLevels lists the packages below internal that have code, and the level that the import table gives them.
func packagesWithLevels(t *testing.T) map[string]int {
	t.Helper()
	table := levels(t)
	found := make(map[string]int)
	err := fs.WalkDir(os.DirFS(filepath.Join(root, "internal")), ".", func(p string, d fs.DirEntry, err error) error {
		pkg := path.Dir(p)
		if err != nil || path.Ext(p) != ".go" || strings.HasSuffix(p, "_test.go") || strings.Contains(p, "testdata") {
			return err
		}
		level, ok := table[pkg]
		if !ok {
			level, ok = table[path.Dir(pkg)+"/*"]
		}
		if !ok {
			t.Errorf("%s isn't in the import table", pkg)
		}
		found[pkg] = level
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// levels reads the import table out of the source of the test that checks it.
func levels(t *testing.T) map[string]int {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, "internal", "arch", "arch_test.go"), nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	table := make(map[string]int)
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || spec.Names[0].Name != "levels" {
			return true
		}
		for _, row := range spec.Values[0].(*ast.CompositeLit).Elts {
			cells := row.(*ast.CompositeLit).Elts
			level, _ := strconv.Atoi(cells[0].(*ast.BasicLit).Value)
			for _, p := range cells[1].(*ast.CompositeLit).Elts {
				name, _ := strconv.Unquote(p.(*ast.BasicLit).Value)
				table[name] = level
			}
		}
		return false
	})
	if len(table) < 20 {
		t.Fatalf("the import table has only %d packages: is it read right?", len(table))
	}
	return table
}

var (
	invariant = regexp.MustCompile(`(?m)^\| ([a-z ]+) \| (.*)$`)
	testNamed = regexp.MustCompile("`((?:Test|Benchmark)[A-Za-z0-9]+)`")
)

// TestEachInvariantHasATest holds docs/testing.md to the invariants of ARCHITECTURE.md, and to the tests that there are.
func TestEachInvariantHasATest(t *testing.T) {
	all := pages(t)
	code := testsOf(t)
	proofs := make(map[string]string)
	for _, m := range invariant.FindAllStringSubmatch(section(t, all["docs/testing.md"], "## Each invariant", "## The simulator"), -1) {
		proofs[m[1]] = m[2]
	}
	found := 0
	for _, m := range invariant.FindAllStringSubmatch(section(t, all["ARCHITECTURE.md"], "## Invariants", "## Packages"), -1) {
		if m[1] == "name" {
			continue
		}
		found++
		tests := testNamed.FindAllStringSubmatch(proofs[m[1]], -1)
		if len(tests) == 0 {
			t.Errorf("docs/testing.md names no test of the invariant %s", m[1])
		}
		for _, name := range tests {
			if !strings.Contains(code, "\nfunc "+name[1]+"(") {
				t.Errorf("docs/testing.md names %s, which isn't there", name[1])
			}
		}
	}
	if found < 12 {
		t.Errorf("found only %d invariants: is the page read right?", found)
	}
}

// testsOf is the text of all tests.
func testsOf(t *testing.T) string {
	t.Helper()
	var out strings.Builder
	for _, dir := range []string{"internal", "test"} {
		err := fs.WalkDir(os.DirFS(filepath.Join(root, dir)), ".", func(p string, _ fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(p, "_test.go") {
				return err
			}
			text, err := os.ReadFile(filepath.Join(root, dir, p))
			out.Write(text)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return out.String()
}
