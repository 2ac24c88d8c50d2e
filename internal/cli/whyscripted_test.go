// SPDX-License-Identifier: Apache-2.0

package cli_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"nafuda.io/nafuda/internal/decide/view"
	"nafuda.io/nafuda/internal/feed"
	"nafuda.io/nafuda/internal/loop/reconcile"
	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/endpoint"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/ops/why"
	"nafuda.io/nafuda/internal/provider"
	"nafuda.io/nafuda/internal/provider/providertest"
	"nafuda.io/nafuda/internal/registry/txt"
	"nafuda.io/nafuda/internal/source"
	sources "nafuda.io/nafuda/internal/source/all"
	"nafuda.io/nafuda/internal/source/kinds"
)

// scripted is what only failures and a running loop bring about. The name is web.example.com.
type scripted struct {
	because string
	at      why.Place
	object  any                // nil: the Ingress default/web, at 192.0.2.1
	state   feed.State         // of Ingresses; Same: synced
	fault   providertest.Fault // of the operation
	op      providertest.Op
	limits  change.Limits              // of one call
	later   func(*providertest.Memory) // what happens once all is settled
}

// raw is an object that asks for what it has, of the source raw.
type raw struct{ result endpoint.Result }

func scriptedScenarios() map[reason.Code]scripted {
	fails := func(e provider.Error, when func(change.Batch) bool) providertest.Fault {
		if e.Err == nil {
			e.Err = errors.New("no")
		}
		f := providertest.Fault{Err: &e, Times: -1}
		if when != nil {
			f.When = func(_ zone.Zone, c change.Batch) bool { return when(c) }
		}
		return f
	}
	web := record.Key{Name: "web.example.com", Type: record.A}
	headless := &kinds.Service{Meta: meta("external-dns.kubernetes.io/hostname"), Type: "ClusterIP", ClusterIP: "None"}
	caa := raw{endpoint.Result{Endpoints: []endpoint.Endpoint{{
		Name: web.Name, Type: record.CAA, Targets: []string{`0 issue "example.net"`},
		From: &endpoint.Origin{Source: "raw", Ref: endpoint.Ref{Kind: "raw", Namespace: "default", Name: "web"}},
	}}}}
	crowd := &kinds.Ingress{Meta: meta(), Rules: []string{"web.example.com"}}
	for i := range 20 {
		crowd.Addresses = append(crowd.Addresses, fmt.Sprintf("192.0.2.%d", i))
	}
	return map[reason.Code]scripted{
		reason.KindUnknown:   {because: "nothing is known of EndpointSlices yet", object: headless, at: why.Source},
		reason.KindForbidden: {because: "we may not list Ingresses", state: feed.Forbidden, at: why.Source},
		reason.TypeCantDo:    {because: "a marker can't carry the type", object: caa, at: why.Plan},
		reason.ZoneVanished: {because: "somebody deleted the zone", at: why.Zone, later: func(m *providertest.Memory) {
			m.RemoveZone("example.com")
		}},
		reason.Rejected:  {because: "the provider refuses the change", op: providertest.OpApply, fault: fails(provider.Error{Class: provider.Rejected, Keys: []record.Key{web}}, nil), at: why.Sent},
		reason.Guardrail: {because: "somebody's rule forbids it", op: providertest.OpApply, fault: fails(provider.Error{Class: provider.Rejected, Keys: []record.Key{web}, Guardrail: true}, nil), at: why.Sent},
		reason.Denied:    {because: "the role lacks a permission", op: providertest.OpApply, fault: fails(provider.Error{Class: provider.Denied}, nil), at: why.Sent},
		reason.Unreached: {because: "the provider is down", op: providertest.OpZones, fault: fails(provider.Error{Class: provider.Unavailable}, nil), at: why.Zone},
		reason.Stale:     {because: "the provider says the zone is otherwise, again and again", op: providertest.OpApply, fault: fails(provider.Error{Class: provider.Stale, Keys: []record.Key{web}}, nil), at: why.Sent},
		reason.TooLarge:  {because: "more values than one call carries", object: crowd, limits: change.Limits{Values: 10}, at: why.Sent},
	}
}

