// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/crash"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/endpoint"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/provider"
)

// sendDirty plans dirty names until a batch is full and sends it. It returns false where no name had anything to change. The
// names of a batch have one rank: what comes is sent before what goes.
func (z *zoneState) sendDirty(c *core, now time.Time) bool {
	if !z.consulted(c, now) {
		return false
	}
	packer := change.Packer{Limits: z.account.provider.Describe().Limits}
	apply := applyJob{since: make(map[dnsname.Name]time.Time)}
	unsure := make(map[dnsname.Name]bool) // their claims depend on what the batch leaves: a marker of its may be read for them
	asks := make(renames)
	var first rank
	var later []dirty
	defer func() { z.quota.packed = 0 }()
	for !z.queue.empty() {
		d := z.queue.pop()
		if unsure[d.name] {
			later = append(later, d)
			continue
		}
		group := z.permitted(c, asks, d, now)
		if len(group.Changes) == 0 {
			continue
		}
		r := z.rankOf(group)
		if !z.free(c, group, r) {
			later = append(later, d)
			continue
		}
		if packer.Len() == 0 {
			first = r
		}
		if r == first && z.fits(&packer, group) {
			apply.since[d.name] = d.since
			z.quota.packed += max(growth(group.Changes), 0)
			if !z.queue.empty() {
				z.mark(unsure, d.name)
			}
			continue
		}
		if packer.Len() > 0 {
			z.queue.putBack(d, r)
			break
		}
		c.park(z, group.Name, reason.New(reason.TooLarge, "the changes of %s don't fit into one call", group.Name))
	}
	z.queue.unshift(later)
	if packer.Len() == 0 {
		c.tellIfQuiet()
		return false
	}
	b := packer.Take()
	apply.approved = first == released
	apply.edit, apply.save = c.spend(z, b, now)
	z.send(c, b, apply)
	return true
}

// consulted tells the guard what waits and reports whether any of it may be sent now.
func (z *zoneState) consulted(c *core, now time.Time) bool {
	if z.queue.empty() {
		return false
	}
	z.consult(c, now)
	if z.queue.empty() {
		c.tellIfQuiet()
		return false
	}
	return !c.tooEarly(z.queue.head())
}

// fits puts a group into a batch where there is room.
func (z *zoneState) fits(p *change.Packer, g change.Group) bool {
	return (z.most == 0 || p.Len() < z.most) && p.Add(g)
}

// free reports whether all has been read that a group depends on.
func (z *zoneState) free(c *core, g change.Group, r rank) bool {
	return !z.blind(g) && !c.tooEarly(r) && !c.unclaimable(g, time.Now())
}

// blind reports whether a group edits something that is being read, because nobody knows what became of the last write of it.
func (z *zoneState) blind(g change.Group) bool {
	return slices.ContainsFunc(g.Changes, func(ch change.Change) bool { return z.unread[ch.Key().Name] })
}

// mark adds the names whose claims a change at a name may decide.
func (z *zoneState) mark(unsure map[dnsname.Name]bool, n dnsname.Name) {
	for _, v := range z.views {
		for _, s := range v.claims.Subjects(n, z.Zone) {
			unsure[s] = true
		}
	}
}

// tellIfQuiet says so where everything that was dirty has been dealt with.
func (c *core) tellIfQuiet() {
	if c.quiet() {
		c.Observe(UpToDate{})
	}
}

// quiet reports that no zone has anything to send.
func (c *core) quiet() bool {
	for _, z := range c.zones {
		if z.busy || !z.queue.empty() {
			return false
		}
	}
	return c.window.empty()
}

// send sends a batch.
func (z *zoneState) send(c *core, b change.Batch, apply applyJob) {
	for _, g := range b.Groups {
		c.Observe(Planned{Zone: z.Zone, Group: g})
	}
	z.busy = true
	apply.batch, apply.dryRun = b, c.DryRun
	if !c.DryRun {
		apply.claims = c.claimingOf(z, b)
	}
	waits, recall := context.WithCancel(z.account.ctx)
	apply.waits, z.flight = waits, newFlight(b, recall)
	c.start(z.account, job{zone: z.Zone, apply: &apply})
}

