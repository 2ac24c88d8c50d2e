// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"nafuda.io/nafuda/internal/memory/journal"
	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/registry"
	"nafuda.io/nafuda/internal/registry/rows"
)

// claiming writes the rows of a batch, before it is sent and after, on the worker's goroutine. Of a group whose rows can't be written
// nothing is sent, and the others go.
type claiming struct {
	edits map[string]map[record.Key]*claimedEdit // by view and record set

	mu     sync.Mutex // guards what follows: groups are worked on side by side
	found  []foundRow
	failed map[string]error // views whose store has failed, and why
	left   bool             // what came of the batch wasn't written: it wasn't our turn any more
}

// claimedEdit is a change with its row.
type claimedEdit struct {
	rows.Edit
	in  *ledgers      // its view and store, and nothing else of it: it is the loop's
	was *registry.Row // before the first write
	now *registry.Row
}

// foundRow is what a row was found to be, or was made.
type foundRow struct {
	in  *ledgers
	key record.Key
	row *registry.Row
}

// unclaimed is a group that wasn't sent, because of its rows; err is set where a store failed.
type unclaimed struct {
	group change.Group
	view  string
	err   error
}

const (
	rowsAtOnce = 16 // writes of rows under way
	rowTries   = 3  // at a row that changes meanwhile
	// rowsTime bounds the writes before a batch, so that time is left for it, and those after it, whatever time is left.
	rowsTime = 4 * time.Second
)

// claimingOf collects what the worker needs to know of a batch's rows; nil: there are none.
func (c *core) claimingOf(z *zoneState, b change.Batch) *claiming {
	out := &claiming{edits: make(map[string]map[record.Key]*claimedEdit), failed: make(map[string]error)}
	for _, ch := range b.Changes() {
		l := c.storeOf(ch.View)
		if l == nil {
			continue
		}
		if out.edits[ch.View] == nil {
			out.edits[ch.View] = make(map[record.Key]*claimedEdit)
		}
		row := l.book.Row(ch.Key())
		out.edits[ch.View][ch.Key()] = &claimedEdit{
			Edit: rows.Edit{Change: ch, Owner: l.book.Owner(), ZoneID: z.ID, Elsewhere: c.elsewhere(z, ch.Key())},
			in:   l, was: row, now: row,
		}
	}
	if len(out.edits) == 0 {
		return nil
	}
	return out
}

// elsewhere reports whether another zone may hold a record set of the same key.
func (c *core) elsewhere(z *zoneState, k record.Key) bool {
	for _, other := range c.names.above(k.Name) {
		if other == z {
			continue
		}
		if !other.read || other.vanished || slices.ContainsFunc(other.mirror.At(k.Name), func(s record.Set) bool { return s.Key == k }) {
			return true
		}
	}
	return false
}

func (cl *claiming) of(g change.Group) []*claimedEdit {
	var out []*claimedEdit
	for _, ch := range g.Changes {
		if e := cl.edits[ch.View][ch.Key()]; e != nil {
			out = append(out, e)
		}
	}
	return out
}

// begin writes the rows that a batch needs. It returns what of the batch may be sent.
func (cl *claiming) begin(ctx context.Context, b change.Batch) (change.Batch, []unclaimed) {
	ctx, cancel := context.WithTimeout(ctx, rowsTime)
	defer cancel()
	refused := make([]*unclaimed, len(b.Groups))
	cl.each(b.Groups, func(i int, g change.Group) { refused[i] = cl.claim(ctx, g) })
	var may change.Batch
	var out []unclaimed
	for i, g := range b.Groups {
		if refused[i] != nil {
			out = append(out, *refused[i])
			continue
		}
		may.Groups = append(may.Groups, g)
	}
	return may, out
}

// each calls f for groups, several at once.
func (cl *claiming) each(groups []change.Group, f func(int, change.Group)) {
	var workers errgroup.Group
	workers.SetLimit(rowsAtOnce)
	for i, g := range groups {
		workers.Go(func() error {
			f(i, g)
			return nil
		})
	}
	_ = workers.Wait() // none of them fails
}

// claim writes the rows of one group, all of them or in the end none.
func (cl *claiming) claim(ctx context.Context, g change.Group) *unclaimed {
	edits := cl.of(g)
	for i, e := range edits {
		ok, err := cl.before(ctx, e)
		if ok {
			continue
		}
		for _, done := range edits[:i] {
			cl.restore(ctx, done)
		}
		return &unclaimed{g, e.in.view, err}
	}
	return nil
}

