// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"nafuda.io/nafuda/internal/decide/guard"
	"nafuda.io/nafuda/internal/decide/plan"
	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/registry"
)

// undoPlan is an undo as it would be done now.
type undoPlan struct {
	Undoing
	enter []*override
	lift  []place // what objects ask for there is what is restored
}

func (c *core) showUndo(t undoTask) (Undoing, error) {
	p, err := c.planUndo(t)
	return p.Undoing, err
}

// enterUndo makes names undone, if that is what the hash is of.
func (c *core) enterUndo(t undoTask, hash string) (Undoing, error) {
	p, err := c.planUndo(t)
	if err != nil {
		return Undoing{}, err
	}
	if p.Hash != hash {
		return Undoing{}, fmt.Errorf("undo %s: %w: it is %s now; look at it, then undo that", hash, guard.ErrOtherPlan, p.Hash)
	}
	before := maps.Clone(c.byHand.places)
	for _, at := range p.lift {
		c.byHand.drop(at)
	}
	for _, o := range p.enter {
		c.byHand.put(o)
	}
	if err := c.byHand.check(); err != nil {
		c.byHand = newOverrides()
		for _, o := range before {
			c.byHand.put(o)
		}
		return Undoing{}, err
	}
	c.keeping.edits++
	names := make([]dnsname.Name, 0, len(p.Names))
	for _, n := range p.Names {
		names = append(names, n.Name)
	}
	c.window.add(names, time.Now(), changed)
	return p.Undoing, nil
}

// planUndo plans an undo, and changes nothing.
func (c *core) planUndo(t undoTask) (undoPlan, error) {
	if !c.undoable() {
		return undoPlan{}, ErrNotRead
	}
	p := undoPlan{Undoing: Undoing{Entries: t.entries, Damage: t.damage}}
	now := time.Now()
	for _, r := range t.restores {
		z := c.zones[r.Zone]
		if z != nil && !z.vanished && !z.read {
			return undoPlan{}, ErrNotRead
		}
		for i, g := range r.Groups {
			n := UndoneName{Zone: zone.Zone{Key: r.Zone, Name: r.ZoneName}, Name: g.Name, Later: r.Later[i]}
			if z == nil || z.vanished {
				why := reason.New(reason.ZoneVanished, "the hosted zone %s (%s) isn't there any more", r.ZoneName, r.Zone.ID)
				n.Decisions = []change.Decision{{Key: record.Key{Name: g.Name}, Verdict: change.Refused, Why: why}}
			} else {
				n.Zone = z.Zone
				c.planUndone(&p, z, g, &n, override{at: now, entries: t.entries})
			}
			p.Names = append(p.Names, n)
		}
	}
	slices.SortStableFunc(p.Names, func(a, b UndoneName) int { return cmp.Or(zone.Compare(a.Zone, b.Zone), a.Name.Compare(b.Name)) })
	p.Hash = p.sum()
	return p, nil
}

// planUndone plans what becomes of one name, view by view.
func (c *core) planUndone(p *undoPlan, z *zoneState, g change.Group, n *UndoneName, stamp override) {
	n.Decisions = append(n.Decisions, z.changedSince(g)...)
	for _, v := range z.viewsOf(g) {
		spec := v.Spec
		have := c.owned(z, v, g.Name)
		o := stamp
		o.place, o.account, o.asked = placeOf(z.Key, spec.Name, g.Name), z.Account, c.asking(spec, g.Name)
		o.sets = target(have, g, spec.Name)
		asked := c.planned(z, v, g.Name, nil)
		if sameSets(asked.after(have), o.sets) {
			p.lift = append(p.lift, o.place)
			n.add(spec.Name, asked)
			continue
		}
		back := c.planned(z, v, g.Name, &o)
		n.add(spec.Name, back)
		if len(back.group.Changes) > 0 || !slices.ContainsFunc(back.decisions, refused) {
			p.enter = append(p.enter, &o)
		}
	}
}

func refused(d change.Decision) bool { return d.Verdict == change.Refused }

// viewsOf lists the views that a group's changes were made for; a view that isn't there any more, or doesn't use the zone, leaves them
// to the first that does.
func (z *zoneState) viewsOf(g change.Group) []*zoneView {
	var out []*zoneView
	for _, v := range z.views {
		if slices.ContainsFunc(g.Changes, func(ch change.Change) bool { return ch.View == v.Spec.Name }) {
			out = append(out, v)
		}
	}
	if len(out) == 0 {
		return z.views[:min(len(z.views), 1)]
	}
	return out
}

