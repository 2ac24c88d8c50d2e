// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"time"

	"nafuda.io/nafuda/internal/memory/mirror"
	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/provider"
)

// zoneState is one hosted zone: its mirror, what waits to be done, and what is being done.
type zoneState struct {
	zone.Zone
	account  *account
	mirror   *mirror.Zone
	before   *mirror.Zone // in a dry run, what was there before it
	views    []*zoneView  // those that use it
	vanished bool
	left     bool // no view uses it any more, and it is forgotten
	prompt   bool // it doesn't wait for windows to close
	seeded   bool // what the objects ask for was dealt with once
	shaded   bool // it is a shadow: nothing that a plan reads is recorded

	busy   bool      // a call is in flight
	pause  time.Time // nothing is sent before
	back   backoff   // of reads that fail
	writes backoff   // of batches that fail as a whole
	fault  error     // the last of them
	failed time.Time // since when there is a fault

	read     bool      // in full, at least once
	reading  bool      // a listing is under way
	readAt   time.Time // when the last full read ended
	cursor   provider.Cursor
	lastPage time.Time // when the last page came
	urgent   bool      // the listing under way doesn't wait

	queue   queue // dirty names, not planned yet
	stale   []dnsname.Name
	loose   map[looseRow]bool     // rows of ours to be brought in order
	unread  map[dnsname.Name]bool // stale names that the read under way hasn't come to: they aren't written before
	aliases aliases
	bisect  bisection
	// How often batches were refused as a whole, less those that were taken since, and how many names a batch may have because of that; 0: any number.
	refusals, most int
	allowed        bool // a write was taken, and the zone hasn't been denied as a whole since
	denials        int  // names that were denied and parked since
	parked         map[dnsname.Name]*parking
	unparks        time.Time // when a pause of these ends, at the earliest; zero: look
	decided        map[dnsname.Name][]verdicts
	quota          quota
	guarding

	flight   flight
	progress map[dnsname.Name]*progress
	silence  silence
}

// verdicts are the decisions of one view about one name.
type verdicts struct {
	view      string
	decisions []change.Decision
}

// parking puts off a name whose change was refused.
type parking struct {
	until time.Time
	back  backoff
	why   reason.Reason
}

func newZoneState(a *account, z zone.Zone) *zoneState {
	return &zoneState{
		Zone: z, account: a, mirror: mirror.New(), reading: true, urgent: true,
		unread: make(map[dnsname.Name]bool), loose: make(map[looseRow]bool), aliases: make(aliases), parked: make(map[dnsname.Name]*parking), decided: make(map[dnsname.Name][]verdicts),
		guarding: newGuarding(), prompt: a.provider.Describe().Prompt,
		progress: make(map[dnsname.Name]*progress),
	}
}

// idle reports that no call is in flight.
func (z *zoneState) idle() bool { return !z.busy }

func (z *zoneState) settled() bool {
	if z.vanished {
		return !z.busy
	}
	return z.dealtWith() && len(z.after) == 0 && len(z.loose) == 0
}

// dealtWith reports whether the zone has been read and nothing waits to be planned or sent.
func (z *zoneState) dealtWith() bool {
	return z.read && !z.busy && z.queue.empty() && len(z.stale) == 0 && z.bisect.empty() && !z.urgent
}

// step starts the next call for the zone, if there is one to make now; else it tells when to look again.
func (z *zoneState) step(c *core, now time.Time) time.Time {
	z.wake(c, now)
	z.admit(now)
	z.tellQuota(c)
	switch {
	case z.busy || z.vanished || c.leaving[z.Key] != nil:
		return never
	case now.Before(z.pause):
		return z.pause
	case !z.read:
		z.readPage(c)
	case len(z.stale) > 0:
		z.readStale(c)
	case z.sendPart(c):
	case z.unmeasured():
		return z.measure(c, now, true)
	case z.write(c, now):
	case z.pageDue(c, now):
		z.reading = true
		z.readPage(c)
	default:
		return earlier(earlier(z.nextPage(c), z.unpark(now)), earlier(z.nextLook(), z.measure(c, now, false)))
	}
	return never
}

// write sends what is dirty, or brings rows in order where nothing is. It returns false where there is nothing to do, or
// not all is known for it.
func (z *zoneState) write(c *core, now time.Time) bool {
	if !c.mayPlan() || !c.accountsKnown(z) {
		return false
	}
	return c.claimsRead(z) && z.sendDirty(c, now) || z.mend(c, now)
}

// pageDue reports whether a page is to be read: at once in an urgent read, else when the rolling one has come to it.
func (z *zoneState) pageDue(c *core, now time.Time) bool {
	return z.reading && z.urgent || !now.Before(z.nextPage(c))
}

// unpark makes names dirty whose pause is over and tells when the next one's is.
func (z *zoneState) unpark(now time.Time) time.Time {
	if now.Before(z.unparks) {
		return z.unparks
	}
	next := never
	for n, p := range z.parked {
		if p.until.After(now) {
			next = earlier(next, p.until)
		} else if !z.queue.has(n) {
			z.queue.push(dirty{n, now, looked})
			next = now
		}
	}
	z.unparks = next
	return next
}

// enqueue makes a name dirty in the zone, and those whose claims depend on it. A name whose object has changed isn't parked any
// longer. A zone that isn't known needs to remember nothing: once it is, every name in it is dirty.
func (z *zoneState) enqueue(c *core, d dirty) {
	if !z.read || z.vanished {
		return
	}
	if d.why == changed {
		delete(z.parked, d.name)
	}
	z.queue.push(d)
	if d.why == everything {
		return // so are the names that depend on it
	}
	for _, v := range z.views {
		for _, n := range v.claims.Subjects(d.name, z.Zone) {
			if c.wanted(n) || len(z.mirror.At(n)) > 0 {
				z.queue.push(dirty{n, d.since, looked})
			}
		}
	}
}

// queue holds dirty names in the order in which they came, each once, or once they have been sorted, in the order of their ranks.
type queue struct {
	list  []dirty
	at    map[dnsname.Name]bool
	ranks map[dnsname.Name]rank // of those that were sorted
}

func (q *queue) push(d dirty) {
	if q.at == nil {
		q.at, q.ranks = make(map[dnsname.Name]bool), make(map[dnsname.Name]rank)
	}
	delete(q.ranks, d.name) // something has changed
	if !q.at[d.name] {
		q.at[d.name] = true
		q.list = append(q.list, d)
	}
}

// unshift puts names back at the head.
func (q *queue) unshift(ds []dirty) {
	var fresh []dirty
	for _, d := range ds {
		if !q.has(d.name) {
			fresh = append(fresh, d)
		}
	}
	rest := q.list
	q.list = nil
	for _, d := range fresh {
		q.push(d)
	}
	q.list = append(q.list, rest...)
}

func (q *queue) pop() dirty {
	d := q.list[0]
	q.list = q.list[1:]
	delete(q.at, d.name)
	delete(q.ranks, d.name)
	if len(q.list) == 0 {
		*q = queue{}
	}
	return d
}

func (q *queue) has(n dnsname.Name) bool { return q.at[n] }
func (q *queue) empty() bool             { return len(q.list) == 0 }
