// SPDX-License-Identifier: Apache-2.0

// Package ownership moves what tells that record sets are ours from TXT markers into the rows of a store, and back.
//
// First what is new is written, then it is read again, and only where it is there the old is removed. Each step is conditional on what
// was read, and what is to do is found by reading: killed in the midst and run again, it ends the same. No record set is changed. Neither
// the markers nor the rows of other owners are.
package ownership

import (
	"context"
	"fmt"
	"slices"

	"nafuda.io/nafuda/internal/memory/journal"
	"nafuda.io/nafuda/internal/memory/mirror"
	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/provider"
	"nafuda.io/nafuda/internal/registry"
	"nafuda.io/nafuda/internal/registry/rows"
)

// Direction says what is moved where.
type Direction string

// The directions.
const (
	ToTable Direction = "dynamodb"
	ToTXT   Direction = "txt"
)

// Move is what is to be moved, and where it is.
type Move struct {
	To        Direction
	Providers []provider.Provider
	Markers   registry.Registry // TXT
	Store     registry.Store
	Match     func(dnsname.Name) bool // names that the options leave; of these, every type
	Journal   *journal.Journal        // nil: nothing is recorded
	View      string                  // for the journal
}

// place is a zone as it was read.
type place struct {
	zone.Zone
	provider provider.Provider
	sets     *mirror.Zone
	markers  registry.Registry
}

// Left is a record set whose ownership can't be moved, and why.
type Left struct {
	Zone dnsname.Name  `json:"zone"`
	Key  record.Key    `json:"record"`
	Why  reason.Reason `json:"reason"`
}

// rowChange is what becomes of a row.
type rowChange struct{ before, after *registry.Row }

// Work is what is to do, in the order in which it is done: of ToTable rows are written, then markers removed; of ToTXT markers are written,
// then rows removed.
type Work struct {
	To      Direction `json:"to"`
	Rows    int       `json:"rows"`    // record sets whose rows are to be written, or to be removed
	Markers int       `json:"markers"` // record sets whose markers are to be removed, or to be written
	Done    int       `json:"done"`    // record sets whose ownership is where it shall be already, and nowhere else
	Left    []Left    `json:"left,omitempty"`
}

// Empty reports that there is nothing to do.
func (w Work) Empty() bool { return w.Rows == 0 && w.Markers == 0 }

// state is everything as it was read.
type state struct {
	places []*place
	book   *rows.Book
}

// Look finds out what is to do. It changes nothing.
func (m Move) Look(ctx context.Context) (Work, error) {
	s, err := m.read(ctx)
	if err != nil {
		return Work{}, err
	}
	w := Work{To: m.To}
	for _, p := range s.places {
		for name := range p.sets.Names() {
			m.look(&w, s, p, name)
		}
	}
	slices.SortStableFunc(w.Left, func(a, b Left) int { return a.Key.Compare(b.Key) })
	return w, nil
}

func (m Move) look(w *Work, s *state, p *place, name dnsname.Name) {
	w.Left = append(w.Left, m.unclear(p, name)...)
	for _, o := range m.owned(s, p, name) {
		_, marked := claim(p.markers, p, o.Set)
		_, listed := claim(s.book, p, o.Set)
		was, is := marked, listed
		if m.To == ToTXT {
			was, is = listed, marked
		}
		if !was {
			w.Done++
			continue
		}
		if why := m.cant(s, p, o); !is && !why.None() {
			w.Left = append(w.Left, Left{p.Name, o.Set.Key, why})
			continue
		}
		if why := s.unseen(s.book.Row(o.Set.Key)); is && m.To == ToTXT && !why.None() {
			w.Left = append(w.Left, Left{p.Name, o.Set.Key, why})
			continue
		}
		w.count(m.To, !is)
	}
}

// cant tells why the ownership of a record set can't be written where it shall be.
func (m Move) cant(s *state, p *place, o registry.Owned) (why reason.Reason) {
	if m.To == ToTXT {
		_, why = m.marking(s, p, o.Set.Name)
	} else {
		_, why = m.rowFor(s, p, o)
	}
	return why
}

// count adds a record set of which the old is to be removed, and where it is missing the new to be written.
func (w *Work) count(to Direction, missing bool) {
	removed, written := &w.Markers, &w.Rows
	if to == ToTXT {
		removed, written = written, removed
	}
	*removed++
	if missing {
		*written++
	}
}

// unclear lists the record sets at a name of which it isn't clear whether a marker of ours is for them.
func (m Move) unclear(p *place, name dnsname.Name) []Left {
	var out []Left
	ledger := m.open(p, name)
	for _, set := range p.sets.At(name) {
		if ledger.IsMarker(set) || !m.Match(name) {
			continue
		}
		if _, ok, why := ledger.Claim(set); !ok && why.Code == reason.Ambiguous {
			out = append(out, Left{p.Name, set.Key, why})
		}
	}
	return out
}

