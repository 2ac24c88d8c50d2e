// SPDX-License-Identifier: Apache-2.0

package reconcile_test

import (
	"slices"
	"testing"
	"testing/synctest"

	"nafuda.io/nafuda/internal/decide/view"
	"nafuda.io/nafuda/internal/feed"
	"nafuda.io/nafuda/internal/loop/reconcile"
	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/registry/noop"
	"nafuda.io/nafuda/internal/registry/txt"
)

// second adds a view of the rig's zones with the options of the first but for an edit.
func (r *rig) second(owner string, edit func(*view.Options)) {
	o := r.view
	edit(&o)
	marks := r.txt
	marks.Owner = owner
	r.views = append(r.views, reconcile.View{Spec: o.Spec("second", "memory", nil, nil), Registry: txt.New(marks), Accounts: []string{"default"}})
}

// again has everything planned again.
func (r *rig) again() {
	r.say(feed.Event{State: feed.Failing})
	r.say(feed.Event{State: feed.Synced})
	r.settle()
}

// decisionsOf are those that the status has of a view, by reason.
func decisionsOf(t *testing.T, l *reconcile.Loop, view string) map[reason.Code]change.Verdict {
	t.Helper()
	s, err := l.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	out := make(map[reason.Code]change.Verdict)
	for _, n := range s.Names {
		if n.View == view {
			out[n.Reason.Code] = n.Verdict
		}
	}
	return out
}

// TestTwoViewsOneRecordSet: two views that want one record set in one zone are a conflict. The first has it, the second is told, and nothing
// goes back and forth.
func TestTwoViewsOneRecordSet(t *testing.T) {
	for name, tc := range map[string]struct {
		why   string
		owner string
	}{
		"one owner":  {why: "the marker would let either of them change it", owner: "me"},
		"two owners": {why: "the second's would be refused as foreign, without the real reason", owner: "you"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, "example.com")
				r.second(tc.owner, func(o *view.Options) { o.DefaultTargets, o.ForceDefault = []string{"203.0.113.9"}, true })
				l := r.start()
				defer r.stop()
				r.synced(delta("d/web", ask("www.example.com=192.0.2.1")))
				r.want("example.com", "www.example.com A 192.0.2.1", "x-a-www.example.com TXT me:d/web")
				calls := r.memory.Calls()
				r.again()
				if after := r.memory.Calls(); after.Apply != calls.Apply {
					t.Errorf("%d batches were sent at rest (%s)", after.Apply-calls.Apply, tc.why)
				}
				if got := decisionsOf(t, l, "second"); got[reason.OtherView] != change.Refused || len(got) != 1 {
					t.Errorf("the second view's decisions are %v; want the refusal alone (%s)", got, tc.why)
				}
				if got := decisionsOf(t, l, "default"); len(got) != 0 {
					t.Errorf("the first view is told %v", got)
				}
			})
		})
	}
}

// TestAViewThatStoresNoOwnership: a view for which everything counts as its own leaves alone what another view of the zone asks for, so
// that nothing goes back and forth.
func TestAViewThatStoresNoOwnership(t *testing.T) {
	for name, swap := range map[string]bool{"after the other": false, "before the other": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, "example.com")
				r.second("", func(*view.Options) {})
				r.views[len(r.views)-1].Registry = noop.Registry{}
				r.adjust = func(c *reconcile.Config) {
					if swap {
						slices.Reverse(c.Views)
					}
				}
				r.start()
				defer r.stop()
				r.synced(delta("d/web", ask("www.example.com=192.0.2.1,2001:db8::1")))
				r.settle()
				calls := r.memory.Calls()
				r.again()
				r.put("d/web", ask("www.example.com=192.0.2.2,2001:db8::1"))
				r.settle()
				if after := r.memory.Calls(); after.Apply != calls.Apply+1 {
					t.Errorf("%d batches were sent for one change", after.Apply-calls.Apply)
				}
				for _, line := range []string{"www.example.com A 192.0.2.2", "www.example.com AAAA 2001:db8::1"} {
					if z := r.zone("example.com"); !slices.Contains(z, line) {
						t.Errorf("the zone has no %s, but %v", line, z)
					}
				}
			})
		})
	}
}

// TestViewsOfOneOwnerKeepApart: of two views with one owner and one zone, each by labels of its own, neither takes what the other has made;
// what an object asks for no more is taken by the view that made it.
func TestViewsOfOneOwnerKeepApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, "example.com")
		r.view.Namespace = "a"
		r.second("me", func(o *view.Options) { o.Namespace = "b" })
		l := r.start()
		defer r.stop()
		r.synced(delta("a/one", ask("one.example.com=192.0.2.1")), delta("b/two", ask("two.example.com=192.0.2.2")))
		both := []string{
			"one.example.com A 192.0.2.1", "x-a-one.example.com TXT me:a/one", "two.example.com A 192.0.2.2", "x-a-two.example.com TXT me:b/two",
		}
		r.want("example.com", both...)
		r.again()
		for _, v := range []string{"default", "second"} {
			if got := decisionsOf(t, l, v); got[reason.OtherView] != "" || got[reason.SourceUnknown] != "" {
				t.Errorf("at rest, view %s is told %v", v, got)
			}
		}
		r.put("a/one", nil)
		r.settle()
		r.want("example.com", "two.example.com A 192.0.2.2", "x-a-two.example.com TXT me:b/two")
	})
}

// TestProofPerView: that one view looks at a single namespace keeps no other from seeing that an object is gone (invariant proof).
func TestProofPerView(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, "example.com")
		r.second("you", func(o *view.Options) { o.Namespace = "other" })
		r.start()
		defer r.stop()
		r.synced(delta("d/web", ask("www.example.com=192.0.2.1")))
		r.put("d/web", nil)
		r.settle()
		r.want("example.com")
	})
}

// TestSourceOutOfView: a claim of a source that the view doesn't have is held, not taken (invariant proof).
func TestSourceOutOfView(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, "example.com")
		l := r.start()
		r.synced(delta("d/web", ask("www.example.com=192.0.2.1")))
		before := r.zone("example.com")
		r.view.Sources = []string{"another"}
		accounts, views := r.places()
		if err := l.Replace(t.Context(), accounts, views); err != nil {
			t.Fatal(err)
		}
		r.settle()
		r.want("example.com", before...)
		if got := decisionsOf(t, l, "default"); got[reason.SourceUnknown] != change.Held {
			t.Errorf("the decisions are %v; want a hold because the source isn't the view's", got)
		}
		r.stop()
	})
}
