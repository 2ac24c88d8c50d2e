// SPDX-License-Identifier: Apache-2.0

package reconcile_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"nafuda.io/nafuda/internal/decide/view"
	"nafuda.io/nafuda/internal/loop/reconcile"
	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/provider/providertest"
	"nafuda.io/nafuda/internal/registry/txt"
)

// byName selects the objects of a name.
func byName(name string) func(map[string]string) bool {
	return func(labels map[string]string) bool { return labels["name"] == name }
}

// beside gives the rig's zones to two views, the first with the objects called x and the second, of an owner, with those called y.
func (r *rig) beside(owner string, edit func(*view.Options)) {
	r.labels = byName("x")
	r.second(owner, edit)
	r.views[len(r.views)-1].Spec.Labels = byName("y")
}

func as(*view.Options) {}

// door is a way to the zones of a provider in another account.
type door struct {
	*providertest.Flaky
	account string
}

func (d door) Zones(ctx context.Context) ([]zone.Zone, error) {
	zones, err := d.Flaky.Zones(ctx)
	for i := range zones {
		zones[i].Account = d.account
	}
	return zones, err
}

// TestOneZoneThroughTwoAccounts: views whose accounts differ, and that reach one zone, take nothing of each other's, also after each has read
// what the other has made (invariant proof).
func TestOneZoneThroughTwoAccounts(t *testing.T) {
	for _, same := range []bool{true, false} {
		t.Run(fmt.Sprintf("one object: %v", same), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t)
				z := providertest.MemoryZone("example.com")
				z.Place = "there"
				r.memory.AddZone(z)
				r.apart = []reconcile.Account{{Name: "other", Provider: door{providertest.NewFlaky(r.memory), "other"}}}
				r.beside("me", as)
				r.views[0].Accounts = []string{"other"}
				if same {
					r.labels, r.views[0].Spec.Labels = nil, nil
				}
				l := r.start()
				defer r.stop()
				r.synced(delta("d/x", ask("x.example.com=192.0.2.1")), delta("d/y", ask("y.example.com=192.0.2.2")))
				for range 30 {
					time.Sleep(time.Minute)
					r.settle()
					r.want("example.com", "x.example.com A 192.0.2.1", "x-a-x.example.com TXT me:d/x", "y.example.com A 192.0.2.2", "x-a-y.example.com TXT me:d/y")
				}
				calls := r.memory.Calls().Apply
				r.put("d/y", ask("y.example.com=192.0.2.3"))
				time.Sleep(10 * time.Minute)
				r.again()
				if n := r.memory.Calls().Apply - calls; n != 1 {
					t.Errorf("%d batches were sent for one change", n)
				}
				_ = r.explain(l, "y.example.com", ref("d/y"))
				r.put("d/x", nil)
				r.put("d/y", nil)
				time.Sleep(10 * time.Minute)
				r.want("example.com")
			})
		})
	}
}

// TestOneNameInTwoViews: what two objects ask for at one name, each in a view of its own, doesn't depend on which comes first; what the first
// view only holds isn't taken from the second (invariants proof, one path).
func TestOneNameInTwoViews(t *testing.T) {
	const x, y, mx, my = "www.example.com A 192.0.2.1", "www.example.com A 192.0.2.2", "x-a-www.example.com TXT me:d/x", "x-a-www.example.com TXT me:d/y"
	for name, tc := range map[string]struct {
		why         string
		asks        string
		policy      string
		later, gone []string // with both objects, and after the second's has gone
	}{
		"asked for": {why: "the first view has it", asks: "192.0.2.1", policy: "sync", later: []string{x, mx}, gone: []string{x, mx}},
		"held": {
			why: "unknown isn't absent, in whichever view", asks: "hold", policy: "sync", later: []string{y, my}, gone: []string{y, my},
		},
		"not to be updated": {
			why: "what the first view doesn't update it hasn't made either, and nobody makes it anew", asks: "192.0.2.1", policy: "create-only",
			later: []string{y, my}, gone: []string{y, my},
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, "example.com")
				r.view.Policy = tc.policy
				r.beside("me", func(o *view.Options) { o.Policy = "sync" })
				r.start()
				defer r.stop()
				r.synced(delta("d/y", ask("www.example.com=192.0.2.2")))
				r.want("example.com", y, my)
				r.put("d/x", ask("www.example.com="+tc.asks))
				r.again()
				r.want("example.com", tc.later...)
				r.put("d/y", nil)
				r.again()
				r.want("example.com", tc.gone...)
				if t.Failed() {
					t.Log(tc.why)
				}
			})
		})
	}
}

// TestViewsChangePlaces: views of different owners that are written in another order take nothing from each other: who has published a name
// goes on with it (invariants proof, foreign).
func TestViewsChangePlaces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, "example.com")
		r.second("you", as)
		l := r.start()
		defer r.stop()
		r.synced(delta("d/web", ask("www.example.com=192.0.2.1")))
		accounts, views := r.places()
		slices.Reverse(views)
		if err := l.Replace(t.Context(), accounts, views); err != nil {
			t.Fatal(err)
		}
		r.again()
		r.want("example.com", "www.example.com A 192.0.2.1", "x-a-www.example.com TXT me:d/web")
		r.put("d/web", ask("www.example.com=192.0.2.2"))
		r.again()
		r.want("example.com", "www.example.com A 192.0.2.2", "x-a-www.example.com TXT me:d/web")
		if _, n := last[reconcile.Applied](r); n != 2 {
			t.Errorf("%d batches were sent, want one for each address", n)
		}
		if got := decisionsOf(t, l, "second"); got[reason.OtherOwner] != change.Refused {
			t.Errorf("the view that stands first now is told %v", got)
		}
		r.put("d/web", nil)
		r.settle()
		r.want("example.com")
	})
}

