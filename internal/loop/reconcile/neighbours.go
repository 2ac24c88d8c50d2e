// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"cmp"
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
	asks  []ask
}

// ask is a record set that an object asks for, or holds.
type ask struct {
	key      record.Key // without a type where that isn't known
	resource string
}

// neighbours are the other views of a zone that ask for something at a name, in their order.
func (c *core) neighbours(z *zoneState, name dnsname.Name, view *zoneView) []neighbour {
	var out []neighbour
	first := true
	for _, v := range c.views {
		if v.Spec.Name == view.Spec.Name {
			first = false
			continue
		}
		if at, seat := c.seated(z, v); seat != nil && v.Spec.Domains.Match(name) {
			if asks := c.asksIn(at, name, seat); len(asks) > 0 {
				out = append(out, neighbour{view: v.Spec.Name, first: first, owner: seat.claims.Owner(), asks: asks})
			}
		}
	}
	return out
}

// seated finds a view in a zone, or in the same zone as another account has it: accounts with other options may reach one zone.
func (c *core) seated(z *zoneState, v *viewState) (*zoneState, *zoneView) {
	if seat := z.view(v.Spec.Name); seat != nil || z.Place == "" {
		return z, seat
	}
	for _, o := range c.names.all[z.Name] {
		if seat := o.view(v.Spec.Name); seat != nil && o.Place == z.Place && o.account.provider.Describe().Name == z.account.provider.Describe().Name {
			if z.shaded {
				o = o.shadow()
			}
			return o, seat
		}
	}
	return z, nil
}

// asksIn lists what objects ask for at a name in a view, the PTR record set of one whose address isn't known, and what an undo has brought
// back there.
func (c *core) asksIn(z *zoneState, name dnsname.Name, v *zoneView) []ask {
	var out []ask
	add := func(k record.Key, resource string) {
		if k.Type == "" || v.Spec.Manages(k.Type) {
			out = append(out, ask{k, resource})
		}
	}
	spec := v.Spec.In(z.Zone)
	eps, holds, _ := c.asked(spec, name)
	eps, holds, _ = c.here(v, z, name, eps, holds)
	eps, holds, _ = c.target(spec, z, name, eps, holds)
	for _, e := range eps {
		add(e.Key(), e.From.Ref.String())
	}
	for _, h := range holds {
		add(h.Key(), h.From.Ref.String())
	}
	for _, s := range z.mirror.At(name) {
		if s.Type != record.PTR {
			continue
		}
		for _, v := range s.Values {
			if why, by := c.unknownAddress(spec, name, dnsname.Name(v)); !why.None() {
				add(s.Key, by)
			}
		}
	}
	if o := c.byHand.places[placeOf(z.Key, v.Spec.Name, name)]; o != nil {
		for _, r := range o.sets {
			add(r.set.Key, r.resource)
		}
	}
	return out
}

// clash reports whether two record sets can't stand beside each other: they are the same, or one of them is a CNAME or of a type that
// isn't known yet.
func clash(a, b record.Key) bool {
	return a.ID == b.ID && (a.Type == b.Type || alone(a.Type) || alone(b.Type))
}

func alone(t record.Type) bool { return t == "" || t == record.CNAME }

// clashes reports whether a record set can't stand beside one that the neighbour asks for.
func (n neighbour) clashes(k record.Key) bool {
	return slices.ContainsFunc(n.asks, func(o ask) bool { return clash(o.key, k) })
}

// covers reports whether all that a hold may come to be can't stand beside what the neighbour asks for.
func (n neighbour) covers(k record.Key) bool {
	return slices.ContainsFunc(n.asks, func(o ask) bool { return clash(o.key, k) && (k.Type != "" || alone(o.key.Type)) })
}

// yield leaves out what a view before this one asks for at the same place, with the reason. What this view has published as an owner of its
// own it keeps: the other can't have it.
func yield(all []neighbour, owner string, has func(id string) bool, eps []endpoint.Endpoint, holds []endpoint.Hold) ([]endpoint.Endpoint, []endpoint.Hold, []change.Decision) {
	var lost []change.Decision
	loses := func(k record.Key, from *endpoint.Origin, to func(neighbour, record.Key) bool) bool {
		i := slices.IndexFunc(all, func(n neighbour) bool { return n.first && to(n, k) && (oneOwner(n.owner, owner) || !has(k.ID)) })
		if i >= 0 {
			lost = append(lost, otherView(k, from.Ref.String(), all[i].view))
		}
		return i >= 0
	}
	eps = slices.DeleteFunc(eps, func(e endpoint.Endpoint) bool { return loses(e.Key(), e.From, neighbour.clashes) })
	holds = slices.DeleteFunc(holds, func(h endpoint.Hold) bool { return loses(h.Key(), h.From, neighbour.covers) })
	return eps, holds, lost
}

