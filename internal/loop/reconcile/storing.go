// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"fmt"
	"slices"
	"time"

	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/crash"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/registry"
	"nafuda.io/nafuda/internal/registry/rows"
)

// ledgers is the store of a view's claims, and what was last read of it. Nothing of the view is planned before it has been read, and
// nothing is sent while it fails.
type ledgers struct {
	view   string
	store  registry.Store
	book   *rows.Book
	read   bool // at least once
	busy   bool
	next   time.Time // of the next read
	back   backoff   // of reads that fail
	writes backoff   // of writes that fail
	until  time.Time // nothing of the view is sent before
	fault  error     // of the last call
	failed time.Time // since when there is a fault
	moved  map[record.Key]bool
	dry    map[record.Key]bool // rows that a dry run takes for written
}

func newLedgers(v View) *ledgers {
	return &ledgers{view: v.Spec.Name, store: v.Store, book: rows.New(v.Owner), dry: make(map[record.Key]bool)}
}

// ledgers lists those of the views whose claims are in a store.
func (c *core) ledgers() []*ledgers {
	var out []*ledgers
	for _, v := range c.views {
		if v.ledgers != nil {
			out = append(out, v.ledgers)
		}
	}
	return out
}

// current reports whether a store is still that of its view.
func (c *core) current(l *ledgers) bool { return c.storeOf(l.view) == l }

// step reads the store when it is time, as slowly as zones are read again.
func (l *ledgers) step(c *core, now time.Time) time.Time {
	if l.busy {
		return never
	}
	if now.Before(l.next) {
		return l.next
	}
	l.busy, l.moved = true, make(map[record.Key]bool)
	term := c.turn.term
	c.group.Go(func() error {
		var all []registry.Row
		var err error
		if caught := crash.Catch("read the ownership table of view "+l.view, func() { all, err = l.store.Load(c.ctx) }); caught != nil {
			err = caught
		}
		select {
		case c.tell <- func(c *core) {
			if c.turn.ours && c.turn.term == term && c.current(l) {
				c.loaded(l, all, err)
			}
		}:
		case <-c.ended:
		}
		return nil
	})
	return never
}

// loaded enters what a store holds. Rows that were written meanwhile are known better.
func (c *core) loaded(l *ledgers, all []registry.Row, err error) {
	now := time.Now()
	l.busy = false
	if err != nil {
		l.next = now.Add(l.back.next(longestOutage, c.Jitter))
		c.storeFailed(l, err)
		if c.Once && l.back.tries >= onceTries {
			c.failed = fmt.Errorf("view %s: %w", l.view, err)
		}
		return
	}
	l.back, l.next = backoff{}, now.Add(c.Resync)
	if c.Once {
		l.next = never
	}
	names := l.book.Replace(all, func(k record.Key) bool { return l.moved[k] || l.dry[k] })
	l.moved = nil
	first := !l.read
	l.read = true
	c.storeAnswers(l)
	if first {
		n, ours := l.book.Len()
		c.Observe(StoreRead{View: l.view, Rows: n, Ours: ours})
		c.dirtyEverything()
	} else {
		c.window.add(names, now, looked)
	}
	for _, z := range c.zones {
		z.seekLoose(c)
	}
}

// storeFailed enters that a call to a store has failed.
func (c *core) storeFailed(l *ledgers, err error) {
	if l.fault == nil {
		l.failed = time.Now()
	}
	if l.fault == nil || l.fault.Error() != err.Error() {
		c.Observe(StoreFailed{View: l.view, Err: err})
	}
	l.fault = err
}

// storeAnswers enters that a call to a store went well.
func (c *core) storeAnswers(l *ledgers) {
	if l.fault != nil {
		c.Observe(StoreFailed{View: l.view})
	}
	l.fault, l.failed, l.writes, l.until = nil, time.Time{}, backoff{}, time.Time{}
}

// enter enters what workers have found rows to be. It returns the names whose claims that changes.
func (c *core) enter(found []foundRow) []dnsname.Name {
	var names []dnsname.Name
	for _, f := range found {
		l := f.in
		if !c.current(l) {
			continue
		}
		if l.moved != nil {
			l.moved[f.key] = true
		}
		if l.book.Enter(f.key, f.row) {
			names = append(names, f.key.Name)
		}
	}
	return names
}

func (c *core) storeOf(view string) *ledgers {
	if v := viewNamed(c.views, view); v != nil {
		return v.ledgers
	}
	return nil
}

// claimsRead reports whether the claims of every view that uses a zone are known.
func (c *core) claimsRead(z *zoneState) bool {
	return !slices.ContainsFunc(z.views, func(v *zoneView) bool { return v.ledgers != nil && !v.ledgers.read })
}

// claimsUnread tells why nothing of a view can be planned: its claims haven't been read.
func (l *ledgers) claimsUnread() reason.Reason {
	switch {
	case l == nil || l.read:
		return reason.Reason{}
	case l.fault != nil:
		return reason.New(reason.ClaimsUnread, "it isn't known which record sets are ours: %s", l.fault)
	default:
		return reason.New(reason.ClaimsUnread, "the table of which record sets are ours hasn't been read yet")
	}
}

// unclaimable reports whether a group has to wait because the store of a view that it is for fails.
func (c *core) unclaimable(g change.Group, now time.Time) bool {
	return slices.ContainsFunc(g.Changes, func(ch change.Change) bool {
		l := c.storeOf(ch.View)
		return l != nil && now.Before(l.until)
	})
}

// storesResume is when the next store that fails may be written to again.
func (c *core) storesResume(now time.Time) time.Time {
	next := never
	for _, l := range c.ledgers() {
		if now.Before(l.until) {
			next = earlier(next, l.until)
		}
	}
	return next
}

// storesRead reports whether every store has been read.
func (c *core) storesRead() bool { return len(c.storesUnread()) == 0 }

// storesUnread lists the stores that haven't been read, in words.
func (c *core) storesUnread() []string {
	var out []string
	for _, l := range c.ledgers() {
		if !l.read {
			out = append(out, "ownership table of view "+l.view)
		}
	}
	return out
}

// storesFailing lists the stores that have been read, and fail.
func (c *core) storesFailing() []*ledgers {
	var out []*ledgers
	for _, l := range c.ledgers() {
		if l.read && l.fault != nil {
			out = append(out, l)
		}
	}
	return out
}
