// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"nafuda.io/nafuda/internal/loop/limiter"
	"nafuda.io/nafuda/internal/memory/journal"
	"nafuda.io/nafuda/internal/model/crash"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/provider"
)

// account is one account at a provider and the listing of its zones.
type account struct {
	name       string
	provider   provider.Provider
	limiter    *limiter.Limiter
	journal    *journal.Journal // nil: nothing is recorded
	ctx        context.Context  // of its calls, until they begin
	leave      func()           // nothing is sent any more
	listed     bool             // at least once
	zones      []zone.Zone      // as listed last, those too that no view uses
	busy       bool
	next       time.Time // of the next listing
	backoff    backoff
	failed     time.Time // since when the listing fails; zero: it doesn't
	fault      error     // of the last listing
	crashed    func(*crash.Crash) reason.Reason
	asked      map[zone.Key]uint64    // each mirror's clock when the listing was asked for
	skipped    []provider.SkippedZone // zones that the options leave out
	receipts   []*unconfirmed
	asking     bool // about one of them
	mute       bool // we may not ask about receipts
	measuring  int  // of its zones, those that ask how many record sets they may have
	unmeasured bool // we may not ask that
}

// promptRate is how many calls a second a provider gets to whom they cost next to nothing.
const promptRate = 500

func newAccount(c *core, config Account) *account {
	a := &account{name: config.Name, crashed: c.crashed, provider: config.Provider, limiter: limiter.New(c.Rate, c.Burst), journal: c.Journal}
	if a.provider.Describe().Prompt {
		a.limiter = limiter.New(promptRate, promptRate)
	}
	a.ctx, a.leave = context.WithCancel(c.ctx)
	c.group.Go(func() error {
		a.limiter.Run(a.ctx)
		return nil
	})
	return a
}

// step lists the account's zones and asks about receipts when it is time.
func (a *account) step(c *core, now time.Time) time.Time {
	next := a.confirm(c, now)
	if a.busy {
		return next
	}
	if now.Before(a.next) {
		return earlier(next, a.next)
	}
	a.busy = true
	a.asked = make(map[zone.Key]uint64)
	for _, z := range c.zones {
		if z.account == a && z.idle() {
			a.asked[z.Key] = z.mirror.Now()
		}
	}
	c.start(a, job{list: true})
	return next
}

// finishList enters a listing of zones.
func (c *core) finishList(r result) {
	a := r.account
	a.busy, a.fault = false, r.err
	if r.err != nil {
		c.listFailed(a, r.err)
		return
	}
	a.backoff, a.failed = backoff{}, time.Time{}
	a.zones, a.skipped = r.zones, r.skipped
	a.next = time.Now().Add(c.Interval)
	there := make(map[zone.Key]bool, len(r.zones))
	different := !a.listed
	a.listed = true
	for _, z := range r.zones {
		there[z.Key] = true
		known := c.zones[z.Key]
		if known == nil || known.account != a {
			continue
		}
		if known.vanished {
			different, known.vanished = true, false
			known.reread()
		}
		known.Tags = z.Tags
		c.compareCount(known, z)
	}
	for key, z := range c.zones {
		if z.account == a && !there[key] && !z.vanished {
			z.vanished = true
			different = true
		}
	}
	if c.arrange() || different {
		used := slices.DeleteFunc(slices.Clone(r.zones), func(z zone.Zone) bool { return c.zones[z.Key] == nil })
		c.Observe(ZonesListed{Account: a.name, Zones: used, Skipped: r.skipped})
		c.dirtyEverything()
	}
}

// listFailed puts off the next listing.
func (c *core) listFailed(a *account, err error) {
	if a.failed.IsZero() {
		a.failed = time.Now()
	}
	a.next = time.Now().Add(a.backoff.next(longestOutage, c.Jitter))
	if c.Once && a.backoff.tries >= onceTries {
		c.failed = fmt.Errorf("list the zones of account %s: %w", a.name, err)
	}
}

// compareCount starts a full read of a zone that somebody else has changed, or whose record count isn't ours. What a write of ours may
// have overtaken says nothing.
func (c *core) compareCount(z *zoneState, listed zone.Zone) {
	asked, ok := z.account.asked[z.Key]
	if !ok || c.DryRun || !z.read || !z.idle() || asked != z.mirror.Now() {
		return
	}
	counts := listed.Records >= 0 && listed.Records != z.mirror.Len()
	if !counts && !listed.Changed {
		return
	}
	c.Observe(Drifted{Zone: z.Zone, Counted: listed.Records, Known: z.mirror.Len()})
	z.reread()
}

// zoneNames finds the zones of a name, whichever view uses them.
type zoneNames struct {
	sorted []*zoneState
	all    map[dnsname.Name][]*zoneState // every zone by its name
}

// newZoneNames makes the zones findable, and those of each view for it.
func newZoneNames(c *core) zoneNames {
	n := zoneNames{all: make(map[dnsname.Name][]*zoneState)}
	n.sorted = slices.SortedFunc(maps.Values(c.zones), func(a, b *zoneState) int { return zone.Compare(a.Zone, b.Zone) })
	for _, z := range n.sorted {
		n.all[z.Name] = append(n.all[z.Name], z)
	}
	for _, v := range c.views {
		var zones []zone.Zone
		for _, z := range n.sorted {
			if z.view(v.Spec.Name) != nil {
				zones = append(zones, z.Zone)
			}
		}
		v.index = zone.NewIndex(zones)
	}
	return n
}

// above returns every zone that a name lies in, whichever view uses it.
func (n zoneNames) above(name dnsname.Name) []*zoneState {
	var out []*zoneState
	for at := name; ; at = at.Parent() {
		out = append(out, n.all[at]...)
		if at == "" {
			return out
		}
	}
}

// sortedZones lists the zones by name and id. Nobody changes the list.
func (c *core) sortedZones() []*zoneState { return c.names.sorted }

// dispatch hands dirty names to the zones they lie in: those that wait for the window to close, or those that don't.
func (c *core) dispatch(names []dirty, prompt bool) {
	for _, d := range names {
		for _, z := range c.names.above(d.name) {
			if z.prompt == prompt {
				z.enqueue(c, d)
			}
		}
		if prompt {
			continue
		}
		c.checkZone(d.name) // every name comes here in the end
		c.window.add(slices.Collect(maps.Keys(c.reverses[d.name])), d.since, looked)
		delete(c.reverses, d.name) // what is still held will be entered again
	}
}

// dirtyEverything makes every name dirty that is asked for or observed, with the next step.
func (c *core) dirtyEverything() { c.allDirty = true }

func (c *core) spreadDirt(now time.Time) {
	if !c.allDirty {
		return
	}
	c.allDirty = false
	var names []dnsname.Name
	names = slices.AppendSeq(names, c.namesWanted())
	for _, z := range c.zones {
		if z.read {
			names = slices.AppendSeq(names, z.mirror.Names())
		}
	}
	c.window.add(names, now, everything)
	c.facts.swept = false
	c.takeBackAll()
}
