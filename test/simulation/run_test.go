// SPDX-License-Identifier: Apache-2.0

package simulation

import (
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"nafuda.io/nafuda/internal/feed"
)

// run plays a schedule inside a bubble and returns the world as it is at the end.
func run(s schedule) *world {
	w := newWorld(s)
	me := w.party("me")
	rng := rand.New(rand.NewPCG(s.seed, 4))
	if s.settled {
		w.furnish(rng)
	}
	w.populate(me, rng)
	if s.rival {
		rival := w.party("rival")
		for range 3 {
			w.act(rival, doPut, rng)
		}
	}
	if s.spoiled { // a first batch of many names has to be taken apart
		w.refuse(doRefuse, rng)
	}
	for _, p := range w.parties {
		w.start(p)
	}
	time.Sleep(pauses[rng.IntN(len(pauses))])
	for i, st := range s.steps {
		w.locked(func() { w.note("step %d: %s", i, st) })
		w.play(st)
		time.Sleep(st.pause)
		w.revive()
	}
	w.finish()
	return w
}

// furnish fills the zones with record sets of ours, of nobody and of others, as they may be when the program is first started.
func (w *world) furnish(rng *rand.Rand) {
	for _, name := range castNames {
		typ := []string{"A", "AAAA", "CNAME"}[rng.IntN(3)]
		if name == zoneFor(name) {
			typ = "A"
		}
		owner, resource := "me", castRefs[rng.IntN(len(castRefs))]
		switch rng.IntN(8) {
		case 0:
			owner = ""
		case 1:
			owner = "stranger"
		case 2:
			resource = "gateway/d/1"
		case 3:
			resource = "ingress/d/gone"
		case 4, 5:
			continue
		}
		w.put(name, typ, elsewhere(typ, rng))
		if owner != "" {
			w.put(markerName(w.prefix, name, typ), "TXT", markerText(owner, resource))
		}
	}
}

// populate makes objects that together ask for every name of the cast.
func (w *world) populate(p *party, rng *rand.Rand) {
	for _, name := range castNames {
		ref := castRefs[rng.IntN(len(castRefs))]
		old := p.objects[ref]
		if old == nil {
			old = p.birth(ref)
		}
		old.names[name] = castTargets[rng.IntN(len(castTargets))]
		p.objects[ref] = old
	}
}

func (p *party) birth(ref string) *thing {
	p.born++
	return &thing{ref: ref, created: time.Unix(int64(1000+p.born), 0).UTC(), names: make(map[string][]string)}
}

// set changes an object, or with nil deletes it, and tells the party's process. The world's mutex is held.
func (w *world) set(p *party, ref string, t *thing, tell bool) {
	for _, o := range []*thing{p.objects[ref], t} {
		if o != nil {
			for n := range o.names {
				p.touched[n] = time.Now()
			}
		}
	}
	if t == nil {
		delete(p.objects, ref)
	} else {
		p.objects[ref] = t
	}
	w.note("%s: %s asks for %v", p.owner, ref, describe(t))
	if tell && p.process != nil && !p.process.dead {
		p.process.tell(ref, t)
	}
}

func describe(t *thing) any {
	switch {
	case t == nil:
		return "nothing: it is gone"
	case t.blank:
		return []any{slices.Sorted(maps.Keys(t.names)), "without an address"}
	default:
		return t.names
	}
}

// act does something with an object. The world's mutex is held, or nobody else is there yet.
func (w *world) act(p *party, d deed, rng *rand.Rand) {
	ref := castRefs[rng.IntN(len(castRefs))]
	old := p.objects[ref]
	switch d {
	case doDelete:
		if old != nil {
			w.set(p, ref, nil, true)
		}
	case doBlank, doFill:
		for _, ref := range slices.Sorted(maps.Keys(p.objects)) {
			if t := *p.objects[ref]; t.blank != (d == doBlank) && rng.IntN(2) == 0 {
				t.blank = d == doBlank
				w.set(p, ref, &t, true)
				return
			}
		}
	default:
		fresh := p.birth(ref)
		if old != nil {
			fresh.created = old.created
			for _, n := range slices.Sorted(maps.Keys(old.names)) {
				if rng.IntN(4) > 0 {
					fresh.names[n] = old.names[n]
				}
			}
		}
		for range 1 + rng.IntN(2) {
			fresh.names[castNames[rng.IntN(len(castNames))]] = castTargets[rng.IntN(len(castTargets))]
		}
		w.set(p, ref, fresh, true)
	}
}

