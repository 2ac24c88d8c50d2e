// SPDX-License-Identifier: Apache-2.0

//go:build linux

package soak

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"nafuda.io/nafuda/internal/model/dnsname"
)

// churn has objects come, change and go.
type churn struct {
	objects *objects
	budget  int // names of a zone that may be let go
	workers []*worker

	mu    sync.Mutex // guards what follows
	asked map[dnsname.Name]bool
	loose map[dnsname.Name]bool // have been let go at some time: they may be gone
	gone  map[dnsname.Name]int  // names let go, by zone
	still bool                  // nothing is let go
}

// stays reports whether a name has been asked for since it first was. Names that were let go once aren't looked at any more until
// the end: when the program sees that they are asked for again can't be known here.
func (c *churn) stays(n dnsname.Name) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.asked[n] && !c.loose[n]
}

func (c *churn) ask(names ...dnsname.Name) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, n := range names {
		c.asked[n] = true
	}
}

// letGo says that a name of a zone is about to be let go, if one more may be.
func (c *churn) letGo(zone dnsname.Name, names ...dnsname.Name) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.still || c.gone[zone]+len(names) > c.budget {
		return false
	}
	c.gone[zone] += len(names)
	for _, n := range names {
		c.loose[n] = true
	}
	return true
}

// loosen says that objects are about to go, whatever the budget.
func (c *churn) loosen(apps []object) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, a := range apps {
		for _, n := range a.hosts {
			c.loose[n] = true
		}
	}
}

// onlyChanges says whether objects are kept from going.
func (c *churn) onlyChanges(still bool) { c.mu.Lock(); defer c.mu.Unlock(); c.still = still }

// worker changes its own objects, one after the other.
type worker struct {
	*churn
	dice *rand.Rand
	apps []*life
	turn int
}

// life is an object over time.
type life struct {
	object
	zone       dnsname.Name
	number     int
	generation int
	there      bool
}

const (
	workers = 4
	// pace is the time from one change of a worker to its next: more than the program can follow.
	pace = 100 * time.Millisecond
)

func newChurn(o *objects, apps, budget int, seed uint64) *churn {
	c := &churn{
		objects: o, budget: budget,
		asked: make(map[dnsname.Name]bool), loose: make(map[dnsname.Name]bool), gone: make(map[dnsname.Name]int),
	}
	for i := range workers {
		c.workers = append(c.workers, &worker{churn: c, dice: rand.New(rand.NewPCG(seed, uint64(i)+10))})
	}
	zones := zonesOf()[:len(zonesOf())-1]
	for i := range apps {
		w := c.workers[i%workers]
		a := &life{number: i, zone: zones[i%len(zones)], object: object{name: fmt.Sprintf("app-%05d", i), status: i%3 != 0, target: w.address()}}
		a.hosts = []dnsname.Name{a.host()}
		w.apps = append(w.apps, a)
	}
	return c
}

func (a *life) host() dnsname.Name {
	return dnsname.Name(fmt.Sprintf("app-%05d-g%d.%s", a.number, a.generation, a.zone))
}

// address is one of each type.
func (w *worker) address() string {
	n := 1 + w.dice.IntN(8)
	switch w.dice.IntN(6) {
	case 0:
		return fmt.Sprintf("2001:db8::%d", n)
	case 1:
		return fmt.Sprintf("lb-%d.example.edu", n)
	default:
		return fmt.Sprintf("192.0.2.%d", n)
	}
}

// run has all workers make each of their objects once and then change them until the context ends; calm sets everything right then.
func (c *churn) run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	for _, w := range c.workers {
		group.Go(func() error {
			tick := time.NewTicker(pace)
			defer tick.Stop()
			for ctx.Err() == nil {
				if err := w.step(context.WithoutCancel(ctx)); err != nil {
					return err
				}
				if w.turn <= len(w.apps) {
					continue // as fast as they come
				}
				select {
				case <-tick.C:
				case <-ctx.Done():
				}
			}
			return nil
		})
	}
	return group.Wait()
}

// step makes the next object, or changes any one.
func (w *worker) step(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	w.turn++
	if w.turn <= len(w.apps) {
		return w.put(ctx, w.apps[w.turn-1])
	}
	a := w.apps[w.dice.IntN(len(w.apps))]
	if !a.there {
		if w.dice.IntN(2) == 0 { // else the same name comes back
			a.generation++
			a.hosts = []dnsname.Name{a.host()}
		}
		return w.put(ctx, a)
	}
	switch w.dice.IntN(10) {
	case 0:
		if w.letGo(a.zone, a.hosts...) {
			a.there = false
			return w.objects.remove(ctx, a.name)
		}
	case 1: // a rename
		if w.letGo(a.zone, a.hosts...) {
			a.generation++
			a.hosts = []dnsname.Name{a.host()}
		}
	case 2: // a second name, which goes with the next rename
		if len(a.hosts) == 1 {
			a.hosts = append(a.hosts, "also-"+a.host())
		}
	case 3: // a blink
		if a.status {
			a.target = ""
			return w.put(ctx, a)
		}
	case 4:
		a.ttl = 60 * w.dice.IntN(3)
	}
	a.target = w.address()
	return w.put(ctx, a)
}

func (w *worker) put(ctx context.Context, a *life) error {
	a.there = true
	w.ask(a.hosts...)
	return w.objects.put(ctx, a.object)
}

// calm gives every object an address that has none.
func (c *churn) calm(ctx context.Context) error {
	for _, w := range c.workers {
		for _, a := range w.apps {
			if a.there && a.target == "" {
				a.target = w.address()
				if err := w.put(ctx, a); err != nil {
					return err
				}
			}
		}
	}
	return nil
}
