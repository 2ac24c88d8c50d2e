// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"context"
	"slices"
	"time"

	"nafuda.io/nafuda/internal/decide/guard"
	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/endpoint"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/registry"
)

// Census counts what is there. It costs a walk over everything.
type Census struct {
	Asked      map[record.Type]int // endpoints
	Observed   map[record.Type]int // record sets in all zones, markers left out
	Verified   map[record.Type]int // record sets that are asked for and there
	Waiting    int                 // names that wait to be planned or sent
	Names      map[change.Verdict]map[reason.Code]int
	States     []StateCount        // names by how far they have come
	Refusals   map[RefusedPart]int // parts of objects that can't be used
	Duplicates map[string]int      // endpoints that another object asks for in the same words, by source
	Foreign    []record.Key        // record sets not made because another owner has the name
	Zones      []ZoneCount         // those that have been read
}

// ZoneCount says how many record sets a zone has, when it was last read in full, and how far its brake is.
type ZoneCount struct {
	Name  string
	Sets  int
	Limit int // how many it may have; 0: not known
	Read  time.Time
	Brake guard.Level // zero before the first plan
	// Held are the changes of record sets that the brake holds.
	Held struct{ Deletes, Updates int }
}

// RefusedPart says of which source a part of an object was refused, and why.
type RefusedPart struct {
	Source string
	Reason reason.Code
}

// Census asks the loop to count.
func (l *Loop) Census(ctx context.Context) (Census, error) {
	var s Census
	err := l.ask(ctx, func(c *core) { s = c.census() })
	return s, err
}

func (c *core) census() Census {
	s := Census{
		Asked: make(map[record.Type]int), Observed: make(map[record.Type]int), Verified: make(map[record.Type]int),
		Names: make(map[change.Verdict]map[reason.Code]int), Refusals: make(map[RefusedPart]int), Duplicates: make(map[string]int),
	}
	s.Waiting, s.States = len(c.window.names), sortStates(c.states())
	c.countAsked(&s)
	for _, z := range c.sortedZones() {
		if z.read && !z.vanished {
			s.Zones = append(s.Zones, z.count())
		}
		c.countObserved(&s, z)
		for _, n := range z.names() {
			s.decided(change.Decision{Key: record.Key{Name: n.Name, Type: n.Type, ID: n.ID}, Verdict: n.Verdict, Why: n.Reason})
		}
	}
	for _, decisions := range c.noZone {
		for _, d := range decisions {
			s.decided(d)
		}
	}
	slices.SortFunc(s.Foreign, record.Key.Compare)
	return s
}

func (z *zoneState) count() ZoneCount {
	out := ZoneCount{Name: string(z.Name), Sets: z.mirror.Len(), Limit: z.quota.limit, Read: z.readAt}
	if z.guard == nil {
		return out
	}
	now := time.Now()
	out.Brake = z.guard.Level(now)
	b := z.braked(now)
	out.Held.Deletes, out.Held.Updates = len(b.Deletes), len(b.Updates)
	return out
}

func (c *core) countAsked(s *Census) {
	for n := range c.catalog.Names() {
		eps, _ := c.catalog.At(n)
		for i, e := range eps {
			s.Asked[e.Type]++
			if slices.ContainsFunc(eps[:i], repeats(e)) {
				s.Duplicates[e.From.Source]++
			}
		}
	}
	for ref, r := range c.catalog.All() {
		for _, f := range r.Refusals {
			s.Refusals[RefusedPart{c.sources[ref.Kind].Name, f.Why.Code}]++
		}
	}
	for _, list := range c.broken {
		for _, f := range list {
			s.Refusals[RefusedPart{c.sources[f.Ref.Kind].Name, f.Why.Code}]++
		}
	}
}

// repeats tells endpoints that ask for the same in the same words.
func repeats(e endpoint.Endpoint) func(endpoint.Endpoint) bool {
	return func(o endpoint.Endpoint) bool { return o.Key() == e.Key() && slices.Equal(o.Targets, e.Targets) }
}

func (c *core) countObserved(s *Census, z *zoneState) {
	s.Waiting += z.queue.len()
	for set := range z.mirror.All() {
		if _, marker := registry.MarkerOf(set); marker || set.Type == record.Note {
			continue
		}
		s.Observed[set.Type]++
		eps, _ := c.catalog.At(set.Name)
		if slices.ContainsFunc(eps, func(e endpoint.Endpoint) bool { return e.Type == set.Type && e.ID == set.ID }) {
			s.Verified[set.Type]++
		}
	}
}

func (s *Census) decided(d change.Decision) {
	if s.Names[d.Verdict] == nil {
		s.Names[d.Verdict] = make(map[reason.Code]int)
	}
	s.Names[d.Verdict][d.Why.Code]++
	if d.Verdict == change.Refused && (d.Why.Code == reason.OtherOwner || d.Why.Code == reason.Foreign) {
		s.Foreign = append(s.Foreign, d.Key)
	}
}
