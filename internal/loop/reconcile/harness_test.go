// SPDX-License-Identifier: Apache-2.0

package reconcile_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"nafuda.io/nafuda/internal/decide/guard"
	"nafuda.io/nafuda/internal/decide/view"
	"nafuda.io/nafuda/internal/feed"
	"nafuda.io/nafuda/internal/loop/reconcile"
	"nafuda.io/nafuda/internal/memory/journal"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/endpoint"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/provider"
	"nafuda.io/nafuda/internal/provider/providertest"
	"nafuda.io/nafuda/internal/registry/storetest"
	"nafuda.io/nafuda/internal/registry/txt"
	"nafuda.io/nafuda/internal/source"
	"nafuda.io/nafuda/test/feedtest"
)

// thing is the test's object: it asks for names with targets; "hold" as a target holds the name, and "unread" does
// because something that it depends on hasn't been read; "unlisted" says that for want of it no name is known.
type thing struct {
	Created time.Time
	Names   map[string][]string
	TTL     uint32
	ID      string // set identifier
	WAN     bool   // it has the annotation
}

// things is the source of things, of kind "ingress".
var things = source.Source{Name: "ingress", Kind: "ingress", Eval: nil}

func evalThing(ref endpoint.Ref) func(thing) endpoint.Result {
	return func(t thing) endpoint.Result {
		var r endpoint.Result
		from := &endpoint.Origin{Source: "ingress", Ref: ref, Created: t.Created, WAN: t.WAN, Labels: map[string]string{"name": ref.Name}}
		for name, targets := range t.Names {
			byType := make(map[record.Type][]string)
			for _, target := range targets {
				if target == "hold" {
					r.Holds = append(r.Holds, endpoint.Hold{Name: dnsname.Name(name), From: from, Why: reason.New(reason.NoAddressYet, "no address")})
					continue
				}
				if target == "unlisted" {
					r.Unsure = reason.New(reason.KindUnknown, "not read yet")
					continue
				}
				if target == "unread" {
					r.Holds = append(r.Holds, endpoint.Hold{Name: dnsname.Name(name), From: from, Why: reason.New(reason.KindUnknown, "not read yet")})
					continue
				}
				byType[record.TypeOf(target)] = append(byType[record.TypeOf(target)], target)
			}
			for typ, values := range byType {
				slices.Sort(values)
				r.Endpoints = append(r.Endpoints, endpoint.Endpoint{Name: dnsname.Name(name), Type: typ, TTL: t.TTL, ID: t.ID, Targets: values, From: from})
			}
		}
		return r
	}
}

type named struct {
	Ref endpoint.Ref
	thing
}

// rig is a loop under test.
type rig struct {
	t      *testing.T
	memory *providertest.Memory
	flaky  *providertest.Flaky
	feed   feedtest.Script
	heard  sync.Mutex // guards events
	events []reconcile.Event
	stop   func()
	view   view.Options
	txt    txt.Options
	opts   reconcile.Options
	labels func(map[string]string) bool // the label filter; nil: everything
	asks   reconcile.Verifier
	more   []reconcile.Account // beside the default one
	views  []reconcile.View    // beside the default one
	fixed  []reconcile.View    // in place of the default one; nil: that
	narrow func(zone.Zone) bool
	apart  []reconcile.Account // of views alone

	journal  *journal.Journal
	guard    guard.Options
	keeper   reconcile.Keeper
	store    *storetest.Memory       // nil: claims are markers
	permits  *turns                  // nil: it is always our turn
	provider provider.Provider       // nil: flaky
	settled  func(reconcile.Settled) // nil: nobody is told
	facts    reconcile.Facts         // nil: they stay unknown
	eval     source.Func             // nil: evalThing
	adjust   func(*reconcile.Config) // nil: as it is
}

// free are options that let everything go at once; careful are the flags' defaults.
var (
	free    = guard.Options{MaxDeletes: 1_000_000, MaxDeletePercent: 100, MaxUpdatePercent: 100}
	careful = guard.Options{DeleteAfter: 15 * time.Second, MaxDeletes: 10, MaxDeletePercent: 30, MaxUpdatePercent: 50}
)

func newRig(t *testing.T, zones ...string) *rig {
	r := &rig{
		t: t, memory: providertest.NewMemory(), feed: make(feedtest.Script),
		view:  view.Options{Policy: "sync", ManagedTypes: []string{"A,AAAA,CNAME"}},
		txt:   txt.Options{Owner: "me", Prefix: "x-", Format: "auto"},
		opts:  reconcile.Options{Interval: 5 * time.Minute, Resync: 2 * time.Hour, Rate: 5, Burst: 10},
		guard: free,
	}
	for _, z := range zones {
		r.memory.AddZone(providertest.MemoryZone(z))
	}
	r.flaky = providertest.NewFlaky(r.memory)
	return r
}

func (r *rig) loop() *reconcile.Loop { return r.loopWith(func(named) {}) }

