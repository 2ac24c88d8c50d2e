// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"slices"

	"nafuda.io/nafuda/internal/model/dnsname"
)

// known lists the names that objects ask for or hold, and those at which something of ours is published, sorted. It walks over every
// mirror.
func (c *core) known() []dnsname.Name {
	out := slices.Collect(c.catalog.Names())
	for _, z := range c.sortedZones() {
		shadow := z.shadow()
		last := dnsname.Name("")
		for s := range shadow.mirror.All() {
			if s.Name != last && c.ours(shadow, s.Name) {
				out = append(out, s.Name)
			}
			last = s.Name
		}
	}
	slices.SortFunc(out, dnsname.Name.Compare)
	return slices.Compact(out)
}

// ours reports whether a view that uses the zone owns something at a name of it.
func (c *core) ours(z *zoneState, name dnsname.Name) bool {
	for _, v := range z.views {
		if slices.ContainsFunc(c.whose(z, name, v), func(s SetFacts) bool { return s.Ours }) {
			return true
		}
	}
	return false
}
