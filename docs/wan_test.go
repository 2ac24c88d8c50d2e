// SPDX-License-Identifier: Apache-2.0

package docs

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"nafuda.io/nafuda/internal/wan"
)

// TestWANPagesSayWhoIsAsked holds both pages to the endpoints that there are, and to each other.
func TestWANPagesSayWhoIsAsked(t *testing.T) {
	all := pages(t)
	en, ja := all["docs/wan.md"], all["docs/wan.ja.md"]
	rows := 0
	for _, kind := range []wan.Kind{wan.STUN, wan.DNS, wan.HTTPS} {
		for _, text := range wan.Endpoints()[kind] {
			rows++
			operator, at, _ := strings.Cut(text, "=")
			row := "| `" + string(kind) + "` | " + operator + " | `" + at + "` |"
			if !strings.Contains(en, row) || !strings.Contains(ja, row) {
				t.Errorf("a page doesn't have the row %s", row)
			}
		}
	}
	for name, page := range map[string]string{"wan.md": en, "wan.ja.md": ja} {
		n := strings.Count(page, "| `stun` | ") + strings.Count(page, "| `dns` | ") + strings.Count(page, "| `https` | ")
		if n != rows+3 { // and one of each in the table of methods
			t.Errorf("docs/%s has %d rows about strangers, want %d", name, n, rows+3)
		}
	}
	if diff := cmp.Diff(headings(en), headings(ja)); diff != "" {
		t.Errorf("the levels of the headings, -English +Japanese:\n%s", diff)
	}
	if diff := cmp.Diff(blocks(en), blocks(ja)); diff != "" {
		t.Errorf("the fenced blocks, -English +Japanese:\n%s", diff)
	}
	for _, f := range flagged.FindAllString(en, -1) {
		if !strings.Contains(ja, f) {
			t.Errorf("docs/wan.ja.md doesn't name %s", f)
		}
	}
}

// TestWANShowsWhatIsPrinted holds the page to the golden files of the report and the status.
func TestWANShowsWhatIsPrinted(t *testing.T) {
	list := blocks(pages(t)["docs/wan.md"])
	if len(list) != 2 {
		t.Fatalf("docs/wan.md has %d blocks, want 2", len(list))
	}
	for i, file := range []string{"internal/wan/testdata/report.txt", "internal/ops/report/testdata/status-wan.golden"} {
		printed, err := os.ReadFile(filepath.Join(root, file))
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(printed), list[i].Text) {
			t.Errorf("docs/wan.md shows what isn't printed: %v", list[i])
		}
	}
}

// TestWANPageNamesItsFlags: those that a person may want; where UPnP is searched for is for tests.
func TestWANPageNamesItsFlags(t *testing.T) {
	page := pages(t)["docs/wan.md"]
	options := reflect.TypeFor[wan.Options]()
	for i := range options.NumField() {
		flag := options.Field(i).Tag.Get("name")
		if flag != "wan-ssdp" && flag != "wan-interface" && !strings.Contains(page, "--"+flag) && !strings.Contains(page, "--no-"+flag) {
			t.Errorf("docs/wan.md doesn't name --%s", flag)
		}
	}
}
