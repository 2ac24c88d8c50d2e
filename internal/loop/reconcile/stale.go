// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"fmt"
	"maps"
	"slices"
	"time"
)

// staleAfter is how long something must have failed until readiness tells: an error that the next try mends isn't worth it.
const staleAfter = 2 * longestOutage

// notHeard lists what was known once and has been failing since: kinds, listings of zones, and zones. Meanwhile what is published stays.
func (c *core) notHeard(now time.Time) []string {
	var out []string
	add := func(since time.Time, format string, args ...any) {
		if !since.IsZero() && now.Sub(since) >= staleAfter {
			out = append(out, fmt.Sprintf(format, args...)+", failing since "+since.UTC().Format(time.RFC3339))
		}
	}
	for _, kind := range slices.Sorted(maps.Keys(c.failing)) {
		add(c.failing[kind], "objects of the kind %s", kind)
	}
	for _, a := range c.accounts {
		if a.listed {
			add(a.failed, "list of zones of account %s", a.name)
		}
	}
	for _, l := range c.storesFailing() {
		add(l.failed, "ownership table of view %s", l.view)
	}
	for _, z := range c.sortedZones() {
		if z.read && !z.vanished && z.fault != nil {
			add(z.failed, "zone %s", z.Name)
		}
	}
	return out
}
