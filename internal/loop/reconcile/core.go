// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"context"
	"errors"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"nafuda.io/nafuda/internal/decide/guard"
	"nafuda.io/nafuda/internal/feed"
	"nafuda.io/nafuda/internal/memory/catalog"
	"nafuda.io/nafuda/internal/memory/objects"
	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/endpoint"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/source"
)

// core is the loop's memory. Its goroutine alone touches it.
type core struct {
	Config
	ctx      context.Context
	batches  context.Context    // of batches that are sent: outlives ctx until cutOff
	cutOff   context.CancelFunc // see drain
	ended    chan struct{}      // closed when nobody takes results any more
	calls    int                // under way
	applies  int                // of them, those that send batches
	turn     turn
	group    *errgroup.Group
	want     chan string
	feeds    chan feed.Event
	results  chan result
	answers  chan answered
	watches  watches
	wake     *time.Timer
	started  time.Time
	kinds    map[string]kindInfo // watched kinds, by name
	sources  map[string]source.Source
	objects  *objects.Store
	facts    known
	catalog  *catalog.Catalog
	window   window
	accounts []*account
	views    []*viewState
	zones    map[zone.Key]*zoneState
	leaving  map[zone.Key]*zoneState // forgotten, with a call under way: until it ends no other is made for a zone of that key
	names    zoneNames
	byHand   overrides                      // what a person wants in place of what objects ask for
	order    *undoOrder                     // what the loop is run for; nil: for everything
	unlisted map[endpoint.Ref]reason.Reason // objects whose names aren't all known, see anyUnsure
	reverses aliases                        // names whose address isn't known, and the reverse names that are held because of that
	noZone   map[viewName][]change.Decision // about names that no zone of a view holds
	allDirty bool                           // see dirtyEverything
	toWant   []string                       // kinds to ask of the feed
	broken   map[string][]endpoint.Refusal  // objects that can't be read by kind, and files by the feed's own word for them
	failing  map[string]time.Time           // kinds, since when they fail
	crashes  map[string]bool                // those that have been told, see crashed
	exposed  map[string]bool                // views of which it has been told that they publish a private address
	failed   error                          // with Once: why going on makes no sense
	holds    *guard.Holds[holding]
	keeping  keeping
	tell     chan<- func(*core) // back to the loop's goroutine
	approve  []string           // hashes of what was approved beforehand, not seen yet
	// incomplete is why something could not be done; the rest goes on.
	incomplete error
}

// viewName is a name in a view.
type viewName struct {
	view string
	name dnsname.Name
}

type kindInfo struct {
	source bool // a source iterates over it
}

func newCore(ctx context.Context, config Config, group *errgroup.Group) *core {
	c := &core{
		Config: config, ctx: ctx, group: group,
		want: make(chan string), feeds: make(chan feed.Event), results: make(chan result), answers: make(chan answered),
		ended: make(chan struct{}), wake: time.NewTimer(0), started: time.Now(),
		kinds: make(map[string]kindInfo), broken: make(map[string][]endpoint.Refusal), sources: make(map[string]source.Source),
		objects: objects.New(config.Kinds), facts: newKnown(), catalog: catalog.New(), zones: make(map[zone.Key]*zoneState), byHand: newOverrides(), noZone: make(map[viewName][]change.Decision),
		unlisted: make(map[endpoint.Ref]reason.Reason), reverses: make(aliases),
		crashes: make(map[string]bool), exposed: make(map[string]bool), failing: make(map[string]time.Time),
	}
	if c.Once {
		c.Guard.DeleteAfter = 0 // nobody waits for the end of it
	}
	c.holds = guard.NewHolds[holding](c.Guard)
	c.keeping = newKeeping()
	c.approve = slices.Clone(config.Approve)
	c.batches, c.cutOff = draining(ctx)
	c.views, c.leaving = newViewStates(nil, config.Views), make(map[zone.Key]*zoneState)
	for _, s := range config.Sources {
		c.sources[s.Kind] = s
		c.kinds[s.Kind] = kindInfo{source: true}
		c.toWant = append(c.toWant, s.Kind)
	}
	for _, a := range config.Accounts {
		c.accounts = append(c.accounts, newAccount(c, a))
	}
	return c
}

// run is the loop proper: one message, then all that follows from it.
func (c *core) run(asks <-chan func(*core)) error {
	defer close(c.ended)
	defer c.cutOff()
	turned := c.turned()
	for {
		c.step()
		if c.Once && c.settled() {
			held := c.heldBack(time.Now())
			c.Observe(Settled{c.status(), c.explain, c.known})
			return errors.Join(c.failed, c.incomplete, held)
		}
		if !c.hear(asks, turned) {
			return c.drain(asks)
		}
	}
}

