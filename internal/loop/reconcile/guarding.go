// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"cmp"
	"slices"
	"time"

	"nafuda.io/nafuda/internal/decide/guard"
	"nafuda.io/nafuda/internal/decide/plan"
	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/record"
)

// guarding is what keeps changes of a zone from being made at once.
type guarding struct {
	guard    *guard.Zone // nil: not asked yet
	fights   *guard.Fights
	after    map[dnsname.Name][]string // names that go after others, with the objects that those are for
	approved map[dnsname.Name]string   // the hash of what a person has released of a name
	unkept   map[dnsname.Name]bool     // names that keep something because nothing can be saved
	told     brakeTold
}

func newGuarding() guarding {
	return guarding{
		fights: guard.NewFights(), after: make(map[dnsname.Name][]string), approved: make(map[dnsname.Name]string),
		unkept: make(map[dnsname.Name]bool),
	}
}

// rank orders groups: those of a later rank aren't in one batch with those of an earlier one.
type rank int

const (
	comes    rank = iota // something new or different is published
	goes                 // something is taken away, and nothing else happens
	released             // a person has approved it
)

func (z *zoneState) rankOf(g change.Group) rank {
	e := guard.Of(g)
	switch {
	case z.approved[g.Name] != "" && z.approved[g.Name] == z.hash(e):
		return released
	case takesOnly(g):
		return goes
	default:
		return comes
	}
}

func (z *zoneState) hash(e guard.Effect) string {
	return guard.Hash(z.Key, slices.Concat(e.Removes, e.Moves))
}

func takesOnly(g change.Group) bool {
	return !slices.ContainsFunc(g.Changes, func(ch change.Change) bool { return !ch.Marker && ch.Action() != change.Delete })
}

// putBack puts a name back at the head, where it was.
func (q *queue) putBack(d dirty, r rank) {
	q.unshift([]dirty{d})
	q.ranks[d.name] = r
}

// guarded returns the zone's guard, made with what was kept of it when it is needed first: the zone has been read by then.
func (z *zoneState) guarded(c *core, now time.Time) *guard.Zone {
	if z.guard != nil {
		return z.guard
	}
	z.guard = guard.NewZone(now, z.Zone, c.Guard, c.keeping.of(z.Key))
	c.keeping.edits++ // from when on it is guarded is to be kept
	for n := range z.mirror.Names() {
		z.guard.Own(n, c.owns(z, n))
	}
	return z.guard
}

// owns reports whether a name holds record sets of ours.
func (c *core) owns(z *zoneState, n dnsname.Name) bool {
	return slices.ContainsFunc(z.views, func(v *zoneView) bool { return c.ownsAs(z, v, n) })
}

// ownsAs reports whether a name holds record sets of a view's.
func (c *core) ownsAs(z *zoneState, v *zoneView, n dnsname.Name) bool {
	observed := z.mirror.At(n)
	if !slices.ContainsFunc(observed, func(s record.Set) bool { return v.Spec.Manages(s.Type) }) || !v.Spec.Domains.Match(n) {
		return false
	}
	ledger := v.claims.Open(n, z.Zone, z.mirror.At, c.asks)
	return plan.Owns(plan.Input{Name: n, Zone: z.Zone, Observed: observed, Ledger: ledger, Owner: v.claims.Owner(), Manages: v.Spec.Manages})
}

// consult tells the guard what each dirty name would change, all of them before the first is sent: a mass change is then seen whole.
// Names without changes leave the queue; the others are put in the order of their ranks.
func (z *zoneState) consult(c *core, now time.Time) {
	g := z.guarded(c, now)
	if len(z.queue.ranks) == len(z.queue.list) {
		return
	}
	was := z.queue
	z.queue = queue{}
	ranks := was.ranks
	var list []dirty
	for _, d := range was.list {
		if _, sorted := ranks[d.name]; sorted {
			list = append(list, d)
			continue
		}
		if p := z.parked[d.name]; p != nil && p.until.After(now) || c.order.bars(z.Key, d.name) {
			continue
		}
		group, all := c.plan(z, d.name, change.Sync)
		g.Own(d.name, c.owns(z, d.name))
		g.Ask(now, guard.Of(group))
		if len(group.Changes) == 0 {
			delete(z.quota.waiting, d.name) // it wants nothing any more
			z.idleName(c, d.name, all)
			continue
		}
		ranks[d.name] = z.rankOf(group)
		list = append(list, d)
	}
	slices.SortStableFunc(list, func(a, b dirty) int { return cmp.Compare(ranks[a.name], ranks[b.name]) })
	for _, d := range list {
		z.queue.push(d)
		z.queue.ranks[d.name] = ranks[d.name]
	}
	z.approveBeforehand(c, now)
	z.tellBrake(c, now)
}

