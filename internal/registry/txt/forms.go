// SPDX-License-Identifier: Apache-2.0

package txt

import (
	"strings"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/registry"
)

// place is a name at which the marker of a record set may stand.
type place struct {
	at    dnsname.Name
	form  string // typed or untyped
	typ   record.Type
	moved bool // of an affix that isn't the configured one: counts for our own owner only, and is moved with the next change
	// primary is the one place, of the configured affix, that says the type outright.
	primary bool
}

// reading is a record set, or every one at a name where the type is anyType, that a marker can be read for.
type reading struct {
	name dnsname.Name
	typ  record.Type
}

func (x reading) form() string {
	if x.typ == anyType {
		return untyped
	}
	return typed
}

// head splits a name into its first label and the rest, a wildcard's asterisk replaced.
func (r *Registry) head(n dnsname.Name) (string, dnsname.Name) {
	head, rest := n.Cut()
	if head == "*" && r.wildcard != "" {
		head = r.wildcard
	}
	return head, rest
}

// placesOf lists where the marker of a record set may stand, the most telling form first.
func (r *Registry) placesOf(s record.Set, z zone.Zone) []place {
	return r.places(s.Name, s.Type, s.Alias != nil, z)
}

// places is placesOf for a record set of type t at n, which may be an alias.
func (r *Registry) places(n dnsname.Name, t record.Type, alias bool, z zone.Zone) []place {
	out := make([]place, 0, 4+4*len(r.old))
	out = r.addPlaces(out, r.affix, n, t, alias, z)
	current := len(out)
	for _, a := range r.old {
		out = r.addPlaces(out, a, n, t, alias, z)
	}
	for i := current; i < len(out); i++ {
		out[i].moved = true
	}
	return out
}

func (r *Registry) addPlaces(out []place, a affix, n dnsname.Name, t record.Type, alias bool, z zone.Zone) []place {
	head, rest := r.head(n)
	add := func(at dnsname.Name, form string, primary bool) {
		if at.In(z.Name) {
			out = append(out, place{at: at, form: form, typ: t, primary: primary})
		}
	}
	add(a.typed(head, rest, t), typed, true)
	if n == z.Name {
		if at, ok := a.apex(z.Name, t); ok {
			add(at, typed, true)
		}
	}
	types := []record.Type{t}
	if t == record.A && alias { // an alias was marked as the CNAME that was asked for
		add(a.typed(head, rest, record.CNAME), typed, false)
		types = append(types, record.CNAME)
	}
	if a.templated() {
		for _, t := range types {
			add(a.older(head, rest, t), typed, false)
		}
	}
	add(a.untyped(head, rest), untyped, false)
	return out
}

// holds reports whether what a marker at the place says can be for the record set that it is the place of. One that lists types is never
// read for the type that its name seems to have. One that lists none claims no AAAA without the type in its name: that form is older than
// the support for AAAA.
func (p place) holds(h registry.Heritage) bool {
	switch {
	case h.Types != "":
		return p.form == untyped && h.Lists(p.typ)
	case p.form == untyped:
		return p.typ != record.AAAA
	default:
		return true
	}
}

// readings lists what a marker at a name can be read for.
func (r *Registry) readings(at dnsname.Name, z zone.Zone) []reading {
	return r.appendReadings(make([]reading, 0, 4*(1+len(r.old))), at, z)
}

func (r *Registry) appendReadings(out []reading, at dnsname.Name, z zone.Zone) []reading {
	out = r.readingsOf(out, r.affix, at, z)
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
		name := joined(at, head, rest)
		out = append(out, reading{name, t})
		if below, ok := strings.CutPrefix(string(name), r.wildcard+"."); ok && r.wildcard != "" {
			out = append(out, reading{join("*", dnsname.Name(below)), t})
		}
	}
	typed := func(head string, rest dnsname.Name, t record.Type) {
		add(head, rest, t)
		if t == record.CNAME { // or of an alias
			add(head, rest, record.A)
		}
	}
	if a.templated() {
		for _, t := range markable {
			if head, rest, ok := a.with(t).cut(at); ok {
				typed(head, rest, t)
			}
		}
	}
	if head, rest, ok := a.with(anyType).cut(at); ok {
		add(head, rest, anyType)
		if t, after := cutType(head); t != anyType {
			typed(after, rest, t)
		}
	}
	return r.apexReadings(out, a, at, z)
}

func (r *Registry) apexReadings(out []reading, a affix, at dnsname.Name, z zone.Zone) []reading {
	label, _ := strings.CutSuffix(string(at), "."+string(z.Name))
	if !a.templated() && !strings.HasSuffix(label, strings.TrimSuffix(a.prefix, ".")) {
		return out // nearly every name: spare it a name for each type
	}
	for _, t := range markable {
		if name, ok := a.apex(z.Name, t); ok && name == at {
			out = append(out, reading{z.Name, t})
		}
	}
	return out
}

// joined is join of what was cut out of a name: where the two follow each other at its end, that part of it, which costs nothing.
func joined(of dnsname.Name, head string, rest dnsname.Name) dnsname.Name {
	if start := len(of) - len(head) - 1 - len(rest); start >= 0 && rest != "" {
		end := of[start:]
		if string(end[:len(head)]) == head && end[len(head)] == '.' && end[len(head)+1:] == rest {
			return end
		}
	}
	return join(head, rest)
}

func join(head string, rest dnsname.Name) dnsname.Name {
	if rest == "" {
		return dnsname.Name(head)
	}
	return dnsname.Name(head + "." + string(rest))
}

// cutType splits "cname-www" into CNAME and "www".
func cutType(head string) (record.Type, string) {
	if !strings.Contains(head, "-") {
		return anyType, head // nearly every one
	}
	for _, t := range markable {
		if after, ok := strings.CutPrefix(head, token(t)); ok {
			return t, after
		}
	}
	return anyType, head
}
