// SPDX-License-Identifier: Apache-2.0

package home

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"nafuda.io/nafuda/internal/decide/guard"
	"nafuda.io/nafuda/internal/decide/view"
	"nafuda.io/nafuda/internal/feed"
	"nafuda.io/nafuda/internal/loop/reconcile"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/endpoint"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/provider/providertest"
	"nafuda.io/nafuda/internal/registry/txt"
	"nafuda.io/nafuda/internal/source"
	"nafuda.io/nafuda/internal/wan"
)

var (
	flagDays  = flag.Int("days", 0, "days of 24 hours to live through; 0: 50 of 3 hours, with -race or -short 12")
	flagSeed  = flag.Uint64("seed", 1, "seed of the first day; the others follow")
	flagHours = flag.Int("hours", 24, "hours of a day, with -days")
)

// TestProofADayAtHome: no wrong address is published and none is removed; a change that can be seen is published within 30 s; there are no
// more writes than changes.
func TestProofADayAtHome(t *testing.T) {
	days, hours := 50, 3
	switch {
	case *flagDays > 0:
		days, hours = *flagDays, *flagHours
	case race || testing.Short():
		days = 12
	}
	for i := range uint64(days) {
		seed := *flagSeed + i
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { live(t, seed, time.Duration(hours)*time.Hour) })
		})
	}
}

// live lives through a day.
func live(t *testing.T, seed uint64, day time.Duration) {
	const names = 24 // enough for the brake on updates to look
	r := rand.New(rand.NewPCG(seed, 0))
	h := &house{moods: make(map[string]mood), begin: time.Now()}
	ctx, cancel := context.WithCancel(t.Context())
	line4 := &weather{house: h, ctx: ctx, r: rand.New(rand.NewPCG(seed, 1))}
	talk := &weather{house: h, ctx: ctx, r: rand.New(rand.NewPCG(seed, 2))}
	router, iface := r.IntN(3) > 0, r.IntN(2) == 0
	line4.router = router
	everybody := h.everybody(router, iface)
	h.change("in the beginning", func(h *house) { h.line = line{v4: line4.fresh4(), v6: line4.fresh6()} })
	o := &oracle{
		Memory: providertest.NewMemory(providertest.MemoryZone("example.com")), house: h, t: t, names: names,
		published: make(map[wan.Family]netip.Addr), moved: make(map[wan.Family][]time.Time), clear: make(map[wan.Family]time.Time), healed: make(map[wan.Family]bool),
	}
	options := wan.Options{Quorum: 2, IPv4: true, IPv6: true, AllowRange: []string{"192.0.2.0/24", "198.51.100.0/24", "2001:db8::/32"}}
	if !iface {
		options.Host = hostPart
	}
	done := make(chan error)
	loop := loopOf(o, wan.With(options, everybody, func(s wan.State) {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.note("believed: %s %v %s", s.Family, s.Verdict.Addr, s.Verdict.Why)
	}), names)
	go func() { done <- loop.Run(ctx) }()
	end := time.Now().Add(day)
	go line4.incidents(end)
	go talk.talk(end)
	for time.Now().Before(end.Add(time.Hour)) && !t.Failed() {
		time.Sleep(time.Second)
		o.look(everybody)
	}
	cancel()
	if err := <-done; err != nil {
		t.Errorf("the loop ended with %v", err)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	n4, n6 := h.lasting(wan.V4), h.lasting(wan.V6)
	if o.batches > n4+n6+1 {
		o.fail("%d writes for %d addresses of IPv4 and %d of IPv6", o.batches, n4, n6)
	}
	t.Logf("%d writes, %d and %d addresses", o.batches, n4, n6)
}

// said is a feed of a few objects that stay.
type said []feed.Delta

func (s said) Run(ctx context.Context, want <-chan string, out chan<- feed.Event) error {
	for {
		select {
		case kind := <-want:
			select {
			case out <- feed.Event{Kind: kind, Replace: true, State: feed.Synced, Deltas: s}:
			case <-ctx.Done():
				return ctx.Err()
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// loopOf makes the loop.
func loopOf(o *oracle, facts reconcile.Facts, names int) *reconcile.Loop {
	var objects said
	for i := range names {
		ref, _ := endpoint.ParseRef(fmt.Sprintf("ingress/d/n%d", i))
		objects = append(objects, feed.Delta{Ref: ref, Object: ref})
	}
	markers := txt.Options{Owner: "me", Prefix: "x-", Format: "auto"}
	publish := view.Options{Policy: "sync", ManagedTypes: []string{"A,AAAA,CNAME"}, PrivateTargets: "replace", TargetFrom: []string{"wan"}}
	return reconcile.New(reconcile.Config{
		Options: reconcile.Options{Interval: 5 * time.Minute, Resync: 2 * time.Hour, Rate: 5, Burst: 10},
		Guard:   guard.Options{MaxDeletes: 1_000_000, MaxDeletePercent: 100, MaxUpdatePercent: 50}, // no delete is to be asked for at all
		Sources: []source.Source{{Name: "ingress", Kind: "ingress", Eval: atHome}}, Kinds: []source.Kind{{Name: "ingress"}}, Feed: objects,
		Accounts: []reconcile.Account{{Name: "default", Provider: o}}, Facts: facts,
		Views:   []reconcile.View{{Spec: publish.Spec("default", "memory", nil, nil), Registry: txt.New(markers), Accounts: []string{"default"}}},
		Observe: func(reconcile.Event) {},
	})
}

// atHome asks for a name at private addresses, as an Ingress at home does.
func atHome(obj any, _ source.Lookup) (out endpoint.Result) {
	ref := obj.(endpoint.Ref)
	from := &endpoint.Origin{Source: "ingress", Ref: ref, Created: time.Unix(1000, 0)}
	name := dnsname.MustParse(ref.Name + ".example.com")
	for typ, target := range map[record.Type]string{record.A: "192.168.10.51", record.AAAA: "fd00::51"} {
		out.Endpoints = append(out.Endpoints, endpoint.Endpoint{Name: name, Type: typ, Targets: []string{target}, From: from})
	}
	return out
}
