// SPDX-License-Identifier: Apache-2.0

package docs

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestVerifyTour(t *testing.T) {
	startTour(t).follow(t, blocks(section(t, pages(t)["docs/verify.md"], "## Try it", "")))
}

// TestVerifyShowsWhatIsPrinted holds the page to the golden files of the tests that print it.
func TestVerifyShowsWhatIsPrinted(t *testing.T) {
	var golden strings.Builder
	for _, file := range []string{"internal/cli/testdata/script/verify.txtar", "internal/ops/verify/testdata/rows.txt"} {
		b, err := os.ReadFile(filepath.Join(root, file))
		if err != nil {
			t.Fatal(err)
		}
		golden.Write(b)
	}
	// The script's resolver has an address of as many characters.
	all := strings.ReplaceAll(golden.String(), "$RESOLVER", "192.168.1.53:53")
	page, _, _ := strings.Cut(pages(t)["docs/verify.md"], "## Try it")
	checked := 0
	for _, b := range blocks(page) {
		if b.Lang != "text" {
			continue
		}
		checked++
		if !strings.Contains(all, b.Text) {
			t.Errorf("docs/verify.md shows what isn't printed:\n%s", b.Text)
		}
	}
	if checked != 3 {
		t.Errorf("checked %d blocks, want 3", checked)
	}
}

// TestVerifyPagesAreTheSame holds the Japanese page to the English one.
func TestVerifyPagesAreTheSame(t *testing.T) { sameTwins(t, "docs/verify.md", "docs/verify.ja.md") }
