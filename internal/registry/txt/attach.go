// SPDX-License-Identifier: Apache-2.0

package txt

import (
	"cmp"
	"slices"

	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/registry"
)

// maxLabel and maxName are the limits of RFC 1035 section 2.3.4.
const (
	maxLabel = 63
	maxName  = 253
)

// slot is one TXT record set that can be a marker of the name.
type slot struct {
	at dnsname.Name
	id string
}

// Attach returns the changes of the name's markers. Nothing moves unless something else of the name changes: a record set, or
// the object that it is for.
func (l *ledger) Attach(changes []change.Change, after []registry.Owned) ([]change.Change, []registry.Refused) {
	have := l.ours(changes, after)
	if len(changes) == 0 && !l.resourcesDiffer(have, after) {
		return nil, nil
	}
	want := make(map[slot]record.Set)
	var refused []registry.Refused
	form := l.formOf(have)
	for _, o := range after {
		if why := l.wantMarkers(want, have, form, o, after); !why.None() {
			refused = append(refused, registry.Refused{Key: o.Set.Key, Why: why})
		}
	}
	if refused != nil {
		return nil, refused
	}
	return l.diff(have, want), nil
}

// ours collects the markers of the name that are ours: those of record sets that change or stay, and those whose record set is
// gone.
func (l *ledger) ours(changes []change.Change, after []registry.Owned) map[slot]record.Set {
	have := make(map[slot]record.Set)
	collect := func(s record.Set) {
		for _, p := range l.r.places(s.Name, s.Type, l.zone) {
			m, h, ok := l.marker(p, s.ID)
			if ok && h.Owner == l.r.owner && l.means(p.at, s.Key, h) {
				have[slot{p.at, s.ID}] = m
			}
		}
	}
	for _, c := range changes {
		if c.Before != nil {
			collect(*c.Before)
		}
		if c.After != nil {
			collect(*c.After)
		}
	}
	for _, o := range after {
		collect(o.Set)
	}
	return have
}

func (l *ledger) resourcesDiffer(have map[slot]record.Set, after []registry.Owned) bool {
	for _, o := range after {
		for _, p := range l.r.places(o.Set.Name, o.Set.Type, l.zone) {
			m, ok := have[slot{p.at, o.Set.ID}]
			if !ok {
				continue
			}
			if h, _ := registry.MarkerOf(m); h.Resource != o.Resource && !l.shared(slot{p.at, o.Set.ID}, h.Resource, after) {
				return true
			}
			break // the first place decides, as it does in Claim
		}
	}
	return false
}

// shared reports whether another record set that will be ours is marked at the slot for the resource.
func (l *ledger) shared(at slot, resource string, after []registry.Owned) bool {
	for _, o := range after {
		if o.Resource != resource || o.Set.ID != at.id {
			continue
		}
		for _, p := range l.r.places(o.Set.Name, o.Set.Type, l.zone) {
			if p.at == at.at {
				return true
			}
		}
	}
	return false
}

// formOf is the form for the name's markers: the forced one, else the one that the name has, else the zone's.
func (l *ledger) formOf(have map[slot]record.Set) string {
	if l.r.format != auto {
		return l.r.format
	}
	isTyped, isUntyped := false, false
	for s := range have {
		for _, t := range markable {
			for _, p := range l.r.places(l.name, t, l.zone) {
				if p.at == s.at && t != record.AAAA {
					isTyped = isTyped || p.form == typed
					isUntyped = isUntyped || p.form == untyped
				}
			}
		}
	}
	switch {
	case isUntyped && !isTyped:
		return untyped
	case isTyped:
		return typed
	default:
		return l.r.fallback
	}
}

// wantMarkers adds the markers of one record set. The reason says why it can't have one.
func (l *ledger) wantMarkers(want, have map[slot]record.Set, form string, o registry.Owned, after []registry.Owned) reason.Reason {
	var forms []string
	switch {
	case form == both && o.Set.Type != record.AAAA:
		forms = []string{typed, untyped}
	case form == untyped && o.Set.Type != record.AAAA:
		forms = []string{untyped}
	default:
		forms = []string{typed}
	}
	for _, f := range forms {
		at, why := l.write(o.Set, f)
		if why.None() {
			why = l.free(slot{at, o.Set.ID}, have, after)
		}
		if f == untyped && why.Code == reason.MarkerCNAME && l.r.format == auto {
			at, why = l.write(o.Set, typed) // the type keeps the marker clear of the CNAME
			if why.None() {
				why = l.free(slot{at, o.Set.ID}, have, after)
			}
		}
		if !why.None() {
			return why
		}
		s := slot{at, o.Set.ID}
		if _, taken := want[s]; taken && f == untyped {
			continue // an untyped marker is shared
		}
		want[s] = l.set(s, o)
	}
	return reason.Reason{}
}