// idleName enters that a name has nothing to change.
func (z *zoneState) idleName(c *core, n dnsname.Name, all []verdicts) {
	delete(z.parked, n)
	delete(z.after, n)
	delete(z.approved, n)
	c.decided(z, n, all)
}

// permitted plans a name with no more than what may be done now.
func (z *zoneState) permitted(c *core, asks renames, d dirty, now time.Time) change.Group {
	group, all := c.plan(z, d.name, change.Sync)
	effect := guard.Of(group)
	v := c.holdUnkept(z, effect, z.guard.Ask(now, effect))
	own := all
	if v.Policy() != change.Sync {
		group, all = c.plan(z, d.name, v.Policy())
		all = blame(all, own, v, effect)
	}
	if why := z.noRoom(group); !why.None() {
		group, all = z.within(c, group, all, v.Policy(), why)
		if p := z.parked[d.name]; p != nil && p.until.After(now) {
			return group
		}
		all = blame(all, own, v, effect)
	}
	if len(group.Changes) > 0 && takesOnly(group) {
		if wait := asks.waits(c, group); len(wait) > 0 {
			group, all = change.Group{Name: d.name}, behind(group, all)
			z.idleName(c, d.name, all)
			z.after[d.name] = wait
			return group
		}
	}
	if len(group.Changes) == 0 {
		z.idleName(c, d.name, all)
		return group
	}
	c.decided(z, d.name, all)
	delete(z.after, d.name)
	if until, why := z.fought(now, group); !why.None() {
		c.parkUntil(z, d.name, until, why)
		return change.Group{Name: d.name}
	}
	return group
}

// blame gives decisions that were made with a narrower policy the reason for that, where the view's own policy didn't make them too.
func blame(less, own []verdicts, v guard.Verdict, e guard.Effect) []verdicts {
	byPolicy := func(d change.Decision) bool { return d.Why.Code == reason.PolicyKeeps }
	for i, l := range less {
		var mine []change.Decision
		for _, o := range own {
			if o.view == l.view {
				mine = o.decisions
			}
		}
		for j, d := range l.decisions {
			if !byPolicy(d) || slices.ContainsFunc(mine, func(o change.Decision) bool { return byPolicy(o) && o.Key == d.Key }) {
				continue
			}
			why := cmp.Or(v.Updates, v.Deletes)
			if slices.ContainsFunc(e.Removes, func(ch change.Change) bool { return ch.Key() == d.Key }) {
				why = cmp.Or(v.Deletes, v.Updates)
			}
			less[i].decisions[j].Why = why
		}
	}
	return less
}

// narrower returns the policy that allows less.
func narrower(a, b change.Policy) change.Policy {
	for _, p := range []change.Policy{change.CreateOnly, change.UpsertOnly} {
		if a == p || b == p {
			return p
		}
	}
	return change.Sync
}

// wake makes names dirty of which time has changed what may be done.
func (z *zoneState) wake(c *core, now time.Time) {
	if z.busy || z.vanished || z.guard == nil {
		return
	}
	for _, n := range z.guard.Due(now) {
		z.queue.push(dirty{n, now, looked})
	}
	z.tellBrake(c, now)
}

// nextLook is when wake may have something to do.
func (z *zoneState) nextLook() time.Time {
	if z.guard == nil {
		return never
	}
	return earlier(earlier(never, z.guard.Next()), z.told.again)
}

// done enters a batch that was applied.
func (z *zoneState) done(c *core, b change.Batch, now time.Time) {
	for _, g := range b.Groups {
		for _, ch := range g.Changes {
			if !c.DryRun && !ch.Marker && !ch.Keeps() {
				z.fights.Wrote(ch.Key(), ch.After)
			}
		}
		delete(z.approved, g.Name)
		if z.guard == nil {
			continue
		}
		z.guard.Own(g.Name, c.owns(z, g.Name))
		if z.guard.Applied(guard.Of(g)) {
			z.queue.push(dirty{g.Name, now, looked})
		}
	}
}

// saw enters what was read of some names.
func (z *zoneState) saw(c *core, now time.Time, names []dnsname.Name) {
	for _, n := range names {
		sets := z.mirror.At(n)
		z.fights.SawName(now, n, sets)
		if z.guard != nil && len(sets) == 0 {
			z.guard.Own(n, false)
			if !c.wanted(n) {
				z.guard.Ask(now, guard.Effect{Name: n}) // nobody plans it: nothing is left that could go
			}
		}
	}
}
