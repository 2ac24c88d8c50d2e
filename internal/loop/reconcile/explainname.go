// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"errors"
	"slices"
	"time"

	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/endpoint"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/provider"
)

func (c *core) explainName(name dnsname.Name) NameFacts {
	f := NameFacts{Name: name, Askers: c.askers(name)}
	for _, v := range c.views {
		f.Views = append(f.Views, c.explainView(name, v))
	}
	return f
}

func (c *core) askers(name dnsname.Name) []Asker {
	var out []Asker
	eps, holds := c.catalog.At(name)
	for _, e := range eps {
		if n := len(out); n == 0 || out[n-1].Ref != e.From.Ref {
			out = append(out, Asker{Ref: e.From.Ref, Source: e.From.Source})
		}
		last := &out[len(out)-1]
		last.Endpoints = append(last.Endpoints, e)
	}
	for _, h := range holds {
		i, there := slices.BinarySearchFunc(out, h.From.Ref, func(a Asker, r endpoint.Ref) int { return a.Ref.Compare(r) })
		if !there {
			out = slices.Insert(out, i, Asker{Ref: h.From.Ref, Source: h.From.Source})
		}
		out[i].Holds = append(out[i].Holds, h)
	}
	return out
}

func (c *core) explainView(name dnsname.Name, v *viewState) ViewFacts {
	f := ViewFacts{View: v.Spec.Name, Policy: v.Spec.Policy}
	chosen := v.index.Find(name)
	if len(chosen) == 0 {
		eps, holds, without := c.asked(v.Spec, name)
		f.Without, f.NoZone = without, c.zoneless(v.View, name)
		other := func(e endpoint.Endpoint) bool { return !e.Reverse }
		if len(eps) > 0 && len(holds) == 0 && f.NoZone.Code == reason.NoZone && !slices.ContainsFunc(eps, other) {
			f.NoZone.Code = reason.NoReverse
		}
	}
	for _, z := range c.names.above(name) {
		there := z.view(v.Spec.Name)
		if there == nil {
			continue
		}
		here := slices.ContainsFunc(chosen, func(o zone.Zone) bool { return o.Key == z.Key })
		if facts := c.explainZone(z, name, there); here || facts.owned() {
			facts.Chosen = here
			f.Zones = append(f.Zones, facts)
		}
	}
	return f
}

// owned reports that something of ours is there.
func (f ZoneFacts) owned() bool {
	return slices.ContainsFunc(f.Observed, func(s SetFacts) bool { return s.Ours })
}

// zoneless tells why a view has no zone for a name: its accounts couldn't be listed, or else they have none.
func (c *core) zoneless(v View, name dnsname.Name) reason.Reason {
	for _, a := range c.accounts {
		if v.reaches(a.name) && !a.listed {
			return unreached(a.fault, "the zones of account "+a.name+" haven't been listed")
		}
	}
	return c.noZoneFor(v, name)
}

// unreached says why something that the provider has isn't known.
func unreached(err error, what string) reason.Reason {
	switch {
	case err == nil:
		return reason.New(reason.NotSynced, "%s yet", what)
	case errors.Is(err, errUnwritten):
		return reason.New(reason.NotRecorded, "%s", err)
	case provider.ClassOf(err) == provider.Denied:
		return reason.New(reason.Denied, "%s: %s", what, err)
	default:
		return reason.New(reason.Unreached, "%s: %s", what, err)
	}
}

// explainZone tells of a name in a zone what one view would do. It plans anew, on a copy of what a plan leaves behind.
func (c *core) explainZone(z *zoneState, name dnsname.Name, v *zoneView) ZoneFacts {
	f := ZoneFacts{Zone: z.Zone, World: z.world(), Retry: z.pauseAfter(time.Now()), Busy: z.busy, Queued: z.queue.has(name) || c.window.has(name), Unusable: z.unusable()}
	if !f.Unusable.None() {
		return f
	}
	if z.fault != nil {
		f.Fault = unreached(z.fault, "the last call for the zone "+string(z.Name)+" failed")
	}
	shadow := z.shadow()
	f.Observed, f.Servers = c.whose(shadow, name, v), shadow.servers()
	group, decisions := c.planView(shadow, name, v, change.Sync, z.fullFor(name))
	f.Changes, f.Decisions = group.Changes, decisions
	if !f.Queued {
		f.Decisions = withOthers(decisions, z.decided[name], v.Spec.Name)
	}
	if p := z.parked[name]; p != nil && !p.why.None() {
		f.Parked, f.Retry = p.why, p.until
	}
	f.State, f.Why = f.reached()
	if p := z.progress[name]; p != nil && f.State == StateInSync {
		f.State, f.Why, f.Pending = p.state, p.why, !p.done
	}
	z.explainGuard(name, &f)
	return f
}