func (l *ledger) set(s slot, o registry.Owned) record.Set {
	h := registry.Heritage{Owner: l.r.owner, Resource: o.Resource}
	return record.Set{Key: record.Key{Name: s.at, Type: record.TXT, ID: s.id}, Values: []string{h.String()}, Props: o.Set.Props}
}

// write is where a marker of a form is written.
func (l *ledger) write(s record.Set, form string) (dnsname.Name, reason.Reason) {
	head, rest := l.r.head(s.Name)
	at := l.r.affix.untyped(head, rest)
	if form == typed {
		at = l.r.affix.typed(head, rest, s.Type)
	}
	if !slices.Contains(markable, s.Type) {
		return "", reason.New(reason.TypeCantDo, "a marker's name can't carry the type %s", s.Type)
	}
	if !at.In(l.zone.Name) {
		inside, ok := l.r.affix.apex(l.zone.Name, s.Type)
		if !ok {
			return "", reason.New(reason.MarkerOutside, "the marker of %s would be %s, outside the zone %s", s.Key, at, l.zone.Name)
		}
		at = inside
	}
	if len(at) > maxName {
		return "", reason.New(reason.MarkerTooLong, "the marker's name %s has %d characters, more than %d", at, len(at), maxName)
	}
	for label := range at.Labels() {
		if len(label) > maxLabel {
			return "", reason.New(reason.MarkerTooLong, "the marker's label %q has %d characters, more than %d", label, len(label), maxLabel)
		}
	}
	return at, reason.Reason{}
}

// free tells why a marker can't be written at a slot.
func (l *ledger) free(s slot, have map[slot]record.Set, after []registry.Owned) reason.Reason {
	if l.cname(s.at, after) {
		return reason.New(reason.MarkerCNAME, "the marker and a CNAME would share the name %s", s.at)
	}
	there, ok := find(l.look(s.at), record.TXT, s.id)
	if m, mine := have[s]; !ok || mine && len(m.Values) == 1 {
		return reason.Reason{}
	}
	h, isMarker := registry.MarkerOf(there)
	switch {
	case !isMarker || len(there.Values) > 1:
		return reason.New(reason.MarkerTaken, "%s holds a TXT record set that isn't a marker of ours alone", s.at)
	case h.Owner != l.r.owner:
		return reason.New(reason.OtherOwner, "%s is marked for the owner %q", s.at, h.Owner)
	default:
		return reason.New(reason.MarkerTaken, "the marker at %s is for another record set of ours (%s)", s.at, h.Resource)
	}
}

// cname reports whether a CNAME will stand at a name: at our own name what will be there counts, elsewhere what is there.
func (l *ledger) cname(at dnsname.Name, after []registry.Owned) bool {
	if at == l.name {
		return slices.ContainsFunc(after, func(o registry.Owned) bool { return o.Set.Type == record.CNAME })
	}
	return slices.ContainsFunc(l.look(at), func(s record.Set) bool { return s.Type == record.CNAME })
}

// diff turns what is and what should be into changes, in the order of their keys.
func (l *ledger) diff(have, want map[slot]record.Set) []change.Change {
	var out []change.Change
	for s, before := range have {
		if after, stays := want[s]; stays {
			out = append(out, change.Change{Before: &before, After: &after, Marker: true, Resource: resourceOf(after)})
		} else if len(before.Values) == 1 { // a set with other texts beside the marker isn't ours to remove
			out = append(out, change.Change{Before: &before, Marker: true, Resource: resourceOf(before)})
		}
	}
	for s, after := range want {
		if _, there := have[s]; !there {
			out = append(out, change.Change{After: &after, Marker: true, Resource: resourceOf(after)})
		}
	}
	slices.SortFunc(out, func(a, b change.Change) int { return cmp.Or(a.Key().Compare(b.Key())) })
	return out
}

func resourceOf(marker record.Set) string {
	h, _ := registry.MarkerOf(marker)
	return h.Resource
}
