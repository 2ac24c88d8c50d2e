// SPDX-License-Identifier: Apache-2.0

package reconcile_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"nafuda.io/nafuda/internal/decide/guard"
	"nafuda.io/nafuda/internal/feed"
	"nafuda.io/nafuda/internal/loop/reconcile"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/provider/providertest"
)

func TestBrakeStopsAMassDelete(t *testing.T) {
	for name, tc := range map[string]struct {
		why         string
		owned, gone int
		left        int
		o           guard.Options
	}{
		"a few":             {"ten may go", 100, 10, 90, careful},
		"exactly 30 %":      {"30 % isn't more", 100, 30, 70, careful},
		"more than 30 %":    {"none of them goes", 100, 31, 100, careful},
		"few of a few":      {"ten may go, whatever the share", 12, 10, 2, careful},
		"all of three":      {"a zone isn't emptied", 3, 3, 3, careful},
		"both of two":       {"there is nothing to compare with", 2, 2, 0, careful},
		"all, and it may":   {"100 % says so", 30, 30, 0, guard.Options{MaxDeletes: 10, MaxDeletePercent: 100}},
		"all but one of 11": {"ten may go", 11, 10, 1, careful},
	} {
		t.Run(name, func(t *testing.T) {
			in(t, func(r *rig) {
				r.kept()
				r.guard = tc.o
				objects := r.own(tc.owned)
				l := r.start()
				r.synced(objects...)
				for i := range tc.gone {
					r.put(fmt.Sprintf("d/n%d", i), nil)
				}
				time.Sleep(time.Minute)
				synctest.Wait()
				r.holds(tc.left, tc.why)
				b, err := l.Braked(context.Background())
				if held := tc.left == tc.owned; err != nil || held != (len(b) == 1 && len(b[0].Deletes) == tc.gone && len(b[0].Why) == 1) {
					t.Errorf("braked: %+v, %v", b, err)
				}
				if e, _ := last[reconcile.BrakeHeld](r); tc.left == tc.owned && (e.Hash == "" || e.Hash != b[0].Hash || e.Deletes != tc.gone) {
					t.Errorf("told last %+v", e)
				}
				if tc.owned == 3 {
					return // with a fourth, three aren't all
				}
				r.put("d/new", ask("new.example.com=192.0.2.9"))
				r.settle()
				r.holds(tc.left+1, "creates go on")
			})
		})
	}
}

func TestBrakeStopsWhatGoesOneByOne(t *testing.T) {
	in(t, func(r *rig) {
		r.kept()
		r.guard = careful
		r.start()
		r.synced(r.own(30)...)
		for i := range 30 {
			r.put(fmt.Sprintf("d/n%d", i), nil)
			time.Sleep(time.Minute)
			synctest.Wait()
		}
		r.holds(20, "ten go within an hour, then a third would")
		time.Sleep(time.Hour)
		synctest.Wait()
		r.holds(20, "twenty wait, which is more than may go in any hour")
	})
}

func TestBrakeOpensByItself(t *testing.T) {
	in(t, func(r *rig) {
		r.kept()
		r.guard = careful
		objects := r.own(30)
		r.start()
		r.synced(objects...)
		for i := range 12 {
			r.put(fmt.Sprintf("d/n%d", i), nil)
		}
		time.Sleep(time.Minute)
		r.holds(30, "twelve of thirty are held")
		for i := range 3 {
			r.say(feed.Event{Deltas: objects[i : i+1]})
		}
		time.Sleep(time.Second)
		synctest.Wait()
		r.holds(21, "nine still wait, and may go: their grace is long over")
		if _, n := last[reconcile.BrakeFreed](r); n != 1 {
			t.Errorf("it was told %d times that the brake is open", n)
		}
	})
}

func TestBrakeAfterChangeOfPolicyOrFilter(t *testing.T) {
	in(t, func(r *rig) {
		r.kept()
		r.guard = careful
		r.own(100)
		l := r.start() // it is sync now, after months of upsert-only that left names behind
		r.synced()
		time.Sleep(time.Minute)
		synctest.Wait()
		r.holds(100, "the first plan passes the brake like any other")
		if b, _ := l.Braked(context.Background()); len(b) != 1 || len(b[0].Deletes) != 100 {
			t.Errorf("braked: %+v", b)
		}
	})
}

// TestBrakeTellsOfOneObject: one Event is made of what a brake holds, on an object that people can look at.
func TestBrakeTellsOfOneObject(t *testing.T) {
	in(t, func(r *rig) {
		r.kept()
		r.guard = careful
		objects := r.own(12)
		r.start()
		r.synced(objects...)
		abouts := func() (out []string) {
			for _, e := range r.seen() {
				if b, ok := e.(reconcile.BrakeHeld); ok {
					out = append(out, fmt.Sprint(b.About, b.There))
				}
			}
			return slices.Compact(out)
		}
		gone := make([]feed.Delta, 0, len(objects))
		for i := range 11 { // n5 asks for nothing any more, the others are gone
			d := feed.Delta{Ref: objects[i].Ref}
			if i == 5 {
				d = delta("d/n5", ask())
			}
			gone = append(gone, d)
		}
		r.say(feed.Event{Deltas: gone})
		time.Sleep(time.Minute)
		synctest.Wait()
		if got := abouts(); !slices.Equal(got, []string{"ingress/d/n5 true"}) {
			t.Errorf("told of %q, want n5, which is there", got)
		}
		r.put("d/n5", nil)
		r.put("d/n11", ask()) // there, and no reason to tell of another one
		time.Sleep(time.Minute)
		synctest.Wait()
		if got := abouts(); !slices.Equal(got, []string{"ingress/d/n5 true", "ingress/d/n5 false"}) {
			t.Errorf("told of %q, want n5 as long as it is among them", got)
		}
	})
}