// hear takes one message, or hands one over; false: the context has ended.
func (c *core) hear(asks <-chan func(*core), turned <-chan struct{}) bool {
	want, next := c.nextWant()
	ask, key := c.nextFact()
	select {
	case want <- next:
		c.toWant = c.toWant[1:]
	case ask <- key:
		c.facts.todo = c.facts.todo[1:]
	case n := <-c.facts.news:
		c.learn(n)
	case e := <-c.feeds:
		c.take(e)
	case r := <-c.results:
		c.finish(r)
	case a := <-c.answers:
		c.finishVerify(a, time.Now())
	case f := <-asks:
		f(c)
	case <-c.wake.C:
	case <-turned:
	case <-c.ctx.Done():
		return false
	}
	return true
}

// nextWant is the next kind to ask of the feed, and where; nil where there is none.
func (c *core) nextWant() (chan<- string, string) {
	if len(c.toWant) == 0 {
		return nil, ""
	}
	return c.want, c.toWant[0]
}

// step starts whatever can be started now and sets the alarm for what comes later.
func (c *core) step() {
	if !c.takeTurn() {
		return
	}
	now := time.Now()
	next := never
	c.spreadDirt(now)
	next = earlier(next, c.expire(now))
	if names, at := c.window.soon(now); names != nil {
		c.dispatch(names, true)
	} else {
		next = earlier(next, at)
	}
	if names, at := c.window.due(now); names != nil {
		c.dispatch(names, false)
	} else {
		next = earlier(next, at)
	}
	for _, a := range c.accounts {
		next = earlier(next, a.step(c, now))
	}
	for _, l := range c.ledgers() {
		next = earlier(next, l.step(c, now))
	}
	next = earlier(next, c.storesResume(now))
	c.takeOrder()
	for _, z := range c.sortedZones() {
		next = earlier(next, z.step(c, now))
	}
	c.tellSettled()
	next = earlier(next, c.verify(now))
	next = earlier(next, c.keepAgain(now))
	c.sweepFacts()
	c.wantFacts() // plans read some, too
	next = earlier(next, c.factsDue(now))
	if c.followAll(now) {
		next = now
	}
	c.wake.Reset(max(time.Until(next), 0))
}

// never is later than anything that happens.
var never = time.Unix(1<<40, 0)

func earlier(a, b time.Time) time.Time {
	if b.IsZero() || a.Before(b) {
		return a
	}
	return b
}

// sourcesKnown reports whether each source's kind has been read in full, or has been seen to be unreadable.
func (c *core) sourcesKnown() bool {
	for _, s := range c.Sources {
		if state, _ := c.objects.State(s.Kind); state == feed.Same {
			return false
		}
	}
	return true
}

// accountsKnown reports whether the zones of each account that a view of the zone uses have been listed, or couldn't be: a name goes
// into the longest zone above it, which may be in any of them.
func (c *core) accountsKnown(z *zoneState) bool {
	return !slices.ContainsFunc(c.accounts, func(a *account) bool {
		return !a.listed && a.backoff.tries == 0 && slices.ContainsFunc(z.views, func(v *zoneView) bool { return v.reaches(a.name) })
	})
}

// mayPlan reports whether all is known that every plan depends on.
func (c *core) mayPlan() bool {
	return c.sourcesKnown() && c.keeping.loaded && !c.order.open()
}

// tooEarly reports whether groups of a rank have to wait until every zone has been read: nothing only goes before that. A zone that
// fails again and again isn't waited for.
func (c *core) tooEarly(r rank) bool {
	if r == comes {
		return false
	}
	for _, z := range c.zones {
		if !z.read && !z.vanished && z.back.tries <= tolerated {
			return true
		}
	}
	return false
}

// knowsAll reports whether everything is known that some plan depends on, and it is our turn.
func (c *core) knowsAll() bool { return c.turn.ours && c.mayPlan() && c.storesRead() }

// settled reports whether there is nothing left to do.
func (c *core) settled() bool {
	if c.failed != nil {
		return true
	}
	if !c.knowsAll() || !c.window.empty() || c.allDirty || len(c.toWant) > 0 {
		return false
	}
	for _, a := range c.accounts {
		if !a.listed || a.busy {
			return false
		}
	}
	for _, z := range c.zones {
		if !z.settled() {
			return false
		}
	}
	return c.lookupsKnown()
}

// lookupsKnown reports whether something is known of the kinds and facts that sources looked up, too.
func (c *core) lookupsKnown() bool {
	for name := range c.kinds {
		if state, _ := c.objects.State(name); state == feed.Same {
			return false
		}
	}
	return c.factsKnown(time.Now())
}
