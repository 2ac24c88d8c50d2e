// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"slices"

	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/reason"
)

// tellOwners reports the record sets of other owners that stand in the way of a name, where a decision says that some do.
func (c *core) tellOwners(z *zoneState, name dnsname.Name, v verdicts) {
	if !slices.ContainsFunc(v.decisions, func(d change.Decision) bool { return d.Why.Code == reason.OtherOwner }) {
		return
	}
	view := z.view(v.view)
	if view == nil {
		return
	}
	ledger := view.claims.Open(name, z.Zone, z.mirror.At, c.asks)
	for _, s := range z.mirror.At(name) {
		if claim, ok, _ := ledger.Claim(s); ok && claim.Owner != view.claims.Owner() {
			c.Observe(OwnedElsewhere{Zone: z.Zone, Set: s, Owner: claim.Owner, Ours: view.claims.Owner()})
		}
	}
}
