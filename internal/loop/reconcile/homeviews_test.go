// SPDX-License-Identifier: Apache-2.0

package reconcile_test

import (
	"fmt"
	"testing"
	"time"

	"nafuda.io/nafuda/internal/decide/view"
	"nafuda.io/nafuda/internal/feed"
	"nafuda.io/nafuda/internal/loop/reconcile"
	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/endpoint"
	"nafuda.io/nafuda/internal/model/fact"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/provider/providertest"
	"nafuda.io/nafuda/internal/registry/txt"
	"nafuda.io/nafuda/internal/source"
)

// lines is what the rig says a provider's zone holds, of the types that aren't markers.
func lines(m *providertest.Memory, id string) (out []string) {
	for _, s := range m.Sets(id) {
		switch s.Type {
		case record.SOA, record.NS, record.TXT:
		default:
			out = append(out, fmt.Sprintf("%s %s %v", s.Name, s.Type, s.Values))
		}
	}
	return out
}

// TestReverseOfTwoViews: one object in a public view at our public address and in a LAN view at its own. The LAN's reverse zone has the LAN's
// address, whatever becomes of the public one, and no view has a reverse name of that.
func TestReverseOfTwoViews(t *testing.T) {
	const lanReverse, wanReverse = "10.168.192.in-addr.arpa", "100.51.198.in-addr.arpa"
	for name, tc := range map[string]struct {
		why     string
		creates bool // the public view makes PTR record sets, too
		object  *thing
		alsoPTR bool // the public account has a zone for the LAN's reverse names
	}{
		"plain":     {why: "the rule replaces the address", object: ask("a.example.com=192.168.10.51")},
		"annotated": {why: "the annotation does", object: atWAN("a.example.com=192.168.10.51")},
		"both":      {why: "both views would make PTR record sets", creates: true, object: ask("a.example.com=192.168.10.51")},
		"public":    {why: "the world is told no name of an address that isn't published there", creates: true, alsoPTR: true, object: ask("a.example.com=192.168.10.51")},
	} {
		t.Run(name, func(t *testing.T) {
			home(t, func(r *rig, o *seer) {
				lan := providertest.NewMemory()
				for _, n := range []string{"example.com", lanReverse, wanReverse} {
					z := providertest.MemoryZone(n)
					z.Account = "lan"
					lan.AddZone(z)
				}
				r.provider = world{r.flaky}
				r.memory.AddZone(providertest.MemoryZone(wanReverse))
				if tc.alsoPTR {
					r.memory.AddZone(providertest.MemoryZone(lanReverse))
				}
				r.view.ManagedTypes = []string{"A,AAAA,CNAME,PTR"}
				inside := r.view
				r.view.CreatePTR, inside.CreatePTR = tc.creates, true
				inside.PrivateTargets, inside.TargetFrom, inside.TargetAnnotation = "publish", nil, false
				r.apart = []reconcile.Account{{Name: "lan", Provider: lan}}
				r.views = []reconcile.View{{Spec: inside.Spec("lan", "memory", nil, nil), Registry: txt.New(r.txt), Accounts: []string{"lan"}}}
				r.start()
				r.synced(delta("d/a", tc.object))
				check := func(when, public string) {
					t.Helper()
					r.everythingAgain()
					if got := fmt.Sprint(lines(r.memory, "example.com")); got != public {
						t.Errorf("%s the world sees %s, want %s", when, got, public)
					}
					if got, want := fmt.Sprint(lines(lan, "example.com")), "[a.example.com A [192.168.10.51]]"; got != want {
						t.Errorf("%s the LAN sees %s, want %s", when, got, want)
					}
					if got, want := fmt.Sprint(lines(lan, lanReverse)), "[51."+lanReverse+" PTR [a.example.com]]"; got != want {
						t.Errorf("%s the LAN's reverse zone has %s, want %s", when, got, want)
					}
					if got := fmt.Sprint(lines(lan, wanReverse), lines(r.memory, wanReverse), lines(r.memory, lanReverse)); got != "[] [] []" {
						t.Errorf("%s there are PTR record sets elsewhere: %s (%s)", when, got, tc.why)
					}
				}
				check("before the address is known", "[]")
				for _, step := range [][2]string{
					{"198.51.100.7", "[a.example.com A [198.51.100.7]]"},
					{"198.51.100.8", "[a.example.com A [198.51.100.8]]"},
					{"A? AAAA?", "[a.example.com A [198.51.100.8]]"},
					{"", "[]"},
				} {
					o.wan(step[0])
					r.settle()
					check(fmt.Sprintf("at %q", step[0]), step[1])
				}
				r.put("d/a", nil)
				r.settle()
				if got := lines(lan, lanReverse); len(got) > 0 {
					t.Errorf("after the object has gone, the LAN's reverse zone has %s", got)
				}
			})
		})
	}
}