// finish enters the result of a call.
func (c *core) finish(r result) {
	c.calls--
	if r.apply != nil {
		c.applies--
	}
	z := r.of // nil where the call isn't about a zone
	defer c.over(z)
	if r.undone {
		c.undone(r)
		return
	}
	c.called(r)
	switch {
	case r.list && !slices.Contains(c.accounts, r.account): // it has gone meanwhile
	case r.list:
		c.finishList(r)
	case r.confirm != nil:
		c.finishConfirm(r)
	case r.quota != nil:
		c.finishQuota(r)
	case r.read != nil || r.names != nil:
		c.finishRead(z, r)
	case r.mend != nil:
		c.finishMend(z, r)
	default:
		c.finishApply(z, r)
	}
}

// finishRead enters what was read of a zone.
func (c *core) finishRead(z *zoneState, r result) {
	z.busy = false
	switch {
	case z.left:
	case r.read != nil:
		c.finishPage(z, r)
	default:
		c.finishNames(z, r)
	}
}

// called tells of a call, if there was one.
func (c *core) called(r result) {
	if !r.called {
		return
	}
	called := Called{Account: r.account.name, Zone: r.zone, Operation: r.operation(), Took: r.took, Err: r.err}
	if r.err != nil {
		called.Class = provider.ClassOf(r.err)
		if caught, ok := errors.AsType[*crash.Crash](r.err); ok {
			_ = c.crashed(caught) // tells of it
		}
	}
	c.Observe(called)
}

// undone takes back a job that came to no call: what it was about is as it was before.
func (c *core) undone(r result) {
	switch {
	case r.list:
		r.account.busy = false
	case r.confirm != nil:
		r.account.asking = false
	case r.quota != nil:
		_ = measured(r)
	default:
		z := r.of
		z.busy = false
		if r.apply != nil {
			z.landed()
			_ = c.claimsDone(z, &r)
			z.requeue(r.apply.batch)
		}
		if r.mend != nil {
			z.seekLoose(c)
		}
	}
}

func (c *core) finishApply(z *zoneState, r result) {
	z.landed()
	if !c.wentOut(z, &r) {
		return
	}
	batch := r.apply.batch
	if err := errors.Join(r.unbegun, r.unended); err != nil {
		c.Observe(Unrecorded{Zone: z.Zone, Sent: r.unbegun == nil, Err: err})
	}
	if r.err == nil {
		c.applied(z, r)
		return
	}
	if !z.left {
		c.unapplied(z, batch, r)
	}
}

// unapplied enters that a batch wasn't taken, or that nobody knows.
func (c *core) unapplied(z *zoneState, batch change.Batch, r result) {
	detail, _ := errors.AsType[*provider.Error](r.err)
	switch provider.ClassOf(r.err) {
	case provider.Rejected:
		c.rejected(z, batch, detail, r.err)
	case provider.Full:
		c.full(z, batch, r.err)
	case provider.Denied:
		c.denied(z, batch, r.err)
	case provider.Stale:
		c.stale(z, batch, detail, r.err)
	case provider.Uncertain, provider.Partial:
		c.unclear(z, batch, detail, r.err)
	case provider.Throttled: // the limiter has slowed down already
		z.requeue(batch)
		z.pause = time.Now().Add(time.Second)
	default:
		z.requeue(batch)
		c.writeFailed(z, r.err)
	}
}

// wentOut enters what came before the call of a batch: what must outlive the process, and rows. It reports whether anything was sent.
func (c *core) wentOut(z *zoneState, r *result) bool {
	if r.unkept != nil {
		c.cantKeep(r.unkept, time.Now())
		if takes(r.apply.batch) {
			c.withoutKeeper(z, r.apply.batch, r.unkept)
			return false
		}
	} else if r.called {
		c.keeping.safe = max(c.keeping.safe, r.apply.edit)
	}
	return c.claimsDone(z, r)
}

