// SPDX-License-Identifier: Apache-2.0

package txt

import (
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/registry"
)

// Form is how a marker that stands in a zone is written.
type Form string

// The forms. One that is Moved has a prefix of --txt-old-prefix or none; one that is Unread is at the name of no record set that is
// there, as the options have it.
const (
	Typed   Form = "typed"
	Untyped Form = "untyped"
	Shared  Form = "shared" // untyped, with a list of types
	Moved   Form = "of an old prefix"
	Unread  Form = "at the name of no record set"
)

// FormOf tells how the marker at a name of a zone is written that says what h does, given which names have record sets other than markers. A name with the
// type that happens to be read both ways counts as typed.
func (r *Registry) FormOf(at dnsname.Name, h registry.Heritage, z zone.Zone, there func(dnsname.Name) bool) Form {
	form := Unread
	for _, x := range r.readingsOf(nil, r.affix, at, z) {
		switch {
		case !there(x.name):
		case x.typ != anyType:
			return Typed
		case h.Types != "":
			form = Shared
		default:
			form = Untyped
		}
	}
	if form != Unread {
		return form
	}
	for _, a := range r.old {
		for _, x := range r.readingsOf(nil, a, at, z) {
			if there(x.name) {
				return Moved
			}
		}
	}
	return Unread
}
