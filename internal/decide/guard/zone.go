// SPDX-License-Identifier: Apache-2.0

package guard

import (
	"maps"
	"slices"
	"time"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/zone"
)

// Zone guards one hosted zone: grace and brake. Its methods change it; one goroutine owns it. A time that lies before that of an
// earlier call counts as that one.
type Zone struct {
	zone    zone.Zone
	options Options
	now     time.Time // of the latest call
	strict  time.Time // until then the budget doesn't grow with the zone

	owned   map[dnsname.Name]bool
	gone    int   // names that count as deletes and aren't owned
	deletes tally // each name labelled with itself
	updates updates

	grace    *Grace[dnsname.Name]
	waiting  map[dnsname.Name]*request
	braked   map[dnsname.Name]bool // wait for the brake of deletes, their grace over
	blocked  map[dnsname.Name]bool // wait for the brake of updates
	released map[dnsname.Name]bool // approved, and to be told of by Due
	edits    uint64                // of waiting
}

// NewZone guards a zone from now on. The state is what State gave before the restart; nil where nothing is known, and then the
// budget of the first hour is --max-deletes in all, whatever the zone's size: it may have been spent before.
func NewZone(now time.Time, z zone.Zone, o Options, s *State) *Zone {
	g := &Zone{
		zone: z, options: o, now: now,
		owned: make(map[dnsname.Name]bool), grace: NewGrace[dnsname.Name](o.DeleteAfter), waiting: make(map[dnsname.Name]*request),
		braked: make(map[dnsname.Name]bool), blocked: make(map[dnsname.Name]bool), released: make(map[dnsname.Name]bool),
	}
	g.deletes = newTally(func(n dnsname.Name, counted bool) {
		if !g.owned[n] {
			g.gone += sign(counted)
		}
	})
	g.updates = newUpdates()
	g.strict = now.Add(hour)
	if s != nil {
		if kept := running(now, time.Unix(s.Strict, 0)); kept.Before(g.strict) {
			g.strict = kept
		}
		g.deletes.restore(now, s.Deletes)
		g.updates.restore(now, s.Updates)
	}
	return g
}

func sign(up bool) int {
	if up {
		return 1
	}
	return -1
}

// State is what NewZone needs after a restart. It costs a walk over the names that wait or were spent within the hour.
func (g *Zone) State() State {
	s := State{Deletes: g.deletes.export(g.now), Updates: g.updates.export(g.now)}
	if g.now.Before(g.strict) {
		s.Strict = running(g.now, g.strict).Unix()
	}
	return s
}

// Own says whether a name holds record sets of ours. Say it whenever that may have changed, and before the name is asked about.
func (g *Zone) Own(n dnsname.Name, owned bool) {
	if g.owned[n] == owned {
		return
	}
	if owned {
		g.owned[n] = true
	} else {
		delete(g.owned, n)
	}
	if g.deletes.has(n) {
		g.gone += sign(!owned)
	}
}

// Edits counts what Ask, Applied and Approve have changed about the names that wait: as long as it stays the same, Held gives the
// same, but for what time brings.
func (g *Zone) Edits() uint64 { return g.edits }

// Due returns the names, sorted, that may be free now: plan them and ask again. A name is returned
// once, until it is asked about or approved, for each of the two that it waits for: deletes and updates.
func (g *Zone) Due(now time.Time) []dnsname.Name {
	g.tick(now)
	for _, n := range g.grace.Due(g.now) {
		switch r := g.waiting[n]; {
		case r.free: // it has been asked about since
		case r.removeOK != "":
			g.released[n] = true
		default:
			g.braked[n] = true
		}
	}
	found := slices.Collect(maps.Keys(g.released))
	clear(g.released)
	if !g.deletesHeld() {
		found = slices.AppendSeq(found, maps.Keys(g.braked))
		clear(g.braked)
	}
	if !g.updatesHeld() {
		found = slices.AppendSeq(found, maps.Keys(g.blocked))
		clear(g.blocked)
	}
	slices.SortFunc(found, dnsname.Name.Compare)
	return slices.Compact(found)
}

// Next is when Due may have something, as far as is known now; zero: only another call can bring that about.
func (g *Zone) Next() time.Time {
	next := g.grace.Next()
	if len(g.released) > 0 {
		next = sooner(next, g.now)
	}
	if len(g.braked) > 0 {
		next = sooner(next, g.opens(g.deletesHeld(), g.deletes.next(), g.strict))
	}
	if len(g.blocked) > 0 {
		next = sooner(next, g.opens(g.updatesHeld(), g.updates.next()))
	}
	return next
}

// opens is when a brake may let go: now, or at the first of some times to come.
func (g *Zone) opens(held bool, times ...time.Time) time.Time {
	if !held {
		return g.now
	}
	var next time.Time
	for _, t := range times {
		if t.After(g.now) {
			next = sooner(next, t)
		}
	}
	return next
}

// tick brings the clock forward and lets the hour slide.
func (g *Zone) tick(now time.Time) {
	if now.After(g.now) {
		g.now = now
	}
	g.deletes.slide(g.now)
	g.updates.slide(g.now)
}

// Goes is when the grace time of a name that waits to go ends; ok is false where it has none.
func (g *Zone) Goes(n dnsname.Name) (at time.Time, ok bool) { return g.grace.Ends(n) }
