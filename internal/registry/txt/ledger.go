// SPDX-License-Identifier: Apache-2.0

package txt

import (
	"slices"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/registry"
)

// ledger reads and writes the markers of one name.
type ledger struct {
	r    *Registry
	name dnsname.Name
	zone zone.Zone
	look registry.Look
	asks registry.Asks
}

// IsMarker reports whether a record set holds a marker, of any owner and form.
func (l *ledger) IsMarker(s record.Set) bool {
	_, ok := registry.MarkerOf(s)
	return ok
}

// Claim finds the marker of a record set: the first place that has one decides.
func (l *ledger) Claim(s record.Set) (registry.Claim, bool, reason.Reason) {
	var why reason.Reason
	for _, p := range l.r.placesOf(s, l.zone) {
		_, h, ok := l.marker(p, s.ID)
		if !ok {
			continue
		}
		if !l.means(p.at, s.Key, h) {
			why = reason.New(reason.Ambiguous, "the marker at %s can be read for %s and for another record set", p.at, s.Key)
			continue
		}
		return registry.Claim{Key: s.Key, Owner: h.Owner, Resource: h.Resource}, true, reason.Reason{}
	}
	if why.None() {
		why = reason.New(reason.Foreign, "%s has no ownership marker", s.Key)
	}
	return registry.Claim{}, false, why
}

// marker reads the marker at a place. One of an affix that isn't the configured one counts only if it is our own.
func (l *ledger) marker(p place, id string) (record.Set, registry.Heritage, bool) {
	s, ok := find(l.look(p.at), record.TXT, id)
	if !ok {
		return record.Set{}, registry.Heritage{}, false
	}
	h, ok := registry.MarkerOf(s)
	return s, h, ok && p.holds(h) && (!p.moved || h.Owner == l.r.owner)
}

func find(sets []record.Set, t record.Type, id string) (record.Set, bool) {
	for _, s := range sets {
		if s.Type == t && s.ID == id {
			return s, true
		}
	}
	return record.Set{}, false
}

// means reports whether the marker at a name is for a record set rather than for another one that it can be read for. Where
// both are there, its resource tells: the object asks for one of the names. A record set that isn't there, or that
// has a telling marker, has no part in a marker that another one has.
func (l *ledger) means(at dnsname.Name, key record.Key, h registry.Heritage) bool {
	s, there := find(l.look(key.Name), key.Type, key.ID)
	if !there {
		s = record.Set{Key: key}
	}
	for _, x := range l.r.readings(at, l.zone) {
		if x.name == key.Name {
			continue
		}
		for _, rival := range l.rivals(x, s, at, h) {
			if !there || l.toldElsewhere(s, at, rival) || h.Resource == "" || !l.asks(h.Resource, key.Name) || l.asks(h.Resource, x.name) {
				return false
			}
		}
	}
	return true
}

// rivals are the record sets there that a reading of the marker at a name, which says h, could be for, and that have no marker of their
// own elsewhere which tells them from s.
func (l *ledger) rivals(x reading, s record.Set, at dnsname.Name, h registry.Heritage) []record.Set {
	var out []record.Set
	for _, rival := range l.look(x.name) {
		if rival.ID != s.ID || l.IsMarker(rival) || (x.typ != anyType && rival.Type != x.typ) || !slices.Contains(markable, rival.Type) {
			continue
		}
		if p := (place{form: x.form(), typ: rival.Type}); !p.holds(h) {
			continue
		}
		if !l.toldElsewhere(rival, at, s) {
			out = append(out, rival)
		}
	}
	return out
}

// toldElsewhere reports whether a record set has a marker with its type elsewhere. A place that the rival's marker may have too, as
// all those of a wildcard and its replacement, tells nothing between them.
func (l *ledger) toldElsewhere(s record.Set, at dnsname.Name, rival record.Set) bool {
	for _, p := range l.r.placesOf(s, l.zone) {
		if p.primary && p.at != at && !slices.ContainsFunc(l.r.placesOf(rival, l.zone), func(q place) bool { return q.at == p.at }) {
			if _, _, ok := l.marker(p, s.ID); ok {
				return true
			}
		}
	}
	return false
}
