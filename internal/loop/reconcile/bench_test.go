// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"nafuda.io/nafuda/internal/decide/guard"
	"nafuda.io/nafuda/internal/decide/view"
	"nafuda.io/nafuda/internal/feed"
	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/endpoint"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/provider"
	"nafuda.io/nafuda/internal/provider/providertest"
	"nafuda.io/nafuda/internal/registry"
	"nafuda.io/nafuda/internal/registry/txt"
	"nafuda.io/nafuda/internal/source"
)

// wish is an object that asks for several names with one address.
type wish struct {
	Ref     endpoint.Ref
	Names   []dnsname.Name
	Address string
}

func evalWish(obj any, _ source.Lookup) endpoint.Result {
	w := obj.(*wish)
	from := &endpoint.Origin{Source: "ingress", Ref: w.Ref, Created: time.Unix(1000, 0)}
	var r endpoint.Result
	for _, n := range w.Names {
		r.Endpoints = append(r.Endpoints, endpoint.Endpoint{Name: n, Type: record.A, Targets: []string{w.Address}, From: from})
	}
	return r
}

func wishFor(i, names, generation int) feed.Delta {
	ref := endpoint.Ref{Kind: "ingress", Namespace: "default", Name: fmt.Sprintf("app-%06d", i)}
	w := &wish{Ref: ref, Address: fmt.Sprintf("192.0.2.%d", 1+(i+generation)%254)}
	for k := range names {
		w.Names = append(w.Names, dnsname.Name(fmt.Sprintf("n%d.app-%06d.example.com", k, i)))
	}
	return feed.Delta{Ref: ref, Object: w}
}

// acceptor is a provider that costs next to nothing, so that the loop is what is measured: it takes every batch, and lists what
// was created.
type acceptor struct {
	*providertest.Memory
	sets          []record.Set
	listed        bool // sets are sorted
	writes, reads int
}

func (a *acceptor) Apply(_ context.Context, _ zone.Zone, b change.Batch) (provider.Receipt, error) {
	a.writes++
	for _, c := range b.Changes() {
		if c.Before == nil {
			a.sets, a.listed = append(a.sets, *c.After), false
		}
	}
	return "", nil
}

func (a *acceptor) Records(_ context.Context, _ zone.Zone, c provider.Cursor) (provider.Page, error) {
	const size = 300
	a.reads++
	if !a.listed {
		slices.SortFunc(a.sets, record.Compare)
		a.listed = true
	}
	from, _ := slices.BinarySearchFunc(a.sets, dnsname.Name(c), func(s record.Set, n dnsname.Name) int { return s.Name.Compare(n) })
	page := provider.Page{Sets: a.sets[from:min(from+size, len(a.sets))], From: dnsname.Name(c)}
	if from+size < len(a.sets) { // no name has more than one set, so a page may end anywhere
		page.Until = a.sets[from+size].Name
		page.Next = provider.Cursor(page.Until)
	}
	return page, nil
}

// bench is a core whose windows and calls don't take time.
type bench struct{ *core }

// newBench publishes objects of so many names each; with a provider that holds them already there is nothing to do.
func newBench(b testing.TB, p *acceptor, objects, names int) *bench {
	return newBenchWith(b, p, txt.New(txt.Options{Owner: "me", Prefix: "x-", Format: "typed"}), objects, names)
}

func newBenchWith(b testing.TB, p *acceptor, reg registry.Registry, objects, names int) *bench {
	group, ctx := errgroup.WithContext(b.Context())
	ctx, cancel := context.WithCancel(ctx)
	v := view.Options{Policy: "sync", ManagedTypes: []string{"A,AAAA,CNAME"}}
	c := newCore(ctx, Config{
		Options: Options{Interval: 24 * time.Hour, Resync: 24 * time.Hour, Rate: 1e9, Burst: 1e6},
		Sources: []source.Source{{Name: "ingress", Kind: "ingress", Eval: evalWish}}, Kinds: []source.Kind{{Name: "ingress"}},
		Accounts: []Account{{Name: "default", Provider: p}},
		Guard:    guard.Options{MaxDeletePercent: 100, MaxUpdatePercent: 100}, // what is held isn't written
		Views: []View{{
			Spec: v.Spec("default", "memory", nil, nil), Registry: reg, Accounts: []string{"default"},
		}},
		Observe: func(Event) {},
	}, group)
	b.Cleanup(func() {
		cancel()
		if err := group.Wait(); err != nil {
			b.Error(err)
		}
	})
	bench := &bench{c}
	bench.drain()
	var deltas []feed.Delta
	for i := range objects {
		deltas = append(deltas, wishFor(i, names, 0))
	}
	c.take(feed.Event{Kind: "ingress", Replace: true, Deltas: deltas, State: feed.Synced})
	bench.drain()
	if got, want := len(p.sets), 2*objects*names; got != want {
		b.Fatalf("the zone has %d record sets, want %d", got, want)
	}
	return bench
}

func newAcceptor() *acceptor {
	return &acceptor{Memory: providertest.NewMemory(providertest.MemoryZone("example.com"))}
}

// drain does all that is to do, without waiting for windows to close.
func (b *bench) drain() {
	for {
		b.window.first, b.window.last = time.Time{}, time.Time{}
		b.step()
		busy := false
		for _, a := range b.accounts {
			busy = busy || a.busy
		}
		for _, z := range b.zones {
			busy = busy || z.busy
		}
		switch {
		case busy:
			b.finish(<-b.results)
		case b.window.empty():
			return
		}
	}
}

// BenchmarkDelta is one object of five names that gets another address, among ten thousand, until all five are written.
func BenchmarkDelta(b *testing.B) {
	for _, objects := range []int{100, 10_000} {
		b.Run(fmt.Sprintf("%d-objects", objects), func(b *testing.B) {
			const names = 5
			p := newAcceptor()
			bench := newBench(b, p, objects, names)
			writes, reads := p.writes, p.reads
			b.ReportAllocs()
			n := 0
			for b.Loop() {
				n++
				bench.take(feed.Event{Kind: "ingress", Deltas: []feed.Delta{wishFor(n%objects, names, 1+n/objects)}})
				bench.drain()
			}
			b.ReportMetric(float64(p.writes-writes)/float64(n), "writes/op")
			b.ReportMetric(float64(p.reads-reads)/float64(n), "reads/op")
		})
	}
}

// BenchmarkResync reads ten thousand record sets again and finds nothing to change.
func BenchmarkResync(b *testing.B) {
	p := newAcceptor()
	bench := newBench(b, p, 5000, 1)
	writes, reads := p.writes, p.reads
	b.ReportAllocs()
	for b.Loop() {
		for _, z := range bench.zones {
			z.reread()
		}
		bench.drain()
	}
	if p.writes != writes || p.reads == reads {
		b.Fatalf("%d writes and %d reads, want none and some", p.writes-writes, p.reads-reads)
	}
}

// BenchmarkMemory tells what the loop remembers of an object with one name, its record set and its marker: all but the record
// sets' texts, which it shares with what stands for the provider.
func BenchmarkMemory(b *testing.B) {
	const objects = 10_000
	p := newAcceptor()
	newBench(b, p, objects, 1)
	var bench *bench
	var before, after runtime.MemStats
	for b.Loop() {
		runtime.GC()
		runtime.ReadMemStats(&before)
		bench = newBench(b, p, objects, 1)
		runtime.GC()
		runtime.ReadMemStats(&after)
	}
	runtime.KeepAlive(bench)
	b.ReportMetric(float64(int64(after.HeapAlloc)-int64(before.HeapAlloc))/objects, "B/object")
}
