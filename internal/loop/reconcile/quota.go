// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"maps"
	"math"
	"slices"
	"time"

	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/provider"
)

// quota is how many record sets a zone may have, and which names wait for room. What adds record sets beyond the limit isn't sent:
// the service would refuse the whole batch, with all that has nothing to do with it.
type quota struct {
	limit   int       // 0: not known
	learned bool      // from a refusal, and so only an estimate
	asked   time.Time // when it was last answered, whatever the answer; zero: never
	asking  bool      // a question is under way
	packed  int       // record sets that the batch under way adds
	waiting map[dnsname.Name]int
	tried   int // the room that was too small for each that waits
	level   int // as told: 0, nearly full, full
}

const (
	// askFirst is the size from which on the limit must be known before anything is sent: no service that has a limit has one that a single
	// batch could reach from below.
	askFirst = 1000
	// A limit changes when a person has asked for more. While names wait somebody may just have done that.
	askRarely = 12 * time.Hour
	askSoon   = 15 * time.Minute
	// nearlyFull is the percentage of the limit that is told of; below notFull it may be told again.
	nearlyFull, notFull = 90, 85
)

// quotaJob asks for the limit of a zone; before says that a batch waits for the answer.
type quotaJob struct{ before bool }

// growth is how many record sets changes add.
func growth(changes []change.Change) int {
	n := 0
	for _, c := range changes {
		switch c.Action() {
		case change.Create:
			n++
		case change.Delete:
			n--
		}
	}
	return n
}

// room is how many record sets may be added.
func (z *zoneState) room() int {
	if z.quota.limit == 0 {
		return math.MaxInt
	}
	return z.quota.limit - z.mirror.Len() - z.quota.packed
}

// noRoom tells why a group can't be sent now; no reason: it can.
func (z *zoneState) noRoom(g change.Group) reason.Reason {
	adds := growth(g.Changes)
	if adds <= 0 || adds <= z.room() {
		delete(z.quota.waiting, g.Name)
		return reason.Reason{}
	}
	if z.quota.waiting == nil {
		z.quota.waiting = make(map[dnsname.Name]int)
	}
	z.quota.waiting[g.Name] = adds
	z.quota.tried = z.room()
	return z.full(adds)
}

// within plans a name again without what it has no room for. Markers alone may need room too: then the name is parked.
func (z *zoneState) within(c *core, g change.Group, all []verdicts, most change.Policy, why reason.Reason) (change.Group, []verdicts) {
	less, decided := c.planWithin(z, g.Name, most, why)
	if adds := growth(less.Changes); adds > 0 && adds > z.room() {
		c.decided(z, g.Name, all)
		c.parkUntil(z, g.Name, time.Now().Add(askSoon), why)
		return change.Group{Name: g.Name}, all
	}
	return less, decided
}

// admit makes names dirty that there is room for now, in their order.
func (z *zoneState) admit(now time.Time) {
	if len(z.quota.waiting) == 0 || z.room() <= z.quota.tried {
		return
	}
	room := z.room()
	z.quota.tried = room
	for _, n := range slices.SortedFunc(maps.Keys(z.quota.waiting), dnsname.Name.Compare) {
		if adds := z.quota.waiting[n]; adds <= room {
			room -= adds
			z.leave(n)
			z.queue.push(dirty{n, now, looked})
		}
	}
}

// leave ends the waiting of a name.
func (z *zoneState) leave(n dnsname.Name) {
	delete(z.quota.waiting, n)
	if p := z.parked[n]; p != nil && p.why.Code == reason.ZoneFull {
		delete(z.parked, n)
	}
}

// fullFor tells why nothing may be added at a name that waits for room; no reason: it doesn't.
func (z *zoneState) fullFor(n dnsname.Name) reason.Reason {
	if _, waits := z.quota.waiting[n]; !waits {
		return reason.Reason{}
	}
	return z.full(z.quota.waiting[n])
}

func (z *zoneState) full(adds int) reason.Reason {
	return reason.New(reason.ZoneFull, "the zone %s may have %d record sets, which leaves no room for %d more", z.Name, z.quota.limit, adds)
}

// measurable reports whether the zone's limit can be asked for.
func (z *zoneState) measurable() bool {
	_, can := z.account.provider.(provider.QuotaReader)
	return can && !z.account.unmeasured
}

// unmeasured reports whether something may be sent, and the limit must be known before, and isn't.
func (z *zoneState) unmeasured() bool {
	return !z.queue.empty() && z.measurable() && z.quota.asked.IsZero() && z.mirror.Len() >= askFirst
}

// measure asks for the zone's limit when it is time, and tells when to look again. Where nothing waits for the answer, one zone of an account asks
// at a time; else a question that hangs would hold the other zones too.
func (z *zoneState) measure(c *core, now time.Time, before bool) time.Time {
	due := z.quota.asked.Add(askRarely)
	if len(z.quota.waiting) > 0 || z.quota.learned {
		due = z.quota.asked.Add(askSoon)
	}
	switch {
	case now.Before(due):
		return due
	case z.quota.learned && !z.measurable(): // it can only be tried
		z.quota.limit, z.quota.learned, z.quota.asked = 0, false, now
		return now
	case !z.measurable() || z.quota.asking || !before && (c.Once || z.account.measuring > 0):
		return never
	}
	z.quota.asking = true
	z.account.measuring++
	c.start(z.account, job{zone: z.Zone, quota: &quotaJob{before: before}})
	return never
}

// measured ends a question.
func measured(r result) *zoneState {
	r.account.measuring--
	r.of.quota.asking = false
	return r.of
}

// finishQuota enters an answer. A denied question isn't asked again: the first denial tells the user what it costs.
func (c *core) finishQuota(r result) {
	z := measured(r)
	z.quota.asked = time.Now()
	switch {
	case r.err == nil:
		z.quota.limit, z.quota.learned = r.limit, false
	case provider.ClassOf(r.err) == provider.Denied:
		r.account.unmeasured = true
		c.Observe(Unpermitted{Account: r.account.name, Action: optionalAction(r.account.provider, r.err), Err: r.err})
	}
}

// full enters that the service has refused a batch for the zone's limit. Where we had known the limit it hadn't come to that: what is
// there now is taken for it until it can be asked for, or tried, again.
func (c *core) full(z *zoneState, b change.Batch, err error) {
	z.requeue(b)
	z.quota.limit, z.quota.learned, z.quota.asked = max(z.mirror.Len(), 1), true, time.Now()
	if growth(b.Changes()) <= 0 {
		c.writeFailed(z, err) // leaving out what adds record sets won't help
	}
}

// tellQuota says so when a zone is nearly full, or has no room for something.
func (z *zoneState) tellQuota(c *core) {
	used, limit, level := z.mirror.Len()*100, z.quota.limit, 0
	switch {
	case limit == 0 || !z.read:
		return
	case len(z.quota.waiting) > 0:
		level = 2
	case used >= nearlyFull*limit:
		level = 1
	case used >= notFull*limit:
		level = min(z.quota.level, 1)
	}
	if level > z.quota.level {
		c.Observe(Filling{Zone: z.Zone, Sets: z.mirror.Len(), Limit: limit, Waiting: len(z.quota.waiting)})
	}
	z.quota.level = level
}
