// SPDX-License-Identifier: Apache-2.0

package txt

import (
	"slices"

	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/registry"
)

// room is where a marker of a form is written so that it tells its record set from those of other names, or the reason why it can't be.
// Under auto, and for a record set that is there already, the other form makes room.
func (a *attachment) room(o registry.Owned, form string) (slot, reason.Reason) {
	_, occupied := a.slotFor(o, form)
	s, why := a.clear(o, form)
	if a.form == shared {
		return a.roomShared(o, s, why)
	}
	if form == untyped && a.r.format == auto && (why.Code == reason.MarkerCNAME || why.Code == reason.MarkerTaken || a.ofAnother(s, o.Resource)) {
		return a.clear(o, typed) // the type keeps the marker clear of the CNAME, and of the other object
	}
	if !a.wavers(o.Set, form, occupied.None() && !why.None()) {
		return s, why
	}
	other := typed
	if form == typed {
		other = untyped
	}
	if next, no := a.clear(o, other); no.None() {
		return next, no
	}
	return s, why
}

// roomShared is where a record set is marked that shares its marker with the others of the name, or alone where that one has no room, is
// for another object, or doesn't tell.
func (a *attachment) roomShared(o registry.Owned, s slot, why reason.Reason) (slot, reason.Reason) {
	if why.None() && !a.ofAnother(s, o.Resource) && !a.threatened(o.Set) {
		return s, why
	}
	if next, no := a.clear(o, typed); no.None() {
		return next, no
	}
	return s, why
}

// wavers reports whether the other form may tell better whose the marker is, and may be taken. A marker of this form may be misread.
func (a *attachment) wavers(s record.Set, form string, misread bool) bool {
	_, standing := find(a.look(s.Name), s.Type, s.ID)
	switch {
	case a.form == both || a.r.format != auto && !standing:
		return false
	case form == typed:
		return s.Type != record.AAAA && misread
	default:
		return misread || a.threatened(s)
	}
}

// clear is where a marker of a form is written, or the reason why it can't be or would be read for another record set.
func (a *attachment) clear(o registry.Owned, form string) (slot, reason.Reason) {
	s, why := a.slotFor(o, form)
	if why.None() && a.misread(s, o.Set) {
		why = reason.New(reason.MarkerTaken, "the marker at %s would be read for another record set, which is there", s.at)
	}
	return s, why
}

// misread reports whether a record set's marker at a slot can be read for one of another name too, which is there and has nothing that
// tells more: with the prefix x-, x-a-b.example.com stands for a-b.example.com and for the A of b.example.com. Whose it is would
// then depend on what its object asks for, which may change.
func (a *attachment) misread(s slot, set record.Set) bool {
	return slices.ContainsFunc(a.r.readings(s.at, a.zone), func(x reading) bool {
		// ExternalDNS reads it without the list of types, we with it.
		return x.name != a.name && (len(a.rivals(x, set, s.at, registry.Heritage{})) > 0 || a.form == shared && len(a.rivals(x, set, s.at, everyType())) > 0)
	})
}

// rests reports whether neither a record set nor what its marker says changes.
func (a *attachment) rests(have slot, o registry.Owned) bool {
	s, there := find(a.look(o.Set.Name), o.Set.Type, o.Set.ID)
	return there && s.Equal(o.Set) && resourceOf(a.have[have]) == o.Resource
}

// threatened reports whether the marker of another record set of ours could be read for this one, unless its own has its type.
func (a *attachment) threatened(s record.Set) bool {
	return slices.ContainsFunc(a.r.placesOf(s, a.zone), func(p place) bool { return a.strange(p, s.ID) })
}

// strange reports whether the marker at a place is ours, for a record set of another name.
func (a *attachment) strange(p place, id string) bool {
	_, h, ok := a.marker(p, id)
	_, mine := a.have[slot{p.at, id}]
	return ok && h.Owner == a.r.owner && !mine
}

// misreads refuses a new record set for which the marker of another one could be read, unless its own tells.
func (a *attachment) misreads(s record.Set) reason.Reason {
	if old, there := find(a.look(s.Name), s.Type, s.ID); there && (old.Alias != nil) == (s.Alias != nil) {
		return reason.Reason{}
	}
	places := a.r.placesOf(s, a.zone)
	for _, p := range places {
		told := func(q place) bool {
			_, wanted := a.want[slot{q.at, s.ID}]
			return wanted && q.primary && q.at != p.at
		}
		if _, wanted := a.want[slot{p.at, s.ID}]; !wanted && a.strange(p, s.ID) && !slices.ContainsFunc(places, told) {
			return reason.New(reason.MarkerTaken, "the marker at %s is for another record set of ours, and would be read for %s too", p.at, s.Key)
		}
	}
	return reason.Reason{}
}
