// SPDX-License-Identifier: Apache-2.0

package docs

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestMigrateTour follows the page from the sandbox on: what it shows is what the program prints.
func TestMigrateTour(t *testing.T) {
	all := pages(t)
	page := all["docs/migrate.md"]
	list := blocks(section(t, page, "## Try it without a cluster", "## The arguments"))
	startTour(t).follow(t, list)
	if diff := cmp.Diff(blocks(page), blocks(all["docs/migrate.ja.md"])); diff != "" {
		t.Errorf("the fenced blocks, -English +Japanese:\n%s", diff)
	}
	if diff := cmp.Diff(headings(page), headings(all["docs/migrate.ja.md"])); diff != "" {
		t.Errorf("the levels of the headings, -English +Japanese:\n%s", diff)
	}
}
