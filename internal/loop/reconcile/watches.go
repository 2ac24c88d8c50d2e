// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"container/heap"
	"time"

	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/provider"
)

// mostWatched bounds the names whose way is followed, and again those that are remembered after it has ended: a name of which
// nothing is remembered is as it was read from the provider.
const mostWatched = 10_000

// watches are the names whose last change is on its way to the servers, of all zones.
type watches struct {
	queue  heapOf[*progress] // those to ask DNS for
	open   int               // names under way
	asking int               // questions in flight
	over   []*progress
	missed int // names not followed, for there were too many
}

// progress is how far the last change of a name has come. It is current while its zone has it; a newer change takes its place.
type progress struct {
	zone  *zoneState
	name  dnsname.Name
	state State
	why   reason.Reason // why it hasn't come further, as far as that is known
	of    *delivery
	want  map[record.Key]*record.Set // what the servers should have; nil: nothing. Nobody changes it
	done  bool

	due, first time.Time // of the questions
	wait       time.Duration
	index      int // in heapOf[*progress]; -1: not in it
}

func (p *progress) wants(t record.Type) bool {
	for key := range p.want {
		if key.Type == t {
			return true
		}
	}
	return false
}

// delivery is a batch on its way to the servers.
type delivery struct {
	zone      *zoneState
	names     []dnsname.Name // that are followed
	applied   time.Time
	open      int // of them, not at their end
	answering int
}

// track follows the names of an applied batch: first by its receipt, then over DNS. It ends at once where nobody would look.
func (c *core) track(z *zoneState, b change.Batch, r provider.Receipt, now time.Time) {
	if c.Once || c.DryRun || z.left {
		return
	}
	d := &delivery{zone: z, applied: now}
	for _, g := range b.Groups {
		c.trackName(d, g)
	}
	d.open = len(d.names)
	if why := z.account.confirmLater(d, r); !why.None() {
		c.delivered(d, StateSent, why, now)
	}
}

func (c *core) trackName(d *delivery, g change.Group) {
	want := make(map[record.Key]*record.Set)
	for _, ch := range g.Changes {
		if !ch.Marker && !ch.Keeps() && ch.Key().Name == g.Name {
			want[ch.Key()] = ch.After
		}
	}
	if len(want) == 0 {
		return
	}
	if before := d.zone.progress[g.Name]; before != nil {
		for key, s := range before.want {
			if _, newer := want[key]; !newer {
				want[key] = s
			}
		}
		c.supersede(before)
	}
	if c.watches.open >= mostWatched {
		c.watches.missed++
		return
	}
	c.watches.open++
	d.names = append(d.names, g.Name)
	d.zone.progress[g.Name] = &progress{zone: d.zone, name: g.Name, state: StateSent, of: d, want: want, index: -1}
}

// supersede forgets a progress, for another takes its place.
func (c *core) supersede(p *progress) {
	delete(p.zone.progress, p.name)
	if !p.done {
		c.close(p)
	}
}

// delivered says how far a batch has come, and why not further, and begins to ask DNS for its names.
func (c *core) delivered(d *delivery, state State, why reason.Reason, now time.Time) {
	for _, n := range d.names {
		if p := d.zone.progress[n]; p != nil && p.of == d && !p.done {
			p.state, p.why = state, why
			c.watch(p, now)
		}
	}
}

// end is the end of a name's way: it answers, or it won't be known whether it does, for that reason. A name at which nothing is left
// is forgotten.
func (c *core) end(p *progress, why reason.Reason) {
	p.why = why
	if !why.None() && why.Code != reason.NotVerified {
		c.Observe(Unverified{Zone: p.zone.Zone, Name: p.name, Why: why})
	}
	c.close(p)
	p.want = nil
	if len(p.zone.mirror.At(p.name)) == 0 {
		delete(p.zone.progress, p.name)
		return
	}
	w := &c.watches
	w.over = append(w.over, p)
	if len(w.over) > mostWatched {
		oldest := w.over[0]
		w.over[0] = nil
		w.over = w.over[1:]
		if oldest.zone.progress[oldest.name] == oldest {
			delete(oldest.zone.progress, oldest.name)
		}
	}
}

// close takes a name out of those under way.
func (c *core) close(p *progress) {
	if p.index >= 0 {
		heap.Remove(&c.watches.queue, p.index)
	}
	p.done = true
	c.watches.open--
	d := p.of
	p.of = nil
	if d.open--; d.open == 0 && d.answering > 0 {
		c.Observe(Delivered{Zone: d.zone.Zone, Names: d.answering, Took: time.Since(d.applied)})
	}
}

// forgetWatches forgets every name's way: what another replica has changed since isn't what was planned here.
func (c *core) forgetWatches() {
	for _, z := range c.zones {
		for _, p := range z.progress {
			p.done, p.index = true, -1
		}
		clear(z.progress)
	}
	c.watches = watches{asking: c.watches.asking, missed: c.watches.missed}
}

// before orders names by when they are to be asked for.
func (p *progress) before(o *progress) bool { return p.due.Before(o.due) }

func (p *progress) seat() *int { return &p.index }
