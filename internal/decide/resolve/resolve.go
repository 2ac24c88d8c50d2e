// SPDX-License-Identifier: Apache-2.0

// Package resolve decides what is wanted at one name when several objects ask for it.
package resolve

import (
	"cmp"
	"maps"
	"slices"

	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/endpoint"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/record"
)

// Options say how conflicts are settled.
type Options struct {
	MergeNamespaces bool   // endpoints of different namespaces are merged like those of one
	MinTTL          uint32 // of derived endpoints that have none, in seconds
	// Routing tells which routing policy properties make; nil, or an empty answer: none is known.
	Routing func([]record.Prop) string
	// Standing tells the routing policy of the record sets of ours that endpoints of a type become; nil, or an empty answer: there are none.
	Standing func(record.Type) string
}

// Row is all that is wanted at one name under one set identifier: record sets of several types, or nothing.
type Row struct {
	ID    string
	Wants []change.Want
	// Hold says why what is published must not shrink, change type or go: an object that has the name doesn't know its address.
	Hold reason.Reason
	// Holds says the same of single types: of these alone an object doesn't know the data.
	Holds map[record.Type]reason.Reason
	// Askers are the objects that ask for the row, those that wait for an address included, sorted.
	Askers []string
}

// Name resolves the endpoints and holds at one name. claimed tells whether a record set is marked for an object, and for a key
// without a type whether any of that set identifier is: who has a name keeps it, and of its types each keeps those that it has. The rows are sorted by their identifier.
func Name(eps []endpoint.Endpoint, holds []endpoint.Hold, claimed func(k record.Key, resource string) bool, o Options) ([]Row, []change.Decision) {
	eps, askers := o.reverse(eps, claimed)
	var contests []*contest
	for _, id := range identifiers(eps, holds) {
		c := &contest{
			id:    id,
			eps:   filter(eps, func(e endpoint.Endpoint) bool { return e.ID == id }),
			holds: filter(holds, func(h endpoint.Hold) bool { return h.ID == id }),
			claimed: func(t record.Type, f *endpoint.Origin) bool {
				return claimed(record.Key{Type: t, ID: id}, f.Ref.String())
			},
		}
		slices.SortStableFunc(c.eps, func(a, b endpoint.Endpoint) int { return cmp.Or(a.Key().Compare(b.Key()), a.From.Compare(b.From)) })
		slices.SortStableFunc(c.holds, func(a, b endpoint.Hold) int { return a.From.Compare(b.From) })
		if !o.MergeNamespaces {
			c.pickNamespace()
		}
		contests = append(contests, c)
	}
	simpleOrRouted(contests)
	o.oneRouting(contests)
	var rows []Row
	var decisions []change.Decision
	for _, c := range contests {
		rows = append(rows, c.row())
		decisions = append(decisions, c.decisions...)
	}
	together(rows, askers)
	return rows, decisions
}

