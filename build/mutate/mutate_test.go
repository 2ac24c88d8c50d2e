// SPDX-License-Identifier: Apache-2.0

//go:build mutate

package mutate

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var find = flag.Bool("find", false, "where a test passes all the same, run all of its package and tell which fail")

// TestMutate breaks the code in every way of the lists, one after the other, and sees that the tests which are named fail. Nothing in the
// tree is touched: the toolchain reads the broken file in the place of the good one (go help build, -overlay).
func TestMutate(t *testing.T) {
	for _, inv := range invariants {
		t.Run(inv, func(t *testing.T) {
			for _, m := range list(t, inv) {
				t.Run(m.Title, func(t *testing.T) { try(t, m) })
			}
		})
	}
}

func try(t *testing.T, m Mutation) {
	good, err := filepath.Abs(filepath.Join(root, m.File))
	if err != nil {
		t.Fatal(err)
	}
	broken, err := m.Apply(read(t, good))
	if err != nil {
		t.Fatal(err)
	}
	bad, overlay := filepath.Join(t.TempDir(), "bad.go"), filepath.Join(t.TempDir(), "overlay.json")
	replace, err := json.Marshal(map[string]any{"Replace": map[string]string{good: bad}})
	if err != nil {
		t.Fatal(err)
	}
	for path, text := range map[string][]byte{bad: []byte(broken), overlay: replace} {
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, x := range m.Tests {
		out, err := run(t, overlay, x)
		switch {
		case bytes.Contains(out, []byte("no tests to run")):
			t.Errorf("%s has no %s", x.Package, x.Run)
		case err == nil:
			t.Errorf("%s in %s passes all the same", x.Run, x.Package)
			if *find {
				out, _ := run(t, overlay, Test{x.Package, "."})
				t.Logf("of all its tests these fail: %q", failed.FindAllString(string(out), -1))
			}
		case !came.Match(out):
			t.Errorf("%s in %s didn't come to fail: %v\n%s", x.Run, x.Package, err, shortened(out))
		default:
			t.Logf("%s: %q", x.Package, failed.FindAllString(string(out), -1))
		}
	}
}

var (
	failed = regexp.MustCompile(`(?m)^--- FAIL: \S+`)
	came   = regexp.MustCompile(`(?m)^(--- FAIL|panic): `) // to fail, rather than not to compile
)

func run(t *testing.T, overlay string, x Test) ([]byte, error) {
	args := []string{"test", "-overlay", overlay, "-count=1", "-short", "-timeout=3m", "-run", x.Run, x.Package}
	if drawsValues(t, x.Package) {
		args = append(args, "-rapid.nofailfile") // else what fails is kept beside the test
	}
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Dir = root
	return cmd.CombinedOutput()
}

// drawsValues reports whether tests of a package use rapid, and so have its flags.
func drawsValues(t *testing.T, pkg string) bool {
	files, err := filepath.Glob(filepath.Join(root, pkg, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if strings.Contains(read(t, f), `"pgregory.net/rapid"`) {
			return true
		}
	}
	return false
}

func shortened(out []byte) string {
	const most = 3000
	return strings.ToValidUTF8(string(out[max(0, len(out)-most):]), "?")
}
