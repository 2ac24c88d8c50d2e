// SPDX-License-Identifier: Apache-2.0

package app

import (
	"maps"
	"slices"
	"time"

	"nafuda.io/nafuda/internal/feed"
	"nafuda.io/nafuda/internal/feed/kube"
	"nafuda.io/nafuda/internal/loop/reconcile"
	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/endpoint"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/zone"
)

// aWhile is how long what is usual for a moment must have held before an Event tells of it: an address that isn't known yet, a kind
// that is being read.
const aWhile = time.Minute

// warnings is what kube.Events does.
type warnings interface {
	Hold(group string, warnings []kube.Warning)
	Say(w kube.Warning)
}

// teller turns what happens into Events of Kubernetes.
type teller struct {
	events warnings
	braked map[string]bool // ids of the zones whose brake is closed, as told
}

func newTeller(w warnings) teller { return teller{w, make(map[string]bool)} }

// writesEvents reports whether a run has Events: objects from files have none, a dry run writes nothing, and a single pass has its log.
func (o *Options) writesEvents(f feed.Feed) bool {
	return ofCluster(f) != nil && o.Kube.Events && !o.Loop.DryRun && !o.Loop.Once
}

// tellEvents has a loop's configuration tell what happens to Events of Kubernetes as well, and returns what writes them; nil where there are none. leads
// tells whether this process is the one that writes.
func (o *Options) tellEvents(c *reconcile.Config, leads func() bool) *kube.Events {
	f := ofCluster(c.Feed)
	if !o.writesEvents(c.Feed) {
		return nil
	}
	events := f.Events(leads)
	observe, tell := c.Observe, newTeller(events)
	c.Observe = func(e reconcile.Event) {
		observe(e)
		tell.observe(e)
	}
	return events
}

// leads tells whether this process has the turn, by its lease; without an election it has.
func leads(lease *kube.Lease) func() bool {
	return func() bool {
		if lease == nil {
			return true
		}
		_, _, ok := lease.Permit(zone.Key{})
		return ok
	}
}

func (t teller) observe(e reconcile.Event) {
	switch e := e.(type) {
	case reconcile.Decided:
		t.events.Hold(e.View+" "+e.Zone.ID+" "+string(e.Name), decisions(e))
	case reconcile.Evaluated:
		t.events.Hold("object "+e.Ref.String(), refusals(e.Ref, e.Result.Refusals))
	case reconcile.Refused:
		t.events.Say(refusal(e.Ref, e.Refusal))
	case reconcile.Parked:
		for _, ref := range e.Refs {
			t.events.Say(kube.Warning{Ref: ref, Name: string(e.Name), Why: in(string(e.Zone.Name), e.Why)})
		}
	case reconcile.BrakeHeld:
		t.braked[e.Zone.ID] = true
		t.events.Hold(brakeOf(e.Zone.ID), brake(e))
	case reconcile.BrakeFreed:
		t.free(e.Zone.ID)
	case reconcile.Turned: // what holds in this term is told in it
		for _, id := range slices.Sorted(maps.Keys(t.braked)) {
			t.free(id)
		}
	}
}

func brakeOf(zone string) string { return "brake " + zone }

func (t teller) free(zone string) {
	delete(t.braked, zone)
	t.events.Hold(brakeOf(zone), nil)
}

// brake is the one warning about all that a brake holds, on one of the objects.
func brake(e reconcile.BrakeHeld) []kube.Warning {
	if e.About == (endpoint.Ref{}) || len(e.Why) == 0 {
		return nil
	}
	why := e.Why[0]
	why.Text = "the brake of the zone holds changes, of this object's names too; nafuda status shows them all" // no counts: whoever starts next makes the same Event
	return []kube.Warning{{Ref: e.About, Gone: !e.There, Name: string(e.Zone.Name), Why: in(string(e.Zone.Name), why)}}
}

// decisions are the warnings in what was decided about a name: not what the options leave out, not what is published, and not what waits for something that
// concerns all objects, which is told elsewhere.
func decisions(e reconcile.Decided) []kube.Warning {
	var out []kube.Warning
	for _, d := range e.Decisions {
		ref, ok := endpoint.ParseRef(d.Resource)
		if !ok || d.Verdict == change.Filtered || d.Verdict == change.Noted || d.Verdict == change.Held && common(d.Why.Code) {
			continue
		}
		w := kube.Warning{Ref: ref, Name: string(e.Name), Why: in(string(e.Zone.Name), d.Why)}
		if d.Verdict == change.Held || d.Why.Code == reason.NoTarget {
			w.After = aWhile
		}
		out = append(out, w)
	}
	return out
}

// common reports whether a hold for that reason isn't the object's own.
func common(code reason.Code) bool {
	switch code {
	case reason.GracePeriod, reason.BrakeDeletes, reason.BrakeUpdates, reason.NotKept:
		return true
	case reason.WANUnknown, reason.WANAbsent, reason.WANDisagree, reason.WANPrivate, reason.WANShared:
		return true
	default:
		return false
	}
}

func refusals(ref endpoint.Ref, list []endpoint.Refusal) []kube.Warning {
	var out []kube.Warning
	for _, r := range list {
		out = append(out, refusal(ref, r))
	}
	return out
}

func refusal(ref endpoint.Ref, r endpoint.Refusal) kube.Warning {
	if r.Why.Code == reason.Crash { // the field is a place in the program
		r.Field = ""
	}
	return kube.Warning{Ref: ref, Name: r.Field, Why: r.Why}
}

// in puts the zone before a reason's text.
func in(zone string, why reason.Reason) reason.Reason {
	if zone != "" {
		why.Text = "zone " + zone + ": " + why.Text
	}
	return why
}