// world reports whether the zones of the provider that aren't private are the world's.
func (z *zoneState) world() bool { return z.account.provider.Describe().World }

// unusable tells why nothing is known of what the zone holds.
func (z *zoneState) unusable() reason.Reason {
	switch {
	case z.vanished:
		return reason.New(reason.ZoneVanished, "the zone %s (%s) was listed before and isn't any more", z.Name, z.ID)
	case !z.read:
		return unreached(z.fault, "the zone "+string(z.Name)+" hasn't been read")
	default:
		return reason.Reason{}
	}
}

// servers are the host names of the zone's authoritative servers.
func (z *zoneState) servers() []string {
	for _, s := range z.mirror.At(z.Name) {
		if s.Type == record.NS {
			return s.Values
		}
	}
	return nil
}

// explainGuard tells how long the guard keeps a name, or what releases it.
func (z *zoneState) explainGuard(name dnsname.Name, f *ZoneFacts) {
	for _, d := range f.Decisions {
		switch {
		case z.guard == nil:
		case d.Why.Code == reason.GracePeriod:
			f.Retry, _ = z.guard.Goes(name)
		case d.Why.Code == reason.BrakeDeletes || d.Why.Code == reason.BrakeUpdates:
			f.Hash = z.guard.Held(time.Now()).Hash
		}
	}
}

// shadow is the zone as a plan may have it without leaving a trace: as it was before a dry run began, too.
func (z *zoneState) shadow() *zoneState {
	s := &zoneState{Zone: z.Zone, account: z.account, mirror: z.mirror, views: z.views, aliases: make(aliases), shaded: true}
	if z.before != nil {
		s.mirror = z.before
	}
	return s
}

// keepBefore remembers what the zone held before a dry run entered what it would have written.
func (z *zoneState) keepBefore(dryRun bool) {
	if dryRun && z.before == nil {
		z.before = z.mirror.Clone()
	}
}

// pauseAfter is when the zone's pause ends; zero where it isn't paused.
func (z *zoneState) pauseAfter(now time.Time) time.Time {
	if now.Before(z.pause) {
		return z.pause
	}
	return time.Time{}
}

// whose tells of each record set at a name whom it belongs to, as one view sees it.
func (c *core) whose(z *zoneState, name dnsname.Name, v *zoneView) []SetFacts {
	ledger := v.claims.Open(name, z.Zone, z.mirror.At, c.catalog.Asks)
	var out []SetFacts
	for _, s := range z.mirror.At(name) {
		f := SetFacts{Set: s, Marker: ledger.IsMarker(s)}
		zones := s.Name == z.Name && (s.Type == record.NS || s.Type == record.SOA) // the zone's own
		if claim, ok, why := ledger.Claim(s); ok && !f.Marker && !zones {
			f.Owner, f.Resource = claim.Owner, claim.Resource
			f.Ours = claim.Owner == v.claims.Owner() && v.Spec.Manages(s.Type)
		} else if !f.Marker {
			f.Why = why
		}
		out = append(out, f)
	}
	return out
}

// withOthers adds what was decided beyond the plan of the name alone: that it waits for something.
func withOthers(planned []change.Decision, all []verdicts, view string) []change.Decision {
	out := slices.Clone(planned)
	for _, v := range all {
		for _, d := range v.decisions {
			alike := func(o change.Decision) bool {
				return o.Key == d.Key && o.Verdict == d.Verdict && o.Why.Code == d.Why.Code
			}
			if v.view == view && !slices.ContainsFunc(out, alike) {
				out = append(out, d)
			}
		}
	}
	return out
}

// reached tells how far the name has come, by what is planned for it.
func (f ZoneFacts) reached() (State, reason.Reason) {
	for _, d := range f.Decisions {
		switch d.Verdict {
		case change.Refused:
			return StateRefused, d.Why
		case change.Held:
			return StateHeld, d.Why
		}
	}
	switch {
	case !f.Parked.None():
		return StateParked, f.Parked
	case len(f.Changes) > 0:
		return StatePlanned, f.Changes[0].Why
	case f.owned():
		return StateInSync, reason.Reason{}
	default:
		return "", reason.Reason{}
	}
}
