// SPDX-License-Identifier: Apache-2.0

package reconcile_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"nafuda.io/nafuda/internal/decide/view"
	"nafuda.io/nafuda/internal/feed"
	"nafuda.io/nafuda/internal/loop/reconcile"
	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/endpoint"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/provider/providertest"
	"nafuda.io/nafuda/internal/registry/noop"
	"nafuda.io/nafuda/internal/source"
)

const reverseZone = "2.0.192.in-addr.arpa"

// reversing runs a loop that derives PTR record sets, over a zone of names and one of reverse names.
func reversing(t *testing.T, f func(*rig)) {
	in(t, func(r *rig) {
		r.memory.AddZone(providertest.MemoryZone(reverseZone))
		r.view.ManagedTypes, r.view.CreatePTR = []string{"A,AAAA,CNAME,PTR"}, true
		f(r)
	})
}

// wantPTR wants the PTR record sets of the reverse zone, and their markers, a line an address.
func (r *rig) wantPTR(lines ...string) {
	r.t.Helper()
	r.want(reverseZone, lines...)
}

func TestReverseFollowsTheAddress(t *testing.T) {
	reversing(t, func(r *rig) {
		r.start()
		r.synced(delta("d/a", ask("a.example.com=192.0.2.1,198.51.100.1,2001:db8::1", "*.example.com=192.0.2.9", "c.example.com=x.example.net")))
		r.wantPTR("1."+reverseZone+" PTR a.example.com", "x-ptr-1."+reverseZone+" TXT me:d/a")
		before := r.memory.Calls()
		r.put("d/a", ask("a.example.com=192.0.2.2,198.51.100.1,2001:db8::1", "*.example.com=192.0.2.9", "c.example.com=x.example.net"))
		r.settle()
		r.wantPTR("2."+reverseZone+" PTR a.example.com", "x-ptr-2."+reverseZone+" TXT me:d/a")
		if after := r.memory.Calls(); after.Apply > before.Apply+3 || after.Records != before.Records {
			t.Errorf("one change took calls %+v, before it %+v; want a write for the name, one for the new address and one for the old", after, before)
		}
		r.put("d/a", nil)
		r.settle()
		r.wantPTR()
	})
}

func TestReverseOfSharedAddressHasAllNames(t *testing.T) {
	reversing(t, func(r *rig) {
		r.start()
		younger := ask("b.example.com=192.0.2.1")
		younger.Created = younger.Created.Add(time.Hour)
		r.synced(delta("e/b", younger), delta("d/a", ask("a.example.com=192.0.2.1", "c.example.com=192.0.2.1")))
		r.wantPTR("1."+reverseZone+" PTR a.example.com b.example.com c.example.com", "x-ptr-1."+reverseZone+" TXT me:d/a")
		r.put("d/a", ask("a.example.com=192.0.2.3"))
		r.settle()
		r.wantPTR("1."+reverseZone+" PTR b.example.com", "x-ptr-1."+reverseZone+" TXT me:e/b",
			"3."+reverseZone+" PTR a.example.com", "x-ptr-3."+reverseZone+" TXT me:d/a")
	})
}

func TestProofReverseOfAHeldNameStays(t *testing.T) {
	reversing(t, func(r *rig) {
		r.start()
		r.synced(delta("d/a", ask("a.example.com=192.0.2.1")), delta("d/b", ask("b.example.com=192.0.2.1")), delta("d/c", ask("c.example.com=192.0.2.3")))
		held := []string{
			"1." + reverseZone + " PTR a.example.com b.example.com", "x-ptr-1." + reverseZone + " TXT me:d/a",
			"3." + reverseZone + " PTR c.example.com", "x-ptr-3." + reverseZone + " TXT me:d/c",
		}
		r.put("d/b", ask("b.example.com=hold"))
		r.put("d/c", ask("c.example.com=hold"))
		r.settle()
		r.wantPTR(held...)
		r.stop() // who starts then knows of the names' addresses only what the zone says
		r.start()
		r.synced(delta("d/a", ask("a.example.com=192.0.2.1")), delta("d/b", ask("b.example.com=hold")), delta("d/c", ask("c.example.com=hold")))
		r.wantPTR(held...)
		r.put("d/b", ask("b.example.com=192.0.2.7"))
		r.put("d/c", nil)
		r.settle()
		r.wantPTR("1."+reverseZone+" PTR a.example.com", "x-ptr-1."+reverseZone+" TXT me:d/a",
			"7."+reverseZone+" PTR b.example.com", "x-ptr-7."+reverseZone+" TXT me:d/b")
	})
}

