// SPDX-License-Identifier: Apache-2.0

package cli_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"nafuda.io/nafuda/internal/decide/guard"
	"nafuda.io/nafuda/internal/decide/view"
	"nafuda.io/nafuda/internal/feed"
	"nafuda.io/nafuda/internal/loop/reconcile"
	"nafuda.io/nafuda/internal/memory/journal"
	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/endpoint"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/ops/why"
	"nafuda.io/nafuda/internal/provider"
	"nafuda.io/nafuda/internal/provider/providertest"
	"nafuda.io/nafuda/internal/registry/storetest"
	"nafuda.io/nafuda/internal/registry/txt"
	"nafuda.io/nafuda/internal/source"
	sources "nafuda.io/nafuda/internal/source/all"
	"nafuda.io/nafuda/internal/source/kinds"
	"nafuda.io/nafuda/internal/source/service"
	"nafuda.io/nafuda/test/feedtest"
)

// scripted is what only failures and a running loop bring about. The name is web.example.com.
type scripted struct {
	because string
	as      told // empty: stops
	at      why.Place
	answer  reconcile.Answer   // of the zone's servers; none: nobody asks
	object  any                // nil: the Ingress default/web, at 192.0.2.1
	state   feed.State         // of Ingresses; Same: synced
	fault   providertest.Fault // of the operation
	op      providertest.Op
	limits  change.Limits // of one call
	table   bool          // claims are in a table, which can't be read
	guard   guard.Options // zero: free
	later   func(*world)  // what happens once all is settled
	keeper  reconcile.Keeper
	shut    bool // the journal can't be written
	second  bool // the view stands behind another one that publishes to the zone
}

// forgetful is a Keeper that can't save.
type forgetful struct{}

func (forgetful) Load(context.Context) ([]byte, error) { return nil, nil }
func (forgetful) Save(context.Context, []byte) error   { return errors.New("no space left on device") }

// unjudged are reasons why nobody can say whether the servers answer.
func unjudged() []reason.Code {
	return []reason.Code{reason.PrivateZone, reason.RoutingPolicy, reason.Delegated, reason.WildcardAnswers, reason.NoServers, reason.DNSUnreachable}
}

// verifier gives one answer.
type verifier reconcile.Answer

func (v verifier) Verify(context.Context, reconcile.Question) reconcile.Answer {
	return reconcile.Answer(v)
}

// world is what a scenario acts on: the clock is the bubble's.
type world struct {
	memory *providertest.Memory
	flaky  *providertest.Flaky
	feed   feedtest.Script
	loop   *reconcile.Loop
}

// undo undoes the last change of a name.
func (w *world) undo(ctx context.Context, name dnsname.Name) error {
	r := reconcile.UndoRequest{Name: name}
	u, err := w.loop.PlanUndo(ctx, r)
	if err == nil {
		_, err = w.loop.Undo(ctx, r, u.Hash)
	}
	w.wait(3 * time.Second)
	return err
}

