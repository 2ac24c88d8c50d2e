// SPDX-License-Identifier: Apache-2.0

package docs

import (
	"testing"
)

// TestMigrateTour follows the page from the sandbox on: what it shows is what the program prints.
func TestMigrateTour(t *testing.T) {
	all := pages(t)
	page := all["docs/migrate.md"]
	list := blocks(section(t, page, "## Try it without a cluster", "## The arguments"))
	startTour(t).follow(t, list)
	sameTwins(t, "docs/migrate.md", "docs/migrate.ja.md")
}
