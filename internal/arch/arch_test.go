// SPDX-License-Identifier: Apache-2.0

// Package arch checks the house rules: which package may import which, and who may touch the heavy modules.
package arch

import (
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "nafuda.io/nafuda/"

// levels is the import table: a package imports only packages of lower levels. A pattern ends in "/*" for every folder below.
// The table is also in ARCHITECTURE.md.
var levels = []struct {
	level    int
	packages []string
}{
	{0, []string{"model/dnsname", "model/reason", "model/crash", "model/spelling", "memory/filelock"}},
	{1, []string{"model/record", "model/zone", "model/fact"}},
	{2, []string{"model/endpoint", "model/change"}},
	{3, []string{
		"memory/catalog", "memory/facts", "memory/mirror", "memory/journal", "memory/statedir", "serve/zonedb", "provider", "registry", "source", "source/kinds", "feed",
		"decide/grant", "decide/guard", "ops/metrics", "ops/legacylog", "ops/report", "provider/awsconf", "app/flags", "cli/document",
	}},
	{4, []string{
		"decide/resolve", "decide/plan", "decide/view", "provider/*", "registry/*", "source/*", "serve/nameserver", "serve/r53emu", "serve/iamemu", "serve/sdemu", "serve/homeemu", "wan", "ops/probe",
		"feed/kube", "feed/manifest", "feed/given", "feed/resolver", "memory/objects",
	}},
	{5, []string{"loop/reconcile", "loop/limiter", "provider/all", "source/all", "serve/r53emu/r53emutest", "serve/r53emu/stsemu"}},
	{6, []string{"ops/why", "ops/doctor", "ops/verify", "ops/bootstrap", "ops/migrate", "ops/ownership", "ops/status", "ops/control"}},
	{7, []string{"app"}},
	{8, []string{"app/sandbox", "cli/parse"}},
	{9, []string{"cli"}},
}

// peers are packages that others of their own level may import: what they are for.
var peers = map[string]string{
	"loop/limiter":          "reconcile's own part",
	"source/kinds":          "the slim forms that sources share",
	"source":                "kinds describes itself with it",
	"provider":              "awsconf classifies errors with it",
	"memory/journal":        "report shows its entries",
	"serve/nameserver":      "the provider local answers with it",
	"provider/providertest": "the conformance suite is used by each provider's tests",
	"source/sourcetest":     "golden tests of sources use it",
}

// doors says who may import a heavy module, tests apart.
var doors = map[string][]string{
	"k8s.io/":                      {"feed/kube", "feed/manifest", "source/*", "registry/crd", "ops/bootstrap", "ops/doctor"},
	"sigs.k8s.io/":                 {"feed/kube", "feed/manifest", "source/*", "registry/crd", "ops/bootstrap", "ops/doctor", "ops/migrate", "app"},
	"go.yaml.in/":                  {"cli/document"},
	"github.com/aws/":              {"provider/awsconf", "provider/route53", "provider/awssd", "registry/dynamodb", "ops/bootstrap", "ops/doctor"},
	"github.com/miekg/dns":         {"serve/nameserver", "wan", "ops/probe", "ops/doctor", "provider/rfc2136"},
	"github.com/prometheus/":       {"ops/metrics", "ops/status"},
	"github.com/alecthomas/kong":   {"cli", "cli/parse"},
	"github.com/tidwall/btree":     {"memory/mirror", "serve/zonedb"},
	"github.com/fsnotify/fsnotify": {"feed/manifest", "app"},
}

func TestImportsPointDown(t *testing.T) {
	for pkg, imports := range parse(t, false) {
		for _, imp := range imports {
			if dep, ours := strings.CutPrefix(imp, module+"internal/"); ours {
				checkLevel(t, pkg, dep)
			} else {
				checkDoor(t, pkg, imp)
			}
		}
	}
}

func TestTestsStayInside(t *testing.T) {
	for pkg, imports := range parse(t, true) {
		for _, imp := range imports {
			if strings.Contains(imp, "stretchr/testify") || strings.Contains(imp, "onsi/") {
				t.Errorf("%s: tests use the standard library, go-cmp, testscript and rapid, not %s", pkg, imp)
			}
		}
	}
}

func checkLevel(t *testing.T, pkg, dep string) {
	t.Helper()
	from, ok := level(pkg)
	if !ok {
		t.Errorf("%s isn't in the import table: give it a row", pkg)
		return
	}
	to, ok := level(dep)
	if !ok {
		t.Errorf("%s isn't in the import table: give it a row", dep)
		return
	}
	if to > from || to == from && peers[dep] == "" {
		t.Errorf("%s (level %d) imports %s (level %d): imports point down", pkg, from, dep, to)
	}
}

func checkDoor(t *testing.T, pkg, imp string) {
	t.Helper()
	for prefix, allowed := range doors {
		if strings.HasPrefix(imp, prefix) && !slices.ContainsFunc(allowed, func(p string) bool { return match(p, pkg) }) {
			t.Errorf("%s imports %s: only %s may", pkg, imp, strings.Join(allowed, ", "))
		}
	}
}

func level(pkg string) (int, bool) {
	if pkg == "cmd/nafuda" {
		return 10, true
	}
	for _, exact := range []bool{true, false} {
		for _, l := range levels {
			for _, p := range l.packages {
				if exact && p == pkg || !exact && match(p, pkg) {
					return l.level, true
				}
			}
		}
	}
	return 0, false
}

func match(pattern, pkg string) bool {
	if dir, ok := strings.CutSuffix(pattern, "/*"); ok {
		return strings.HasPrefix(pkg, dir+"/")
	}
	return pattern == pkg
}

// parse returns the imports of each package by reading its files, so that the test cache sees a change of them.
func parse(t *testing.T, tests bool) map[string][]string {
	t.Helper()
	root := filepath.Join("..", "..")
	found := make(map[string]map[string]bool)
	for _, top := range []string{"cmd", "internal"} {
		err := filepath.WalkDir(filepath.Join(root, top), func(p string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(p, ".go") || strings.HasSuffix(p, "_test.go") != tests || strings.Contains(p, "testdata") {
				return err
			}
			f, err := parser.ParseFile(token.NewFileSet(), p, nil, parser.ImportsOnly)
			if err != nil {
				return err
			}
			rel, err := filepath.Rel(root, filepath.Dir(p))
			if err != nil {
				return err
			}
			pkg := strings.TrimPrefix(path.Clean(filepath.ToSlash(rel)), "internal/")
			if found[pkg] == nil {
				found[pkg] = make(map[string]bool)
			}
			for _, spec := range f.Imports {
				imp, err := strconv.Unquote(spec.Path.Value)
				if err != nil {
					return err
				}
				found[pkg][imp] = true
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if !tests && len(found) < 5 {
		t.Fatalf("found only %d packages", len(found))
	}
	out := make(map[string][]string, len(found))
	for pkg, imports := range found {
		out[pkg] = slices.Sorted(maps.Keys(imports))
	}
	return out
}