// before brings a row to what it must be before its edit. It returns false where another owner has it, or it isn't there any more, or,
// with an error, where the store fails.
func (cl *claiming) before(ctx context.Context, e *claimedEdit) (bool, error) {
	if next, _ := e.Before(e.now); registry.Same(e.now, next) { // nothing would be written, so it must be looked at
		row, err := e.in.store.Get(ctx, e.Key())
		if err = cl.heard(e.in.view, err); err != nil {
			return false, err
		}
		e.was, e.now = row, row
	}
	fits := true
	err := cl.swap(ctx, e, func(row *registry.Row) *registry.Row {
		next, why := e.Before(row)
		fits = why.None()
		return next
	})
	cl.find(e)
	return fits && err == nil, err
}

// swap replaces a row by what next makes of it, and where it has changed meanwhile, of what it is now.
func (cl *claiming) swap(ctx context.Context, e *claimedEdit, next func(*registry.Row) *registry.Row) error {
	for range rowTries {
		if err := cl.broken(e.in.view); err != nil {
			return err
		}
		after := next(e.now)
		if registry.Same(e.now, after) {
			return nil
		}
		err := e.in.store.Swap(ctx, e.now, after)
		if err == nil {
			e.now = after
			return nil
		}
		if !errors.Is(err, registry.ErrChanged) {
			return cl.heard(e.in.view, err)
		}
		row, err := e.in.store.Get(ctx, e.Key())
		if err = cl.heard(e.in.view, err); err != nil {
			return err
		}
		e.was, e.now = row, row
	}
	return cl.heard(e.in.view, fmt.Errorf("write the row of %s: others change it all the time: find out who does; it is tried again", e.Key()))
}

// end writes the rows of a batch that was sent, by what came of it. Rows of one of which nobody knows that stay as they are: a look at
// the zone will tell.
func (cl *claiming) end(ctx context.Context, b change.Batch, err error) {
	outcome := journal.Applied
	if err != nil {
		outcome = outcomeOf(err)
	}
	if outcome != journal.Applied && outcome != journal.Refused {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, rowsTime)
	defer cancel()
	cl.each(b.Groups, func(_ int, g change.Group) {
		for _, e := range cl.of(g) {
			if outcome == journal.Refused {
				cl.restore(ctx, e)
				continue
			}
			_ = cl.swap(ctx, e, e.Done) // what fails is mended later
			cl.find(e)
		}
	})
}

// restore takes back what before has written, unless somebody has changed the row since.
func (cl *claiming) restore(ctx context.Context, e *claimedEdit) {
	if registry.Same(e.was, e.now) {
		return
	}
	err := e.in.store.Swap(ctx, e.now, e.was)
	switch {
	case err == nil:
		e.now = e.was
		cl.find(e)
	case !errors.Is(err, registry.ErrChanged):
		_ = cl.heard(e.in.view, err) // the row is mended later
	}
}

func (cl *claiming) find(e *claimedEdit) {
	cl.mu.Lock()
	defer cl.mu.Unlock()
	cl.found = append(cl.found, foundRow{e.in, e.Key(), e.now})
}

// heard remembers an error of a view's store, so that no more calls are made that would fail too.
func (cl *claiming) heard(view string, err error) error {
	if err == nil {
		return nil
	}
	cl.mu.Lock()
	defer cl.mu.Unlock()
	cl.failed[view] = err
	return err
}

func (cl *claiming) broken(view string) error {
	cl.mu.Lock()
	defer cl.mu.Unlock()
	return cl.failed[view]
}

// claimDry enters in our memory what the rows of a batch would be, had it been sent: what is planned next builds on it.
func (c *core) claimDry(z *zoneState, a *applyJob) {
	if !a.dryRun {
		return
	}
	cl := c.claimingOf(z, a.batch)
	if cl == nil {
		return
	}
	for _, ch := range a.batch.Changes() {
		e := cl.edits[ch.View][ch.Key()]
		if e == nil {
			continue
		}
		if row, why := e.Before(e.now); why.None() {
			e.now = e.Done(row)
			cl.find(e)
			c.storeOf(ch.View).dry[ch.Key()] = true
		}
	}
	_ = c.enter(cl.found)
}
