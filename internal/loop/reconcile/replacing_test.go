// SPDX-License-Identifier: Apache-2.0

package reconcile_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"nafuda.io/nafuda/internal/decide/view"
	"nafuda.io/nafuda/internal/loop/reconcile"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/provider/providertest"
	"nafuda.io/nafuda/internal/registry/txt"
)

// replace gives the loop what the rig's options say now, and lets what follows happen.
func (r *rig) replace(l *reconcile.Loop) {
	r.t.Helper()
	r.replaceBy(l)
	r.settle()
}

func (r *rig) replaceBy(l *reconcile.Loop) {
	r.t.Helper()
	accounts, views := r.places()
	if err := l.Replace(r.t.Context(), accounts, views); err != nil {
		r.t.Fatal(err)
	}
}

// publish makes a view of an owner, for the names that the filter leaves, with markers of its own.
func publish(name, owner string, domains []string, accounts ...string) reconcile.View {
	o := view.Options{Policy: "sync", ManagedTypes: []string{"A,AAAA,CNAME"}, DomainFilter: domains}
	return reconcile.View{Spec: o.Spec(name, "memory", nil, nil), Registry: txt.New(txt.Options{Owner: owner, Prefix: owner + "-", Format: "auto"}), Accounts: accounts}
}

// left lists what was said to be left behind.
func (r *rig) left() []string {
	var out []string
	for _, e := range r.seen() {
		if l, ok := e.(reconcile.Left); ok {
			out = append(out, fmt.Sprintf("%s %s %d", l.View, l.Zone.Name, l.Names))
		}
	}
	return out
}

// quietly runs f, which has to make no call and plan nothing.
func (r *rig) quietly(what string, f func()) {
	r.t.Helper()
	calls, events := r.memory.Calls(), len(r.seen())
	f()
	if got := r.memory.Calls(); got != calls {
		r.t.Errorf("%s made calls: %+v after %+v", what, got, calls)
	}
	for _, e := range r.seen()[events:] {
		switch e.(type) {
		case reconcile.Planned, reconcile.Decided, reconcile.Left, reconcile.ZoneRead:
			r.t.Errorf("%s brought %T %+v", what, e, e)
		}
	}
}

// TestQuietReplace: equal views change nothing and cost nothing, with functions in them, which can't be compared, too.
func TestQuietReplace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, "example.com")
		l := r.start()
		r.synced(delta("d/1", ask("a.example.com=192.0.2.1", "b.example.com=hold")))
		time.Sleep(2 * time.Minute) // receipts have been asked about
		r.quietly("replacing the views by equal ones", func() { r.replace(l) })
		r.labels = func(map[string]string) bool { return true }
		r.quietly("replacing the views by some that can't be compared", func() { r.replace(l) })
		r.want("example.com", "a.example.com A 192.0.2.1", "x-a-a.example.com TXT me:d/1")
		r.stop()
	})
}

