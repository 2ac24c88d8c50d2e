// SPDX-License-Identifier: Apache-2.0

package txt

import (
	"cmp"
	"slices"

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

// mark adds the markers of one record set to what is wanted. The reason says why it can't have one.
func (a *attachment) mark(o registry.Owned) reason.Reason {
	forms := a.formsFor(o.Set.Type)
	marked := false
	var missed reason.Reason
	for _, form := range forms {
		s, why := a.room(o, form)
		if !why.None() && len(forms) > 1 && a.misread(s, o.Set) {
			missed = why
			continue // the other one is enough
		}
		if !why.None() {
			have, ok := a.kept(o)
			if !ok {
				return why
			}
			s = have
		}
		a.add(s, o)
		marked = true
	}
	if !marked {
		have, ok := a.kept(o)
		if !ok {
			return missed
		}
		a.add(have, o)
	}
	return cmp.Or(a.overruled(o.Set), a.misreads(o.Set))
}

// add wants a marker at a slot. An untyped marker is shared, and names the first object.
func (a *attachment) add(s slot, o registry.Owned) {
	_, taken := a.want[s]
	a.lists[s] = append(a.lists[s], string(o.Set.Type))
	switch {
	case a.listed(s):
		a.want[s] = a.set(s, o, types(a.lists[s]))
	case !taken:
		a.want[s] = a.set(s, o, "")
	}
	if !taken {
		a.of[s] = o.Set.Key
	}
}

// listed reports whether the marker at a slot has to list its types: it is to be shared, it lists them and can't move, or it claims an
// AAAA without a type in its name.
func (a *attachment) listed(s slot) bool {
	here, lists := s.at == a.r.untypedAt(a.name), said(a.have[s]).Types != ""
	switch {
	case !here && !lists:
		return false // a type in its name
	case slices.Contains(a.lists[s], string(record.AAAA)):
		return true
	case here && (a.form == untyped || a.form == both):
		return false
	default:
		return a.form == shared && here || lists
	}
}

// kept is the marker that a record set has, where it can stay though it can't move.
func (a *attachment) kept(o registry.Owned) (slot, bool) {
	have, ok := a.marked(o.Set)
	return have, ok && !a.cname(have.at) && (a.rests(have, o) || !a.misread(have, o.Set))
}

// ofAnother reports whether the marker that is wanted at a slot names another object, which sharing it would lose.
func (a *attachment) ofAnother(s slot, resource string) bool {
	m, taken := a.want[s]
	return taken && resourceOf(m) != resource
}

// overruled tells whose marker would be read before those that are wanted for a record set.
func (a *attachment) overruled(s record.Set) reason.Reason {
	for _, p := range a.r.placesOf(s, a.zone) {
		if _, wanted := a.want[slot{p.at, s.ID}]; wanted {
			break
		}
		if _, h, ok := a.marker(p, s.ID); ok && h.Owner != a.r.owner {
			return reason.New(reason.OtherOwner, "%s is marked for the owner %q", p.at, h.Owner)
		}
	}
	return reason.Reason{}
}

func (a *attachment) formsFor(t record.Type) []string {
	switch {
	case a.form == shared:
		return []string{untyped}
	case t == record.AAAA:
		return []string{typed}
	case a.form == both:
		return []string{typed, untyped}
	default:
		return []string{a.form}
	}
}

// slotFor is where a marker of a form is written, or the reason why it can't be.
func (a *attachment) slotFor(o registry.Owned, form string) (slot, reason.Reason) {
	at, why := a.write(o.Set, form)
	if !why.None() {
		return slot{}, why
	}
	s := slot{at, o.Set.ID}
	return s, a.free(s)
}

// set is the marker at a slot. Texts that stand beside the marker there stay.
func (a *attachment) set(s slot, o registry.Owned, types string) record.Set {
	value := registry.Heritage{Owner: a.r.owner, Resource: o.Resource, Types: types}.String()
	if m, there := a.have[s]; there {
		if rest := others(m); len(rest) > 0 {
			return withValues(m, append(rest, value))
		}
	}
	return record.Set{Key: s.key(), Values: []string{value}, Props: o.Set.Props}
}

// write is where a marker of a form is written.
func (a *attachment) write(s record.Set, form string) (dnsname.Name, reason.Reason) {
	if !slices.Contains(markable, s.Type) {
		return "", reason.New(reason.TypeCantDo, "a marker's name can't carry the type %s", s.Type)
	}
	head, rest := a.r.head(s.Name)
	at := a.r.affix.untyped(head, rest)
	if form == typed {
		at = a.r.affix.typed(head, rest, s.Type)
	}
	if !at.In(a.zone.Name) {
		inside, ok := dnsname.Name(""), false
		if s.Name == a.zone.Name {
			inside, ok = a.r.affix.apex(a.zone.Name, s.Type)
		}
		if !ok {
			return "", reason.New(reason.MarkerOutside, "the marker of %s would be %s, outside the zone %s", s.Key, at, a.zone.Name)
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
func (a *attachment) free(s slot) reason.Reason {
	if a.cname(s.at) {
		return reason.New(reason.MarkerCNAME, "the marker and a CNAME would share the name %s", s.at)
	}
	if slices.ContainsFunc(a.after, func(o registry.Owned) bool { return o.Set.Key == s.key() }) {
		return reason.New(reason.MarkerTaken, "%s is asked for as a TXT record set, and so can't be a marker", s.at)
	}
	there, ok := find(a.look(s.at), record.TXT, s.id)
	if _, mine := a.have[s]; !ok || mine {
		return reason.Reason{}
	}
	h, isMarker := registry.MarkerOf(there)
	switch {
	case !isMarker:
		return reason.New(reason.MarkerTaken, "%s holds a TXT record set that isn't a marker", s.at)
	case h.Owner != a.r.owner:
		return reason.New(reason.OtherOwner, "%s is marked for the owner %q", s.at, h.Owner)
	default:
		return reason.New(reason.MarkerTaken, "the marker at %s is for another record set of ours (%s)", s.at, h.Resource)
	}
}

// cname reports whether a CNAME will stand at a name: at our own name what will be there counts, elsewhere what is there.
func (a *attachment) cname(at dnsname.Name) bool {
	if at == a.name {
		return slices.ContainsFunc(a.after, func(o registry.Owned) bool { return o.Set.Type == record.CNAME })
	}
	return slices.ContainsFunc(a.look(at), func(s record.Set) bool { return s.Type == record.CNAME })
}

// mixed refuses markers that would stand beside TXT record sets of the other kind, one with a set identifier beside one without:
// Route 53 rejects that (API_ChangeResourceRecordSets).
func (a *attachment) mixed() []registry.Refused {
	var out []registry.Refused
	for s, key := range a.of {
		for other := range a.staying(s.at) {
			if (other == "") != (s.id == "") {
				why := reason.New(reason.MarkerTaken, "the marker %s can't stand beside a TXT record set with another kind of set identifier", s.key())
				out = append(out, registry.Refused{Key: key, Why: why})
				break
			}
		}
	}
	slices.SortFunc(out, func(a, b registry.Refused) int { return a.Key.Compare(b.Key) })
	return out
}

// staying are the set identifiers of the TXT record sets that will be at a name.
func (a *attachment) staying(at dnsname.Name) map[string]bool {
	ids := make(map[string]bool)
	for _, t := range a.look(at) {
		if t.Type != record.TXT {
			continue
		}
		have, ours := a.have[slot{at, t.ID}]
		_, wanted := a.want[slot{at, t.ID}]
		if !ours || wanted || len(others(have)) > 0 {
			ids[t.ID] = true
		}
	}
	for s := range a.want {
		if s.at == at {
			ids[s.id] = true
		}
	}
	return ids
}
