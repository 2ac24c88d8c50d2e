// SPDX-License-Identifier: Apache-2.0

package txt

import (
	"slices"

	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/registry"
)

// slot is one TXT record set that can be a marker of the name.
type slot struct {
	at dnsname.Name
	id string
}

func (s slot) key() record.Key { return record.Key{Name: s.at, Type: record.TXT, ID: s.id} }

// attachment is one call of Attach.
type attachment struct {
	*ledger
	after   []registry.Owned
	have    map[slot]record.Set // the name's markers that are ours, those included whose record set goes or is gone
	want    map[slot]record.Set
	of      map[slot]record.Key // a record set that each wanted marker is for
	lists   map[slot][]string   // the types that wanted markers list
	changes []change.Change     // of record sets
	form    string
}

// Attach returns the changes of the name's markers. Nothing moves unless something else of the name changes, a record set or the object
// that it is for, or --txt-migrate says so.
func (l *ledger) Attach(changes []change.Change, after []registry.Owned) ([]change.Change, []registry.Refused) {
	a := attachment{ledger: l, after: after, want: make(map[slot]record.Set), of: make(map[slot]record.Key), lists: make(map[slot][]string)}
	a.have = l.ours(changes, after)
	alone := len(changes) == 0 && !a.resourcesDiffer() // only to bring the markers into their form
	if alone && !a.migrates() {
		return nil, nil
	}
	a.changes, a.form = changes, a.formOf()
	var refused []registry.Refused
	for _, o := range after {
		if why := a.mark(o); !why.None() {
			refused = append(refused, registry.Refused{Key: o.Set.Key, Why: why})
		}
	}
	a.keepListed()
	if refused == nil {
		refused = a.mixed()
	}
	if alone {
		return a.moved(refused), nil
	}
	if refused != nil {
		return nil, refused
	}
	return a.diff(), nil
}

// ours collects the markers of the name that are ours.
func (l *ledger) ours(changes []change.Change, after []registry.Owned) map[slot]record.Set {
	have := make(map[slot]record.Set)
	collect := func(s record.Set) {
		for _, p := range l.r.placesOf(s, l.zone) {
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

// marked is where a record set's own marker is: the first place that has one decides, as it does in Claim.
func (a *attachment) marked(s record.Set) (slot, bool) {
	for _, p := range a.r.placesOf(s, a.zone) {
		if m, ok := a.have[slot{p.at, s.ID}]; ok && p.holds(said(m)) {
			return slot{p.at, s.ID}, true
		}
	}
	return slot{}, false
}

func (a *attachment) resourcesDiffer() bool {
	for _, o := range a.after {
		at, ok := a.marked(o.Set)
		if !ok {
			continue
		}
		if h, _ := registry.MarkerOf(a.have[at]); h.Resource != o.Resource && !a.shared(at, h.Resource) {
			return true
		}
	}
	return false
}

// shared reports whether another record set that will be ours is marked at the slot for the resource.
func (a *attachment) shared(at slot, resource string) bool {
	return slices.ContainsFunc(a.after, func(o registry.Owned) bool {
		return o.Resource == resource && o.Set.ID == at.id &&
			slices.ContainsFunc(a.r.placesOf(o.Set, a.zone), func(p place) bool { return p.at == at.at && p.holds(said(a.have[at])) })
	})
}

// formOf is the form for the name's markers: the forced one, else the one that the name has, else the zone's.
func (a *attachment) formOf() string {
	if a.r.format != auto {
		return a.r.format
	}
	has := a.forms()
	switch {
	case has[shared]:
		return shared
	case has[typed] && has[untyped]:
		return both
	case has[untyped]:
		return untyped
	case has[typed]:
		return typed
	default:
		return a.r.fallback
	}
}

// forms are those that the name's markers have, AAAA's left out: it is typed whatever the rest of the name is, unless that is shared.
func (a *attachment) forms() map[string]bool {
	has := make(map[string]bool)
	for s, m := range a.have {
		if said(m).Types != "" {
			has[shared] = true
		}
		for _, t := range markable {
			if t == record.AAAA {
				continue
			}
			for _, p := range a.r.places(a.name, t, true, a.zone) {
				if p.at == s.at {
					has[p.form] = true
				}
			}
		}
	}
	return has
}

// diff turns what is and what should be into changes, in the order of their keys.
func (a *attachment) diff() []change.Change {
	var out []change.Change
	for s, before := range a.have {
		after, stays := a.want[s]
		if rest := others(before); !stays && len(rest) > 0 { // the texts beside the marker aren't ours to remove
			after, stays = withValues(before, rest), true
		}
		c := change.Change{Before: &before, Marker: true, Resource: resourceOf(before)}
		if stays {
			c.After, c.Resource = &after, resourceOf(after)
		}
		out = append(out, c)
	}
	for s, after := range a.want {
		if _, there := a.have[s]; !there {
			out = append(out, change.Change{After: &after, Marker: true, Resource: resourceOf(after)})
		}
	}
	slices.SortFunc(out, func(a, b change.Change) int { return a.Key().Compare(b.Key()) })
	return out
}

func resourceOf(marker record.Set) string { return said(marker).Resource }

func said(marker record.Set) registry.Heritage {
	h, _ := registry.MarkerOf(marker)
	return h
}

// others are the values of a marker's set that are no markers.
func others(s record.Set) []string {
	var out []string
	for _, v := range s.Values {
		if _, ok := registry.ParseHeritage(v); !ok {
			out = append(out, v)
		}
	}
	return out
}

func withValues(s record.Set, values []string) record.Set {
	s.Values, s.Stored = slices.Sorted(slices.Values(values)), nil
	return s
}
