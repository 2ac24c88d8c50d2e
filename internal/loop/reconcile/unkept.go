// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"nafuda.io/nafuda/internal/decide/guard"
	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/reason"
)

// unkept is what is known while nothing can be kept: deletes wait, for after a restart nobody would know that they were spent. All else goes on, since what is
// wrong with a folder or a Lease shall keep no name from being published.
type unkept struct {
	failing bool
	saving  bool // a try is under way
	back    backoff
	again   time.Time // when the next try is due
}

// takes reports whether a batch takes a record set away without anything in its place.
func takes(b change.Batch) bool {
	return slices.ContainsFunc(b.Groups, func(g change.Group) bool { return len(guard.Of(g).Removes) > 0 })
}

// cantKeep enters that saving has failed.
func (c *core) cantKeep(err error, now time.Time) {
	c.Observe(Unkept{Err: err})
	if u := &c.keeping.unkept; !u.failing {
		*u = unkept{failing: true}
		u.again = now.Add(u.back.next(longestOutage, c.Jitter))
	}
}

// withoutKeeper takes back a batch that may not be sent without what couldn't be saved. Its deletes are held when it is planned again.
func (c *core) withoutKeeper(z *zoneState, b change.Batch, err error) {
	z.requeue(b)
	if c.Once && z.writes.tries < onceTries-1 { // nobody waits until it can be saved
		c.keeping.unkept = unkept{}
		c.writeFailed(z, err)
	}
}

// holdUnkept has a name keep what it would lose, while that can't be kept in mind.
func (c *core) holdUnkept(z *zoneState, e guard.Effect, v guard.Verdict) guard.Verdict {
	delete(z.unkept, e.Name)
	if !c.keeping.unkept.failing || len(e.Removes) == 0 || !v.Deletes.None() {
		return v
	}
	z.unkept[e.Name] = true
	v.Deletes = reason.New(reason.NotKept, "what the brake has spent can't be saved, so no more is spent")
	c.incomplete = fmt.Errorf("%w: %s: %w", ErrIncomplete, e.Name, v.Deletes)
	return v
}

// keepAgain tries again to save what couldn't be, and tells when the next try is due. What this process knows is all there is to keep only once what was kept
// before is loaded.
func (c *core) keepAgain(now time.Time) time.Time {
	u := &c.keeping.unkept
	switch {
	case !u.failing || u.saving || !c.keeping.loaded:
		return never
	case now.Before(u.again):
		return u.again
	}
	u.saving = true
	edit := c.keeping.edits
	save := c.keeping.save(c.Keeper, c.snapshot(), edit)
	c.group.Go(func() error {
		err := save(c.ctx)
		select {
		case c.tell <- func(c *core) { c.keptAgain(edit, err) }:
		case <-c.ended:
		}
		return nil
	})
	return never
}

// keptAgain enters what came of such a try. What was held for it is planned again.
func (c *core) keptAgain(edit uint64, err error) {
	now := time.Now()
	if err != nil {
		u := &c.keeping.unkept
		u.saving, u.again = false, now.Add(u.back.next(longestOutage, c.Jitter))
		c.Observe(Unkept{Err: err})
		return
	}
	c.keeping.unkept, c.keeping.safe = unkept{}, max(c.keeping.safe, edit)
	c.Observe(Unkept{})
	for _, z := range c.zones {
		for _, n := range slices.SortedFunc(maps.Keys(z.unkept), dnsname.Name.Compare) {
			z.queue.push(dirty{n, now, looked})
		}
		clear(z.unkept)
	}
}