func TestProofReverseStaysWhileObjectsCantBeRead(t *testing.T) {
	a := delta("d/a", ask("a.example.com=192.0.2.1"))
	for name, says := range map[string]feed.Event{
		"failing":    {State: feed.Failing, Err: errors.New("no answer")},
		"forbidden":  {Replace: true, State: feed.Forbidden, Err: errors.New("forbidden")},
		"unreadable": {Replace: true, Deltas: []feed.Delta{a}, State: feed.Synced, Refusals: []endpoint.Refusal{{Ref: ref("d/b"), Why: reason.New(reason.BadObject, "it can't be read")}}},
	} {
		t.Run(name, func(t *testing.T) {
			reversing(t, func(r *rig) {
				before := r.putPTR("ingress/d/a")
				r.start()
				r.say(says)
				r.settle()
				r.wantPTR(before...)
				r.synced(a)
				r.wantPTR("1."+reverseZone+" PTR a.example.com", "x-ptr-1."+reverseZone+" TXT me:d/a")
			})
		})
	}
}

// putPTR puts an owned PTR record set with two names into the zone, and returns what is there.
func (r *rig) putPTR(resource string) []string {
	r.memory.Put(reverseZone, record.Set{Key: record.Key{Name: "1." + reverseZone, Type: record.PTR}, TTL: 300, Values: []string{"a.example.com", "b.example.com"}},
		marker("x-ptr-1."+reverseZone, "me", resource))
	return r.zone(reverseZone)
}

// TestProofReverseOfUnlistedNamesStays has an object whose names can't be listed: any of an address's may be its.
func TestProofReverseOfUnlistedNamesStays(t *testing.T) {
	reversing(t, func(r *rig) {
		before := r.putPTR("ingress/d/a")
		r.start()
		r.synced(delta("d/a", ask("a.example.com=192.0.2.1")), delta("d/b", ask("b.example.com=unlisted")))
		r.wantPTR(before...)
		r.put("d/b", ask("b.example.com=192.0.2.2"))
		r.settle()
		r.wantPTR("1."+reverseZone+" PTR a.example.com", "x-ptr-1."+reverseZone+" TXT me:d/a",
			"2."+reverseZone+" PTR b.example.com", "x-ptr-2."+reverseZone+" TXT me:d/b")
	})
}

// TestReverseIsTakenOver has what ExternalDNS leaves: markers of PTR record sets name no object, and stay so.
func TestReverseIsTakenOver(t *testing.T) {
	reversing(t, func(r *rig) {
		r.memory.Put(reverseZone, record.Set{Key: record.Key{Name: "1." + reverseZone, Type: record.PTR}, TTL: 300, Values: []string{"a.example.com", "b.example.com"}},
			record.Set{Key: record.Key{Name: "x-ptr-1." + reverseZone, Type: record.TXT}, TTL: 300, Values: []string{`"heritage=external-dns,external-dns/owner=me"`}})
		before := r.zone(reverseZone)
		r.start()
		a, b := delta("d/a", ask("a.example.com=192.0.2.1")), delta("d/b", ask("b.example.com=192.0.2.1"))
		r.synced(a, b)
		r.wantPTR(before...)
		r.put("d/a", nil)
		r.put("d/b", nil)
		r.settle()
		r.wantPTR()
	})
}

func TestForeignReverseStays(t *testing.T) {
	reversing(t, func(r *rig) {
		r.memory.Put(reverseZone, record.Set{Key: record.Key{Name: "1." + reverseZone, Type: record.PTR}, TTL: 300, Values: []string{"host.example.net"}})
		before := r.zone(reverseZone)
		r.start()
		r.synced(delta("d/a", ask("a.example.com=192.0.2.1")))
		r.wantPTR(before...)
		r.put("d/a", nil)
		r.settle()
		r.wantPTR(before...)
	})
}

