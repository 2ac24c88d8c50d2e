// SPDX-License-Identifier: Apache-2.0

package reconcile_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"nafuda.io/nafuda/internal/feed"
	"nafuda.io/nafuda/internal/loop/reconcile"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/endpoint"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/provider/providertest"
)

// explain asks a running loop.
func (r *rig) explain(l *reconcile.Loop, name dnsname.Name, ref endpoint.Ref) reconcile.Explanation {
	r.t.Helper()
	e, err := l.Explain(r.t.Context(), name, ref)
	if err != nil {
		r.t.Fatal(err)
	}
	return e
}

// TestExplainLeavesNoTrace: a look changes neither what is known nor what is done.
func TestExplainLeavesNoTrace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, "example.com")
		r.memory.Put("example.com", set("foreign.example.com", "A", "192.0.2.9"))
		l := r.start()
		defer r.stop()
		r.synced(delta("d/a", ask("a.example.com=192.0.2.1", "foreign.example.com=192.0.2.1", "b.example.net=192.0.2.1", "h.example.com=hold")))
		status := func() reconcile.Status {
			s, err := l.Status(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			return s
		}
		before, calls, events := status(), r.memory.Calls(), len(r.seen())
		for _, name := range []dnsname.Name{"a.example.com", "foreign.example.com", "b.example.net", "h.example.com", "nobody.example.com"} {
			first := r.explain(l, name, endpoint.Ref{})
			if diff := cmp.Diff(first, r.explain(l, name, endpoint.Ref{})); diff != "" {
				t.Errorf("%s is explained otherwise the second time:\n%s", name, diff)
			}
		}
		r.explain(l, "", ref("d/a"))
		synctest.Wait()
		if diff := cmp.Diff(before, status()); diff != "" {
			t.Errorf("the status has changed:\n%s", diff)
		}
		if after := r.memory.Calls(); after != calls {
			t.Errorf("calls %+v, before %+v", after, calls)
		}
		if n := len(r.seen()); n != events {
			t.Errorf("%d events more", n-events)
		}
	})
}

func TestExplainObject(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, "example.com")
		r.view.Policy = "upsert-only"
		l := r.start()
		defer r.stop()
		r.synced(delta("d/a", ask("a.example.com=192.0.2.1", "old.example.com=192.0.2.1")))
		r.put("d/a", ask("a.example.com=192.0.2.1", "h.example.com=hold"))
		r.settle()
		e := r.explain(l, "", ref("d/a"))
		names := make([]dnsname.Name, 0, 3)
		for _, n := range e.Names {
			names = append(names, n.Name)
		}
		if want := []dnsname.Name{"a.example.com", "h.example.com", "old.example.com"}; !slices.Equal(names, want) {
			t.Errorf("names %v, want %v: what it asks for, holds, and is still marked for it", names, want)
		}
		if !e.Object.There || !e.Object.Silent.None() {
			t.Errorf("object %+v", e.Object)
		}
		r.put("d/a", nil)
		r.settle()
		if e = r.explain(l, "", ref("d/a")); e.Object.There || !e.Object.Unseen.None() || len(e.Names) != 2 {
			t.Errorf("of an object that is gone: %+v with %d names, want the 2 that are marked for it", e.Object, len(e.Names))
		}
		r.say(feed.Event{State: feed.Failing, Err: context.DeadlineExceeded})
		r.settle()
		if e = r.explain(l, "", ref("d/a")); e.Object.Unseen.Code != reason.NotSynced {
			t.Errorf("while the kind can't be read: %+v; it may be there for all we know", e.Object)
		}
	})
}

// TestExplainDryRun: a dry run enters what it would have written; an explanation tells what is there.
func TestExplainDryRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, "example.com")
		r.opts.Once, r.opts.DryRun = true, true
		var e reconcile.Explanation
		r.settled = func(s reconcile.Settled) { e = s.Explain("a.example.com", endpoint.Ref{}) }
		done := make(chan error)
		go func() { done <- r.loop().Run(context.Background()) }()
		r.feed <- feed.Event{Kind: "ingress", Replace: true, State: feed.Synced, Deltas: []feed.Delta{delta("d/a", ask("a.example.com=192.0.2.1"))}}
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		z := e.Names[0].Views[0].Zones[0]
		if len(z.Observed) != 0 || len(z.Changes) != 2 || z.State != reconcile.StatePlanned || !e.DryRun {
			t.Errorf("observed %v, changes %v, state %q", z.Observed, z.Changes, z.State)
		}
	})
}

// TestDeltaOfAnExplanation: what it costs to explain a name doesn't depend on how many there are (invariant delta).
func TestDeltaOfAnExplanation(t *testing.T) {
	cost := func(names int) float64 {
		var allocations float64
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, "example.com")
			r.opts.Once, r.opts.DryRun = true, true
			r.settled = func(s reconcile.Settled) {
				allocations = testing.AllocsPerRun(10, func() { s.Explain("n0.example.com", endpoint.Ref{}) })
			}
			ds := make([]feed.Delta, 0, names)
			for i := range names {
				ds = append(ds, delta(fmt.Sprintf("d/%d", i), ask(fmt.Sprintf("n%d.example.com=192.0.2.1", i))))
			}
			done := make(chan error)
			go func() { done <- r.loop().Run(context.Background()) }()
			r.feed <- feed.Event{Kind: "ingress", Replace: true, State: feed.Synced, Deltas: ds}
			if err := <-done; err != nil {
				t.Fatal(err)
			}
		})
		return allocations
	}
	if few, many := cost(10), cost(2000); many > 1.5*few {
		t.Errorf("%g allocations with 10 names and %g with 2000", few, many)
	}
}

// TestExplainNear: who knows nothing of a name says what is spelt alike, and where else its first label is.
func TestExplainNear(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, "example.com", "example.org")
		l := r.start()
		defer r.stop()
		r.synced(delta("d/shop", ask("shop.example.com=192.0.2.1", "www.example.org=192.0.2.1")), delta("e/shop", ask("x.example.com=192.0.2.1")))
		for _, tc := range []struct {
			why  string
			name dnsname.Name
			ref  endpoint.Ref
			want []string
		}{
			{why: "one edit", name: "shpo.example.com", want: []string{"shop.example.com", "x.example.com"}},
			{why: "another zone", name: "www.sub.staging.example.com", want: []string{"www.example.org"}},
			{why: "another namespace", ref: ref("f/shop"), want: []string{"ingress/d/shop", "ingress/e/shop"}},
			{why: "another name", ref: ref("d/shpo"), want: []string{"ingress/d/shop"}},
			{why: "what is known needs no hint", name: "shop.example.com"},
		} {
			if e := r.explain(l, tc.name, tc.ref); !slices.Equal(e.Near, tc.want) {
				t.Errorf("near %s%s is %v, want %v (%s)", tc.name, tc.ref, e.Near, tc.want, tc.why)
			}
		}
	})
}

// TestExplainWhileDown: before anything could be read, the answer is why.
func TestExplainWhileDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, "example.com")
		r.flaky.Fail(providertest.OpRecords, providertest.Fault{Err: context.DeadlineExceeded, Times: -1})
		l := r.start()
		defer r.stop()
		r.synced(delta("d/a", ask("a.example.com=192.0.2.1")))
		z := r.explain(l, "a.example.com", endpoint.Ref{}).Names[0].Views[0].Zones[0]
		if z.Unusable.Code != reason.Unreached || len(z.Changes) > 0 || z.Retry.Before(time.Now()) {
			t.Errorf("unusable %v, changes %v, again at %v", z.Unusable, z.Changes, z.Retry)
		}
	})
}
