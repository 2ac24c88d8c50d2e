// SPDX-License-Identifier: Apache-2.0

package guard

import (
	"time"

	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/reason"
)

// Verdict is what a name may lose now.
type Verdict struct {
	Deletes reason.Reason // why what would go stays; none: it may go
	Updates reason.Reason // why targets stay as they are; none: they may change
	Until   time.Time     // when the grace period ends, where that is all that Deletes waits for; else zero
}

// Policy is the most that may be done at the name: to plan it again with this policy, where its own isn't narrower, leaves out
// what is held.
func (v Verdict) Policy() change.Policy {
	switch {
	case !v.Updates.None():
		return change.CreateOnly
	case !v.Deletes.None():
		return change.UpsertOnly
	default:
		return change.Sync
	}
}

// request is what a name was last said to lose.
type request struct {
	Effect
	free     bool   // as last asked
	counted  bool   // in deletes
	unit     string // in updates; empty: not counted
	removeOK string // hash of the removes that were approved
	moveOK   string // hash of the moves that were approved
}

// Ask enters what the plan of a name would take away, in place of what it last would, and tells whether it may.
func (g *Zone) Ask(now time.Time, e Effect) Verdict {
	g.tick(now)
	delete(g.released, e.Name)
	r := g.enter(e)
	if r == nil {
		return Verdict{}
	}
	var v Verdict
	over := g.grace.Over(g.now, e.Name)
	switch {
	case len(e.Removes) == 0:
	case r.counted && g.deletesHeld():
		v.Deletes = g.whyDeletes()
	case !over:
		v.Deletes = reason.New(reason.GracePeriod, "no object asks for it any more; it goes %s after that", g.options.DeleteAfter)
		v.Until, _ = g.grace.Ends(e.Name)
	}
	if r.unit != "" && g.updatesHeld() {
		v.Updates = g.whyUpdates()
	}
	r.free = v.Deletes.None() && v.Updates.None()
	mark(g.braked, e.Name, over && !v.Deletes.None())
	mark(g.blocked, e.Name, !v.Updates.None())
	return v
}

func mark(set map[dnsname.Name]bool, n dnsname.Name, in bool) {
	if in {
		set[n] = true
	} else {
		delete(set, n)
	}
}

// enter replaces the request of a name; nil: it has none.
func (g *Zone) enter(e Effect) *request {
	old := g.waiting[e.Name]
	if e.Harmless() {
		g.forget(e.Name)
		return nil
	}
	r := &request{Effect: e}
	if old != nil && old.removeOK != "" && old.removeOK == Hash(g.zone.Key, e.Removes) {
		r.removeOK = old.removeOK
	}
	if old != nil && old.moveOK != "" && old.moveOK == Hash(g.zone.Key, e.Moves) {
		r.moveOK = old.moveOK
	}
	g.count(old, r)
	g.waiting[e.Name] = r
	if len(e.Removes) > 0 {
		g.grace.Start(g.now, e.Name)
	} else {
		g.grace.Stop(e.Name)
	}
	return r
}

// forget drops the request of a name.
func (g *Zone) forget(n dnsname.Name) {
	if old := g.waiting[n]; old != nil {
		g.count(old, &request{})
	}
	delete(g.waiting, n)
	delete(g.braked, n)
	delete(g.blocked, n)
	delete(g.released, n)
	g.grace.Stop(n)
}

// count makes the tallies count a request in place of another, nil: none. What is approved isn't counted.
func (g *Zone) count(old, r *request) {
	r.counted = len(r.Removes) > 0 && r.removeOK == ""
	r.unit = ""
	if len(r.Moves) > 0 && r.moveOK == "" {
		r.unit = r.Effect.unit
	}
	if r.counted {
		g.deletes.wait(string(r.Name))
	}
	if r.unit != "" {
		g.updates.wait(r.unit)
	}
	if old != nil && old.counted {
		g.deletes.drop(string(old.Name))
	}
	if old != nil && old.unit != "" {
		g.updates.drop(old.unit)
	}
}

// Sent says that what the name was last asked about is about to be sent: it is spent. Store State between this and the call.
func (g *Zone) Sent(now time.Time, n dnsname.Name) {
	g.tick(now)
	r := g.waiting[n]
	if r == nil {
		return
	}
	if r.counted {
		g.deletes.spend(g.now, string(n))
	}
	if r.unit != "" {
		g.updates.spend(g.now, r.unit)
	}
}

// Applied says that what was sent is done. Where the call failed nothing needs to be said: the name is asked about again, and
// what was spent stays spent.
func (g *Zone) Applied(n dnsname.Name) { g.forget(n) }
