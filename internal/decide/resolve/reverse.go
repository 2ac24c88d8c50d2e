// SPDX-License-Identifier: Apache-2.0

package resolve

import (
	"slices"

	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/endpoint"
	"nafuda.io/nafuda/internal/model/record"
)

// reverse makes one endpoint of all that are derived from an address: that several names have it is no conflict, whatever their
// namespaces and sources, and each is among the values. Its object is the one that the record set is marked for, else the oldest; its
// TTL the least, of which none is less than any, as ExternalDNS has it.
func (o Options) reverse(eps []endpoint.Endpoint, claimed func(record.Key, string) bool) (rest []endpoint.Endpoint, askers []string) {
	var derived []endpoint.Endpoint
	for _, e := range eps {
		if e.Reverse {
			derived = append(derived, e)
		} else {
			rest = append(rest, e)
		}
	}
	if len(derived) == 0 {
		return eps, nil
	}
	slices.SortStableFunc(derived, func(a, b endpoint.Endpoint) int {
		held := func(e endpoint.Endpoint) int { return rank(claimed(e.Key(), e.From.Ref.String())) }
		if c := held(a) - held(b); c != 0 {
			return c
		}
		return a.From.Compare(b.From)
	})
	all := derived[0]
	all.Targets = nil
	for _, e := range derived {
		all.TTL = min(all.TTL, e.TTL)
		all.Targets = append(all.Targets, e.Targets...)
		askers = append(askers, e.From.Ref.String())
	}
	slices.Sort(all.Targets)
	all.Targets = slices.Compact(all.Targets)
	if all.TTL == 0 {
		all.TTL = o.MinTTL
	}
	slices.Sort(askers)
	return append(rest, all), slices.Compact(askers)
}

// together enters who asks for a PTR record set that is derived. A marker without an object, as ExternalDNS writes them for it, may
// stay.
func together(rows []Row, askers []string) {
	if askers == nil {
		return
	}
	join := func(list []string, more ...string) []string {
		list = slices.Concat(list, more)
		slices.Sort(list)
		return slices.Compact(list)
	}
	for i, r := range rows {
		at := slices.IndexFunc(r.Wants, func(w change.Want) bool { return w.Set.Type == record.PTR })
		if r.ID != "" || at < 0 {
			continue
		}
		rows[i].Askers = join(r.Askers, askers...)
		r.Wants[at].Askers = join(r.Wants[at].Askers, append(askers, "")...)
	}
}