// owned lists the record sets of ours at a name.
func (c *core) owned(z *zoneState, v *zoneView, name dnsname.Name) []restored {
	var out []restored
	ledger := v.claims.Open(name, z.Zone, z.mirror.At, c.asks)
	for _, s := range z.mirror.At(name) {
		apex := s.Type == record.SOA || s.Type == record.NS && s.Name == z.Name
		if apex || ledger.IsMarker(s) || !v.Spec.Manages(s.Type) {
			continue
		}
		if cl, ok, _ := ledger.Claim(s); ok && cl.Owner == v.claims.Owner() {
			out = append(out, restored{s, cl.Resource})
		}
	}
	return out
}

// target is what a name shall have: what it has of ours, with the record sets of the group as they shall be.
func target(have []restored, g change.Group, view string) []restored {
	out := slices.Clone(have)
	resource, marked := markedFor(g)
	for _, ch := range g.Changes {
		if ch.Marker || ch.View != view && ch.View != "" {
			continue
		}
		out = slices.DeleteFunc(out, func(r restored) bool { return r.set.Key == ch.Key() })
		if ch.After != nil {
			out = append(out, restored{*ch.After, cmp.Or(resource, ch.Resource)})
		}
	}
	if marked && !slices.ContainsFunc(g.Changes, func(ch change.Change) bool { return !ch.Marker }) {
		for i := range out { // the entry changed for which object the name is, and nothing else
			out[i].resource = resource
		}
	}
	slices.SortFunc(out, func(a, b restored) int { return record.Compare(a.set, b.set) })
	return out
}

// markedFor is the object that the restored marker names.
func markedFor(g change.Group) (string, bool) {
	for _, ch := range g.Changes {
		if ch.Marker && ch.After != nil {
			if h, ok := registry.MarkerOf(*ch.After); ok {
				return h.Resource, true
			}
		}
	}
	return "", false
}

// changedSince notes record sets that are neither what the journal takes for there nor what was there before.
func (z *zoneState) changedSince(g change.Group) []change.Decision {
	var out []change.Decision
	for _, ch := range g.Changes {
		var now *record.Set
		if at := z.mirror.At(ch.Key().Name); slices.ContainsFunc(at, func(s record.Set) bool { return s.Key == ch.Key() }) {
			now = &at[slices.IndexFunc(at, func(s record.Set) bool { return s.Key == ch.Key() })]
		}
		if ch.Marker || equal(now, ch.Before) || equal(now, ch.After) {
			continue
		}
		why := reason.New(reason.ChangedSince, "someone else has changed %s since", ch.Key())
		out = append(out, change.Decision{Key: ch.Key(), Verdict: change.Noted, Resource: ch.Resource, Why: why})
	}
	return out
}

func equal(a, b *record.Set) bool { return a == b || a != nil && b != nil && a.Equal(*b) }

// outcome is a plan of one name for one view.
type outcome struct {
	group     change.Group
	decisions []change.Decision
}

// planned plans a name as the loop would, the guard apart: what waits for it will be sent.
func (c *core) planned(z *zoneState, v *zoneView, name dnsname.Name, o *override) outcome {
	in, _, some := c.input(z, name, v, o)
	if !some {
		return outcome{}
	}
	group, decisions := plan.Name(in)
	return outcome{group, decisions}
}

// after is what will be ours at the name.
func (x outcome) after(have []restored) []restored {
	out := slices.Clone(have)
	for _, ch := range x.group.Changes {
		if ch.Marker {
			continue
		}
		out = slices.DeleteFunc(out, func(r restored) bool { return r.set.Key == ch.Key() })
		if ch.After != nil {
			out = append(out, restored{*ch.After, ch.Resource})
		}
	}
	slices.SortFunc(out, func(a, b restored) int { return record.Compare(a.set, b.set) })
	return out
}

func sameSets(a, b []restored) bool {
	return slices.EqualFunc(a, b, func(x, y restored) bool { return x.set.Equal(y.set) })
}

func (n *UndoneName) add(view string, x outcome) {
	for _, ch := range x.group.Changes {
		ch.View = view
		n.Changes = append(n.Changes, ch)
	}
	n.Decisions = append(n.Decisions, x.decisions...)
}