// oneOwner reports whether of two views with these owners one can change what the other has made: the owner is the same, or one stores no
// ownership and takes everything for its own.
func oneOwner(a, b string) bool { return a == b || a == "" || b == "" }

func otherView(k record.Key, resource, view string) change.Decision {
	return change.Decision{Key: k, Verdict: change.Refused, Resource: resource, Why: reason.New(reason.OtherView, "the view %s, which stands before this one, publishes %s in the same zone", view, k)}
}

// beside is what a view asks for at a name, in a zone that others use too.
type beside struct {
	all   []neighbour
	owner string
	eps   []endpoint.Endpoint
	holds []endpoint.Hold
}

// wants reports whether the view asks for a record set, or for one that can't stand beside it.
func (b beside) wants(k record.Key) bool {
	return slices.ContainsFunc(b.eps, func(e endpoint.Endpoint) bool { return clash(e.Key(), k) }) ||
		slices.ContainsFunc(b.holds, func(h endpoint.Hold) bool { return clash(h.Key(), k) })
}

// has reports whether an object asks for something in the view.
func (b beside) has(resource string) bool {
	return slices.ContainsFunc(b.eps, func(e endpoint.Endpoint) bool { return e.From.Ref.String() == resource }) ||
		slices.ContainsFunc(b.holds, func(h endpoint.Hold) bool { return h.From.Ref.String() == resource })
}

// asksFor tells whether an object asks for something at the name in another view of the owner, which doesn't yield to this one: what is marked
// for it isn't for this view to take away.
func (b beside) asksFor(resource string) reason.Reason {
	for _, n := range b.all {
		asks := func(a ask) bool { return a.resource == resource && (n.first || !b.wants(a.key)) }
		if oneOwner(n.owner, b.owner) && slices.ContainsFunc(n.asks, asks) {
			return reason.New(reason.OtherView, "%s asks for the name in view %s", resource, n.view)
		}
	}
	return reason.Reason{}
}

// asked tells whether a record set is asked for in another view of the owner, and not in this one.
func (b beside) asked(k record.Key) reason.Reason {
	for _, n := range b.all {
		if oneOwner(n.owner, b.owner) && n.clashes(k) && !b.wants(k) {
			return reason.New(reason.OtherView, "%s is asked for in view %s", k, n.view)
		}
	}
	return reason.Reason{}
}

// theirs reports that of what is observed at a name nothing is for this view, which asks for nothing, to look at: there is nothing, or other
// views of the same owner ask for it.
func (b beside) theirs(observed []record.Set, ledger registry.Ledger) bool {
	if len(observed) == 0 {
		return true
	}
	found := false
	for _, s := range observed {
		cl, ok, _ := ledger.Claim(s)
		if ledger.IsMarker(s) || !ok || cl.Owner != b.owner {
			continue
		}
		if found = true; cmp.Or(b.asked(s.Key), b.asksFor(cl.Resource)).None() {
			return false
		}
	}
	return found
}

// keptBy tells which other view of a zone may have published a record set that nobody asks for any more, and wouldn't delete it; none: no
// other view can be meant.
func (c *core) keptBy(z *zoneState, view *zoneView, k record.Key, resource string) reason.Reason {
	ref, known := endpoint.ParseRef(resource)
	may := func(v *viewState) bool {
		_, seat := c.seated(z, v)
		return seat != nil && v.Spec.Name != view.Spec.Name && oneOwner(seat.claims.Owner(), view.claims.Owner()) &&
			v.Spec.Domains.Match(k.Name) && v.Spec.Manages(k.Type) &&
			(!known || v.Spec.HasNamespace(ref.Namespace) && v.Spec.HasSource(c.sources[ref.Kind].Name))
	}
	for _, v := range c.views {
		if !v.Spec.Policy.Allows(change.Delete) && may(v) {
			return reason.New(reason.PolicyKeeps, "%s may be of the view %s, which has the same owner and --policy=%s", k, v.Spec.Name, v.Spec.Policy)
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

// holder reports whether a view has record sets of its own at a name, under a set identifier.
func holder(observed []record.Set, ledger registry.Ledger, owner string, manages func(record.Type) bool) func(id string) bool {
	return func(id string) bool {
		return slices.ContainsFunc(observed, func(s record.Set) bool {
			if s.ID != id || !manages(s.Type) || ledger.IsMarker(s) {
				return false
			}
			cl, ok, _ := ledger.Claim(s)
			return ok && cl.Owner == owner
		})
	}
}