// unclear reads again what a batch may have changed, and plans it anew: at once, or after a while for the names of which the
// provider says that they aren't finished. Where it names none, the zone rests.
func (c *core) unclear(z *zoneState, b change.Batch, detail *provider.Error, err error) {
	z.doubt(b)
	z.stale = touched(b)
	z.requeue(b)
	suspects := culprits(b, detail)
	if len(suspects) == 0 {
		c.writeFailed(z, err)
	}
	for _, g := range suspects {
		c.park(z, g.Name, reason.New(reason.Half, "%s", err))
	}
}

// applied enters a batch that the provider has taken, or would have taken in a dry run.
func (c *core) applied(z *zoneState, r result) {
	z.recovered()
	z.writes = backoff{}
	z.keepBefore(r.apply.dryRun)
	z.mirror.Commit(r.apply.batch)
	c.claimDry(z, r.apply)
	z.allowed, z.denials = true, 0
	if z.bisect.empty() {
		z.tookBatch()
	}
	z.bisect.accepted()
	c.parkCulprit(z)
	now := time.Now()
	c.track(z, r.apply.batch, r.receipt, now)
	waited := make(map[dnsname.Name]time.Duration, len(r.apply.since))
	for n, t := range r.apply.since {
		waited[n] = now.Sub(t)
	}
	for _, g := range r.apply.batch.Groups {
		delete(z.parked, g.Name)
	}
	z.reconsider(r.apply.batch, now)
	z.done(c, r.apply.batch, now)
	c.Observe(Applied{Zone: z.Zone, Batch: r.apply.batch, Receipt: r.receipt, Waited: waited, DryRun: r.apply.dryRun})
	c.tellIfQuiet()
}

// reconsider makes names dirty where a batch has changed what they depend on: their own sets and markers, or those that can be read
// for them. Names of the batch itself only where their wish was refused or held. Others always, if something stands there beside markers
// that the batch has written: whether it is ours may have changed without anybody asking for it.
func (z *zoneState) reconsider(b change.Batch, now time.Time) {
	waits := func(v verdicts) bool {
		return slices.ContainsFunc(v.decisions, func(d change.Decision) bool { return d.Verdict == change.Refused || d.Verdict == change.Held })
	}
	inBatch, marked := make(map[dnsname.Name]bool), make(map[record.Key]bool)
	for _, g := range b.Groups {
		inBatch[g.Name] = true
		for _, ch := range g.Changes {
			marked[ch.Key()] = ch.Marker
		}
	}
	stands := func(s record.Set) bool { return !marked[s.Key] }
	for _, edited := range touched(b) {
		if slices.ContainsFunc(z.decided[edited], waits) {
			z.queue.push(dirty{edited, now, looked})
		}
		for _, n := range slices.SortedFunc(maps.Keys(z.aliases[edited]), dnsname.Name.Compare) {
			delete(z.parked, n)
			z.queue.push(dirty{n, now, looked})
		}
		for _, v := range z.views {
			for _, n := range v.claims.Subjects(edited, z.Zone) {
				if slices.ContainsFunc(z.decided[n], waits) || !inBatch[n] && slices.ContainsFunc(z.mirror.At(n), stands) {
					z.queue.push(dirty{n, now, looked})
				}
			}
		}
	}
}

// requeue makes the names of a batch dirty again: they are planned anew.
func (z *zoneState) requeue(b change.Batch) { z.queue.unshift(z.backlog(b)) }

// backlog lists the names of a batch and of the bisection that it was part of, which ends with it: the names of its other parts wait too.
func (z *zoneState) backlog(b change.Batch) []dirty {
	now := time.Now()
	var ds []dirty
	for _, g := range slices.Concat(b.Groups, z.bisect.all()) {
		ds = append(ds, dirty{g.Name, now, looked})
	}
	z.bisect = bisection{}
	return ds
}

// touched lists every name that a batch edits, markers included.
func touched(b change.Batch) []dnsname.Name {
	var out []dnsname.Name
	for _, ch := range b.Changes() {
		out = append(out, ch.Key().Name)
	}
	slices.SortFunc(out, dnsname.Name.Compare)
	return slices.Compact(out)
}

