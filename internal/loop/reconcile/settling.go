// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"slices"

	"nafuda.io/nafuda/internal/feed"
	"nafuda.io/nafuda/internal/model/zone"
)

// tellSettled tells of zones in which what the objects ask for has been dealt with for the first time.
func (c *core) tellSettled() {
	var all []*zoneState
	for _, z := range c.zones {
		if !z.seeded && c.settles(z) {
			all = append(all, z)
		}
	}
	if len(all) == 0 || !c.heardAll() {
		return
	}
	slices.SortFunc(all, func(a, b *zoneState) int { return zone.Compare(a.Zone, b.Zone) })
	for _, z := range all {
		z.seeded = true
		c.Observe(ZoneSettled{z.Zone})
	}
}

// settles reports whether all that is known of a zone's names is dealt with. What can't be planned yet stays in the queue.
func (c *core) settles(z *zoneState) bool {
	if z.prompt && c.window.fresh != nil || !z.prompt && !c.window.empty() {
		return false
	}
	return !z.vanished && z.dealtWith()
}

// heardAll reports whether the objects have been read, and those and the facts that sources look up.
func (c *core) heardAll() bool {
	for kind := range c.kinds {
		if c.unheard(kind) {
			return false
		}
	}
	return c.lookupsKnown()
}

// unheard reports whether nothing is known of a kind: not even that we may not read it.
func (c *core) unheard(kind string) bool {
	state, _ := c.objects.State(kind)
	return state == feed.Same || state == feed.Failing && c.objects.Len(kind) == 0
}