func identifiers(eps []endpoint.Endpoint, holds []endpoint.Hold) []string {
	ids := make(map[string]bool)
	for _, e := range eps {
		ids[e.ID] = true
	}
	for _, h := range holds {
		ids[h.ID] = true
	}
	return slices.Sorted(maps.Keys(ids))
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

// contest is the settling of one row.
type contest struct {
	id        string
	eps       []endpoint.Endpoint
	holds     []endpoint.Hold
	claimed   func(record.Type, *endpoint.Origin) bool // the empty type: any
	decisions []change.Decision
}

// before orders origins by who has the better right: the one that the name is marked for, then the older.
func (c *contest) before(a, b *endpoint.Origin) int {
	return cmp.Or(rank(c.claimed("", a))-rank(c.claimed("", b)), a.Compare(b))
}

// beforeFor is before for one type: a claim on another type at the name doesn't take this one away from who has it.
func (c *contest) beforeFor(t record.Type) func(a, b endpoint.Endpoint) int {
	return func(a, b endpoint.Endpoint) int {
		return cmp.Or(rank(c.claimed(t, a.From))-rank(c.claimed(t, b.From)), c.before(a.From, b.From))
	}
}

func rank(first bool) int {
	if first {
		return 0
	}
	return 1
}

func (c *contest) origins() []*endpoint.Origin {
	var out []*endpoint.Origin
	for _, e := range c.eps {
		out = append(out, e.From)
	}
	for _, h := range c.holds {
		out = append(out, h.From)
	}
	slices.SortFunc(out, c.before)
	return slices.CompactFunc(out, func(a, b *endpoint.Origin) bool { return a.Ref == b.Ref })
}

// pickNamespace leaves the namespace that has the name; the others lose.
func (c *contest) pickNamespace() {
	all := c.origins()
	winner := all[0]
	ours := func(f *endpoint.Origin) bool { return f.Ref.Namespace == winner.Ref.Namespace }
	for _, f := range all {
		if !ours(f) {
			c.lose(f, winner, c.keyOf(f))
		}
	}
	c.eps = filter(c.eps, func(e endpoint.Endpoint) bool { return ours(e.From) })
	c.holds = filter(c.holds, func(h endpoint.Hold) bool { return ours(h.From) })
}

func (c *contest) keyOf(f *endpoint.Origin) record.Key {
	for _, e := range c.eps {
		if e.From.Ref == f.Ref {
			return e.Key()
		}
	}
	for _, h := range c.holds {
		if h.From.Ref == f.Ref {
			return h.Key()
		}
	}
	return record.Key{ID: c.id}
}

func (c *contest) lose(loser, winner *endpoint.Origin, key record.Key) {
	c.loseTo(loser, winner, key, c.claimed("", winner))
}

func (c *contest) loseTo(loser, winner *endpoint.Origin, key record.Key, holder bool) {
	why := reason.New(reason.OlderObjectWins, "%s asks for %s too and is older", winner.Ref, key.Name)
	if holder {
		why = reason.New(reason.ClaimHolderWins, "%s has %s", winner.Ref, key.Name)
	}
	c.decide(change.Lost, loser, key, why)
}

func (c *contest) decide(v change.Verdict, f *endpoint.Origin, key record.Key, why reason.Reason) {
	c.decisions = append(c.decisions, change.Decision{Key: key, Verdict: v, Resource: f.Ref.String(), Why: why})
}

// row makes the row of what is left: addresses beat a CNAME, one source a type.
func (c *contest) row() Row {
	byType := make(map[record.Type][]endpoint.Endpoint)
	for _, e := range c.eps {
		byType[e.Type] = append(byType[e.Type], e)
	}
	if cnames := byType[record.CNAME]; len(cnames) > 0 && len(byType) > 1 {
		for _, e := range cnames {
			c.decide(change.Lost, e.From, e.Key(), reason.New(reason.AddressBeats, "%s has other record types than CNAME", e.Name))
		}
		delete(byType, record.CNAME)
	}
	r := Row{ID: c.id}
	for _, t := range slices.Sorted(maps.Keys(byType)) {
		r.Wants = append(r.Wants, c.merge(byType[t]))
	}
	if len(c.holds) > 0 {
		slices.SortFunc(c.holds, func(a, b endpoint.Hold) int { return c.before(a.From, b.From) })
		r.Hold, r.Holds = holds(c.holds)
	}
	for _, f := range c.origins() {
		r.Askers = append(r.Askers, f.Ref.String())
	}
	slices.Sort(r.Askers)
	return r
}

// holds tells why all types are held and why single ones are, by the first hold of each.
func holds(list []endpoint.Hold) (all reason.Reason, single map[record.Type]reason.Reason) {
	for _, h := range list {
		switch _, there := single[h.Type]; {
		case h.Type == "" && all.None():
			all = h.Why
		case h.Type != "" && !there:
			if single == nil {
				single = make(map[record.Type]reason.Reason)
			}
			single[h.Type] = h.Why
		}
	}
	return all, single
}

// merge makes one want of endpoints of one type: those of the best origin's source together, or of the best alone for a CNAME.
func (c *contest) merge(eps []endpoint.Endpoint) change.Want {
	slices.SortStableFunc(eps, c.beforeFor(eps[0].Type))
	lead := eps[0]
	want := change.Want{
		Set:      record.Set{Key: lead.Key(), TTL: lead.TTL, Props: lead.Props},
		Resource: lead.From.Ref.String(),
	}
	for _, e := range eps {
		if e.From.Source != lead.From.Source || e.Type == record.CNAME && e.From.Ref != lead.From.Ref {
			if !slices.Equal(e.Targets, lead.Targets) {
				c.lose(e.From, lead.From, e.Key())
				continue
			}
		}
		want.Set.Values = append(want.Set.Values, e.Targets...)
		want.Askers = append(want.Askers, e.From.Ref.String())
	}
	slices.Sort(want.Set.Values)
	want.Set.Values = slices.Compact(want.Set.Values)
	slices.Sort(want.Askers)
	want.Askers = slices.Compact(want.Askers)
	if lead.Type == record.CNAME && len(want.Set.Values) > 1 {
		c.decide(change.Noted, lead.From, lead.Key(), reason.New(reason.OneCNAME, "%s has the targets %v", lead.Name, want.Set.Values))
		want.Set.Values = want.Set.Values[:1]
	}
	return want
}