// loopWith makes a loop whose source looks at each object first.
func (r *rig) loopWith(look func(named)) *reconcile.Loop {
	src := things
	src.Eval = func(obj any, _ source.Lookup) endpoint.Result {
		n := obj.(named)
		look(n)
		return evalThing(n.Ref)(n.thing)
	}
	if r.eval != nil {
		src.Eval = r.eval
	}
	config := reconcile.Config{
		Options: r.opts, Sources: []source.Source{src}, Kinds: []source.Kind{{Name: "ingress"}}, Feed: r.feed, Guard: r.guard, Keeper: r.keeper, Journal: r.journal,
		Verifier: r.asks, Facts: r.facts,
		Observe: func(e reconcile.Event) {
			r.heard.Lock()
			defer r.heard.Unlock()
			if s, ok := e.(reconcile.Settled); ok && r.settled != nil {
				r.settled(s)
			}
			r.events = append(r.events, e)
		},
	}
	config.Accounts, config.Views = r.places()
	config.Accounts = append(config.Accounts, r.apart...)
	if r.permits != nil {
		config.Permits = r.permits
	}
	if r.adjust != nil {
		r.adjust(&config)
	}
	return reconcile.New(config)
}

// places are the accounts and the view of the rig's options.
func (r *rig) places() ([]reconcile.Account, []reconcile.View) {
	accounts := []reconcile.Account{{Name: "default", Provider: r.flaky}}
	if r.provider != nil {
		accounts[0].Provider = r.provider
	}
	v := reconcile.View{Spec: r.view.Spec("default", "memory", r.labels, nil), Registry: txt.New(r.txt), Accounts: []string{"default"}, Zones: r.narrow}
	if r.store != nil {
		v.Registry, v.Store, v.Owner = nil, r.store, r.txt.Owner
	}
	for _, a := range r.more {
		accounts = append(accounts, a)
		v.Accounts = append(v.Accounts, a.Name)
	}
	if r.fixed != nil {
		return accounts, r.fixed
	}
	return accounts, append([]reconcile.View{v}, r.views...)
}

// start runs the loop inside the bubble; stopping is registered.
func (r *rig) start() *reconcile.Loop {
	l := r.loop()
	r.run(l)
	return l
}

func (r *rig) run(l *reconcile.Loop) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- l.Run(ctx) }()
	r.stop = func() {
		cancel()
		if err := <-done; err != nil {
			r.t.Errorf("the loop ended with %v", err)
		}
		r.stop = func() {}
	}
}

// seen returns the events so far.
func (r *rig) seen() []reconcile.Event {
	r.heard.Lock()
	defer r.heard.Unlock()
	return slices.Clone(r.events)
}

func ref(s string) endpoint.Ref {
	parsed, ok := endpoint.ParseRef("ingress/" + s)
	if !ok {
		panic(s)
	}
	return parsed
}

func delta(at string, t *thing) feed.Delta {
	d := feed.Delta{Ref: ref(at)}
	if t != nil {
		d.Object = named{d.Ref, *t}
	}
	return d
}

// say sends an event and waits until everything that follows at once has happened.
func (r *rig) say(e feed.Event) {
	e.Kind = "ingress"
	r.feed <- e
	synctest.Wait()
}

func (r *rig) synced(ds ...feed.Delta) {
	r.say(feed.Event{Replace: true, Deltas: ds, State: feed.Synced})
	r.settle()
}

func (r *rig) put(at string, t *thing) { r.say(feed.Event{Deltas: []feed.Delta{delta(at, t)}}) }

// settle lets windows close and calls be made, and stays below the shortest pause of what is put off; the clock of the bubble moves.
func (r *rig) settle() {
	time.Sleep(2 * time.Second)
	synctest.Wait()
}

// zone is what the provider holds, a line a record set, markers with their resource.
func (r *rig) zone(id string) []string {
	var out []string
	for _, s := range r.memory.Sets(id) {
		if s.Type == record.SOA || s.Type == record.NS {
			continue
		}
		line := fmt.Sprintf("%s %s %s", s.Name, s.Type, strings.Join(s.Values, " "))
		line = strings.ReplaceAll(line, `"heritage=external-dns,external-dns/owner=me,external-dns/resource=ingress/`, "me:")
		out = append(out, strings.TrimSuffix(line, `"`))
	}
	slices.Sort(out)
	return out
}

func ask(names ...string) *thing {
	t := &thing{Created: time.Unix(1000, 0).UTC(), Names: make(map[string][]string)}
	for _, n := range names {
		name, targets, _ := strings.Cut(n, "=")
		t.Names[name] = strings.Split(targets, ",")
	}
	return t
}

func (r *rig) want(id string, lines ...string) {
	r.t.Helper()
	slices.Sort(lines)
	if got := r.zone(id); !slices.Equal(got, lines) {
		r.t.Errorf("zone %s holds\n\t%s\nwant\n\t%s", id, strings.Join(got, "\n\t"), strings.Join(lines, "\n\t"))
	}
}

func set(name, typ, value string) record.Set {
	return record.Set{Key: record.Key{Name: dnsname.Name(name), Type: record.Type(typ)}, TTL: 300, Values: []string{value}}
}
