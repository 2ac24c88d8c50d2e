// SPDX-License-Identifier: Apache-2.0

package alive_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"nafuda.io/nafuda/internal/decide/view"
	"nafuda.io/nafuda/internal/feed"
	"nafuda.io/nafuda/internal/loop/reconcile"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/endpoint"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/provider"
	providers "nafuda.io/nafuda/internal/provider/all"
	"nafuda.io/nafuda/internal/registry/txt"
	"nafuda.io/nafuda/internal/serve/r53emu"
	"nafuda.io/nafuda/internal/serve/r53emu/r53emutest"
	"nafuda.io/nafuda/internal/source"
	"nafuda.io/nafuda/test/blackhole"
	"nafuda.io/nafuda/test/feedtest"
)

type asked struct {
	ref     endpoint.Ref
	address string
}

// put has the feed bring an Ingress with the address that its name should have.
func (w *world) put(name, address string) {
	ref := endpoint.Ref{Kind: "ingress", Namespace: "default", Name: name}
	w.feed <- feed.Event{Kind: "ingress", State: feed.Synced, Deltas: []feed.Delta{{Ref: ref, Object: asked{ref, address}}}}
}

func eval(obj any, _ source.Lookup) endpoint.Result {
	a := obj.(asked)
	return endpoint.Result{Endpoints: []endpoint.Endpoint{{
		Name: dnsname.Name(a.ref.Name + ".example.com"), Type: record.A, Targets: []string{a.address}, From: &endpoint.Origin{Source: "ingress", Ref: a.ref},
	}}}
}

// world is a loop that reaches an emulated Route 53 through a proxy.
type world struct {
	t       *testing.T
	feed    feedtest.Script
	proxy   *blackhole.Proxy
	service *r53emu.Server
	loop    *reconcile.Loop
	zone    string
}

func start(t *testing.T) *world {
	t.Helper()
	url, service := r53emutest.Start(t, r53emu.Options{})
	w := &world{t: t, feed: make(feedtest.Script), proxy: blackhole.Start(t, strings.TrimPrefix(url, "http://")), service: service}
	w.zone = service.AddZone("example.com", false)
	opts := view.Options{Policy: "sync", ManagedTypes: []string{"A,AAAA,CNAME"}}
	config := reconcile.Config{
		Options: reconcile.Options{Interval: time.Minute, Resync: time.Hour, Rate: 100, Burst: 100},
		Sources: []source.Source{{Name: "ingress", Kind: "ingress", Eval: eval}}, Kinds: []source.Kind{{Name: "ingress"}}, Feed: w.feed,
		Views: []reconcile.View{{
			Spec: opts.Spec("default", "aws", nil, nil), Registry: txt.New(txt.Options{Owner: "me", Prefix: "x-", Format: "auto"}), Accounts: []string{"default"},
		}},
	}
	for _, a := range providers.Emulated("http://"+w.proxy.Addr(), providers.Options{}, provider.Filter{}) {
		config.Accounts = append(config.Accounts, reconcile.Account(a))
	}
	w.loop = reconcile.New(config)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- w.loop.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("the loop ended with %v", err)
		}
	})
	return w
}

// address is what a name has at the service.
func (w *world) address(name string) string {
	z, ok := w.service.DB().Zone(w.zone)
	if !ok {
		w.t.Fatal("the zone is gone")
	}
	for _, s := range z.At(dnsname.Name(name + ".example.com")) {
		if s.Type == record.A {
			return strings.Join(s.Values, " ")
		}
	}
	return ""
}

// until polls until done gives no error.
func (w *world) until(what string, patience time.Duration, done func() error) {
	w.t.Helper()
	deadline := time.Now().Add(patience)
	for {
		err := done()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			w.t.Fatalf("%s: %v", what, err)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func (w *world) untilAddress(name, address string) {
	w.t.Helper()
	w.until(name+" "+address, time.Minute, func() error {
		if got := w.address(name); got != address {
			return fmt.Errorf("it has %q", got)
		}
		return nil
	})
}

// settled waits until nothing is left to do and no zone has a fault.
func (w *world) settled() {
	w.t.Helper()
	w.until("settle", time.Minute, func() error {
		s, err := w.loop.Status(w.t.Context())
		if err != nil {
			return err
		}
		if !s.Ready || s.Waiting > 0 {
			return fmt.Errorf("%d names wait; missing: %v", s.Waiting, s.Missing)
		}
		for _, z := range s.Zones {
			if z.Error != "" {
				return fmt.Errorf("zone %s: %s", z.Name, z.Error)
			}
		}
		return nil
	})
}

func (w *world) writes() int { return w.service.Calls()["ChangeResourceRecordSets"] }

// TestAliveLostAnswers: a write whose answer is lost has been carried out; the name is read, and nothing is written twice.
func TestAliveLostAnswers(t *testing.T) {
	for name, mode := range map[string]blackhole.Mode{"reset": blackhole.ResetAnswer, "without a word": blackhole.DropAnswers} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := start(t)
			w.put("a", "192.0.2.1")
			w.untilAddress("a", "192.0.2.1")
			w.settled()
			w.proxy.Set(mode)
			w.put("a", "192.0.2.2")
			w.untilAddress("a", "192.0.2.2") // it was applied, and nobody told us
			w.until("notice", 30*time.Second, func() error {
				s, err := w.loop.Status(t.Context())
				if err == nil && s.Zones[0].Error == "" {
					err = fmt.Errorf("the zone has no fault")
				}
				return err
			})
			w.proxy.Set(blackhole.Pass)
			w.settled()
			if n := w.writes(); n != 2 {
				t.Errorf("%d writes, want 2: what was applied isn't sent again", n)
			}
			w.put("a", "192.0.2.3")
			w.untilAddress("a", "192.0.2.3")
		})
	}
}

// TestAliveOutages: whatever the network does, the loop lives, and does what is left to do when the network is back.
func TestAliveOutages(t *testing.T) {
	for name, mode := range map[string]blackhole.Mode{
		"dropped": blackhole.Drop, "reset": blackhole.Reset, "refused": blackhole.Refuse, "garbage": blackhole.Garbage, "slow": blackhole.Slow,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := start(t)
			w.put("a", "192.0.2.1")
			w.untilAddress("a", "192.0.2.1")
			w.settled()
			w.proxy.Set(mode)
			w.put("a", "192.0.2.2")
			w.put("b", "192.0.2.2")
			if mode != blackhole.Slow {
				w.until("notice", 30*time.Second, func() error {
					s, err := w.loop.Status(t.Context())
					if err == nil && s.Zones[0].Error == "" {
						err = fmt.Errorf("the zone has no fault")
					}
					return err
				})
				w.proxy.Set(blackhole.Pass)
			}
			w.untilAddress("a", "192.0.2.2")
			w.untilAddress("b", "192.0.2.2")
			w.settled()
		})
	}
}
