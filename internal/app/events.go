// SPDX-License-Identifier: Apache-2.0

package app

import (
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
type teller struct{ events warnings }

// writesEvents reports whether a run has Events: objects from files have none, a dry run writes nothing, and a single pass has its log.
func (o *Options) writesEvents(f feed.Feed) bool {
	_, cluster := f.(*kube.Feed)
	return cluster && o.Kube.Events && !o.Loop.DryRun && !o.Loop.Once
}

// tellEvents has a loop's configuration tell what happens to Events of Kubernetes as well, and returns what writes them; nil where there are none. leads
// tells whether this process is the one that writes.
func (o *Options) tellEvents(c *reconcile.Config, leads func() bool) *kube.Events {
	f, ok := c.Feed.(*kube.Feed)
	if !ok || !o.writesEvents(c.Feed) {
		return nil
	}
	events := f.Events(leads)
	observe, tell := c.Observe, teller{events}
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
	}
}

// decisions are the warnings in what was decided about a name: not what the options leave out, and not what is published.
func decisions(e reconcile.Decided) []kube.Warning {
	var out []kube.Warning
	for _, d := range e.Decisions {
		ref, ok := endpoint.ParseRef(d.Resource)
		if !ok || d.Verdict == change.Filtered || d.Verdict == change.Noted || d.Why.Code == reason.GracePeriod {
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
