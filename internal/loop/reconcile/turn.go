// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"context"
	"errors"
	"time"

	"nafuda.io/nafuda/internal/model/zone"
)

// turn is whose turn it is, as the loop has acted on it. On a standby feeds are read on, so that the catalog is warm, and no
// call is made.
type turn struct {
	ours   bool
	term   uint64
	told   bool   // that it isn't ours
	holder string // as told
}

// takeTurn looks whose turn it is. It returns whether it is ours. A term begins only after every call of the one before has come
// back.
func (c *core) takeTurn() bool {
	_, term, ours := c.permit(zone.Key{})
	if ours && c.turn.ours && term == c.turn.term {
		return true
	}
	if c.turn.ours { // gone, perhaps to come back at once: others may have written meanwhile
		c.turn.ours, c.turn.told = false, false
	}
	if !ours || c.calls > 0 {
		c.window.clear() // with the turn every name will be dirty
		c.tellStandby(ours)
		return false
	}
	c.turn = turn{ours: true, term: term}
	c.forgetZones()
	c.loadKept()
	if c.Permits != nil {
		c.Observe(Turned{Ours: true})
	}
	return true
}

func (c *core) tellStandby(soon bool) {
	if soon {
		return
	}
	if holder := c.Permits.Holder(); !c.turn.told || c.turn.holder != holder {
		c.turn.told, c.turn.holder = true, holder
		c.Observe(Turned{Holder: holder})
	}
}

// forgetZones makes the loop read everything at the provider anew: another replica may have written since.
func (c *core) forgetZones() {
	c.forgetWatches()
	clear(c.zones)
	clear(c.leaving)
	c.views = newViewStates(nil, c.Views)
	c.names = newZoneNames(c)
	for _, a := range c.accounts {
		a.listed, a.zones, a.next, a.backoff, a.asked, a.receipts = false, nil, time.Time{}, backoff{}, nil, nil
	}
}

// standby says that it isn't our turn, as /readyz and the status page show it; empty: it is.
func (c *core) standby() string {
	if c.turn.ours {
		return ""
	}
	return standby(c.Permits)
}

func standby(p Permits) string {
	if holder := p.Holder(); holder != "" {
		return "standby, " + holder + " has the lease"
	}
	return "standby, it isn't known who has the lease"
}

// Standby tells whose turn it is where it isn't ours: "standby, LEADER has the lease". Empty: it is ours.
func (l *Loop) Standby() string {
	if _, _, ours := l.config.permit(zone.Key{}); ours {
		return ""
	}
	return standby(l.config.Permits)
}

// drainTime is how long a batch under way may take to its end after the context of Run has ended. With it and the release of the
// lease a process that is told to end does so within five seconds.
const drainTime = 4 * time.Second

// ErrCutOff is returned by Run where a batch under way had to be cut off: whether it was applied isn't known, and it may still be.
var ErrCutOff = errors.New("a batch was cut off: it isn't known whether it was applied")

// drain takes in the results of the batches under way, after the context has ended. Nothing new is started.
func (c *core) drain(asks <-chan func(*core)) error {
	late := time.NewTimer(drainTime)
	defer late.Stop()
	var err error
	for c.applies > 0 {
		select {
		case r := <-c.results:
			if r.apply != nil { // reads have been cancelled
				c.finish(r)
			}
		case f := <-asks:
			f(c)
		case <-late.C:
			c.cutOff()
			err = ErrCutOff
		}
	}
	if err != nil {
		return err
	}
	return c.ctx.Err()
}

// draining returns a context that outlives ctx until cut is called: that of batches, of which none is cut in half.
func draining(ctx context.Context) (batches context.Context, cut context.CancelFunc) {
	return context.WithCancel(context.WithoutCancel(ctx))
}
