// SPDX-License-Identifier: Apache-2.0

package simulation

import (
	"errors"
	"slices"
	"strings"
	"time"

	"nafuda.io/nafuda/internal/feed"
	"nafuda.io/nafuda/internal/loop/reconcile"
	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/provider"
)

// judgePlan looks at what is about to be sent with the knowledge that the process has been given: proof. Names that somebody has
// changed by hand lately are left out, for what the process knows of those is old.
func (w *world) judgePlan(p *process, e reconcile.Planned) {
	name := string(e.Group.Name)
	w.note("%s plans %v in %s", p, e.Group.Changes, e.Zone.ID)
	const known = 3 * time.Hour // a zone has been read by then
	if p.pending != nil || time.Since(w.drifted[name]) < known && !w.drifted[name].IsZero() {
		return
	}
	zone := w.cloud.zones[e.Zone.ID]
	claimed, _ := zone.claims(w.prefix, p.party.owner, name)
	want := settle(p.told, name, claimed)
	for _, ch := range e.Group.Changes {
		if ch.Marker || ch.Before == nil || ch.Keeps() {
			continue
		}
		_, resource := zone.markOf(w.prefix, name, string(ch.Before.Type))
		if resource == "" {
			continue // the mirror is behind, and the write will be refused
		}
		if want.held && takes(ch) {
			w.broken("proof", "%s plans %s%s though an object that has no address holds the name", p, ch, arrow(ch))
		}
		if ch.After != nil || replaced(e.Group, ch) {
			continue
		}
		if _, wanted := want.sets[string(ch.Before.Type)]; wanted {
			w.broken("proof", "%s plans to %s, which %v ask for", p, ch, want.from[string(ch.Before.Type)])
		}
		if t := p.told[resource]; t == nil || t.names[name] == nil { // else the object itself has said that it asks for less
			w.judgeProof(p, ch, resource)
		}
		if !want.asked {
			w.judgeGrace(p, ch)
		}
	}
}

// judgeProof asks whether it is proven that an object is gone or asks no more.
func (w *world) judgeProof(p *process, ch change.Change, resource string) {
	kind := kindOf(resource)
	if !slices.Contains(castKinds, kind) {
		w.broken("proof", "%s plans to %s of %s, a kind that isn't watched", p, ch, resource)
	} else if p.kinds[kind] != feed.Synced {
		w.broken("proof", "%s plans to %s of %s while the kind is %q", p, ch, resource, p.kinds[kind])
	}
}

// takes reports whether a change takes a target away.
func takes(ch change.Change) bool {
	return ch.After == nil || slices.ContainsFunc(ch.Before.Values, func(v string) bool { return !slices.Contains(ch.After.Values, v) })
}

// replaced reports whether the group makes something in the place of what a change deletes.
func replaced(g change.Group, gone change.Change) bool {
	return slices.ContainsFunc(g.Changes, func(ch change.Change) bool { return !ch.Marker && ch.Before == nil && ch.Key().Name == gone.Key().Name })
}

// judgeArrival looks at a call as it comes in.
func (w *world) judgeArrival(p *process, zoneName string, b change.Batch) {
	if len(b.Groups) == 0 {
		w.broken("quiet", "%s sends an empty batch to %s", p, zoneName)
	}
	for _, ch := range b.Changes() {
		if p.unread[string(ch.Key().Name)] {
			w.broken("foreign", "%s writes %s again without having read what became of it", p, ch.Key().Name)
		}
	}
}

// judgeLanding looks at a batch as it takes effect: foreign and together.
func (w *world) judgeLanding(p *process, zoneName string, b change.Batch, before, after holdings) {
	own := func(h holdings, name, typ string) bool {
		who, _ := h.markOf(w.prefix, name, typ)
		return who == p.party.owner
	}
	for _, ch := range b.Changes() {
		name, typ := string(ch.Key().Name), string(ch.Key().Type)
		switch {
		case name == zoneName && (typ == "NS" || typ == "SOA"):
			w.broken("foreign", "%s changes the apex: %s", p, ch)
		case typ == "TXT":
			w.judgeMarker(p, ch)
			continue
		case ch.Before != nil && !own(before, name, typ):
			w.broken("foreign", "%s changes what isn't its own: %s%s", p, ch, arrow(ch))
		}
		switch {
		case ch.After != nil && !own(after, name, typ):
			w.broken("together", "%s leaves %s without a marker", p, ch.Key())
		case ch.After == nil && own(after, name, typ):
			w.broken("together", "%s leaves the marker of %s behind", p, ch.Key())
		}
	}
	w.judgeBrake(p, zoneName, before, after)
}

// judgeMarker looks at an edit of a text: only markers of the party's own may be touched, and made.
func (w *world) judgeMarker(p *process, ch change.Change) {
	for _, s := range []*record.Set{ch.Before, ch.After} {
		if s == nil {
			continue
		}
		for _, v := range s.Values {
			if who, _, is := readMarker(v); !is || who != p.party.owner {
				w.broken("foreign", "%s changes a text that isn't its own: %s %s", p, ch, strings.Join(s.Values, " "))
			}
		}
	}
}

// doubt remembers that the names of a batch have to be read before they are written again. The world's mutex isn't held.
func (p *process) doubt(b change.Batch, err error) {
	detail, _ := errors.AsType[*provider.Error](err)
	class := provider.ClassOf(err)
	if err == nil || class != provider.Uncertain && class != provider.Stale {
		return
	}
	p.locked(func() {
		for _, ch := range b.Changes() {
			if len(detail.Keys) == 0 || slices.Contains(detail.Keys, ch.Key()) {
				p.unread[string(ch.Key().Name)] = true
			}
		}
	})
}

// asked keeps for each name and type of a party since when nothing asks for it, as its process has been told. The world's mutex is held.
func (p *process) asked(before map[string]*thing) {
	now := make(map[string]bool)
	for _, t := range before {
		for key := range t.keys() {
			now[key] = false
		}
	}
	for _, t := range p.told {
		for key := range t.keys() {
			now[key] = true
		}
	}
	const blink = 15 * time.Second // a wish that came and went while the zone was busy with a call has never been planned
	for key, asks := range now {
		since, again := p.again[key]
		if _, known := p.free[key]; !known {
			p.free[key] = p.begun
		}
		switch {
		case asks && !again:
			p.again[key] = time.Now()
		case asks:
		case again && time.Since(since) > blink:
			p.free[key] = time.Now()
			fallthrough
		default:
			delete(p.again, key)
		}
	}
}
