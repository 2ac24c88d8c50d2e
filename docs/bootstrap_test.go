// SPDX-License-Identifier: Apache-2.0

package docs

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestBootstrapShowsWhatIsMade holds the page to the golden files of the tests that make it all.
func TestBootstrapShowsWhatIsMade(t *testing.T) {
	golden := func(name string) string {
		b, err := os.ReadFile(filepath.Join(root, "internal", "ops", "bootstrap", "testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	indented := func(text string) string {
		return "      " + strings.ReplaceAll(strings.TrimSpace(text), "\n", "\n      ")
	}
	want := map[string]string{"text": golden("apply.txt") + golden("delete.txt") + golden("adopt.txt"), "json": golden("user.txtar") + golden("limit-names.txtar")}
	checked := 0
	before, way, _ := strings.Cut(pages(t)["docs/bootstrap.md"], "\n## From nothing to the first name\n") // test/e2e follows that part
	_, after, _ := strings.Cut(way, "\n## ")
	for _, b := range append(blocks(before), blocks(after)...) {
		all, ok := want[b.Lang]
		if !ok {
			continue
		}
		checked++
		if !strings.Contains(all, b.Text) && !strings.Contains(all, indented(b.Text)) {
			t.Errorf("docs/bootstrap.md shows what isn't made:\n%s", b.Text)
		}
	}
	if checked != 5 {
		t.Errorf("checked %d blocks, want 5", checked)
	}
	sameTwins(t, "docs/bootstrap.md", "docs/bootstrap.ja.md")
}
