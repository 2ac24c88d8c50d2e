// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"cmp"
	"reflect"
	"slices"
	"strings"

	"nafuda.io/nafuda/internal/decide/plan"
	"nafuda.io/nafuda/internal/decide/resolve"
	"nafuda.io/nafuda/internal/decide/view"
	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/endpoint"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/provider"
	"nafuda.io/nafuda/internal/registry"
)

// plan plans a name in a zone, for each view that uses the zone, with its policy or, where that is narrower, the most that is given.
func (c *core) plan(z *zoneState, name dnsname.Name, most change.Policy) (change.Group, []verdicts) {
	return c.planWithin(z, name, most, reason.Reason{})
}

// planWithin is plan where, for a reason, no record set may be added; without a reason they may.
func (c *core) planWithin(z *zoneState, name dnsname.Name, most change.Policy, full reason.Reason) (change.Group, []verdicts) {
	group := change.Group{Name: name}
	var all []verdicts
	edited := make(map[record.Key]string) // by which view
	for _, v := range z.views {
		g, decisions := c.planView(z, name, v, most, full)
		var lost []change.Decision
		for _, ch := range g.Changes {
			if other, is := edited[ch.Key()]; is {
				lost = append(lost, otherView(ch.Key(), ch.Resource, other))
			}
		}
		if decisions = append(decisions, lost...); len(lost) == 0 {
			for _, ch := range g.Changes {
				ch.View = v.Spec.Name
				edited[ch.Key()] = v.Spec.Name
				group.Changes = append(group.Changes, ch)
			}
		}
		if len(decisions) > 0 {
			all = append(all, verdicts{v.Spec.Name, decisions})
		}
	}
	return group, all
}

// decided remembers the decisions about a name and reports them where they have changed.
func (c *core) decided(z *zoneState, name dnsname.Name, all []verdicts) {
	before := z.decided[name]
	if len(all) == 0 {
		delete(z.decided, name)
	} else {
		z.decided[name] = all
	}
	if len(before) == 0 && len(all) == 0 || reflect.DeepEqual(before, all) {
		return
	}
	for _, v := range before {
		if !slices.ContainsFunc(all, func(o verdicts) bool { return o.view == v.view }) {
			c.Observe(Decided{View: v.view, Zone: z.Zone, Name: name})
		}
	}
	for _, v := range all {
		c.Observe(Decided{View: v.view, Zone: z.Zone, Name: name, Decisions: v.decisions})
		c.tellOwners(z, name, v)
	}
}

// planView plans a name for one view.
func (c *core) planView(z *zoneState, name dnsname.Name, v *zoneView, most change.Policy, full reason.Reason) (change.Group, []change.Decision) {
	in, decisions, some := c.input(z, name, v, c.undoneAt(z, v.Spec, name))
	if !some {
		return change.Group{Name: name}, decisions
	}
	in.Policy, in.Full = narrower(in.Policy, most), full
	group, planned := plan.Name(in)
	return group, append(decisions, planned...)
}

