// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"cmp"
	"maps"
	"slices"

	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
)

// edits folds entries into one change a record set. First it is told which entries are chosen, then all of them, newest first.
type edits map[place]*edit

// place is a record set of a zone.
type place struct {
	zone zone.Key
	key  record.Key
}

// edit is what entries made of one record set.
type edit struct {
	zoneName dnsname.Name
	group    dnsname.Name
	oldest   change.Change // of the chosen ones: how it was
	now      *record.Set   // after the newest of all
	seen     bool          // now is known
	marker   bool          // by the oldest chosen one that changes the set: one that only names another object keeps it
	told     bool          // marker is known
	later    []ID          // entries that weren't chosen, newer than a chosen one
	pending  []ID          // of them, those that no chosen one has followed yet
}

// each visits the changes of an entry that can have been applied, the last first.
func (e Entry) each(visit func(place, dnsname.Name, change.Change)) {
	if e.Outcome.State == Refused {
		return
	}
	for _, g := range slices.Backward(e.Intent.Batch.Groups) {
		for _, c := range slices.Backward(g.Changes) {
			visit(place{e.Intent.Zone, c.Key()}, g.Name, c)
		}
	}
}

func (es edits) choose(e Entry) {
	e.each(func(p place, _ dnsname.Name, _ change.Change) {
		if es[p] == nil {
			es[p] = &edit{}
		}
	})
}

func (es edits) follow(e Entry, chosen bool) {
	e.each(func(p place, group dnsname.Name, c change.Change) {
		ed := es[p]
		if ed == nil {
			return
		}
		if !ed.seen {
			ed.now, ed.seen = c.After, true
		}
		if !c.Keeps() && (chosen || !ed.told) {
			ed.marker, ed.told = c.Marker, true
		}
		if chosen {
			ed.zoneName, ed.group, ed.oldest = e.Intent.ZoneName, group, c
			ed.later, ed.pending = append(ed.later, ed.pending...), nil
		} else {
			ed.pending = append(ed.pending, e.ID)
		}
	})
}

// change is from what is there to what was there; false where that is the same.
func (ed *edit) change() (change.Change, bool) {
	was := ed.oldest.Before
	if was == nil && ed.now == nil || was != nil && ed.now != nil && was.Equal(*ed.now) {
		return change.Change{}, false
	}
	return change.Change{Before: ed.now, After: was, Marker: ed.marker, Resource: ed.oldest.Resource, View: ed.oldest.View}, true
}

func (es edits) restores() []Restore {
	order := slices.SortedFunc(maps.Keys(es), func(a, b place) int {
		return cmp.Or(a.zone.Compare(b.zone), es[a].group.Compare(es[b].group), a.key.Compare(b.key))
	})
	var out []Restore
	for _, p := range order {
		c, differs := es[p].change()
		if !differs {
			continue
		}
		if n := len(out); n == 0 || out[n-1].Zone != p.zone {
			out = append(out, Restore{Zone: p.zone, ZoneName: es[p].zoneName})
		}
		r := &out[len(out)-1]
		if n := len(r.Groups); n == 0 || r.Groups[n-1].Name != es[p].group {
			r.Groups, r.Later = append(r.Groups, change.Group{Name: es[p].group}), append(r.Later, nil)
		}
		g := &r.Groups[len(r.Groups)-1]
		g.Changes = append(g.Changes, c)
		later := &r.Later[len(r.Later)-1]
		*later = append(*later, es[p].later...)
	}
	for i := range out {
		for k, later := range out[i].Later {
			slices.Sort(later)
			out[i].Later[k] = slices.Compact(later)
		}
	}
	return out
}
