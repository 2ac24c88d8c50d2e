// SPDX-License-Identifier: Apache-2.0

package simulation

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"nafuda.io/nafuda/internal/feed"
)

// finish takes all trouble away, waits, and looks at what has become of the zones: one path, quiet, alive.
func (w *world) finish() {
	w.locked(w.heal)
	w.await(2 * time.Minute) // what was on its way may crash yet
	w.revive()
	for _, p := range w.parties {
		if p.process.unwritable {
			w.restart(p)
		}
	}
	w.await(80 * time.Minute) // longest pause of a name, and each page of a zone once
	w.late.Wait()
	w.locked(func() { w.mustBeRight("after a rest") })
	calls, writes := 0, 0
	w.locked(func() { calls, writes = w.parties[0].process.calls, w.writes })
	w.await(time.Hour)
	w.locked(func() {
		const most = 12 + 6*3*7 // zone lists; pages of three zones, each read in full within ten minutes a page
		if n := w.parties[0].process.calls - calls; n > most {
			w.broken("quiet", "%d calls in an hour at rest", n)
		}
		if n := w.writes - writes; n != 0 {
			w.broken("one path", "%d writes in an hour at rest", n)
		}
		writes = w.writes
	})
	for _, p := range w.parties {
		p.process.stop()
		w.start(p)
	}
	w.await(5 * time.Minute)
	w.locked(func() {
		if n := w.writes - writes; n != 0 {
			w.broken("one path", "a fresh start over the same objects and zones wrote %d times", n)
		}
	})
	for _, p := range w.parties {
		p.process.stop()
	}
}

// await lets time pass, in which a person approves what brakes hold.
func (w *world) await(d time.Duration) {
	const pause = 5 * time.Minute
	for ; d > pause; d -= pause {
		time.Sleep(pause)
		w.approve()
	}
	time.Sleep(d)
}

// heal ends every fault. The world's mutex is held.
func (w *world) heal() {
	w.note("all faults end")
	clear(w.bad)
	for z := range w.cloud.vanished {
		delete(w.cloud.vanished, z)
	}
	for _, p := range w.parties {
		p.armed = nil
		p.process.turn.pass(false)
		for ref, t := range p.objects {
			if t.blank {
				filled := *t
				filled.blank = false
				p.objects[ref] = &filled
			}
		}
		for _, k := range castKinds {
			p.kinds[k] = feed.Synced
			if p.process != nil && !p.process.dead && p.process.feed.wanted[k] {
				p.process.feed.relist(k)
			}
		}
	}
}

// mustBeRight compares every name with the oracle. The world's mutex is held.
func (w *world) mustBeRight(when string) {
	for _, p := range w.parties {
		for _, name := range castNames {
			for _, problem := range w.compare(p, name) {
				w.broken("one path", "%s: %s", when, problem)
			}
		}
	}
}

// compare tells in what a name differs from what the objects of a party want. Where somebody else has the name, or what is wanted
// can't stand there, what is there may stay.
func (w *world) compare(p *party, name string) (problems []string) {
	zone := w.cloud.zones[zoneFor(name)]
	claimed, others := zone.claims(w.prefix, p.owner, name)
	want := settle(p.objects, name, claimed)
	if slices.ContainsFunc(slices.Collect(maps.Values(claimed)), func(r string) bool { return !watched(r) }) {
		return nil // held for an object that nobody can see
	}
	blocked := len(others) > 0
	if _, cname := want.sets["CNAME"]; cname && name == zoneFor(name) {
		blocked = true
	}
	for typ := range want.sets {
		marker, there := zone[at(markerName(w.prefix, name, typ), "TXT")]
		if who, _ := zone.markOf(w.prefix, name, typ); there && who != p.owner {
			blocked = blocked || len(marker.Values) > 0
		}
	}
	for _, typ := range []string{"A", "AAAA", "CNAME"} {
		have, there := zone[at(name, typ)]
		who, resource := zone.markOf(w.prefix, name, typ)
		mine := there && who == p.owner
		values, wanted := want.sets[typ]
		switch {
		case mine && wanted && (!slices.Equal(slices.Sorted(slices.Values(have.Values)), values) || have.TTL != 300):
			problems = append(problems, fmt.Sprintf("%s: %s %s is %v, wanted %v", p.owner, name, typ, have.Values, values))
		case mine && wanted && !slices.Contains(want.from[typ], resource):
			problems = append(problems, fmt.Sprintf("%s: %s %s is marked for %s, wanted by %v", p.owner, name, typ, resource, want.from[typ]))
		case mine && !wanted && !blocked:
			problems = append(problems, fmt.Sprintf("%s: %s %s is %v for %s, not wanted", p.owner, name, typ, have.Values, resource))
		case !there && wanted && !blocked:
			problems = append(problems, fmt.Sprintf("%s: %s %s is missing, wanted %v", p.owner, name, typ, values))
		}
	}
	return problems
}

// watched reports whether objects like the one that a marker names are read: else nobody can tell that it is gone.
func watched(resource string) bool { return slices.Contains(castKinds, kindOf(resource)) }

// probe looks whether names that nothing is wrong with are right although others fail: apart.
func (w *world) probe() {
	p := w.parties[0]
	if p.process.dead || p.process.unwritable || p.process.turn.away || time.Since(p.process.begun) < 80*time.Second || len(w.parties) > 1 {
		return
	}
	for _, state := range p.kinds {
		if state != feed.Synced {
			return
		}
	}
	long := func(at time.Time, d time.Duration) bool { return at.IsZero() || time.Since(at) > d }
	for _, name := range castNames {
		z := zoneFor(name)
		claimed, _ := w.cloud.zones[z].claims(w.prefix, p.owner, name)
		calm := long(w.trouble[z], 5*time.Minute) && long(w.trouble["zones"], 10*time.Minute) && long(p.touched[name], 80*time.Second) && long(w.drifted[name], 3*time.Hour) && !w.cloud.vanished[z]
		if _, bad := w.bad[name]; bad || !calm || settle(p.objects, name, claimed).held {
			continue
		}
		w.probed++
		for _, problem := range w.compare(p, name) {
			if strings.HasSuffix(problem, ", not wanted") {
				continue // a brake may hold it
			}
			w.broken("apart", "%s", problem)
		}
	}
}
