// SPDX-License-Identifier: Apache-2.0

package reconcile_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"nafuda.io/nafuda/internal/decide/guard"
	"nafuda.io/nafuda/internal/feed"
	"nafuda.io/nafuda/internal/loop/reconcile"
	"nafuda.io/nafuda/internal/model/endpoint"
	"nafuda.io/nafuda/internal/model/fact"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/provider"
	"nafuda.io/nafuda/internal/provider/providertest"
	"nafuda.io/nafuda/internal/registry/txt"
)

// TestOneWANAndOneLANView: the world sees our public address, the LAN the object's own, which stays when the other moves.
func TestOneWANAndOneLANView(t *testing.T) {
	home(t, func(r *rig, o *seer) {
		z := providertest.MemoryZone("example.com")
		z.Account = "lan"
		lan := providertest.NewMemory(z)
		inside := r.view
		inside.PrivateTargets, inside.TargetFrom, inside.TargetAnnotation = "publish", nil, false
		r.adjust = func(c *reconcile.Config) {
			c.Accounts = append(c.Accounts, reconcile.Account{Name: "lan", Provider: lan})
			c.Views = append(c.Views, reconcile.View{Spec: inside.Spec("lan", "memory", nil, nil), Registry: txt.New(r.txt), Accounts: []string{"lan"}})
		}
		o.at[fact.OfWAN()] = resolved("198.51.100.7 2001:db8::7")
		r.start()
		r.synced(delta("d/a", atWAN("a.example.com=192.168.10.51")), delta("d/b", ask("b.example.com=192.168.10.52")))
		o.wan("198.51.100.8 2001:db8::7")
		r.settle()
		r.want("example.com", "a.example.com A 198.51.100.8", marker7, wan6, marker6, "b.example.com A 198.51.100.8", "x-a-b.example.com TXT me:d/b")
		var got []string
		for _, s := range lan.Sets("example.com") {
			if s.Type == record.A || s.Type == record.AAAA {
				got = append(got, fmt.Sprintf("%s %s %v", s.Name, s.Type, s.Values))
			}
		}
		if diff := cmp.Diff([]string{"a.example.com A [192.168.10.51]", "b.example.com A [192.168.10.52]"}, got); diff != "" {
			t.Errorf("in the LAN (-want +got):\n%s", diff)
		}
		if n := lan.Calls().Apply; n != 1 {
			t.Errorf("%d writes in the LAN, want 1", n)
		}
	})
}

// TestPrivateZonesHaveOwnAddresses: whatever the rule is, for nobody outside asks them.
func TestPrivateZonesHaveOwnAddresses(t *testing.T) {
	home(t, func(r *rig, o *seer) {
		inside := providertest.MemoryZone("example.com")
		inside.ID, inside.Private = "inside", true
		r.memory.AddZone(inside)
		o.at[fact.OfWAN()] = resolved("198.51.100.7")
		r.start()
		r.synced(delta("d/a", ask("a.example.com=192.168.10.51")))
		r.want("example.com", wan7, marker7)
		r.want("inside", "a.example.com A 192.168.10.51", marker7)
	})
}

// world is a provider whose zones the world sees.
type world struct{ provider.Provider }

func (w world) Describe() provider.Description {
	d := w.Provider.Describe()
	d.World = true
	return d
}

