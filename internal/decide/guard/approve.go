// SPDX-License-Identifier: Apache-2.0

package guard

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/reason"
)

// Errors of Approve.
var (
	ErrNothingHeld = errors.New("nothing is held")
	ErrOtherPlan   = errors.New("it isn't what was shown")
)

// Held is what a brake holds at one moment.
type Held struct {
	Deletes []change.Change // of record sets, sorted by key; those in grace are among them
	Updates []change.Change // those that change targets, a change of type as its delete and create, sorted by key
	Hash    string          // of all of them; empty: nothing is held
	Why     []reason.Reason // for the deletes, if there are any, and for the updates
}

// Held lists what the brakes hold now; what was approved isn't held any more. It costs a walk over the names that wait.
func (g *Zone) Held(now time.Time) Held {
	g.tick(now)
	var h Held
	deletes, updates := g.deletesHeld(), g.updatesHeld()
	for _, r := range g.waiting {
		if deletes && r.counted {
			h.Deletes = append(h.Deletes, r.Removes...)
		}
		if updates && r.unit != "" {
			h.Updates = append(h.Updates, r.Moves...)
		}
	}
	if len(h.Deletes) > 0 {
		h.Why = append(h.Why, g.whyDeletes())
	}
	if len(h.Updates) > 0 {
		h.Why = append(h.Why, g.whyUpdates())
	}
	slices.SortFunc(h.Deletes, byKey)
	slices.SortFunc(h.Updates, byKey)
	h.Hash = Hash(g.zone.Key, slices.Concat(h.Deletes, h.Updates))
	return h
}

// Approve releases exactly the held changes that the hash is of, and no others: it fails with ErrOtherPlan where any has come,
// gone or changed since, and with ErrNothingHeld. A released change goes when its grace is over; it isn't counted. A name that
// would then lose something else is held again. Due tells the names.
func (g *Zone) Approve(now time.Time, hash string) error {
	h := g.Held(now)
	switch {
	case h.Hash == "":
		return fmt.Errorf("approve plan %s of zone %s: %w", hash, g.zone.Name, ErrNothingHeld)
	case h.Hash != hash:
		return fmt.Errorf("approve plan %s of zone %s: %w: it is plan %s now; look at it, then approve that", hash, g.zone.Name, ErrOtherPlan, h.Hash)
	}
	g.edits++
	deletes, updates := g.deletesHeld(), g.updatesHeld()
	for n, old := range g.waiting {
		r := &request{Effect: old.Effect, removeOK: old.removeOK, moveOK: old.moveOK}
		if deletes && old.counted {
			r.removeOK = Hash(g.zone.Key, r.Removes)
			g.released[n] = g.released[n] || g.grace.Over(g.now, n)
		}
		if updates && old.unit != "" {
			r.moveOK = Hash(g.zone.Key, r.Moves)
			g.released[n] = true
		}
		if !g.released[n] {
			delete(g.released, n)
		}
		g.count(r)
		g.waiting[n] = r
	}
	return nil
}
