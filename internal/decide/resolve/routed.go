// SPDX-License-Identifier: Apache-2.0

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

// entrant is an endpoint with the contest it is in.
type entrant struct {
	endpoint.Endpoint
	in *contest
}

// simpleOrRouted settles who has a type at the name where some ask for it without a set identifier and others with one: the two
// can't stand side by side (Route 53, API_ChangeResourceRecordSets). The side of the best origin stays.
func simpleOrRouted(contests []*contest) {
	byType := make(map[record.Type][]entrant)
	for _, c := range contests {
		for _, e := range c.eps {
			byType[e.Type] = append(byType[e.Type], entrant{e, c})
		}
	}
	for _, t := range slices.Sorted(maps.Keys(byType)) {
		best := slices.MinFunc(byType[t], func(a, b entrant) int {
			return cmp.Or(rank(a.in.claimed("", a.From))-rank(b.in.claimed("", b.From)), a.From.Compare(b.From), cmp.Compare(a.ID, b.ID))
		})
		for _, c := range contests {
			if (c.id == "") == (best.ID == "") {
				continue
			}
			for _, e := range c.eps {
				if e.Type == t {
					c.loseTo(e.From, best.From, e.Key(), best.in.claimed("", best.From))
				}
			}
			c.eps = filter(c.eps, func(e endpoint.Endpoint) bool { return e.Type != t })
		}
	}
}

// oneRouting settles which routing policy a type has at the name where objects ask for several: record sets of one name and type have
// the same (Route 53 developer guide, "Choosing a routing policy"). The one that stands stays as long as an object asks for it, else the
// best origin's is taken. Who asks for another keeps what it has, and gets nothing new.
func (o Options) oneRouting(contests []*contest) {
	if o.Routing == nil {
		return
	}
	byType := make(map[record.Type][]entrant)
	for _, c := range contests {
		for _, e := range c.eps {
			if policy := o.Routing(e.Props); c.id != "" && policy != "" {
				byType[e.Type] = append(byType[e.Type], entrant{e, c})
			}
		}
	}
	for _, t := range slices.Sorted(maps.Keys(byType)) {
		best := slices.MinFunc(byType[t], o.firstFor(t))
		policy := o.Routing(best.Props)
		for _, e := range byType[t] {
			if other := o.Routing(e.Props); other != policy {
				e.in.refuse(e.Endpoint, reason.New(reason.RoutingDiffers, "%s has %s routing for %s, so %s can't have %s routing for it", best.From.Ref, policy, e.Name, e.From.Ref, other))
			}
		}
	}
}

// firstFor orders entrants of a type: those with the routing policy that stands, then by who has the better right.
func (o Options) firstFor(t record.Type) func(a, b entrant) int {
	standing := ""
	if o.Standing != nil {
		standing = o.Standing(t)
	}
	return func(a, b entrant) int {
		stands := func(e entrant) int { return rank(standing != "" && o.Routing(e.Props) == standing) }
		return cmp.Or(stands(a)-stands(b), rank(a.in.claimed("", a.From))-rank(b.in.claimed("", b.From)), a.From.Compare(b.From), cmp.Compare(a.ID, b.ID))
	}
}

// refuse takes an endpoint out of the contest. What its object has stays.
func (c *contest) refuse(e endpoint.Endpoint, why reason.Reason) {
	c.decide(change.Refused, e.From, e.Key(), why)
	c.eps = filter(c.eps, func(o endpoint.Endpoint) bool { return o.Type != e.Type || o.From.Ref != e.From.Ref })
	c.holds = append(c.holds, endpoint.Hold{Name: e.Name, ID: e.ID, Props: e.Props, From: e.From, Why: why})
}
