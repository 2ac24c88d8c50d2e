// SPDX-License-Identifier: Apache-2.0

package txt_test

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/registry/txt"
	"nafuda.io/nafuda/test/zonetext"
)

// TestSizes holds the table of docs/ownership.md, and of its twin, to what each form writes.
func TestSizes(t *testing.T) {
	for _, page := range []string{"ownership.md", "ownership.ja.md"} {
		text, err := os.ReadFile("../../../docs/" + page)
		if err != nil {
			t.Fatal(err)
		}
		rows := 0
		for line := range strings.Lines(string(text)) {
			cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
			if len(cells) != 6 {
				continue
			}
			records, err := strconv.Atoi(number(cells[1]))
			if err != nil {
				continue
			}
			rows++
			at := strings.Fields(cells[0])
			if records != 1000*len(at) {
				t.Errorf("%s: %d records at 1,000 names with %v", page, records, at)
			}
			for i, format := range []string{"typed", "untyped", "both", "shared"} {
				if want := strconv.Itoa(1000 * (len(at) + markers(t, format, at))); number(cells[2+i]) != want {
					t.Errorf("%s: %v as %s takes %s, the page says %s", page, at, format, want, number(cells[2+i]))
				}
			}
		}
		if rows < 5 {
			t.Errorf("%s has only %d rows", page, rows)
		}
	}
}

func number(cell string) string { return strings.ReplaceAll(strings.TrimSpace(cell), ",", "") }

// markers counts what is written for new record sets at one name, each "TYPE" or "TYPE#identifier".
func markers(t *testing.T, format string, at []string) int {
	t.Helper()
	var lines strings.Builder
	for _, a := range at {
		typ, id, ok := strings.Cut(a, "#")
		if ok {
			id = "#" + id
		}
		fmt.Fprintf(&lines, "i/x www%s %s 10\n", id, typ)
	}
	after := owned(t, lines.String())
	var changes []change.Change
	for i := range after {
		changes = append(changes, change.Change{After: &after[i].Set})
	}
	l := txt.New(options(txt.Options{Format: format, Prefix: "x-"})).Open(zonetext.Full("www"), example, zonetext.Look(nil), nobody)
	made, refused := l.Attach(changes, after)
	if refused != nil {
		t.Fatal(refused)
	}
	return len(made)
}
