// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"time"

	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/reason"
)

// fought tells until when a group is best left alone, because someone else changes one of its record sets back again and again.
func (z *zoneState) fought(now time.Time, g change.Group) (until time.Time, why reason.Reason) {
	for _, ch := range g.Changes {
		if ch.Marker {
			continue
		}
		if u, w := z.fights.Check(now, ch.Key()); u.After(until) {
			until, why = u, w
		}
	}
	return until, why
}

// doubt enters a batch of which it isn't known what has been applied: what is read next was changed by us, or by nobody.
func (z *zoneState) doubt(b change.Batch) {
	for _, ch := range b.Changes() {
		z.fights.Unsure(ch.Key())
	}
}
