// SPDX-License-Identifier: Apache-2.0

package txt

import (
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
)

// marks lists the names at which a marker of some record set of n may stand: the places of an alias of each type, in no order. A name
// may be in it twice.
func (r *Registry) marks(n dnsname.Name, z zone.Zone) []dnsname.Name {
	out := make([]dnsname.Name, 0, (len(markable)+2)*(1+len(r.old)))
	add := func(at dnsname.Name) {
		if at.In(z.Name) {
			out = append(out, at)
		}
	}
	head, rest := r.head(n)
	for i := range 1 + len(r.old) {
		a := r.affix
		if i > 0 {
			a = r.old[i-1]
		}
		add(a.untyped(head, rest))
		for _, t := range markable {
			add(a.typed(head, rest, t))
			if a.templated() {
				add(a.older(head, rest, t))
			}
			if n != z.Name {
				continue
			}
			if at, ok := a.apex(z.Name, t); ok {
				add(at)
			}
		}
	}
	return out
}

// Places lists the names in a zone at which the marker of a record set, an alias or not, may be written or read in any --txt-format
// of the configured affix.
func (r *Registry) Places(n dnsname.Name, t record.Type, z zone.Zone) []dnsname.Name {
	var out []dnsname.Name
	for _, p := range r.places(n, t, true, z) {
		if !p.moved {
			out = append(out, p.at)
		}
	}
	return out
}
