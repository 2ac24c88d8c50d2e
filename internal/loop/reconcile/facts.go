// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"nafuda.io/nafuda/internal/memory/facts"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/endpoint"
	"nafuda.io/nafuda/internal/model/fact"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/source"
)

// Facts brings facts: values from outside that sources and views read.
type Facts interface {
	// Run sends what it finds out until the context ends, and returns the context's error. It starts with no fact: each value on want
	// starts one or, with Drop, ends it. It says something of each fact that is wanted, within a bounded time, and then whenever that changes.
	Run(ctx context.Context, want <-chan fact.Want, out chan<- fact.News) error
}

// factPatience is how long a run with --once waits for facts. What hasn't come by then is unknown, and held.
const factPatience = 30 * time.Second

// factReader is who reads a fact: an object, when its source is asked; or a name in a zone, when a view rewrites its targets.
type factReader struct {
	object endpoint.Ref
	view   string
	zone   zone.Key
	name   dnsname.Name // empty: the object
}

func (r factReader) compare(o factReader) int {
	return cmp.Or(r.object.Compare(o.object), cmp.Compare(r.view, o.view), r.zone.Compare(o.zone), r.name.Compare(o.name))
}

// known is what the loop knows of facts, and who has read which.
type known struct {
	store *facts.Store[factReader]
	want  chan fact.Want
	news  chan fact.News
	todo  []fact.Want // to send
	since time.Time   // when the first was asked for
	swept bool        // no name is among the readers that its view or zone has let go of
}

func newKnown() known {
	return known{store: facts.New(factReader.compare), want: make(chan fact.Want), news: make(chan fact.News)}
}

// lookup is what a source reads for one object.
type lookup struct {
	source.Objects
	of    endpoint.Ref
	facts *facts.Store[factReader]
}

// Fact implements source.Lookup.
func (l lookup) Fact(k fact.Key) fact.Value { return l.facts.Read(factReader{object: l.of}, k) }

// reader returns an object's look-ups and forgets those it made before.
func (c *core) reader(ref endpoint.Ref) source.Lookup {
	c.facts.store.Forget(factReader{object: ref})
	return lookup{c.objects.Reader(ref), ref, c.facts.store}
}

// wantFacts has the facts asked for that are read now and weren't before, and lets go of those that nobody reads any more.
func (c *core) wantFacts() {
	wants := c.facts.store.Wants()
	if len(wants) > 0 && c.facts.since.IsZero() {
		c.facts.since = time.Now()
	}
	if c.Facts != nil {
		c.facts.todo = append(c.facts.todo, wants...)
	}
}

// nextFact is the next want, and where to send it; nil where there is none.
func (c *core) nextFact() (chan<- fact.Want, fact.Want) {
	if len(c.facts.todo) == 0 {
		return nil, fact.Want{}
	}
	return c.facts.want, c.facts.todo[0]
}

// learn enters what a fact is from now on, evaluates the objects that have read it, and makes the names dirty that have.
func (c *core) learn(n fact.News) {
	now := time.Now()
	var names []dnsname.Name
	for _, r := range c.facts.store.Set(now, n.Key, n.Value) {
		switch {
		case r.name == "":
			c.eval(r.object)
		case c.reads(r):
			names = append(names, r.name)
		default:
			c.facts.store.Forget(r)
		}
	}
	c.window.add(names, now, changed)
	c.wantFacts()
}

// reads reports whether a name's reader is still planned for: its view and its zone are there, and the view has the name.
func (c *core) reads(r factReader) bool {
	z := c.zones[r.zone]
	if z == nil || z.vanished {
		return false
	}
	v := z.view(r.view)
	return v != nil && v.Spec.Domains.Match(r.name)
}

// sweepFacts forgets the readers that aren't planned for any more, after views or zones have changed. It waits until the names have been
// planned again, so that a fact which others read in their place is known throughout.
func (c *core) sweepFacts() {
	if c.facts.swept || !c.window.empty() {
		return
	}
	for _, z := range c.zones {
		if !z.vanished && !z.queue.empty() {
			return
		}
	}
	c.facts.swept = true
	c.facts.store.ForgetWhere(func(r factReader) bool { return r.name != "" && !c.reads(r) })
}

// factsKnown reports whether something has been said of every fact that is read, or it has taken too long.
func (c *core) factsKnown(now time.Time) bool {
	return c.Facts == nil || c.facts.store.Pending() == 0 || c.factsLate(now)
}

func (c *core) factsLate(now time.Time) bool {
	return !c.facts.since.IsZero() && !now.Before(c.facts.since.Add(factPatience))
}

// factsDue is when factsKnown is to be asked again, whatever happens; zero: never.
func (c *core) factsDue(now time.Time) time.Time {
	if !c.Once || c.facts.since.IsZero() || c.factsLate(now) {
		return time.Time{}
	}
	return c.facts.since.Add(factPatience)
}

// runFacts runs who brings facts, if anybody does.
func (c *core) runFacts() error {
	if c.Facts == nil {
		return nil
	}
	if err := c.Facts.Run(c.ctx, c.facts.want, c.facts.news); err != nil && c.ctx.Err() == nil {
		return fmt.Errorf("bring facts: %w", err)
	}
	return nil
}