// TestReplaceViews: after Replace each zone is as its views now ask for.
func TestReplaceViews(t *testing.T) {
	const a, b, ma, mb = "a.example.com A 192.0.2.1", "b.example.com A 192.0.2.2", "x-a-a.example.com TXT me:d/1", "x-a-b.example.com TXT me:d/1"
	for name, tc := range map[string]struct {
		why    string
		before func(*rig) // the start
		then   func(*rig) // what happens before they are replaced
		after  func(*rig)
		want   []string
		left   []string
	}{
		"a view is added": {
			why:    "the other half of the names is published",
			before: func(r *rig) { r.view.DomainFilter = []string{"a.example.com"} },
			after: func(r *rig) {
				r.views = []reconcile.View{publish("other", "you", []string{"b.example.com"}, "default")}
			},
			want: []string{a, ma, b, `you-a-b.example.com TXT "heritage=external-dns,external-dns/owner=you,external-dns/resource=ingress/d/1`},
		},
		"a view goes": {
			why: "what it has published stays, and is said",
			before: func(r *rig) {
				r.view.DomainFilter = []string{"a.example.com"}
				r.views = []reconcile.View{publish("other", "you", []string{"b.example.com"}, "default")}
			},
			after: func(r *rig) { r.views = nil },
			want:  []string{a, ma, b, `you-a-b.example.com TXT "heritage=external-dns,external-dns/owner=you,external-dns/resource=ingress/d/1`},
			left:  []string{"other example.com 1"},
		},
		"a filter is narrowed": {
			why:   "a name that isn't a view's any more stays too",
			after: func(r *rig) { r.view.DomainFilter = []string{"a.example.com"} },
			want:  []string{a, ma, b, mb}, left: []string{"default example.com 1"},
		},
		"objects are filtered out": {
			why:   "their names aren't asked for any more, and go",
			after: func(r *rig) { r.labels = func(map[string]string) bool { return false } },
		},
		"the owner changes": {
			why:   "foreign: what the one before has made isn't ours",
			after: func(r *rig) { r.txt.Owner = "new" },
			want:  []string{a, ma, b, mb}, left: []string{"default example.com 2"},
		},
		"the zone is left out": {
			why:   "its record sets stay",
			after: func(r *rig) { r.narrow = func(zone.Zone) bool { return false } },
			want:  []string{a, ma, b, mb}, left: []string{"default example.com 2"},
		},
		"the zone comes back": {
			why:    "it had been left out, and was listed all the same",
			before: func(r *rig) { r.narrow = func(zone.Zone) bool { return false } },
			after:  func(r *rig) { r.narrow = func(zone.Zone) bool { return true } },
			want:   []string{a, ma, b, mb},
		},
		"another policy": {
			why:    "what had to stay may go",
			before: func(r *rig) { r.view.Policy = "upsert-only" },
			then:   func(r *rig) { r.put("d/2", ask("c.example.com=192.0.2.3")); r.settle(); r.put("d/2", nil) },
			after:  func(r *rig) { r.view.Policy = "sync" },
			want:   []string{a, ma, b, mb},
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, "example.com")
				if tc.before != nil {
					tc.before(r)
				}
				l := r.start()
				r.synced(delta("d/1", ask("a.example.com=192.0.2.1", "b.example.com=192.0.2.2")))
				if tc.then != nil {
					tc.then(r)
					r.settle()
				}
				tc.after(r)
				r.replace(l)
				r.want("example.com", tc.want...)
				if got := r.left(); !slices.Equal(got, tc.left) {
					t.Errorf("said to be left behind: %q, want %q", got, tc.left)
				}
				r.quietly("replacing them again", func() { r.replace(l) })
				r.stop()
				if t.Failed() {
					t.Log(tc.why)
				}
			})
		})
	}
}

// TestReplaceRenamed: a view under another name owns what the one before did: nothing is left, nothing is written.
func TestReplaceRenamed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, "example.com")
		l := r.start()
		r.synced(delta("d/1", ask("a.example.com=192.0.2.1", "b.else.example=192.0.2.2")))
		accounts, views := r.places()
		views[0].Spec.Name = "renamed"
		writes := r.memory.Calls()
		if err := l.Replace(t.Context(), accounts, views); err != nil {
			t.Fatal(err)
		}
		r.settle()
		if got := r.memory.Calls(); got.Apply != writes.Apply || got.Records != writes.Records {
			t.Errorf("calls %+v after %+v", got, writes)
		}
		if got := r.left(); got != nil {
			t.Errorf("said to be left behind: %q", got)
		}
		s, err := l.Status(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range s.Names {
			if n.View != "renamed" {
				t.Errorf("the status tells of view %s: %+v", n.View, n)
			}
		}
		e := r.explain(l, "a.example.com", ref("d/1"))
		if len(e.Names[0].Views) != 1 || e.Names[0].Views[0].View != "renamed" || e.Names[0].Views[0].Zones[0].State != reconcile.StateSent {
			t.Errorf("why: explained as %+v", e.Names[0].Views)
		}
		r.stop()
	})
}

// TestReplaceRefuses: what doesn't fit together isn't entered.
func TestReplaceRefuses(t *testing.T) {
	m := providertest.NewMemory()
	one := []reconcile.Account{{Name: "a", Provider: m}}
	v := publish("v", "me", nil, "a")
	none := v
	none.Registry = nil
	for name, tc := range map[string]struct {
		accounts []reconcile.Account
		views    []reconcile.View
		want     string
	}{
		"two accounts of a name": {append(one, one...), []reconcile.View{v}, `two accounts are called "a"`},
		"no provider":            {[]reconcile.Account{{Name: "a"}}, []reconcile.View{v}, `account "a" has no provider`},
		"two views of a name":    {one, []reconcile.View{v, v}, `two views are called "v"`},
		"unknown account":        {nil, []reconcile.View{v}, `view "v" uses the account "a", which isn't there`},
		"no claims":              {one, []reconcile.View{none}, `view "v" needs a registry or a store`},
	} {
		t.Run(name, func(t *testing.T) {
			err := reconcile.New(reconcile.Config{}).Replace(t.Context(), tc.accounts, tc.views)
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error %v, want %q", err, tc.want)
			}
		})
	}
}