// input collects what a plan of a name in a view depends on, and what was decided on the way; false: there is nothing to plan. What is
// undone there takes the place of what objects ask for.
func (c *core) input(z *zoneState, name dnsname.Name, v *zoneView, undone *override) (plan.Input, []change.Decision, bool) {
	spec := v.Spec.In(z.Zone)
	if !spec.Domains.Match(name) {
		_, _, decisions := c.asked(spec, name) // each says that a filter leaves it out
		return plan.Input{}, decisions, false
	}
	if why := v.ledgers.claimsUnread(); !why.None() {
		return plan.Input{}, []change.Decision{{Key: record.Key{Name: name}, Verdict: change.Held, Why: why}}, false
	}
	reg := v.claims
	ledger := reg.Open(name, z.Zone, z.mirror.At, c.asks)
	observed := z.mirror.At(name)
	eps, holds, decisions := c.asked(spec, name)
	eps, holds, pinned := c.here(v, z, name, eps, holds)
	eps, holds, left := c.target(spec, z, name, eps, holds)
	others := c.neighbours(z, name, v)
	eps, holds, lost := yield(others, reg.Owner(), holder(observed, ledger, reg.Owner(), spec.Manages), eps, holds)
	if reg.Owner() == "" {
		observed = besides(others, eps, observed)
	}
	around := beside{others, reg.Owner(), eps, holds}
	rows, settled := resolve.Name(eps, holds, claimed(observed, ledger, reg.Owner()), z.resolving(spec, observed, ledger, reg.Owner()))
	rows = c.holdReverse(spec, name, observed, ownedBy(ledger, reg.Owner()), rows)
	decisions = slices.Concat(decisions, pinned, left, lost, settled)
	if len(rows) == 0 && undone == nil && around.theirs(observed, ledger) {
		return plan.Input{}, decisions, false
	}
	in := plan.Input{
		Name: name, Zone: z.Zone, Observed: observed, Ledger: ledger, Owner: reg.Owner(), Policy: spec.Policy,
		Manages: spec.Manages, Desired: z.desired,
		Gone: func(resource string) reason.Reason {
			return cmp.Or(around.asksFor(resource), c.gone(spec, resource))
		},
		Left: func(k record.Key, resource string) reason.Reason {
			why := around.asked(k)
			if why.None() && !around.wants(k) && !around.has(resource) {
				why = c.keptBy(z, v, k, resource)
			}
			return why
		},
	}
	for _, r := range rows {
		in.Rows = append(in.Rows, plan.Row(r))
	}
	if undone != nil {
		decisions = z.override(&in, undone)
	}
	return in, decisions, true
}

// resolving says how conflicts at a name are settled.
func (z *zoneState) resolving(spec view.Spec, observed []record.Set, ledger registry.Ledger, owner string) resolve.Options {
	o := resolve.Options{MergeNamespaces: spec.MergeNamespaces, MinTTL: spec.MinTTL}
	router, can := z.account.provider.(provider.Router)
	if !can {
		return o
	}
	o.Routing = router.Routing
	o.Standing = func(t record.Type) string {
		for _, s := range observed {
			becomes := s.Type == t || t == record.CNAME && s.Alias != nil // a host name may be published as an alias
			if !becomes || s.ID == "" || ledger.IsMarker(s) {
				continue
			}
			if cl, ok, _ := ledger.Claim(s); ok && cl.Owner == owner {
				return router.Routing(s.Props)
			}
		}
		return ""
	}
	return o
}

// asked collects what is asked for at a name, as the view selects and rewrites it.
func (c *core) asked(spec view.Spec, name dnsname.Name) (eps []endpoint.Endpoint, holds []endpoint.Hold, decisions []change.Decision) {
	allEps, allHolds := c.catalog.At(name)
	skip := func(k record.Key, f *endpoint.Origin, why reason.Reason) {
		if k.Type == record.PTR && derived(allEps, k, f) {
			why.Code = reason.NoReverse
		}
		decisions = append(decisions, change.Decision{Key: k, Verdict: change.Filtered, Resource: f.Ref.String(), Why: why})
	}
	for _, e := range allEps {
		if hold := c.look(spec, name, e.From, held(e, reason.Reason{}), func() {
			if why := spec.Select(e.From, name); !why.None() {
				skip(e.Key(), e.From, why)
				return
			}
			rewritten, why := c.rewritten(spec, e)
			if !why.None() {
				skip(e.Key(), e.From, why)
			}
			eps = append(eps, rewritten...)
		}); hold != nil {
			holds = append(holds, *hold)
		}
	}
	for _, h := range allHolds {
		if hold := c.look(spec, name, h.From, h, func() {
			if why := spec.Select(h.From, name); !why.None() {
				skip(h.Key(), h.From, why)
				return
			}
			if why := c.expired(h); !why.None() && !spec.Supplies(h) {
				decisions = append(decisions, change.Decision{Key: h.Key(), Verdict: change.Refused, Resource: h.From.Ref.String(), Why: why})
				return
			}
			made, kept := spec.Hold(h)
			eps, holds = append(eps, made...), append(holds, kept...)
		}); hold != nil {
			holds = append(holds, *hold)
		}
	}
	return eps, holds, decisions
}

