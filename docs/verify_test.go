// SPDX-License-Identifier: Apache-2.0

package docs

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
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
func TestVerifyPagesAreTheSame(t *testing.T) {
	all := pages(t)
	en, ja := all["docs/verify.md"], all["docs/verify.ja.md"]
	if diff := cmp.Diff(headings(en), headings(ja)); diff != "" {
		t.Errorf("the levels of the headings, -English +Japanese:\n%s", diff)
	}
	if diff := cmp.Diff(blocks(en), blocks(ja)); diff != "" {
		t.Errorf("the fenced blocks, -English +Japanese:\n%s", diff)
	}
	if rows := func(page string) int { return strings.Count(prose(page), "\n| ") }; rows(en) != rows(ja) {
		t.Errorf("the English tables have %d rows, the Japanese ones %d", rows(en), rows(ja))
	}
}
