// SPDX-License-Identifier: Apache-2.0

package txt

import (
	"strings"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
)

// place is a name at which the marker of a record set may stand.
type place struct {
	at    dnsname.Name
	form  string // typed or untyped
	moved bool   // of an affix that isn't the configured one: counts for our own owner only, and is moved with the next change
	// primary is the one place, of the configured affix, that says the type outright.
	primary bool
}

// reading is a record set, or every one at a name where the type is anyType, that a marker can be read for.
type reading struct {
	name dnsname.Name
	typ  record.Type
}

// heads are the first labels that a name can have in its marker: a wildcard's is replaced.
func (r *Registry) head(n dnsname.Name) (string, dnsname.Name) {
	head, rest := n.Cut()
	if head == "*" && r.wildcard != "" {
		head = r.wildcard
	}
	return head, rest
}

// places lists where the marker of a record set of type t at n may stand, the most telling form first.
func (r *Registry) places(n dnsname.Name, t record.Type, z zone.Zone) []place {
	out := make([]place, 0, 4+4*len(r.old))
	out = r.placesOf(out, r.affix, n, t, z, false)
	for _, a := range r.old {
		out = r.placesOf(out, a, n, t, z, true)
	}
	return out
}

func (r *Registry) placesOf(out []place, a affix, n dnsname.Name, t record.Type, z zone.Zone, moved bool) []place {
	head, rest := r.head(n)
	add := func(at dnsname.Name, form string, primary bool) {
		if at.In(z.Name) {
			out = append(out, place{at: at, form: form, moved: moved, primary: primary})
		}
	}
	add(a.typed(head, rest, t), typed, true)
	if n == z.Name {
		if at, ok := a.apex(z.Name, t); ok {
			add(at, typed, true)
		}
	}
	if t == record.A { // an alias was marked as the CNAME that was asked for
		add(a.typed(head, rest, record.CNAME), typed, false)
	}
	if a.templated() {
		add(a.older(head, rest, t), typed, false)
	}
	if t != record.AAAA { // the form without a type is older than AAAA support, so it never claims AAAA
		add(a.untyped(head, rest), untyped, false)
	}
	return out
}

// readings lists what a marker at a name can be read for.
func (r *Registry) readings(at dnsname.Name, z zone.Zone) []reading {
	out := r.readingsOf(nil, r.affix, at, z)
	for _, a := range r.old {
		out = r.readingsOf(out, a, at, z)
	}
	return out
}

func (r *Registry) readingsOf(out []reading, a affix, at dnsname.Name, z zone.Zone) []reading {
	add := func(head string, rest dnsname.Name, t record.Type) {
		if head == "" {
			return
		}
		out = append(out, reading{join(head, rest), t})
		if head == r.wildcard {
			out = append(out, reading{join("*", rest), t})
		}
	}
	if a.templated() {
		for _, t := range markable {
			if head, rest, ok := a.with(t).cut(at); ok {
				add(head, rest, t)
			}
		}
	}
	if head, rest, ok := a.with(anyType).cut(at); ok {
		add(head, rest, anyType)
		if t, after := cutType(head); t != anyType {
			add(after, rest, t)
			if t == record.CNAME {
				add(after, rest, record.A)
			}
		}
	}
	return r.apexReadings(out, a, at, z)
}

func (r *Registry) apexReadings(out []reading, a affix, at dnsname.Name, z zone.Zone) []reading {
	for _, t := range markable {
		if name, ok := a.apex(z.Name, t); ok && name == at {
			out = append(out, reading{z.Name, t})
		}
	}
	return out
}

func join(head string, rest dnsname.Name) dnsname.Name {
	if rest == "" {
		return dnsname.Name(head)
	}
	return dnsname.Name(head + "." + string(rest))
}

// cutType splits "cname-www" into CNAME and "www".
func cutType(head string) (record.Type, string) {
	tok, after, ok := strings.Cut(head, "-")
	if !ok {
		return anyType, head
	}
	for _, t := range markable {
		if strings.ToLower(string(t)) == tok {
			return t, after
		}
	}
	return anyType, head
}