// TestWhyAPrivateAddressIsPublished: told once a view, where the world sees it and nobody has asked for something else.
func TestWhyAPrivateAddressIsPublished(t *testing.T) {
	for name, tc := range map[string]struct {
		edit func(*rig)
		told int
	}{
		"public":       {func(*rig) {}, 1},
		"replaced":     {func(r *rig) { r.view.PrivateTargets, r.view.TargetFrom = "replace", []string{"192.0.2.9"} }, 0},
		"our own zone": {func(r *rig) { r.provider = nil }, 0},
		"private": {func(r *rig) {
			z := providertest.MemoryZone("example.com")
			z.Private = true
			r.memory = providertest.NewMemory(z)
			r.provider = world{r.memory}
		}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			in(t, func(r *rig) {
				r.provider = world{r.flaky}
				tc.edit(r)
				r.start()
				r.synced(delta("d/a", ask("a.example.com=192.168.10.51")), delta("d/b", ask("b.example.com=10.0.0.1")), delta("d/c", ask("c.example.com=192.0.2.1")))
				r.everythingAgain()
				e, n := last[reconcile.PrivateAddress](r)
				if n != tc.told || n > 0 && (e.Name != "a.example.com" || e.View != "default" || e.Why.Code != reason.PrivatePublished) {
					t.Errorf("told %d times, last %+v; want %d", n, e, tc.told)
				}
			})
		})
	}
}

// TestWhyExplainsReplacedTargets: with the rule, the fact and since when; and looking leaves no trace.
func TestWhyExplainsReplacedTargets(t *testing.T) {
	home(t, func(r *rig, o *seer) {
		o.at[fact.OfWAN()] = resolved("198.51.100.7")
		l := r.start()
		r.synced(delta("d/a", ask("a.example.com=192.168.10.51")))
		var notes []string
		look := func() {
			notes = nil
			for _, d := range r.explain(l, "a.example.com", endpoint.Ref{}).Names[0].Views[0].Zones[0].Decisions {
				notes = append(notes, fmt.Sprintf("%s %s", d.Why.Code, d.Why.Text))
			}
		}
		look()
		if len(notes) != 1 || !strings.Contains(notes[0], "TargetReplaced --private-targets=replace for 192.168.10.51 asks for our public address, which is 198.51.100.7 since ") {
			t.Errorf("explained by %q", notes)
		}
		o.wan("A? AAAA?")
		r.settle()
		if look(); !slices.ContainsFunc(notes, func(n string) bool { return strings.Contains(n, "which isn't known since ") }) {
			t.Errorf("explained by %q", notes)
		}
		r.put("d/a", nil)
		r.settle()
		look()
		if got := o.wanted(); !slices.Equal(got, []string{"address", "no address"}) {
			t.Errorf("wanted %q after a look", got)
		}
	})
}

// TestOnceWaitsForThePublicAddress, as for any fact.
func TestOnceWaitsForThePublicAddress(t *testing.T) {
	for name, tc := range map[string]struct {
		answer string
		sets   int
	}{"answered": {"198.51.100.7", 2}, "silent": {"", 0}} {
		t.Run(name, func(t *testing.T) {
			r, err := once(t, func(r *rig) {
				o := newSeer()
				if tc.answer != "" {
					o.at[fact.OfWAN()] = resolved(tc.answer)
				}
				r.facts = o
				r.view.PrivateTargets, r.view.TargetFrom = "replace", []string{"wan"}
			}, feed.Event{Replace: true, State: feed.Synced, Deltas: []feed.Delta{delta("d/a", ask("a.example.com=192.168.10.51"))}})
			if err != nil || len(r.zone("example.com")) != tc.sets {
				t.Errorf("%v; %q", err, r.zone("example.com"))
			}
		})
	}
}

// TestProofAZoneThatVanishesReadsNothing: it is neither planned nor waited for, and comes back as any other.
func TestProofAZoneThatVanishesReadsNothing(t *testing.T) {
	home(t, func(r *rig, o *seer) {
		o.at[fact.OfWAN()] = resolved("198.51.100.7")
		r.guard = guard.Options{MaxDeletes: 1_000_000, MaxDeletePercent: 100, MaxUpdatePercent: 100}
		r.start()
		r.synced(delta("d/a", ask("a.example.com=192.168.10.51")))
		r.memory.RemoveZone("example.com")
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		o.wan("198.51.100.8")
		r.settle()
		r.memory.AddZone(zone.Zone{Key: providertest.MemoryZone("example.com").Key, Name: "example.com"})
		r.everythingAgain()
		r.want("example.com", "a.example.com A 198.51.100.8", marker7)
	})
}