// wait lets time pass.
func (w *world) wait(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// put brings Ingresses, by their names: each asks for a host at an address, or for none that is known.
func (w *world) put(hosts map[string]string, address string) {
	var ds []feed.Delta
	for name, host := range hosts {
		in := &kinds.Ingress{Meta: kinds.Meta{Namespace: "default", Name: name}, Rules: []string{host}}
		if address != "" {
			in.Addresses = []string{address}
		}
		ds = append(ds, feed.Delta{Ref: in.Ref(), Object: in})
	}
	w.feed <- feed.Event{Kind: "ingress", Deltas: ds}
	w.wait(3 * time.Second)
}

// drop takes Ingresses away.
func (w *world) drop(names ...string) {
	var ds []feed.Delta
	for _, name := range names {
		ds = append(ds, feed.Delta{Ref: endpoint.Ref{Kind: "ingress", Namespace: "default", Name: name}})
	}
	w.feed <- feed.Event{Kind: "ingress", Deltas: ds}
	w.wait(3 * time.Second)
}

// careful are the flags' defaults, free those that let everything go at once.
var (
	careful = guard.Options{DeleteAfter: 15 * time.Second, MaxDeletes: 10, MaxDeletePercent: 30, MaxUpdatePercent: 50}
	free    = guard.Options{MaxDeletes: 1000, MaxDeletePercent: 100, MaxUpdatePercent: 100}
)

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
	lb := &kinds.Service{Meta: meta("external-dns.kubernetes.io/hostname"), Type: "LoadBalancer", Addresses: []string{"lb.example.net"}}
	unresolved := func(code reason.Code) raw {
		from := &endpoint.Origin{Source: "raw", Ref: endpoint.Ref{Kind: "raw", Namespace: "default", Name: "web"}}
		return raw{endpoint.Result{Holds: []endpoint.Hold{{Name: web.Name, From: from, Why: reason.New(code, "no")}}}}
	}
	crowd := &kinds.Ingress{Meta: meta(), Rules: []string{"web.example.com"}}
	for i := range 20 {
		crowd.Addresses = append(crowd.Addresses, fmt.Sprintf("192.0.2.%d", i))
	}
	all := map[reason.Code]scripted{
		reason.OtherView:     {because: "two views ask for one record set", at: why.Owner, second: true},
		reason.Unconfirmed:   {because: "the batch was sent a moment ago", answer: reconcile.Answer{As: true}, as: waits, at: why.InSync},
		reason.NotVerified:   {because: "nobody asks DNS", as: says, at: why.Answering, later: func(w *world) { w.wait(time.Hour) }},
		reason.AnswersDiffer: {because: "a server says otherwise", answer: reconcile.Answer{Why: reason.New(reason.AnswersDiffer, "no")}, at: why.Answering, later: func(w *world) { w.wait(30 * time.Minute) }},
		reason.KindUnknown:   {because: "nothing is known of EndpointSlices yet", object: headless, at: why.Source},
		reason.HostNotFound:  {because: "the load balancer is gone", object: unresolved(reason.HostNotFound), at: why.Source},
		reason.HostUnknown:   {because: "the resolver is down", object: unresolved(reason.HostUnknown), at: why.Source},
		reason.WANUnknown:    {because: "no method answers", object: unresolved(reason.WANUnknown), at: why.Source},
		reason.WANAbsent:     {because: "the line has no IPv6", object: unresolved(reason.WANAbsent), at: why.Source},
		reason.WANDisagree:   {because: "there are two uplinks", object: unresolved(reason.WANDisagree), at: why.Source},
		reason.WANPrivate:    {because: "the provider has a NAT", object: unresolved(reason.WANPrivate), at: why.Source},
		reason.WANShared:     {because: "the line has some ports of an address", object: unresolved(reason.WANShared), at: why.Source},
		reason.FactPending:   {because: "the resolver hasn't answered yet", object: lb, at: why.Source},
		reason.KindForbidden: {because: "we may not list Ingresses", state: feed.Forbidden, at: why.Source},
		reason.TypeCantDo:    {because: "a marker can't carry the type", object: caa, at: why.Plan},
		reason.ZoneVanished: {because: "somebody deleted the zone", at: why.Zone, later: func(w *world) {
			w.memory.RemoveZone("example.com")
			w.wait(5 * time.Minute)
		}},
		reason.Rejected:  {because: "the provider refuses the change", op: providertest.OpApply, fault: fails(provider.Error{Class: provider.Rejected, Keys: []record.Key{web}}, nil), at: why.Sent},
		reason.Guardrail: {because: "somebody's rule forbids it", op: providertest.OpApply, fault: fails(provider.Error{Class: provider.Rejected, Keys: []record.Key{web}, Guardrail: true}, nil), at: why.Sent},
		reason.Denied:    {because: "the role lacks a permission", op: providertest.OpApply, fault: fails(provider.Error{Class: provider.Denied}, nil), at: why.Sent},
		reason.Crash: {because: "the source can't cope with the object", at: why.Source, later: func(w *world) {
			w.feed <- feed.Event{Kind: "ingress", Deltas: []feed.Delta{{Ref: endpoint.Ref{Kind: "ingress", Namespace: "default", Name: "web"}, Object: (*kinds.Ingress)(nil)}}}
			w.wait(3 * time.Second)
		}},
		reason.Unreached:    {because: "the provider is down", op: providertest.OpZones, fault: fails(provider.Error{Class: provider.Unavailable}, nil), at: why.Zone},
		reason.Stale:        {because: "the provider says the zone is otherwise, again and again", op: providertest.OpApply, fault: fails(provider.Error{Class: provider.Stale, Keys: []record.Key{web}}, nil), at: why.Sent},
		reason.ZoneFull:     {because: "the service has refused more record sets", op: providertest.OpApply, fault: fails(provider.Error{Class: provider.Full}, nil), at: why.Sent},
		reason.Half:         {because: "the provider needs time for the rest of the change", op: providertest.OpApply, fault: fails(provider.Error{Class: provider.Partial, Keys: []record.Key{web}}, nil), at: why.Sent},
		reason.ClaimsUnread: {because: "the table is missing", table: true, at: why.Owner},
		reason.TooLarge:     {because: "more values than one call carries", object: crowd, limits: change.Limits{Values: 10}, at: why.Sent},

		reason.Undone: {because: "a person has undone it", at: why.Plan, later: func(w *world) {
			if err := w.undo(context.Background(), "web.example.com"); err != nil {
				panic(err)
			}
		}},
		reason.GracePeriod: {because: "the object went a moment ago", guard: careful, at: why.Plan, later: func(w *world) { w.drop("web") }},
		reason.NotKept:     {because: "nothing can be saved", keeper: forgetful{}, at: why.Plan, later: func(w *world) { w.drop("web") }},
		reason.NotRecorded: {because: "the journal's disk is full", shut: true, at: why.Sent},
		reason.BrakeDeletes: {because: "all that we own would go", guard: careful, at: why.Plan, later: func(w *world) {
			w.put(map[string]string{"b": "b.example.com", "c": "c.example.com"}, "192.0.2.1")
			w.drop("web", "b", "c")
			w.wait(time.Minute)
		}},
		reason.BrakeUpdates: {because: "most names would move, each elsewhere", guard: careful, at: why.Plan, later: func(w *world) {
			moved := map[string]string{"web": "web.example.com"}
			for i := range 30 {
				moved[fmt.Sprint("o", i)] = fmt.Sprintf("o%d.example.com", i)
			}
			w.put(moved, "192.0.2.1")
			ds := make([]feed.Delta, 0, len(moved))
			for name, host := range moved {
				in := &kinds.Ingress{Meta: kinds.Meta{Namespace: "default", Name: name}, Rules: []string{host}, Addresses: []string{fmt.Sprintf("198.51.100.%d", len(ds))}}
				ds = append(ds, feed.Delta{Ref: in.Ref(), Object: in})
			}
			w.feed <- feed.Event{Kind: "ingress", Deltas: ds}
			w.wait(3 * time.Second)
		}},
		reason.HoldExpired: {because: "it has had no address for a day", guard: guard.Options{HoldFor: time.Hour, DeleteAfter: time.Hour, MaxDeletes: 10, MaxDeletePercent: 100}, at: why.Source, later: func(w *world) {
			w.put(map[string]string{"web": "web.example.com"}, "")
			w.wait(90 * time.Minute)
		}},
		reason.Fight: {because: "somebody changes it back, and back", guard: careful, at: why.Sent, later: func(w *world) {
			for i := range 4 {
				theirs := record.Set{Key: record.Key{Name: "web.example.com", Type: record.A}, TTL: 300, Values: []string{fmt.Sprintf("198.51.100.%d", i)}}
				w.memory.Put("example.com", theirs)
				w.wait(10 * time.Minute)
			}
		}},
		reason.NewNameFirst: {because: "the object's new name can't be published yet", guard: free, at: why.Plan, later: func(w *world) {
			w.flaky.Fail(providertest.OpApply, fails(provider.Error{Class: provider.Rejected, Keys: []record.Key{{Name: "new.example.com", Type: record.A}}}, func(b change.Batch) bool {
				return slices.ContainsFunc(b.Groups, func(g change.Group) bool { return g.Name == "new.example.com" })
			}))
			w.put(map[string]string{"web": "new.example.com"}, "192.0.2.1")
		}},
	}
	for _, code := range unjudged() {
		all[code] = scripted{
			because: "DNS can't tell", answer: reconcile.Answer{Never: true, Why: reason.New(code, "no")}, as: says, at: why.Answering,
			later: func(w *world) { w.wait(time.Hour) },
		}
	}
	return all
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
				w := r.Walks[0]
				if s.as == says || s.as == waits {
					if !tells(r, code, s.as, s.at) || !r.Good {
						text, _ := json.MarshalIndent(r, "", "  ")
						t.Errorf("why doesn't say %s at %q, or stops (%s):\n%s", code, s.at, s.because, text)
					}
					return
				}
				if code == reason.GracePeriod && (w.Retry.IsZero() || time.Until(w.Retry) > 15*time.Second) {
					t.Errorf("the grace time ends at %v", w.Retry)
				}
				if brake := strings.HasPrefix(string(code), "Brake"); brake != strings.HasPrefix(w.Stop().Command, "nafuda approve --plan=") {
					t.Errorf("the command is %q", w.Stop().Command)
				}
				if !tells(r, code, stops, s.at) || r.Good {
					text, _ := json.MarshalIndent(r, "", "  ")
					t.Errorf("why doesn't stop at %q with the code %s (%s):\n%s", s.at, code, s.because, text)
				}
			})
		})
	}
}