// TestReverseWithoutZoneIsQuiet has an address whose reverse name no zone of ours has, as most have none.
func TestReverseWithoutZoneIsQuiet(t *testing.T) {
	in(t, func(r *rig) {
		r.view.ManagedTypes, r.view.CreatePTR = []string{"A,PTR"}, true
		loop := r.start()
		r.synced(delta("d/a", ask("a.example.com=192.0.2.1")))
		told := false
		for _, e := range r.seen() {
			d, ok := e.(reconcile.Decided)
			for _, v := range d.Decisions {
				told = told || v.Why.Code == reason.NoReverse
				if ok && v.Verdict != change.Filtered {
					t.Errorf("%s is %s: %s", v.Key, v.Verdict, v.Why)
				}
			}
		}
		if !told {
			t.Error("nothing says that the address has no PTR record set")
		}
		ex, err := loop.Explain(context.Background(), "1."+reverseZone, endpoint.Ref{})
		if err != nil || len(ex.Names[0].Askers) != 1 || ex.Names[0].Views[0].NoZone.Code != reason.NoReverse {
			t.Errorf("the explanation is %+v, %v; want the object, and that the address gets no PTR record set", ex.Names, err)
		}
	})
}

// TestReverseIsAskedForByObjects has the annotation record-type decide, whatever --create-ptr says.
func TestReverseIsAskedForByObjects(t *testing.T) {
	for _, create := range []bool{false, true} {
		reversing(t, func(r *rig) {
			r.view.CreatePTR = create
			r.eval = func(obj any, _ source.Lookup) endpoint.Result {
				n := obj.(named)
				out := evalThing(n.Ref)(n.thing)
				for i := range out.Endpoints {
					if n.ID != "" {
						out.Endpoints[i].ID, out.Endpoints[i].Props = "", []record.Prop{{Name: "record-type", Value: n.ID}}
					}
				}
				return out
			}
			yes, no, none := ask("yes.example.com=192.0.2.1"), ask("no.example.com=192.0.2.2"), ask("none.example.com=192.0.2.3")
			yes.ID, no.ID = "Ptr", "A"
			r.start()
			r.synced(delta("d/yes", yes), delta("d/no", no), delta("d/none", none))
			want := []string{"1." + reverseZone + " PTR yes.example.com", "x-ptr-1." + reverseZone + " TXT me:d/yes"}
			if create {
				want = append(want, "3."+reverseZone+" PTR none.example.com", "x-ptr-3."+reverseZone+" TXT me:d/none")
			}
			r.wantPTR(want...)
		})
	}
}

// TestReverseOfDefaultTargets has the addresses that a view gives to what has none of its own, and leaves out those that its filter of
// networks does.
func TestReverseOfDefaultTargets(t *testing.T) {
	reversing(t, func(r *rig) {
		r.view.DefaultTargets, r.view.ExcludeTargetNets = []string{"192.0.2.5"}, []string{"192.0.2.128/25"}
		r.start()
		r.synced(delta("d/a", ask("a.example.com=hold")), delta("d/b", ask("b.example.com=192.0.2.6,192.0.2.200")))
		r.wantPTR("5."+reverseZone+" PTR a.example.com", "x-ptr-5."+reverseZone+" TXT me:d/a",
			"6."+reverseZone+" PTR b.example.com", "x-ptr-6."+reverseZone+" TXT me:d/b")
		r.put("d/a", ask("a.example.com=192.0.2.7"))
		r.settle()
		r.wantPTR("7."+reverseZone+" PTR a.example.com", "x-ptr-7."+reverseZone+" TXT me:d/a",
			"6."+reverseZone+" PTR b.example.com", "x-ptr-6."+reverseZone+" TXT me:d/b")
	})
}

