// SPDX-License-Identifier: Apache-2.0

package mutate

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the table of docs/testing.md anew")

// invariants are those of ARCHITECTURE.md, in its order; testdata has a list for each.
var invariants = []string{"foreign", "together", "proof", "brake", "apart", "alive", "delta", "one path", "quiet", "undo", "why", "secret"}

// root is the module's, seen from here.
const root = "../.."

func list(t *testing.T, invariant string) []Mutation {
	t.Helper()
	text := read(t, filepath.Join("testdata", strings.ReplaceAll(invariant, " ", "-")+".txt"))
	out, err := Parse(text)
	if err != nil {
		t.Fatalf("%s: %v", invariant, err)
	}
	return out
}

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestListFits sees that every mutation can still be made, and that there are some for each invariant.
func TestListFits(t *testing.T) {
	for _, inv := range invariants {
		ms := list(t, inv)
		if len(ms) < 2 {
			t.Errorf("%s has %d mutations, want at least 2", inv, len(ms))
		}
		for _, m := range ms {
			if _, err := m.Apply(read(t, filepath.Join(root, m.File))); err != nil {
				t.Errorf("%s: %v", inv, err)
			}
		}
	}
	if text := read(t, root+"/ARCHITECTURE.md"); !strings.Contains(text, "| "+strings.Join(invariants[:1], "")+" |") {
		t.Error("ARCHITECTURE.md has no table of invariants")
	}
}

const begin, end = "<!-- the table of build/mutate: make golden -->\n", "<!-- the table ends -->\n"

// TestTable keeps the table of docs/testing.md.
func TestTable(t *testing.T) {
	var b strings.Builder
	b.WriteString(begin + "\n| invariant | broken | in | fails |\n|---|---|---|---|\n")
	for _, inv := range invariants {
		for _, m := range list(t, inv) {
			var tests []string
			for _, x := range m.Tests {
				tests = append(tests, fmt.Sprintf("`%s` in `%s`", strings.Trim(x.Run, "^$"), strings.TrimPrefix(x.Package, "./")))
			}
			fmt.Fprintf(&b, "| %s | %s | `%s` | %s |\n", inv, m.Title, strings.TrimPrefix(m.File, "internal/"), strings.ReplaceAll(strings.Join(tests, ", "), "|", "\\|"))
		}
	}
	b.WriteString("\n" + end)
	page := root + "/docs/testing.md"
	text := read(t, page)
	before, rest, found := strings.Cut(text, begin)
	_, after, closed := strings.Cut(rest, end)
	if !found || !closed {
		t.Fatalf("%s has no place for the table: %q", page, begin)
	}
	want := before + b.String() + after
	if *update {
		if err := os.WriteFile(page, []byte(want), 0o644); err != nil { //nolint:gosec // a page for everyone
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want, text); diff != "" {
		t.Errorf("%s isn't what the lists say; run make golden (-want +got):\n%s", page, diff)
	}
}

func TestParse(t *testing.T) {
	for why, tc := range map[string]struct{ text, source, want, err string }{
		"a line is replaced":     {"= t\nfile f\ntest ./p T\n-b\n+x\n+y\n", "a\nb\nc\n", "a\nx\ny\nc\n", ""},
		"a line goes":            {"= t\nfile f\ntest ./p T\n-b\n", "a\nb\nc\n", "a\nc\n", ""},
		"two places":             {"# why\n\n= t\nfile f\ntest ./p T\n-b\n+x\n-d\n+y\n", "a\nb\nc\nd\ne\n", "a\nx\nc\ny\ne\n", ""},
		"the lines aren't there": {"= t\nfile f\ntest ./p T\n-z\n", "a\nb\nc\n", "", "0 times"},
		"they are twice":         {"= t\nfile f\ntest ./p T\n-b\n", "a\nb\na\nb\nc\n", "", "2 times"},
		"part of a line isn't":   {"= t\nfile f\ntest ./p T\n-b\n", "a\nbb\nc\n", "", "0 times"},
		"no test":                {"= t\nfile f\n-b\n", "a\nb\nc\n", "", "needs a file, a test"},
		"no title":               {"file f\n", "", "", "line 1: begin with a title"},
		"an unknown word":        {"= t\nfil f\n", "", "", "line 2: \"fil f\""},
		"nothing to replace":     {"= t\n+b\n", "", "", "takes no line's place"},
	} {
		t.Run(why, func(t *testing.T) {
			ms, err := Parse(tc.text)
			got := ""
			if err == nil {
				got, err = ms[0].Apply(tc.source)
			}
			if tc.err != "" {
				if err == nil || !strings.Contains(err.Error(), tc.err) {
					t.Errorf("got %v, want %q", err, tc.err)
				}
				return
			}
			if diff := cmp.Diff(tc.want, got); diff != "" || err != nil {
				t.Errorf("%v (-want +got):\n%s", err, diff)
			}
		})
	}
}
