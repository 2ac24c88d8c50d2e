// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"nafuda.io/nafuda/internal/memory/journal"
	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/registry"
	"nafuda.io/nafuda/internal/registry/rows"
)

// looseRow is a row of ours that doesn't fit what stands in a zone: of a write that was cut off, or of a record set that is gone.
type looseRow struct {
	view string
	key  record.Key
}

// mendJob brings rows to what they shall be.
type mendJob struct {
	in     *ledgers // its view and store, and nothing else of it: it is the loop's
	before []registry.Row
	after  []*registry.Row
	found  []foundRow // what they are now
}

// mendsAtOnce bounds one job.
const mendsAtOnce = 100

// seekLoose looks for our rows that don't fit what stands in the zone, once both have been read. An undo without a running loop does nothing else.
func (z *zoneState) seekLoose(c *core) {
	if !z.read || z.vanished || c.DryRun || c.order != nil {
		return
	}
	for _, v := range z.views {
		l := v.ledgers
		if l == nil || !l.read {
			continue
		}
		for _, row := range l.book.Ours() {
			if row.Key.Name.In(z.Name) && !registry.Same(&row, z.mended(c, row)) {
				z.loose[looseRow{l.view, row.Key}] = true
			}
		}
	}
}

// mended is what a row shall be, given what stands in the zone.
func (z *zoneState) mended(c *core, row registry.Row) *registry.Row {
	var have *record.Set
	for _, s := range z.mirror.At(row.Key.Name) {
		if s.Key == row.Key {
			have = &s
		}
	}
	return rows.Mend(row, have, z.ID, c.elsewhere(z, row.Key))
}

// mend starts to bring rows in order, once nothing else is to be written to the zone. It returns false where there is nothing to do.
func (z *zoneState) mend(c *core, now time.Time) bool {
	if len(z.loose) == 0 || !z.queue.empty() || len(z.unread) > 0 || z.reading && z.urgent {
		return false
	}
	for _, view := range z.looseViews() {
		l := c.storeOf(view)
		if l == nil { // the view has gone
			maps.DeleteFunc(z.loose, func(k looseRow, _ bool) bool { return k.view == view })
			continue
		}
		if now.Before(l.until) {
			continue
		}
		if j := z.mendsOf(c, l); len(j.before) > 0 {
			z.busy = true
			c.start(z.account, job{zone: z.Zone, mend: j})
			return true
		}
	}
	return false
}

// looseViews lists the views that have rows to be brought in order.
func (z *zoneState) looseViews() []string {
	var out []string
	for k := range z.loose {
		out = append(out, k.view)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// mendsOf takes a view's loose rows, as many as one job may have. Those that fit by now are dropped.
func (z *zoneState) mendsOf(c *core, l *ledgers) *mendJob {
	j := &mendJob{in: l}
	for _, k := range slices.SortedFunc(maps.Keys(z.loose), func(a, b looseRow) int { return a.key.Compare(b.key) }) {
		if k.view != l.view || len(j.before) == mendsAtOnce {
			continue
		}
		delete(z.loose, k)
		row := l.book.Row(k.key)
		if row == nil || row.Owner != l.book.Owner() {
			continue
		}
		if after := z.mended(c, *row); !registry.Same(row, after) {
			j.before, j.after = append(j.before, *row), append(j.after, after)
		}
	}
	return j
}

// run writes the rows. A row that has changed meanwhile stays as it is.
func (j *mendJob) run(ctx context.Context) error {
	for i, row := range j.before {
		now := j.after[i]
		err := j.in.store.Swap(ctx, &row, now)
		if errors.Is(err, registry.ErrChanged) {
			now, err = j.in.store.Get(ctx, row.Key)
		}
		if err != nil {
			return err
		}
		j.found = append(j.found, foundRow{j.in, row.Key, now})
	}
	return nil
}

// finishMend enters what became of rows.
func (c *core) finishMend(z *zoneState, r result) {
	z.busy = false
	now := time.Now()
	c.window.add(c.enter(r.mend.found), now, looked)
	l := r.mend.in
	if !c.current(l) {
		return
	}
	if r.err == nil {
		c.storeAnswers(l)
		return
	}
	for _, row := range r.mend.before[len(r.mend.found):] {
		z.loose[looseRow{l.view, row.Key}] = true
	}
	c.holdStore(l, r.err, now)
}

// holdStore pauses the writes to a store that fails.
func (c *core) holdStore(l *ledgers, err error, now time.Time) {
	l.until = now.Add(l.writes.next(longestOutage, c.Jitter))
	c.storeFailed(l, err)
	if c.Once && l.writes.tries >= onceTries {
		c.failed = err
	}
}

// claimsDone enters what became of the rows of a batch, and plans the names anew that weren't sent because of theirs. It reports
// whether anything of the batch was sent, or would have been.
func (c *core) claimsDone(z *zoneState, r *result) bool {
	cl := r.apply.claims
	if cl == nil {
		return true
	}
	_ = c.enter(cl.found) // names of the batch are looked at again if need be
	c.storesHeard(cl, r.called, time.Now())
	if len(cl.failed) > 0 || cl.left || r.err != nil && outcomeOf(r.err) != journal.Refused {
		z.loosen(c, cl)
	}
	if len(r.apply.unclaimed) > 0 {
		var again change.Batch
		for _, u := range r.apply.unclaimed {
			again.Groups = append(again.Groups, u.group)
		}
		z.requeue(again)
	}
	return len(r.apply.batch.Groups) > 0
}

// storesHeard enters which stores have failed while a batch was sent.
func (c *core) storesHeard(cl *claiming, called bool, now time.Time) {
	for _, l := range c.ledgers() {
		if !cl.in(l) {
			continue
		}
		if err := cl.failed[l.view]; err != nil {
			c.holdStore(l, err, now)
		} else if called {
			c.storeAnswers(l)
		}
	}
}

// in reports whether rows of a batch are in a store.
func (cl *claiming) in(l *ledgers) bool {
	for _, e := range cl.edits[l.view] {
		return e.in == l // as they all are
	}
	return false
}

// loosen says that nobody knows what became of the rows of a batch.
func (z *zoneState) loosen(c *core, cl *claiming) {
	for _, l := range c.ledgers() {
		for k := range cl.edits[l.view] {
			z.loose[looseRow{l.view, k}] = true
		}
	}
}