// TestUndoneInOneView: what an undo has brought back in one view isn't taken by another view of the same owner (invariants undo, quiet).
func TestUndoneInOneView(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, "example.com")
		r.keepJournal("")
		r.beside("me", as)
		l := r.start()
		defer r.stop()
		r.synced(delta("d/y", ask("www.example.com=192.0.2.2")))
		r.put("d/y", nil)
		r.settle()
		entry := r.last()
		if _, n := last[reconcile.Applied](r); n != 2 || len(r.zone("example.com")) != 0 {
			t.Fatalf("%d batches, and the zone holds %v", n, r.zone("example.com"))
		}
		r.undo(l, entry)
		r.again()
		time.Sleep(time.Hour)
		r.want("example.com", "www.example.com A 192.0.2.2", "x-a-www.example.com TXT me:d/y")
		if _, n := last[reconcile.Applied](r); n != 3 {
			t.Errorf("%d batches were sent, want those of the object and one that undoes", n)
		}
	})
}

// TestPolicyOfTheOtherView: of two views of one owner, what the one may have published and doesn't delete isn't deleted by the other (invariant
// proof); what can't be the one's is.
func TestPolicyOfTheOtherView(t *testing.T) {
	for name, tc := range map[string]struct {
		why  string
		edit func(*view.Options) // of the view that keeps
		want []string
	}{
		"by labels":            {"nobody can tell whose it was", as, []string{"www.example.com A 192.0.2.1", "x-a-www.example.com TXT me:d/x"}},
		"by namespaces":        {"it is of a namespace that only the other sees", func(o *view.Options) { o.Namespace = "e" }, nil},
		"by sources":           {"it is of a source that only the other has", func(o *view.Options) { o.Sources = []string{"another"} }, nil},
		"by names":             {"the name is the other's", func(o *view.Options) { o.DomainFilter = []string{"b.example.com"} }, nil},
		"by types":             {"the type is the other's", func(o *view.Options) { o.ManagedTypes = []string{"CNAME"} }, nil},
		"of an owner apart":    {"the marker tells whose it was", nil, nil},
		"that deletes as well": {"it would go in either", func(o *view.Options) { o.Policy = "sync" }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, "example.com")
				owner, keeps := "me", r.view
				keeps.Policy = "upsert-only"
				if tc.edit == nil {
					owner = "you"
				} else {
					tc.edit(&keeps)
				}
				r.views = []reconcile.View{{
					Spec: keeps.Spec("keeps", "memory", func(map[string]string) bool { return false }, nil), Registry: txt.New(txt.Options{Owner: owner, Prefix: "x-", Format: "auto"}),
					Accounts: []string{"default"},
				}}
				l := r.start()
				defer r.stop()
				r.synced(delta("d/x", ask("www.example.com=192.0.2.1")))
				r.put("d/x", nil)
				r.again()
				r.want("example.com", tc.want...)
				if got := decisionsOf(t, l, "default"); tc.want != nil && got[reason.PolicyKeeps] != change.Held {
					t.Errorf("the view is told %v", got)
				}
				r.put("d/z", ask("www.example.com=192.0.2.9"))
				r.settle()
				r.want("example.com", "www.example.com A 192.0.2.9", "x-a-www.example.com TXT me:d/z")
				if t.Failed() {
					t.Log(tc.why)
				}
			})
		})
	}
}

// TestUndoneUnderAnotherAccount: what is undone stays so when the zone's account is called otherwise, as it may be after views have gone
// (invariant undo).
func TestUndoneUnderAnotherAccount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, "example.com")
		r.keepJournal("")
		l := r.start()
		r.synced(delta("d/1", ask("a.example.com=192.0.2.1")))
		r.put("d/1", nil)
		r.settle()
		r.undo(l, r.last())
		want := []string{"a.example.com A 192.0.2.1", "x-a-a.example.com TXT me:d/1"}
		r.want("example.com", want...)
		accounts, views := r.places()
		accounts[0] = reconcile.Account{Name: "default@b", Provider: door{r.flaky, "default@b"}}
		views[0].Accounts = []string{"default@b"}
		if err := l.Replace(t.Context(), accounts, views); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		r.want("example.com", want...)
		if !r.held(l, "a.example.com") {
			t.Error("the name isn't undone any more")
		}
		r.stop()
	})
}

// TestReverseOfTheOtherView: the PTR record set of a name whose address isn't known is held, too, against another view of the owner, which
// doesn't select the object (invariant proof).
func TestReverseOfTheOtherView(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const reverse = "2.0.192.in-addr.arpa"
		r := newRig(t, "example.com", reverse)
		r.view.ManagedTypes, r.view.CreatePTR = []string{"A,AAAA,CNAME,PTR"}, true
		r.beside("me", as)
		r.start()
		defer r.stop()
		r.synced(delta("d/x", ask("x.example.com=192.0.2.9")), delta("d/y", ask("y.example.com=192.0.2.1")))
		want := r.zone(reverse)
		if len(want) != 4 {
			t.Fatalf("the reverse zone holds %v", want)
		}
		r.put("d/y", ask("y.example.com=hold"))
		r.again()
		r.want(reverse, want...)
		r.put("d/y", nil)
		r.again()
		r.want(reverse, "9.2.0.192.in-addr.arpa PTR x.example.com", "x-ptr-9.2.0.192.in-addr.arpa TXT me:d/x")
	})
}
