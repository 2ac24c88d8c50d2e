// SPDX-License-Identifier: Apache-2.0

package source

import (
	"cmp"
	"strings"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/endpoint"
	"nafuda.io/nafuda/internal/model/fact"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/record"
)

// PointResolved is PointAt with the addresses of host names in their place. Where no address is known it holds the names; where only
// those of one family are, it holds the type of the other.
func (b *Builder) PointResolved(names []dnsname.Name, ref endpoint.Ref, field string, texts []string, missing reason.Reason, look Lookup) {
	if len(names) == 0 || strings.Join(texts, "") == "" {
		b.Point(names, nil, missing)
		return
	}
	targets := b.Targets(ref, field, texts...)
	if len(targets) == 0 {
		b.PointAt(names, ref, field, texts, missing)
		return
	}
	r := resolved{unknown: make(map[record.Type]reason.Reason)}
	for _, t := range targets {
		if record.TypeOf(t) == record.CNAME {
			v := look.Fact(fact.OfHost(t))
			r.add(record.A, v.V4)
			r.add(record.AAAA, v.V6)
		} else {
			r.targets = append(r.targets, t)
		}
	}
	none := reason.New(reason.HostNotFound, "%s has no address", strings.Join(targets, ", "))
	b.Point(names, r.targets, cmp.Or(r.unknown[record.A], r.unknown[record.AAAA], none))
	if len(r.targets) == 0 {
		return
	}
	for _, name := range names {
		for _, t := range []record.Type{record.A, record.AAAA} {
			if why := r.unknown[t]; !why.None() {
				b.HoldType(name, t, why)
			}
		}
	}
}

// resolved are the addresses that are known, and the types of those that aren't.
type resolved struct {
	targets []string
	unknown map[record.Type]reason.Reason
}

func (r *resolved) add(t record.Type, f fact.Family) {
	if !f.Known {
		r.unknown[t] = cmp.Or(r.unknown[t], f.Why, reason.New(reason.FactPending, "its %s addresses aren't known", t))
		return
	}
	for _, a := range f.Addrs {
		r.targets = append(r.targets, a.String())
	}
}