// owned lists the record sets at a name that are ours, by marker or row; by both, the marker says for which object.
func (m Move) owned(s *state, p *place, name dnsname.Name) []registry.Owned {
	if !m.Match(name) {
		return nil
	}
	var out []registry.Owned
	for _, set := range p.sets.At(name) {
		apex := set.Type == record.SOA || set.Type == record.NS && name == p.Name
		if _, marker := registry.MarkerOf(set); marker || apex {
			continue
		}
		c, ok := claim(p.markers, p, set)
		if !ok {
			c, ok = claim(s.book, p, set)
		}
		if ok {
			out = append(out, registry.Owned{Set: set, Resource: c.Resource})
		}
	}
	return out
}

// claim is our claim on a record set. Where a marker can be read for several record sets, nobody's object is known to tell.
func claim(r registry.Registry, p *place, set record.Set) (registry.Claim, bool) {
	nobody := func(string, dnsname.Name) bool { return false }
	c, ok, _ := r.Open(set.Name, p.Zone, p.sets.At, nobody).Claim(set)
	return c, ok && c.Owner == r.Owner()
}

// rowFor is the row that a record set of ours needs.
func (m Move) rowFor(s *state, p *place, o registry.Owned) (rowChange, reason.Reason) {
	e := rows.Edit{Change: change.Change{After: &o.Set, Resource: o.Resource}, Owner: s.book.Owner(), ZoneID: p.ID}
	row := s.book.Row(o.Set.Key)
	next, why := e.Before(row)
	if !why.None() {
		return rowChange{}, why
	}
	return rowChange{row, e.Done(next)}, reason.Reason{} // the record set is there: nothing is being written
}

// marking is the changes that give every record set of ours at a name a marker. Its record sets are among them as they are, so that nothing is
// marked that has changed.
func (m Move) marking(s *state, p *place, name dnsname.Name) (change.Group, reason.Reason) {
	g := change.Group{Name: name}
	after := m.owned(s, p, name)
	for _, o := range after {
		g.Changes = append(g.Changes, change.Change{Before: &o.Set, After: &o.Set, Resource: o.Resource, View: m.View})
	}
	markers, refused := m.open(p, name).Attach(g.Changes, after)
	if len(refused) > 0 {
		return change.Group{}, refused[0].Why
	}
	return m.with(p, g, markers)
}

// unmarking is the changes that remove the markers of a name, if every record set of ours there has its row.
func (m Move) unmarking(s *state, p *place, name dnsname.Name) (change.Group, reason.Reason) {
	g := change.Group{Name: name}
	var all []change.Change
	for _, o := range m.owned(s, p, name) {
		if _, listed := claim(s.book, p, o.Set); !listed {
			return g, reason.Reason{} // a marker may be for several: all stay
		}
		all = append(all, change.Change{Before: &o.Set, Resource: o.Resource})
	}
	markers, _ := m.open(p, name).Attach(all, nil) // as if all of them went
	return m.with(p, g, markers)
}

func (m Move) open(p *place, name dnsname.Name) registry.Ledger {
	return p.markers.Open(name, p.Zone, p.sets.At, func(string, dnsname.Name) bool { return false })
}

// with adds markers to a group, as the provider would store them.
func (m Move) with(p *place, g change.Group, markers []change.Change) (change.Group, reason.Reason) {
	for _, ch := range markers {
		if ch.After != nil {
			sets, err := p.provider.Desired(*ch.After)
			if err != nil || len(sets) != 1 {
				return change.Group{}, reason.New(reason.BadValue, "the marker %s can't be stored: %v", ch.Key(), err)
			}
			ch.After = &sets[0]
		}
		ch.View, ch.Why = m.View, reason.New(reason.Marks, "ownership is moved to %s", m.To)
		g.Changes = append(g.Changes, ch)
	}
	return g, reason.Reason{}
}

// read reads every zone and the store.
func (m Move) read(ctx context.Context) (*state, error) {
	s := &state{book: rows.New(m.Markers.Owner())}
	all, err := m.Store.Load(ctx)
	if err != nil {
		return nil, err
	}
	s.book.Replace(all, func(record.Key) bool { return false })
	for _, p := range m.Providers {
		zones, err := p.Zones(ctx)
		if err != nil {
			return nil, fmt.Errorf("list the zones: %w", err)
		}
		for _, z := range zones {
			at, err := m.readZone(ctx, p, z)
			if err != nil {
				return nil, err
			}
			s.places = append(s.places, at)
		}
	}
	slices.SortStableFunc(s.places, func(a, b *place) int { return zone.Compare(a.Zone, b.Zone) })
	return s, nil
}

func (m Move) readZone(ctx context.Context, p provider.Provider, z zone.Zone) (*place, error) {
	at := &place{Zone: z, provider: p, sets: mirror.New(), markers: m.Markers}
	for cursor := provider.Cursor(""); ; {
		page, err := p.Records(ctx, z, cursor)
		if err != nil {
			return nil, fmt.Errorf("read the zone %s: %w", z.Name, err)
		}
		at.sets.Replace(page.Sets, page.From, page.Until, at.sets.Now())
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	if s, ok := m.Markers.(registry.Surveyor); ok {
		at.markers = s.Survey(z, at.sets.All())
	}
	return at, nil
}
