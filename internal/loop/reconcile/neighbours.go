// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"slices"

	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/endpoint"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/registry"
)

// neighbour is another view that asks for something at a name of a zone.
type neighbour struct {
	view  string
	first bool // it stands before this view, so what both want is its own
	owner string
	keys  []record.Key
	refs  []string // of the objects, sorted
}

// neighbours are the other views of a zone that ask for something at a name, in their order.
func (c *core) neighbours(z *zoneState, name dnsname.Name, view *zoneView) []neighbour {
	var out []neighbour
	first := true
	for _, v := range z.views {
		if v.Spec.Name == view.Spec.Name {
			first = false
			continue
		}
		if !v.Spec.Domains.Match(name) {
			continue
		}
		spec := v.Spec.In(z.Zone)
		eps, holds, _ := c.asked(spec, name)
		eps, holds, _ = c.here(v, z, name, eps, holds)
		eps, holds, _ = c.target(spec, z, name, eps, holds)
		n := neighbour{view: v.Spec.Name, first: first, owner: v.claims.Owner()}
		add := func(k record.Key, from *endpoint.Origin) {
			if k.Type == "" || v.Spec.Manages(k.Type) {
				n.keys, n.refs = append(n.keys, k), append(n.refs, from.Ref.String())
			}
		}
		for _, e := range eps {
			add(e.Key(), e.From)
		}
		for _, h := range holds {
			add(h.Key(), h.From)
		}
		if slices.Sort(n.refs); len(n.keys) > 0 {
			out = append(out, n)
		}
	}
	return out
}

// clashes reports whether a record set can't stand beside one that the neighbour asks for: it is the same, or one of them is a CNAME or of
// a type that isn't known yet.
func (n neighbour) clashes(k record.Key) bool {
	alone := func(t record.Type) bool { return t == "" || t == record.CNAME }
	return slices.ContainsFunc(n.keys, func(o record.Key) bool { return o.ID == k.ID && (o.Type == k.Type || alone(o.Type) || alone(k.Type)) })
}

// yield leaves out what a view before this one asks for at the same place, with the reason.
func yield(all []neighbour, eps []endpoint.Endpoint, holds []endpoint.Hold) ([]endpoint.Endpoint, []endpoint.Hold, []change.Decision) {
	var lost []change.Decision
	loses := func(k record.Key, from *endpoint.Origin) bool {
		i := slices.IndexFunc(all, func(n neighbour) bool { return n.first && n.clashes(k) })
		if i >= 0 {
			lost = append(lost, otherView(k, from.Ref.String(), all[i].view))
		}
		return i >= 0
	}
	eps = slices.DeleteFunc(eps, func(e endpoint.Endpoint) bool { return loses(e.Key(), e.From) })
	holds = slices.DeleteFunc(holds, func(h endpoint.Hold) bool { return loses(h.Key(), h.From) })
	return eps, holds, lost
}

func otherView(k record.Key, resource, view string) change.Decision {
	return change.Decision{Key: k, Verdict: change.Refused, Resource: resource, Why: reason.New(reason.OtherView, "the view %s, which stands before this one, publishes %s in the same zone", view, k)}
}

// asksFor tells whether an object asks for something at the name in another view with the same owner: what is marked for it isn't for this
// view to take away.
func asksFor(all []neighbour, owner, resource string) reason.Reason {
	for _, n := range all {
		if _, asks := slices.BinarySearch(n.refs, resource); asks && n.owner == owner {
			return reason.New(reason.OtherView, "%s asks for the name in view %s", resource, n.view)
		}
	}
	return reason.Reason{}
}

// besides leaves out what is observed where other views ask for something, and this one, which stores no ownership and would take it for
// its own, doesn't.
func besides(all []neighbour, eps []endpoint.Endpoint, observed []record.Set) []record.Set {
	return slices.DeleteFunc(slices.Clone(observed), func(s record.Set) bool {
		ours := slices.ContainsFunc(eps, func(e endpoint.Endpoint) bool { return e.Key() == s.Key })
		return !ours && slices.ContainsFunc(all, func(n neighbour) bool { return n.clashes(s.Key) })
	})
}

// theirs reports that of what is observed at a name nothing is for this view to look at: there is nothing, or other views with the same owner
// ask for it.
func theirs(all []neighbour, observed []record.Set, ledger registry.Ledger, owner string) bool {
	if len(observed) == 0 {
		return true
	}
	found := false
	for _, s := range observed {
		cl, ok, _ := ledger.Claim(s)
		if ledger.IsMarker(s) || !ok || cl.Owner != owner {
			continue
		}
		if found = true; asksFor(all, owner, cl.Resource).None() {
			return false
		}
	}
	return found
}
