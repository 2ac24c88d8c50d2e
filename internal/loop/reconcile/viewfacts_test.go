// SPDX-License-Identifier: Apache-2.0

package reconcile_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"nafuda.io/nafuda/internal/decide/view"
	"nafuda.io/nafuda/internal/loop/reconcile"
	"nafuda.io/nafuda/internal/model/fact"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/registry/txt"
)

// viewed is a view of the rig's options but for an edit, under another name.
func (r *rig) viewed(name, owner string, edit func(*view.Options)) reconcile.View {
	o := r.view
	edit(&o)
	marks := r.txt
	marks.Owner = owner
	return reconcile.View{Spec: o.Spec(name, "memory", nil, nil), Registry: txt.New(marks), Accounts: []string{"default"}}
}

// replaced has the loop use other views, and waits for what follows.
func (r *rig) replaced(l *reconcile.Loop, views ...reconcile.View) {
	r.t.Helper()
	accounts, _ := r.places()
	if err := l.Replace(r.t.Context(), accounts, views); err != nil {
		r.t.Fatal(err)
	}
	r.settle()
}

// TestQuietAViewThatGoesAsksForNoAddress: what a view read is forgotten with it, and with the rule or the names that made it read; who stays goes
// on, and asks nobody anew.
func TestQuietAViewThatGoesAsksForNoAddress(t *testing.T) {
	same := func(*view.Options) {}
	publish := func(o *view.Options) { o.PrivateTargets, o.TargetFrom = "publish", nil }
	elsewhere := func(o *view.Options) { o.DomainFilter = []string{"other.example.com"} }
	for name, tc := range map[string]struct {
		why   string
		after func(*rig) []reconcile.View
		want  []string
	}{
		"gone":    {"nobody has a public address published", func(*rig) []reconcile.View { return nil }, []string{"address", "no address"}},
		"rule":    {"private addresses are published", func(r *rig) []reconcile.View { return []reconcile.View{r.viewed("default", "me", publish)} }, []string{"address", "no address"}},
		"filter":  {"no name is in the view any more", func(r *rig) []reconcile.View { return []reconcile.View{r.viewed("default", "me", elsewhere)} }, []string{"address", "no address"}},
		"another": {"the zone is there, but the view isn't", func(r *rig) []reconcile.View { return []reconcile.View{r.viewed("lan", "me", publish)} }, []string{"address", "no address"}},
		"no zone": {"the view uses the zone no more", func(r *rig) []reconcile.View {
			v := r.viewed("default", "me", same)
			v.Accounts = nil
			return []reconcile.View{v}
		}, []string{"address", "no address"}},
		"second": {"two ask for it, and then one", func(r *rig) []reconcile.View {
			return []reconcile.View{r.viewed("default", "me", publish), r.viewed("second", "you", same)}
		}, []string{"address"}},
		"unchanged": {"nothing is different", func(r *rig) []reconcile.View { return []reconcile.View{r.viewed("default", "me", same)} }, []string{"address"}},
	} {
		for _, known := range []string{"198.51.100.7", "A? AAAA?"} {
			t.Run(name+" "+known, func(t *testing.T) {
				home(t, func(r *rig, o *seer) {
					o.at[fact.OfWAN()] = resolved(known)
					l := r.start()
					r.synced(delta("d/a", ask("a.example.com=192.168.10.51")))
					r.replaced(l, tc.after(r)...)
					if diff := cmp.Diff(tc.want, o.wanted()); diff != "" {
						t.Errorf("wanted (-want +got), %s:\n%s", tc.why, diff)
					}
				})
			})
		}
	}
}

// TestOneViewTakesAnothersName: a view that is renamed while the address isn't known keeps what is published, and follows once it is known.
func TestOneViewTakesAnothersName(t *testing.T) {
	home(t, func(r *rig, o *seer) {
		o.at[fact.OfWAN()] = resolved("198.51.100.7")
		l := r.start()
		r.synced(delta("d/a", ask("a.example.com=192.168.10.51")))
		o.wan("A? AAAA?")
		r.replaced(l, r.viewed("outside", "me", func(*view.Options) {}))
		r.everythingAgain()
		r.want("example.com", wan7, marker7)
		o.wan("198.51.100.8")
		r.settle()
		r.want("example.com", "a.example.com A 198.51.100.8", marker7)
		if diff := cmp.Diff([]string{"address"}, o.wanted()); diff != "" {
			t.Errorf("wanted (-want +got):\n%s", diff)
		}
	})
}

// TestTwoRulesInOneZone: two views of one owner in one zone. What the first leaves out is the second's; what it waits for isn't.
func TestTwoRulesInOneZone(t *testing.T) {
	const own, marker = "a.example.com A 192.168.10.51", marker7
	for name, tc := range map[string]struct {
		why    string
		first  func(*view.Options)
		known  string
		want   []string
		second map[reason.Code]bool
	}{
		"dropped":  {"the first wants nothing there", func(o *view.Options) { o.PrivateTargets, o.TargetFrom = "drop", nil }, "198.51.100.7", []string{own, marker}, nil},
		"replaced": {"the first has the name, with our public address", func(*view.Options) {}, "198.51.100.7", []string{wan7, marker}, map[reason.Code]bool{reason.OtherView: true}},
		"unknown":  {"the first will have it", func(*view.Options) {}, "A? 2001:db8::7", nil, map[reason.Code]bool{reason.OtherView: true}},
		"none":     {"there is no public address of the family, and that is known", func(*view.Options) {}, "2001:db8::7", []string{own, marker}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			home(t, func(r *rig, o *seer) {
				o.at[fact.OfWAN()] = resolved(tc.known)
				rules := r.view
				r.second("me", func(o *view.Options) { o.PrivateTargets, o.TargetFrom = "publish", nil })
				tc.first(&r.view)
				l := r.start()
				r.synced(delta("d/a", ask("a.example.com=192.168.10.51")))
				r.want("example.com", slices.Clone(tc.want)...)
				n := r.memory.Calls().Apply
				r.everythingAgain()
				if now := r.memory.Calls().Apply; now != n {
					t.Errorf("%d writes at rest", now-n)
				}
				got := decisionsOf(r.t, l, "second")
				for code := range tc.second {
					if got[code] == "" {
						t.Errorf("the second view is told %v, want %s (%s)", got, code, tc.why)
					}
				}
				if tc.second == nil && got[reason.OtherView] != "" {
					t.Errorf("the second view is told %v (%s)", got, tc.why)
				}
				r.view = rules
			})
		})
	}
}

// TestOneRuleGivesWayToAnother: as our address comes and goes, a name changes from one view to the other and back, and is never without
// one that is known.
func TestOneRuleGivesWayToAnother(t *testing.T) {
	home(t, func(r *rig, o *seer) {
		r.second("me", func(o *view.Options) { o.PrivateTargets, o.TargetFrom = "publish", nil })
		r.start()
		r.synced(delta("d/a", ask("a.example.com=192.168.10.51")))
		r.want("example.com")
		const own = "a.example.com A 192.168.10.51"
		for _, step := range []struct{ wan, want string }{
			{"198.51.100.7", wan7}, {"A? AAAA?", wan7}, {"2001:db8::7", own}, {"A? AAAA?", own}, {"198.51.100.7", wan7},
		} {
			o.wan(step.wan)
			r.settle()
			r.everythingAgain()
			r.want("example.com", step.want, marker7)
		}
		r.put("d/a", nil)
		r.settle()
		r.want("example.com")
	})
}
