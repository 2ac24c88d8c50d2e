// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"context"

	"nafuda.io/nafuda/internal/decide/guard"
	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/dnsname"
)

// flight is the batch of a zone whose call is under way, or waits for its turn. The zero flight is none.
type flight struct {
	batch  change.Batch
	brings map[dnsname.Name]bool // names that get something new or different
	takes  map[dnsname.Name]bool // names that lose a record set
	recall context.CancelFunc    // ends the wait for the call; where that has begun it does nothing
}

func newFlight(b change.Batch, recall context.CancelFunc) flight {
	f := flight{batch: b, brings: make(map[dnsname.Name]bool), takes: make(map[dnsname.Name]bool), recall: recall}
	for _, g := range b.Groups {
		if !takesOnly(g) {
			f.brings[g.Name] = true
		}
		if len(guard.Of(g).Removes) > 0 {
			f.takes[g.Name] = true
		}
	}
	return f
}

// landed ends a flight.
func (z *zoneState) landed() {
	z.busy = false
	z.flight.recall()
	z.flight = flight{}
}

// takeBack recalls the batches that would take something away from one of the names, for an object asks for it now. What has been
// asked for isn't deleted because its delete has waited for the limiter.
func (c *core) takeBack(names []dnsname.Name) {
	for _, n := range names {
		if !c.wanted(n) {
			continue
		}
		for _, z := range c.names.above(n) {
			if z.flight.takes[n] {
				z.flight.recall()
			}
		}
	}
}

// takeBackAll recalls the batches that take something away: what proved that they may has changed.
func (c *core) takeBackAll() {
	for _, z := range c.zones {
		if len(z.flight.takes) > 0 {
			z.flight.recall()
		}
	}
}