// stale reads again what the provider says is different, and plans it anew. A name that stays different is parked.
func (c *core) stale(z *zoneState, b change.Batch, detail *provider.Error, err error) {
	z.requeue(b)
	suspects := culprits(b, detail)
	known := len(suspects) > 0
	if !known {
		suspects = b.Groups
		c.writeFailed(z, err)
	}
	z.stale = touched(change.Batch{Groups: suspects})
	for _, g := range suspects {
		z.stale = append(z.stale, c.believed(z, g)...)
		if known {
			c.countStale(z, g.Name, err)
		}
	}
	slices.SortFunc(z.stale, dnsname.Name.Compare)
	z.stale = slices.Compact(z.stale)
}

// believed lists the names whose record sets say who owns those that a group edits: what changed the sets may have changed their
// owner too. A ledger reads them through its look, so that is asked to remember.
func (c *core) believed(z *zoneState, g change.Group) []dnsname.Name {
	var out []dnsname.Name
	look := func(n dnsname.Name) []record.Set {
		sets := z.mirror.At(n)
		if len(sets) > 0 {
			out = append(out, n)
		}
		return sets
	}
	for _, v := range z.views {
		ledger := v.claims.Open(g.Name, z.Zone, look, c.asks)
		for _, s := range z.mirror.At(g.Name) {
			_, _, _ = ledger.Claim(s) // for what it looks at
		}
	}
	return out
}

// countStale parks a name that was stale before: reading it again hasn't helped.
func (c *core) countStale(z *zoneState, n dnsname.Name, err error) {
	const tries = 3
	p := z.parked[n]
	if p == nil {
		p = &parking{}
		z.parked[n] = p
	}
	p.back.tries++
	if p.back.tries > tries {
		c.park(z, n, reason.New(reason.Stale, "%s", err))
	}
}

// culprits are the groups that edit one of the keys which an error names.
func culprits(b change.Batch, detail *provider.Error) []change.Group {
	if detail == nil {
		return nil
	}
	var out []change.Group
	for _, g := range b.Groups {
		if slices.ContainsFunc(g.Changes, func(ch change.Change) bool { return slices.ContainsFunc(detail.Keys, same(ch.Key())) }) {
			out = append(out, g)
		}
	}
	return out
}

// same compares keys; one without a set identifier, as messages have them, fits any.
func same(k record.Key) func(record.Key) bool {
	return func(o record.Key) bool {
		return k == o || o.ID == "" && o.Name == k.Name && (o.Type == "" || o.Type == k.Type)
	}
}

// askedBy lists the objects that ask for a name, sorted.
func (c *core) askedBy(n dnsname.Name) []endpoint.Ref {
	eps, holds := c.catalog.At(n)
	var out []endpoint.Ref
	for _, e := range eps {
		out = append(out, e.From.Ref)
	}
	for _, h := range holds {
		out = append(out, h.From.Ref)
	}
	slices.SortFunc(out, endpoint.Ref.Compare)
	return slices.Compact(out)
}

// park puts a name off.
func (c *core) park(z *zoneState, n dnsname.Name, why reason.Reason) {
	p := z.parked[n]
	if p == nil {
		p = &parking{}
		z.parked[n] = p
	}
	c.parkUntil(z, n, time.Now().Add(p.back.next(longestPause, c.Jitter)), why)
}

// parkUntil puts a name off until then.
func (c *core) parkUntil(z *zoneState, n dnsname.Name, until time.Time, why reason.Reason) {
	p := z.parked[n]
	if p == nil {
		p = &parking{}
		z.parked[n] = p
	}
	p.why, p.until = why, until
	z.unparks = earlier(z.unparks, until)
	c.incomplete = fmt.Errorf("%w: %s: %w", ErrIncomplete, n, why)
	c.Observe(Parked{Zone: z.Zone, Name: n, Until: p.until, Why: why, Refs: c.askedBy(n)})
}
