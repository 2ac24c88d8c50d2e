// SPDX-License-Identifier: Apache-2.0

package guard

import (
	"slices"
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
	unit     string // as what it counts in updates; empty: it doesn't
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
		if old != nil {
			g.forget(e.Name)
		}
		return nil
	}
	g.edits++
	r := &request{Effect: e}
	if old != nil && old.removeOK != "" && old.removeOK == Hash(g.zone.Key, e.Removes) {
		r.removeOK = old.removeOK
	}
	if old != nil && old.moveOK != "" && old.moveOK == Hash(g.zone.Key, e.Moves) {
		r.moveOK = old.moveOK
	}
	g.count(r)
	g.waiting[e.Name] = r
	g.time(old, r)
	return r
}

// time lets the grace of a request go on, or begin anew where another record set has begun to wait.
func (g *Zone) time(old, r *request) {
	if len(r.Removes) == 0 || old != nil && !within(r.Removes, old.Removes) {
		g.grace.Stop(r.Name)
	}
	if len(r.Removes) > 0 {
		g.grace.Start(g.now, r.Name)
	}
}

// within reports whether every record set that some removes take away is taken away by others too: then none of them has just begun to
// wait.
func within(removes, others []change.Change) bool {
	return !slices.ContainsFunc(removes, func(c change.Change) bool {
		return !slices.ContainsFunc(others, func(o change.Change) bool { return o.Key() == c.Key() })
	})
}

// forget drops the request of a name.
func (g *Zone) forget(n dnsname.Name) {
	g.edits++
	g.count(&request{Effect: Effect{Name: n}})
	delete(g.waiting, n)
	delete(g.braked, n)
	delete(g.blocked, n)
	delete(g.released, n)
	g.grace.Stop(n)
}

// count makes the tallies count a request in place of what the name had. What is approved isn't counted.
func (g *Zone) count(r *request) {
	r.counted = len(r.Removes) > 0 && r.removeOK == ""
	r.unit = ""
	if len(r.Moves) > 0 && r.moveOK == "" {
		r.unit = r.Effect.unit
	}
	self := ""
	if r.counted {
		self = "name " + string(r.Name) // not empty, even for the root
	}
	g.deletes.wait(r.Name, self)
	g.updates.wait(r)
}

// Sent says that an effect is about to be sent, all of what the name was last asked about or the part that was let go: it is
// spent. It reports whether State is another one now: store it before the call.
func (g *Zone) Sent(now time.Time, e Effect) bool {
	g.tick(now)
	r := g.waiting[e.Name]
	if r == nil {
		return false
	}
	spent := false
	if r.counted && len(e.Removes) > 0 {
		g.deletes.spend(g.now, e.Name)
		spent = true
	}
	if r.unit != "" && len(e.Moves) > 0 {
		g.updates.spend(g.now, e.Name)
		spent = true
	}
	return spent
}

// Applied says that what was sent is done. It reports whether the name still waits for more, and then is to be planned and asked
// about again. Where the call failed nothing needs to be said: the name is asked about again, and what was spent stays spent.
func (g *Zone) Applied(e Effect) (more bool) {
	r := g.waiting[e.Name]
	if r != nil && (len(e.Removes) < len(r.Removes) || len(e.Moves) < len(r.Moves)) {
		return true
	}
	g.forget(e.Name)
	return false
}
