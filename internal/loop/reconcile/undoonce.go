// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"context"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/zone"
)

// undoOrder is an undo that a loop is run for.
type undoOrder struct {
	task  undoTask
	hash  string // empty: it is only shown
	taken bool
	out   Undoing
	err   error
	save  func(context.Context) error // keeps what is undone
}

// open reports that the order hasn't been taken yet.
func (u *undoOrder) open() bool { return u != nil && !u.taken }

// bars reports that a name isn't to be planned: another name than the order's, or nothing of it is known yet.
func (u *undoOrder) bars(z zone.Key, n dnsname.Name) bool {
	if u == nil {
		return false
	}
	for _, x := range u.out.Names {
		if x.Zone.Key == z && x.Name == n {
			return u.hash == ""
		}
	}
	return true
}

// takeOrder undoes what the loop is run for, as soon as everything has been read.
func (c *core) takeOrder() {
	if !c.order.open() || !c.everythingRead() {
		return
	}
	c.order.taken = true
	if c.order.hash == "" {
		c.order.out, c.order.err = c.showUndo(c.order.task)
		return
	}
	if c.order.out, c.order.err = c.enterUndo(c.order.task, c.order.hash); c.order.err == nil {
		c.order.save = c.keepUndone()
	}
}

// undoable reports whether all is known that an undo depends on, but what zones hold.
func (c *core) undoable() bool {
	return c.keeping.loaded && c.storesRead() && c.sourcesKnown() && c.lookupsKnown() && c.allListed()
}

func (c *core) everythingRead() bool {
	if !c.undoable() || len(c.toWant) > 0 {
		return false
	}
	for _, z := range c.zones {
		if !z.read && !z.vanished {
			return false
		}
	}
	return true
}

// keepUndone returns what makes the undone names outlive the process. It may wait, so the loop's goroutine doesn't call it.
func (c *core) keepUndone() func(context.Context) error {
	if c.Keeper == nil || c.DryRun {
		return func(context.Context) error { return nil }
	}
	return c.keeping.save(c.Keeper, c.snapshot(), c.keeping.edits)
}
