// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"slices"

	"nafuda.io/nafuda/internal/decide/view"
	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/endpoint"
	"nafuda.io/nafuda/internal/model/fact"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/zone"
)

// PrivateAddress says that a view publishes a private address in a zone that the world sees. It is said once a view.
type PrivateAddress struct {
	View string
	Zone zone.Zone
	Name dnsname.Name
	Why  reason.Reason
}

// target puts other targets in the place of those that objects ask for at a name, by the view's rule for private addresses and by
// the objects' annotation, each object on its own. What it reads of our public address is recorded, so that the name is planned
// again when that changes; for an explanation nothing is, and what was replaced is among the decisions.
func (c *core) target(spec view.Spec, z *zoneState, name dnsname.Name, eps []endpoint.Endpoint, holds []endpoint.Hold) ([]endpoint.Endpoint, []endpoint.Hold, []change.Decision) {
	who := factReader{view: spec.Name, zone: z.Key, name: name}
	if !z.shaded {
		c.facts.store.Forget(who)
	}
	eps, hidden := unnamed(spec, z, name, eps)
	exposed := append(hidden, c.exposes(spec, z, name, eps)...)
	objects := retargeted(spec, eps, holds)
	if len(objects) == 0 {
		return eps, holds, exposed
	}
	var all view.Retargeted
	for _, from := range objects {
		theirs := filter(eps, func(e endpoint.Endpoint) bool { return e.From.Ref == from.Ref })
		waiting := filter(holds, func(h endpoint.Hold) bool { return h.From.Ref == from.Ref })
		if crashed := c.look(spec, name, from, endpoint.Hold{}, func() {
			r := spec.Retarget(theirs, waiting, func() fact.Value { return c.public(z, who) })
			all.Endpoints, all.Holds = append(all.Endpoints, r.Endpoints...), append(all.Holds, r.Holds...)
			all.Decisions, all.Notes = append(all.Decisions, r.Decisions...), append(all.Notes, r.Notes...)
		}); crashed != nil {
			all.Holds = append(all.Holds, waiting...)
			for _, e := range theirs {
				all.Holds = append(all.Holds, held(e, crashed.Why))
			}
		}
	}
	if z.shaded {
		all.Decisions = append(all.Decisions, all.Notes...)
	}
	return all.Endpoints, all.Holds, append(all.Decisions, exposed...)
}

// unnamed leaves out the PTR record sets of a private address, with the reason, where the world would see them and the view's rule lets
// no such address through.
func unnamed(spec view.Spec, z *zoneState, name dnsname.Name, eps []endpoint.Endpoint) ([]endpoint.Endpoint, []change.Decision) {
	addr, is := dnsname.Reversed(name)
	if !is || spec.Publishes() || !view.Private(addr.String()) || !z.world() {
		return eps, nil
	}
	var lost []change.Decision
	for _, e := range eps {
		if e.Reverse {
			why := reason.New(reason.PrivateTarget, "%s has no target for this zone: %s can't be reached from outside", e.Key(), addr)
			lost = append(lost, change.Decision{Key: e.Key(), Verdict: change.Filtered, Resource: e.From.Ref.String(), Why: why})
		}
	}
	return filter(eps, func(e endpoint.Endpoint) bool { return !e.Reverse }), lost
}

// public is what is known of our public address; that a name has read it is recorded.
func (c *core) public(z *zoneState, who factReader) fact.Value {
	if z.shaded {
		return c.facts.store.Peek(fact.OfWAN())
	}
	return c.facts.store.Read(who, fact.OfWAN())
}

// retargeted lists the objects at a name; none where no rule concerns any of them.
func retargeted(spec view.Spec, eps []endpoint.Endpoint, holds []endpoint.Hold) []*endpoint.Origin {
	concerned := slices.ContainsFunc(eps, func(e endpoint.Endpoint) bool { return spec.Public(e.From) }) ||
		slices.ContainsFunc(holds, func(h endpoint.Hold) bool { return spec.Public(h.From) })
	if _, target := view.PrivateTarget(eps); !concerned && (spec.Publishes() || target == "") {
		return nil
	}
	var out []*endpoint.Origin
	add := func(from *endpoint.Origin) {
		if !slices.ContainsFunc(out, func(o *endpoint.Origin) bool { return o.Ref == from.Ref }) {
			out = append(out, from)
		}
	}
	for _, e := range eps {
		add(e.From)
	}
	for _, h := range holds {
		add(h.From)
	}
	return out
}

func filter[T any](list []T, keep func(T) bool) []T {
	var out []T
	for _, v := range list {
		if keep(v) {
			out = append(out, v)
		}
	}
	return out
}

// exposes tells, once a view, that a private address is published where the world sees it. An explanation says so of each name.
func (c *core) exposes(spec view.Spec, z *zoneState, name dnsname.Name, eps []endpoint.Endpoint) []change.Decision {
	if !spec.Publishes() || z.Private || !z.shaded && c.exposed[spec.Name] {
		return nil
	}
	e, target := view.PrivateTarget(eps)
	if target == "" || spec.Public(e.From) || !z.world() {
		return nil
	}
	why := reason.New(reason.PrivatePublished, "%s asks for %s in the public zone %s", e.From.Ref, target, z.Name)
	if z.shaded {
		return []change.Decision{{Key: e.Key(), Verdict: change.Noted, Resource: e.From.Ref.String(), Why: why}}
	}
	c.exposed[spec.Name] = true
	c.Observe(PrivateAddress{View: spec.Name, Zone: z.Zone, Name: name, Why: why})
	return nil
}