func meta(host ...string) kinds.Meta {
	m := kinds.Meta{Namespace: "default", Name: "web"}
	for _, key := range host {
		m.Annotations = map[string]string{key: "web.example.com"}
	}
	return m
}

// TestWhyScripted is TestWhy for reasons that only failures bring about.
func TestWhyScripted(t *testing.T) {
	for code, s := range scriptedScenarios() {
		t.Run(string(code), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := s.run(t)
				if !tells(r, code, stops, s.at) || r.Good {
					text, _ := json.MarshalIndent(r, "", "  ")
					t.Errorf("why doesn't stop at %q with the code %s (%s):\n%s", s.at, code, s.because, text)
				}
			})
		})
	}
}

// events is a feed that says what it is given.
type events chan feed.Event

func (f events) Run(ctx context.Context, want <-chan string, out chan<- feed.Event) error {
	for {
		select {
		case <-want:
		case e := <-f:
			select {
			case out <- e:
			case <-ctx.Done():
				return ctx.Err()
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (s scripted) run(t *testing.T) why.Report {
	memory := providertest.NewMemory(providertest.MemoryZone("example.com"))
	memory.Limits = s.limits
	flaky := providertest.NewFlaky(memory)
	if s.op != "" {
		flaky.Fail(s.op, s.fault)
	}
	all := sources.Sources(sources.Options{})
	config := reconcile.Config{
		Options:  reconcile.Options{Interval: time.Minute, Resync: 2 * time.Hour, Rate: 100, Burst: 100},
		Accounts: []reconcile.Account{{Name: "default", Provider: flaky}}, Feed: make(events),
		Views: []reconcile.View{{
			Spec:     view.Options{Policy: "sync", ManagedTypes: []string{"A,AAAA,CNAME,CAA"}}.Spec("default", "memory", nil, nil),
			Registry: txt.New(txt.Options{Owner: "me", Prefix: "x-", Format: "auto"}), Accounts: []string{"default"},
		}},
		Sources: []source.Source{all["ingress"], all["service"], {
			Name: "raw", Kind: "raw", Eval: func(obj any, _ source.Lookup) endpoint.Result { return obj.(raw).result },
		}},
		Kinds: []source.Kind{{Name: "raw"}},
	}
	for _, k := range sources.Kinds(sources.Options{}) {
		config.Kinds = append(config.Kinds, k)
	}
	loop := reconcile.New(config)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- loop.Run(ctx) }()
	s.feed(config.Feed.(events))
	settle := func(d time.Duration) {
		time.Sleep(d) // the bubble's clock
		synctest.Wait()
	}
	settle(3 * time.Second)
	if s.later != nil {
		s.later(memory)
		settle(5 * time.Minute)
	}
	e, err := loop.Explain(ctx, dnsname.Name("web.example.com"), endpoint.Ref{})
	if err != nil {
		t.Error(err)
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	return why.Make(e)
}

// feed says what there is of each kind.
func (s scripted) feed(f events) {
	object := s.object
	if object == nil && s.state == feed.Same {
		object = &kinds.Ingress{Meta: meta(), Rules: []string{"web.example.com"}, Addresses: []string{"192.0.2.1"}}
	}
	ref := kinds.RefOf(object)
	if _, is := object.(raw); is {
		ref = endpoint.Ref{Kind: "raw", Namespace: "default", Name: "web"}
	}
	for _, kind := range []string{"ingress", "service", "raw"} {
		e := feed.Event{Kind: kind, Replace: true, State: feed.Synced}
		switch {
		case kind == ref.Kind:
			e.Deltas = []feed.Delta{{Ref: ref, Object: object}}
		case kind == "ingress" && s.state != feed.Same:
			e = feed.Event{Kind: kind, State: s.state, Err: errors.New("forbidden")}
		}
		f <- e
	}
}