func (s scripted) run(t *testing.T) why.Report {
	memory := providertest.NewMemory(providertest.MemoryZone("example.com"))
	memory.Limits = s.limits
	flaky := providertest.NewFlaky(memory)
	if s.op != "" {
		flaky.Fail(s.op, s.fault)
	}
	all := sources.Sources(sources.Options{Service: service.Options{ResolveHostname: true}})
	config := reconcile.Config{
		Options: reconcile.Options{Interval: time.Minute, Resync: 5 * time.Minute, Rate: 100, Burst: 100},
		Guard:   s.guard, Keeper: s.keeper,
		Accounts: []reconcile.Account{{Name: "default", Provider: flaky}}, Feed: make(feedtest.Script),
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
	if s.guard == (guard.Options{}) {
		config.Guard = free
	}
	if s.second {
		first := config.Views[0]
		first.Spec.Name = "first"
		config.Views = append([]reconcile.View{first}, config.Views...)
	}
	if s.table {
		store := storetest.NewMemory()
		store.Fail(func(string, record.Key) error { return storetest.Down() })
		config.Views[0].Registry, config.Views[0].Store, config.Views[0].Owner = nil, store, "me"
	}
	var err error
	if config.Journal, err = journal.Open("", journal.Options{}); err != nil {
		t.Fatal(err)
	}
	if s.shut {
		if err := config.Journal.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if !s.answer.Why.None() {
		config.Verifier = verifier(s.answer)
	}
	loop := reconcile.New(config)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- loop.Run(ctx) }()
	s.feed(config.Feed.(feedtest.Script))
	w := &world{memory, flaky, config.Feed.(feedtest.Script), loop}
	w.wait(3 * time.Second)
	if s.later != nil {
		s.later(w)
	}
	e, err := loop.Explain(ctx, dnsname.Name("web.example.com"), endpoint.Ref{})
	if err != nil {
		t.Error(err)
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	r := why.Make(e)
	if s.second {
		r.Walks = r.Walks[1:] // that of the first view
	}
	return r
}

// feed says what there is of each kind.
func (s scripted) feed(f feedtest.Script) {
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
