// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"cmp"
	"slices"

	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/registry"
)

// rowPlan plans one row: the record sets of a name under one set identifier.
//
//	observed (ours)   wanted      change
//	A 1               A 1         none
//	A 1               A 2         update
//	–                 A 2         create, unless something that isn't ours stands in the row
//	A 1               –           delete, if the policy allows it and the object is proven gone
//	A 1               CNAME x     both in one group: a type change is an update
//	A 1, hold         A 2         update to A 1 2: a hold may grow, not shrink
//	A 1, hold         CNAME x     none
//	A 1, AAAA held    A 2         update to A 2: the hold of a type is for that type alone, and for a CNAME, which stands for all
//	A 1, no id        A 1, id x   both in one group, though they are two rows: they can't stand together
type rowPlan struct {
	*planner
	have  []record.Set
	wants []change.Want
	hold  reason.Reason
	holds map[record.Type]reason.Reason // of single types
}

// held tells why record sets of a type may not shrink or go.
func (r *rowPlan) held(t record.Type) reason.Reason {
	if t == record.CNAME {
		return Row{Hold: r.hold, Holds: r.holds}.held()
	}
	return cmp.Or(r.hold, r.holds[t])
}

func (r *rowPlan) run() {
	replaced := r.replaced()
	for _, w := range r.wants {
		i := slices.IndexFunc(r.have, func(s record.Set) bool { return s.Key == w.Set.Key })
		if i >= 0 {
			r.update(r.have[i], w)
		} else {
			r.create(w)
		}
	}
	for _, s := range r.have {
		if !slices.ContainsFunc(r.wants, func(w change.Want) bool { return w.Set.Key == s.Key }) {
			r.remove(s, slices.Contains(replaced, s.Key))
		}
	}
}

// replaced lists the sets that make room for others in a change of type: all that a wanted one of any row can't stand beside, or
// all there is where no wanted one of the row has been there before.
func (r *rowPlan) replaced() []record.Key {
	if !r.held(record.CNAME).None() || !r.Policy.Allows(change.Update) {
		return nil
	}
	kept := func(s record.Set) bool {
		return slices.ContainsFunc(r.wants, func(w change.Want) bool { return w.Set.Key == s.Key })
	}
	disjoint := len(r.wants) > 0 && !slices.ContainsFunc(r.have, kept)
	var out []record.Key
	for _, s := range r.have {
		clashes := slices.ContainsFunc(r.wanted, func(w change.Want) bool { return clash(w.Set.Key, s.Key) })
		if !kept(s) && (disjoint || clashes) {
			out = append(out, s.Key)
		}
	}
	return out
}

// stayed tells why a set may not go though its row doesn't want it: what would come in its place can't.
func (r *rowPlan) stayed(s record.Set) reason.Reason {
	if why, refused := r.kept[s.Key]; refused {
		return why
	}
	return r.stays[r.ours[s.Key].Resource]
}

// left tells why a set isn't for this plan to take away.
func (r *rowPlan) left(k record.Key, resource string) reason.Reason {
	if r.Left == nil || !r.Policy.Allows(change.Delete) {
		return reason.Reason{}
	}
	return r.Left(k, resource)
}

// resource is the object that a set's marker shall name: the one it names, as long as that asks.
func (r *rowPlan) resource(s record.Set, w change.Want) string {
	if c := r.ours[s.Key]; slices.Contains(w.Askers, c.Resource) {
		return c.Resource
	}
	return w.Resource
}

func (r *rowPlan) keep(s record.Set, resource string) {
	r.after = append(r.after, registry.Owned{Set: s, Resource: resource})
}

func (r *rowPlan) update(have record.Set, w change.Want) {
	want := w.Set
	if why := r.held(have.Type); !why.None() {
		want = grow(have, want)
		r.decide(change.Held, have.Key, r.ours[have.Key].Resource, why)
	}
	switch {
	case have.Equal(want):
		r.keep(have, r.keptResource(have, w))
	case !r.Policy.Allows(change.Update):
		r.keep(have, r.ours[have.Key].Resource)
		r.decide(change.Held, have.Key, w.Resource, reason.New(reason.PolicyKeeps, "--policy=%s doesn't update %s", r.Policy, have.Key))
	default:
		r.put(&have, &want, r.keptResource(have, w))
	}
}

// keptResource leaves the marker's object alone while the row is held: the object that is named may come back.
func (r *rowPlan) keptResource(have record.Set, w change.Want) string {
	if !r.held(have.Type).None() {
		return r.ours[have.Key].Resource
	}
	return r.resource(have, w)
}

func (r *rowPlan) put(before, after *record.Set, resource string) {
	why := reason.New(reason.Asked, "%s asks for %s", resource, after.Key)
	if before != nil {
		why = reason.New(reason.Differs, "%s asks for %s with other data", resource, after.Key)
	}
	r.changes = append(r.changes, change.Change{Before: before, After: after, Resource: resource, Why: why})
	r.keep(*after, resource)
}

// grow adds the wanted values to a held set; what else differs waits.
func grow(have, want record.Set) record.Set {
	if have.Alias != nil || want.Alias != nil || have.Type == record.CNAME {
		return have
	}
	out := have
	out.Values = slices.Concat(have.Values, want.Values)
	slices.Sort(out.Values)
	out.Values = slices.Compact(out.Values)
	if len(out.Values) == len(have.Values) {
		return have
	}
	out.Stored = nil
	return out
}

// create makes a set, unless something that isn't ours has its place; what it can't stand beside is looked for at the end.
func (r *rowPlan) create(w change.Want) {
	if why := cmp.Or(r.occupied(w.Set.Key), r.Full); !why.None() {
		r.refused = append(r.refused, registry.Refused{Key: w.Set.Key, Why: why})
		return
	}
	set := w.Set
	r.put(nil, &set, w.Resource)
}

// occupied tells why a set can't be made: something that isn't ours is there, or has the name.
func (r *rowPlan) occupied(k record.Key) reason.Reason {
	for _, s := range r.Observed {
		why, foreign := r.unclaimed[s.Key]
		switch {
		case foreign && s.ID == k.ID:
			return why
		case s.Key != k:
		case r.Ledger.IsMarker(s):
			return reason.New(reason.MarkerTaken, "%s is a marker", k)
		default:
			return reason.New(reason.Foreign, "%s belongs to the zone itself", k)
		}
	}
	return reason.Reason{}
}

func (r *rowPlan) remove(s record.Set, replaced bool) {
	resource := r.ours[s.Key].Resource
	why := cmp.Or(r.held(s.Type), r.stayed(s), r.left(s.Key, resource))
	if why.None() && !replaced && !r.Policy.Allows(change.Delete) {
		why = reason.New(reason.PolicyKeeps, "--policy=%s doesn't delete %s", r.Policy, s.Key)
	}
	if !why.None() {
		r.keep(s, resource)
		r.kept[s.Key] = why
		r.decide(change.Held, s.Key, resource, why)
		return
	}
	why = reason.New(reason.NotAsked, "no object asks for %s any more", s.Key)
	if replaced {
		why = reason.New(reason.Replaced, "another type takes the place of %s", s.Key)
	}
	r.changes = append(r.changes, change.Change{Before: &s, Resource: resource, Why: why})
}