// TestBrakeOfViewsInOneZone: a move of our address is one update, however many views of a zone follow it, and it spends nothing of what
// others may change there.
func TestBrakeOfViewsInOneZone(t *testing.T) {
	home(t, func(r *rig, o *seer) {
		r.guard = careful
		r.memory.Limits = change.Limits{Changes: 10_000, Values: 10_000, Chars: 320_000}
		o.at[fact.OfWAN()] = resolved("198.51.100.7")
		r.view.Namespace = "one"
		r.second("you", func(o *view.Options) { o.Namespace = "two" })
		var objects []feed.Delta
		for i := range 100 {
			for _, ns := range []string{"one", "two"} {
				objects = append(objects, delta(fmt.Sprintf("%s/n%d", ns, i), ask(fmt.Sprintf("n%d-%s.example.com=192.168.%d.1", i, ns, i))))
			}
		}
		r.start()
		r.synced(objects...)
		for range 10 {
			r.settle()
		}
		for _, address := range []string{"198.51.100.8", "198.51.100.9"} {
			o.wan(address)
			time.Sleep(20 * time.Second)
			r.settle()
			n := 0
			for _, s := range r.memory.Sets("example.com") {
				if s.Type == record.A && s.Values[0] == address {
					n++
				}
			}
			if n != 200 {
				t.Errorf("%d names have moved to %s, want 200", n, address)
			}
		}
		if b, n := last[reconcile.BrakeHeld](r); n != 0 {
			t.Errorf("the brake held %+v", b)
		}
	})
}

// TestReverseOfANameThatIsWrittenDown: one that changes to our public address has no address of its own any more, and that is known: its PTR
// record set goes.
func TestReverseOfANameThatIsWrittenDown(t *testing.T) {
	home(t, func(r *rig, o *seer) {
		const lanReverse = "10.168.192.in-addr.arpa"
		r.memory.AddZone(providertest.MemoryZone(lanReverse))
		r.view.ManagedTypes, r.view.CreatePTR, r.view.PrivateTargets, r.view.TargetFrom = []string{"A,AAAA,PTR"}, true, "publish", nil
		o.at[fact.OfWAN()] = resolved("198.51.100.7")
		r.eval = func(obj any, _ source.Lookup) endpoint.Result {
			n := obj.(named)
			made := evalThing(n.Ref)(n.thing)
			for _, h := range made.Holds {
				h.From.Everywhere = true
			}
			return made
		}
		r.start()
		r.synced(delta("d/a", ask("a.example.com=192.168.10.51")))
		if got, want := fmt.Sprint(lines(r.memory, lanReverse)), "[51."+lanReverse+" PTR [a.example.com]]"; got != want {
			t.Errorf("the reverse zone has %s, want %s", got, want)
		}
		r.put("d/a", atWAN("a.example.com=hold"))
		r.settle()
		r.everythingAgain()
		r.want("example.com", wan7, marker7)
		if got := lines(r.memory, lanReverse); len(got) > 0 {
			t.Errorf("the reverse zone has %s", got)
		}
	})
}