// claimed tells whom the observed record sets are marked for, by type and set identifier; without a type, of any type.
func claimed(observed []record.Set, ledger registry.Ledger, owner string) func(k record.Key, resource string) bool {
	type claim struct {
		typ          record.Type
		id, resource string
	}
	found := make(map[claim]bool)
	for _, s := range observed {
		if ledger.IsMarker(s) {
			continue
		}
		if cl, ok, _ := ledger.Claim(s); ok && cl.Owner == owner && cl.Resource != "" {
			found[claim{s.Type, s.ID, cl.Resource}] = true
			found[claim{"", s.ID, cl.Resource}] = true
		}
	}
	return func(k record.Key, resource string) bool { return found[claim{k.Type, k.ID, resource}] }
}

// here leaves what is asked of this zone: the zones that a name belongs to, less those that its object doesn't pin.
func (c *core) here(v *zoneView, z *zoneState, name dnsname.Name, eps []endpoint.Endpoint, holds []endpoint.Hold) ([]endpoint.Endpoint, []endpoint.Hold, []change.Decision) {
	found := v.index.Find(name)
	if !slices.ContainsFunc(found, func(f zone.Zone) bool { return f.Key == z.Key }) {
		return nil, nil, nil
	}
	var decisions []change.Decision
	pin := z.account.provider.Describe().Name + "/hosted-zone-id"
	elsewhere := func(props []record.Prop, k record.Key, f *endpoint.Origin) bool {
		id, pinned := record.FindProp(props, pin)
		if !pinned || bare(id) == bare(z.ID) {
			return false
		}
		why := reason.New(reason.ZoneNotChosen, "%s pins the zone %s, which isn't %s", f.Ref, id, z.ID)
		decisions = append(decisions, change.Decision{Key: k, Verdict: change.Filtered, Resource: f.Ref.String(), Why: why})
		return true
	}
	eps = slices.DeleteFunc(eps, func(e endpoint.Endpoint) bool { return elsewhere(e.Props, e.Key(), e.From) })
	holds = slices.DeleteFunc(holds, func(h endpoint.Hold) bool {
		return elsewhere(h.Props, h.Key(), h.From)
	})
	return eps, holds, decisions
}

func bare(id string) string { return id[strings.LastIndexByte(id, '/')+1:] }

// checkZone reports a name that is asked for and that no zone holds, and one that now has a zone.
func (c *core) checkZone(name dnsname.Name) {
	for _, v := range c.views {
		var lost []change.Decision
		if c.catalog.Has(name) && c.allListed() && len(v.index.Find(name)) == 0 {
			eps, holds, decisions := c.asked(v.Spec, name)
			lost = decisions
			why := c.noZoneFor(v.View, name)
			for _, e := range eps {
				lost = append(lost, unplaced(e, why))
			}
			for _, h := range holds {
				lost = append(lost, change.Decision{Key: h.Key(), Verdict: change.Refused, Resource: h.From.Ref.String(), Why: why})
			}
		}
		key := viewName{v.Spec.Name, name}
		if reflect.DeepEqual(c.noZone[key], lost) {
			continue
		}
		if len(lost) == 0 {
			delete(c.noZone, key)
		} else {
			c.noZone[key] = lost
		}
		c.Observe(Decided{View: v.Spec.Name, Name: name, Decisions: lost})
	}
}

// noZoneFor says why a name has no zone: there is none, or the options leave it out.
func (c *core) noZoneFor(v View, name dnsname.Name) reason.Reason {
	var left *provider.SkippedZone
	for _, a := range c.accounts {
		for i, s := range a.skipped {
			if v.reaches(a.name) && name.In(s.Zone.Name) && (left == nil || len(s.Zone.Name) > len(left.Zone.Name)) {
				left = &a.skipped[i]
			}
		}
	}
	if left != nil {
		return reason.New(reason.NoZone, "the hosted zone that holds %s isn't used: %s", name, left.Why.Text)
	}
	if z, narrowed := c.narrowed(v, name); narrowed {
		return reason.New(reason.NoZone, "the view %s leaves out the hosted zone %s (%s)", v.Spec.Name, z.Name, z.ID)
	}
	return reason.New(reason.NoZone, "no hosted zone of view %s holds %s", v.Spec.Name, name)
}

func (c *core) allListed() bool {
	for _, a := range c.accounts {
		if !a.listed {
			return false
		}
	}
	return true
}
