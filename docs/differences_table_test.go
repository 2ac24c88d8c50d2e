// SPDX-License-Identifier: Apache-2.0

package docs

import (
	"strings"
	"testing"

	"nafuda.io/nafuda/internal/ops/migrate"
)

// TestDifferencesAreThoseOfMigrate: what migrate puts changes down to stands on the page, word for word; and a difference on the page with
// a flag that restores the old way is one that migrate knows.
func TestDifferencesAreThoseOfMigrate(t *testing.T) {
	page := pages(t)["docs/differences.md"]
	list := migrate.Differences()
	if len(list) < 10 {
		t.Fatalf("only %d differences", len(list))
	}
	known := make(map[string]bool)
	for _, d := range list {
		row := "| " + strings.Join([]string{d.Theirs, d.Ours, d.Why, d.Flag}, " | ") + " |\n"
		known[row] = true
		if !strings.Contains(page, "\n"+row) {
			t.Errorf("docs/differences.md doesn't have this row of internal/ops/migrate/difference.go:\n%s", row)
		}
		if len(d.Tries) == 0 && d.Looks == nil && !strings.Contains(d.Flag, "--") {
			t.Errorf("%s: neither a flag nor a look", d.Ours)
		}
	}
	_, restores, _ := strings.Cut(page, "\n## Safety\n")
	restores, _, _ = strings.Cut(restores, "\n## Running it\n") // how it runs shows in no plan
	for line := range strings.Lines(restores) {
		cells := strings.Split(strings.TrimSuffix(line, " |\n"), " | ")
		if strings.HasPrefix(line, "| ") && strings.HasPrefix(cells[len(cells)-1], "`--") && !known[line] {
			t.Errorf("internal/ops/migrate/difference.go lacks this row of docs/differences.md, whose flag restores the old way:\n%s", line)
		}
	}
}