// play does a step.
func (w *world) play(s step) {
	rng := s.rng()
	if s.deed == doRestart {
		w.restart(w.parties[0])
		return
	}
	if s.deed == doApprove {
		w.approve()
		return
	}
	if s.deed == doProbe {
		time.Sleep(90 * time.Second)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	p := w.parties[rng.IntN(len(w.parties))]
	switch s.deed {
	case doPut, doDelete, doBlank, doFill:
		w.act(w.parties[0], s.deed, rng)
	case doRival:
		if len(w.parties) > 1 {
			w.fired(rivalActs)
			w.act(w.parties[1], []deed{doPut, doPut, doDelete, doBlank}[rng.IntN(4)], rng)
		}
	case doFault:
		w.arm(p, rng)
	case doRefuse, doAccept:
		w.refuse(s.deed, rng)
	case doDrift:
		w.drift(driftFaults[rng.IntN(len(driftFaults))], rng)
	case doKindLost, doKindBack, doRelist:
		w.kind(p, s.deed, rng)
	case doCrash:
		if p.process != nil && !p.process.dead {
			w.fired(crashIdle)
			p.process.crash()
		}
	case doJournal:
		w.closeJournal(p)
	case doTurn:
		w.passTurn(p, rng)
	case doVanish:
		z := castZones[rng.IntN(len(castZones))]
		w.cloud.vanished[z] = !w.cloud.vanished[z]
		w.note("the zone %s vanished: %v", z, w.cloud.vanished[z])
		w.trouble[z] = time.Now()
		w.fired(zoneVanished)
	case doProbe:
		w.probe()
	}
}

func (w *world) arm(p *party, rng *rand.Rand) {
	f := callFaults[rng.IntN(len(callFaults))]
	var until time.Time
	lasting := f == writeDown || f == readDown || f == writeDenied || f == readDenied || f == listFails || f == writeThrottled || f == readThrottled
	if lasting && rng.IntN(3) == 0 {
		until = time.Now().Add(time.Duration(rng.IntN(600)) * time.Second)
	}
	where := places[rng.IntN(len(castZones))]
	switch f {
	case readThrottled, readDown, readDenied:
		where = places[rng.IntN(len(places))]
	case listFails, confirmDenied, crashPlanned, crashApplied, keeperFails, keeperUnreadable:
		where = ""
	}
	p.arm(f, where, 1+rng.IntN(3), until)
	w.note("%s: armed %s (%s) until %v", p.owner, f, where, until)
}

// refuse makes the service refuse a name, or take it again.
func (w *world) refuse(d deed, rng *rand.Rand) {
	name := castNames[rng.IntN(len(castNames))]
	if d == doRefuse {
		w.bad[name] = rng.IntN(2) == 0
		w.note("%s is refused from now on (opaque %v)", name, w.bad[name])
		return
	}
	for name := range w.bad {
		delete(w.bad, name)
		w.drifted[name] = time.Now() // it is tried again after a pause
		w.note("%s is taken again", name)
	}
}

// kind makes a kind of objects unreadable, readable again, or lists it again after something was missed.
func (w *world) kind(p *party, d deed, rng *rand.Rand) {
	kind := castKinds[rng.IntN(len(castKinds))]
	before := p.kinds[kind]
	switch d {
	case doKindLost:
		i := rng.IntN(3)
		p.kinds[kind] = []feed.State{feed.Failing, feed.Forbidden, feed.Absent}[i]
		w.fired([]fault{kindFailing, kindForbidden, kindAbsent}[i])
	case doKindBack:
		p.kinds[kind] = feed.Synced
	case doRelist:
		if refs := slices.Sorted(maps.Keys(p.objects)); len(refs) > 0 {
			ref := refs[rng.IntN(len(refs))]
			kind = kindOf(ref)
			w.set(p, ref, nil, false)
			w.fired(kindRelisted)
		}
	}
	w.note("%s: kind %s is %s", p.owner, kind, p.kinds[kind])
	if p.kinds[kind] != before {
		for _, n := range castNames {
			p.touched[n] = time.Now()
		}
	}
	if p.process != nil && !p.process.dead && p.process.feed.wanted[kind] {
		p.process.feed.relist(kind)
	}
}

// restart ends a process as a person would and starts the next.
func (w *world) restart(p *party) {
	w.locked(func() { w.fired(restarted); w.note("%s is stopped", p.process) })
	begin := time.Now()
	p.process.stop()
	if took := time.Since(begin); took > 5*time.Second {
		w.locked(func() { w.broken("alive", "%s took %s to stop", p.process, took) })
	}
	w.start(p)
}

// revive starts what has crashed.
func (w *world) revive() {
	for _, p := range w.parties {
		var dead bool
		w.locked(func() { dead = p.process.dead })
		if dead {
			<-p.process.done
			w.start(p)
		}
	}
}