func TestBrakeOfUpdates(t *testing.T) {
	for name, tc := range map[string]struct {
		why   string
		to    func(i int) string
		moved int
	}{
		"one address everywhere": {"the WAN address moved", func(int) string { return "198.51.100.1" }, 40},
		"half":                   {"half may move", func(i int) string { return fmt.Sprintf("198.51.100.%d", i%20) }, 40},
		"more than half":         {"each to an address of its own", func(i int) string { return fmt.Sprintf("198.51.100.%d", i%21) }, 0},
		"added":                  {"nothing is taken away", func(i int) string { return fmt.Sprintf("192.0.2.1,198.51.100.%d", i) }, 40},
	} {
		t.Run(name, func(t *testing.T) {
			in(t, func(r *rig) {
				r.kept()
				r.guard = careful
				l := r.start()
				r.synced(r.own(40)...)
				var ds []feed.Delta
				for i := range 40 {
					ds = append(ds, numbered(i, tc.to(i)))
				}
				r.say(feed.Event{Deltas: ds})
				r.settle()
				moved := 0
				for _, s := range r.memory.Sets("example.com") {
					if s.Type == record.A && !slices.Equal(s.Values, []string{"192.0.2.1"}) {
						moved++
					}
				}
				if moved != tc.moved {
					t.Errorf("%d names moved, want %d: %s", moved, tc.moved, tc.why)
				}
				b, err := l.Braked(context.Background())
				if err != nil || (tc.moved == 0) != (len(b) == 1) {
					t.Fatalf("braked: %+v, %v", b, err)
				}
				if tc.moved > 0 {
					return
				}
				if got := reasons(t, l); len(got) != 40 || !strings.HasSuffix(got[0], " BrakeUpdates") {
					t.Errorf("decided %v", got)
				}
				if _, err := l.Approve(context.Background(), b[0].Hash); err != nil {
					t.Error(err)
				}
				r.settle()
				if got := reasons(t, l); len(got) != 0 {
					t.Errorf("after the approval %v", got)
				}
			})
		})
	}
}

func TestBrakeLeavesTheApexAlone(t *testing.T) {
	in(t, func(r *rig) {
		r.view.ManagedTypes = []string{"A,NS,SOA"}
		apex := func() (n int) {
			for _, s := range r.memory.Sets("example.com") {
				if s.Name == "example.com" && (s.Type == record.NS || s.Type == record.SOA) {
					n++
				}
			}
			return n
		}
		r.memory.Put("example.com", set("example.com", "NS", "ns.example.net"), set("example.com", "SOA", "ns.example.net. hostmaster.example.com. 1 7200 900 1209600 86400"))
		before := apex()
		for _, typ := range []string{"ns", "soa"} {
			r.memory.Put("example.com", marker(typ+"-x-.example.com", "me", "ingress/d/gone"))
		}
		r.own(1)
		r.start()
		r.synced()
		time.Sleep(time.Hour)
		r.holds(0, "what is ours goes")
		if before != 2 || apex() != before {
			t.Errorf("the apex has %d of its NS and SOA, before it had %d", apex(), before)
		}
	})
}

func TestBrakeForgetsAfterAnHour(t *testing.T) {
	in(t, func(r *rig) {
		r.kept()
		r.guard = careful
		r.start()
		r.synced(r.own(30)...)
		for i := range 20 {
			if i == 10 {
				time.Sleep(time.Hour)
			}
			r.put(fmt.Sprintf("d/n%d", i), nil)
			time.Sleep(time.Minute)
		}
		synctest.Wait()
		r.holds(10, "ten went in the first hour, ten in the second")
	})
}

func TestBrakeLetsTheRestOfANameGoOn(t *testing.T) {
	in(t, func(r *rig) {
		r.guard = brakeless()
		l := r.start()
		r.synced(delta("d/1", ask("a.example.com=192.0.2.1,2001:db8::1")))
		r.put("d/1", ask("a.example.com=192.0.2.2"))
		r.settle()
		r.want("example.com", "a.example.com A 192.0.2.2", "x-a-a.example.com TXT me:d/1", "a.example.com AAAA 2001:db8::1", "x-aaaa-a.example.com TXT me:d/1")
		if got := reasons(t, l); !slices.Equal(got, []string{"a.example.com GracePeriod"}) {
			t.Errorf("decided %v", got)
		}
		time.Sleep(14 * time.Second)
		synctest.Wait()
		r.want("example.com", "a.example.com A 192.0.2.2", "x-a-a.example.com TXT me:d/1")
	})
}

// TestBrakeIsOfOneZone has a mass delete in one zone leave another alone.
func TestBrakeIsOfOneZone(t *testing.T) {
	in(t, func(r *rig) {
		r.kept()
		r.guard = careful
		r.memory.AddZone(providertest.MemoryZone("example.org"))
		objects := r.own(40)
		r.memory.Put("example.org", set("a.example.org", "A", "192.0.2.1"), marker("x-a-a.example.org", "me", "ingress/d/org"))
		r.start()
		r.synced(append(objects[20:], delta("d/org", ask("b.example.org=192.0.2.1")))...)
		time.Sleep(time.Minute)
		synctest.Wait()
		r.holds(40, "twenty of forty are held")
		r.want("example.org", "b.example.org A 192.0.2.1", "x-a-b.example.org TXT me:d/org")
	})
}
