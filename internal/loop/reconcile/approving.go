// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"nafuda.io/nafuda/internal/decide/guard"
	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/endpoint"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/spelling"
	"nafuda.io/nafuda/internal/model/zone"
)

// Braked is what the brake of a zone holds.
type Braked struct {
	Zone             zone.Zone
	Deletes, Updates []change.Change // as they would be sent, sorted by key, markers left out
	Hash             string          // approves exactly these
	Why              []reason.Reason // at most one for deletes and one for updates, in that order
}

// Braked lists what brakes hold, by zone, sorted by the zone's name and id. It waits for the step that is under way.
func (l *Loop) Braked(ctx context.Context) ([]Braked, error) {
	var out []Braked
	err := l.ask(ctx, func(c *core) { out = c.braked(time.Now()) })
	return out, err
}

func (c *core) braked(now time.Time) []Braked {
	var out []Braked
	for _, z := range c.sortedZones() {
		if b := z.braked(now); b.Hash != "" {
			out = append(out, b)
		}
	}
	return out
}

// braked is what the zone's brake holds; without a hash it is nothing.
func (z *zoneState) braked(now time.Time) Braked {
	if z.guard == nil {
		return Braked{}
	}
	if l := z.guard.Level(now); !l.DeletesHeld && !l.UpdatesHeld {
		return Braked{}
	}
	h := z.guard.Held(now)
	return Braked{Zone: z.Zone, Deletes: h.Deletes, Updates: h.Updates, Hash: h.Hash, Why: h.Why}
}

// Approve lets go what a zone's brake holds, if it is still what the hash was made of, and returns it; it is sent after that, like any
// change. Else the error is guard.ErrOtherPlan or guard.ErrNothingHeld.
func (l *Loop) Approve(ctx context.Context, hash string) (Braked, error) {
	var out Braked
	var failed error
	err := l.ask(ctx, func(c *core) { out, failed = c.approveHash(time.Now(), hash) })
	if err != nil {
		return Braked{}, err
	}
	return out, failed
}

func (c *core) approveHash(now time.Time, hash string) (Braked, error) {
	all := c.braked(now)
	for _, b := range all {
		if b.Hash == hash {
			return b, c.zones[b.Zone.Key].release(c, now, b)
		}
	}
	if len(all) == 0 {
		return Braked{}, fmt.Errorf("approve plan %s: %w", hash, guard.ErrNothingHeld)
	}
	return Braked{}, fmt.Errorf("approve plan %s: %w: zone %s holds plan %s; look at it, then approve that", hash, guard.ErrOtherPlan, all[0].Zone.Name, all[0].Hash)
}

// release lets go what the brake holds.
func (z *zoneState) release(c *core, now time.Time, b Braked) error {
	if err := z.guard.Approve(now, b.Hash); err != nil {
		return err
	}
	byName := make(map[dnsname.Name][]change.Change)
	for _, ch := range slices.Concat(b.Deletes, b.Updates) {
		byName[ch.Key().Name] = append(byName[ch.Key().Name], ch)
	}
	for n, changes := range byName {
		z.approved[n] = guard.Hash(z.Key, changes)
	}
	c.Observe(Released{Braked: b})
	return nil
}

// approveBeforehand lets go what --approve names.
func (z *zoneState) approveBeforehand(c *core, now time.Time) {
	if len(c.approve) == 0 {
		return
	}
	b := z.braked(now)
	i := slices.Index(c.approve, b.Hash)
	if i < 0 || z.release(c, now, b) != nil {
		return
	}
	c.approve = slices.Delete(c.approve, i, i+1)
	for n := range z.approved {
		z.queue.sort(n, released)
	}
}

// tellEvery is how often at most it is told that what a brake holds has changed.
const tellEvery = 10 * time.Second

// brakeTold is what was told last of a brake.
type brakeTold struct {
	hash  string    // empty: that it is open
	edits uint64    // the guard's, when that was looked at
	held  [2]bool   // deletes and updates
	at    time.Time // when
	again time.Time // when to look again; zero: when something has changed
	about endpoint.Ref
}

// tellBrake tells when a brake closes or opens, or what it holds has changed.
func (z *zoneState) tellBrake(c *core, now time.Time) {
	l := z.guard.Level(now)
	held, edits := [2]bool{l.DeletesHeld, l.UpdatesHeld}, z.guard.Edits()
	if z.told.edits == edits && z.told.held == held && (z.told.again.IsZero() || now.Before(z.told.again)) {
		return
	}
	z.told.edits, z.told.held, z.told.again = edits, held, time.Time{}
	b := z.braked(now)
	switch {
	case b.Hash == z.told.hash:
		return
	case b.Hash == "":
		z.told.hash, z.told.about = "", endpoint.Ref{}
		c.Observe(BrakeFreed{Zone: z.Zone})
		return
	case z.told.hash != "" && now.Before(z.told.at.Add(tellEvery)):
		z.told.again = z.told.at.Add(tellEvery)
		return
	}
	z.told.hash, z.told.at, z.told.about = b.Hash, now, c.example(b, z.told.about)
	c.Observe(BrakeHeld{
		Zone: z.Zone, Deletes: len(b.Deletes), Updates: len(b.Updates), Hash: b.Hash, Why: b.Why,
		About: z.told.about, There: c.objects.Get(z.told.about) != nil,
	})
}

// example is one object that something is held of: the one told before, else the first by name that is there, else the first that was.
func (c *core) example(b Braked, before endpoint.Ref) endpoint.Ref {
	var there, gone []endpoint.Ref
	for _, ch := range slices.Concat(b.Deletes, b.Updates) {
		ref, ok := endpoint.ParseRef(ch.Resource)
		switch {
		case !ok:
		case ref == before:
			return before
		case c.objects.Get(ref) != nil:
			there = append(there, ref)
		default:
			gone = append(gone, ref)
		}
	}
	for _, list := range [][]endpoint.Ref{there, gone} {
		if len(list) > 0 {
			return slices.MinFunc(list, endpoint.Ref.Compare)
		}
	}
	return endpoint.Ref{}
}

// heldBack tells, at the end of a run with Once, what brakes hold and what full zones leave out.
func (c *core) heldBack(now time.Time) error {
	var errs []error
	for _, b := range c.braked(now) {
		z := c.zones[b.Zone.Key]
		if z.told.hash != b.Hash {
			z.told = brakeTold{}
			z.tellBrake(c, now)
		}
		errs = append(errs, fmt.Errorf("%w: the brake of the zone %s holds %s and %s: look at them, then pass --approve=%s", ErrIncomplete, z.Name, spelling.Count(len(b.Deletes), "delete"), spelling.Count(len(b.Updates), "update"), b.Hash))
	}
	for _, z := range c.sortedZones() {
		if n := len(z.quota.waiting); n > 0 && !z.vanished && !c.DryRun {
			errs = append(errs, fmt.Errorf("%w: the zone %s may have %d record sets, which leaves no room for %s", ErrIncomplete, z.Name, z.quota.limit, spelling.Count(n, "name")))
		}
	}
	return errors.Join(errs...)
}
