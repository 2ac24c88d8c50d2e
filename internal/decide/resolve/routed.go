// SPDX-License-Identifier: Apache-2.0

package resolve

import (
	"cmp"
	"maps"
	"slices"

	"nafuda.io/nafuda/internal/model/endpoint"
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