// TestReverseTTL has the least TTL of an address's names, of which none is less than any, and --min-ttl in place of none.
func TestReverseTTL(t *testing.T) {
	for name, tc := range map[string]struct{ a, b, min, want uint32 }{
		"the least":     {600, 120, 60, 120},
		"one has none":  {600, 0, 60, 60},
		"none has":      {0, 0, 60, 60},
		"no minimum":    {600, 0, 0, 300},
		"the same":      {90, 90, 60, 90},
		"under minimum": {30, 90, 60, 30},
	} {
		t.Run(name, func(t *testing.T) {
			reversing(t, func(r *rig) {
				r.view.MinTTL = time.Duration(tc.min) * time.Second
				a, b := ask("a.example.com=192.0.2.1"), ask("b.example.com=192.0.2.1")
				a.TTL, b.TTL = tc.a, tc.b
				r.start()
				r.synced(delta("d/a", a), delta("d/b", b))
				for _, s := range r.memory.Sets(reverseZone) {
					if s.Type == record.PTR && s.TTL != tc.want {
						t.Errorf("the TTL is %d, want %d", s.TTL, tc.want)
					}
				}
			})
		})
	}
}

// TestReverseTTLOfOneObject has an object with a TTL for each of its names.
func TestReverseTTLOfOneObject(t *testing.T) {
	reversing(t, func(r *rig) {
		r.eval = func(obj any, _ source.Lookup) endpoint.Result {
			n := obj.(named)
			out := evalThing(n.Ref)(n.thing)
			for i := range out.Endpoints {
				out.Endpoints[i].TTL = map[dnsname.Name]uint32{"a.example.com": 500, "b.example.com": 400, "c.example.com": 600}[out.Endpoints[i].Name]
			}
			return out
		}
		r.start()
		r.synced(delta("d/a", ask("a.example.com=192.0.2.1", "b.example.com=192.0.2.1", "c.example.com=192.0.2.1")))
		for _, s := range r.memory.Sets(reverseZone) {
			if s.Type == record.PTR && s.TTL != 400 {
				t.Errorf("the TTL is %d, want the least of the names', 400", s.TTL)
			}
		}
	})
}

// TestReverseIsForTheViewThatWantsIt has a second view of the same objects, over zones of another account: it has a zone of reverse names,
// which is filled where the view is to have PTR record sets, and with the addresses that it lets through.
func TestReverseIsForTheViewThatWantsIt(t *testing.T) {
	for name, tc := range map[string]struct {
		why  string
		view view.Options
		want []string
	}{
		"doesn't": {"only the other view is told to", view.Options{ManagedTypes: []string{"A,PTR"}}, nil},
		"filters": {"a filter of networks leaves an address out", view.Options{ManagedTypes: []string{"A,PTR"}, CreatePTR: true, TargetNets: []string{"192.0.2.0/30"}}, []string{"1." + reverseZone + " PTR a.example.com"}},
		"wants":   {"it has its own", view.Options{ManagedTypes: []string{"A,PTR"}, CreatePTR: true}, []string{"1." + reverseZone + " PTR a.example.com", "9." + reverseZone + " PTR b.example.com"}},
	} {
		t.Run(name, func(t *testing.T) {
			reversing(t, func(r *rig) {
				z := providertest.MemoryZone(reverseZone)
				z.Account = "lan"
				other := providertest.NewMemory(z)
				tc.view.Policy = "sync"
				r.apart = []reconcile.Account{{Name: "lan", Provider: other}}
				r.views = []reconcile.View{{Spec: tc.view.Spec("lan", "memory", nil, nil), Registry: noop.Registry{}, Accounts: []string{"lan"}}}
				r.start()
				r.synced(delta("d/a", ask("a.example.com=192.0.2.1", "b.example.com=192.0.2.9")))
				r.wantPTR("1."+reverseZone+" PTR a.example.com", "x-ptr-1."+reverseZone+" TXT me:d/a", "9."+reverseZone+" PTR b.example.com", "x-ptr-9."+reverseZone+" TXT me:d/a")
				var got []string
				for _, s := range other.Sets(reverseZone) {
					if s.Type == record.PTR {
						got = append(got, string(s.Name)+" PTR "+strings.Join(s.Values, " "))
					}
				}
				if !slices.Equal(got, tc.want) {
					t.Errorf("%s: the second view's zone has %q, want %q", tc.why, got, tc.want)
				}
			})
		})
	}
}
