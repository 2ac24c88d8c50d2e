// SPDX-License-Identifier: Apache-2.0

package reconcile_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"nafuda.io/nafuda/internal/decide/guard"
	"nafuda.io/nafuda/internal/feed"
	"nafuda.io/nafuda/internal/loop/reconcile"
	"nafuda.io/nafuda/internal/memory/statedir"
	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/provider"
	"nafuda.io/nafuda/internal/provider/providertest"
)

// numbered is the object n of many, which asks for the name n with the targets.
func numbered(n int, targets string) feed.Delta {
	return delta(fmt.Sprintf("d/n%d", n), ask(fmt.Sprintf("n%d.example.com=%s", n, targets)))
}

// own fills the zone with so many names of ours, as those objects would have had them published.
func (r *rig) own(n int) (objects []feed.Delta) {
	for i := range n {
		name := fmt.Sprintf("n%d.example.com", i)
		r.memory.Put("example.com", set(name, "A", "192.0.2.1"), marker("x-a-"+name, "me", fmt.Sprintf("ingress/d/n%d", i)))
		objects = append(objects, numbered(i, "192.0.2.1"))
	}
	return objects
}

// names counts the names of the zone that have an address.
func (r *rig) names() int {
	n := 0
	for _, s := range r.memory.Sets("example.com") {
		if s.Type == record.A {
			n++
		}
	}
	return n
}

func (r *rig) holds(want int, why string) {
	r.t.Helper()
	if got := r.names(); got != want {
		r.t.Errorf("%d names are published, want %d: %s", got, want, why)
	}
}

// last returns the last event of a kind.
func last[E any](r *rig) (out E, n int) {
	for _, e := range r.seen() {
		if e, ok := e.(E); ok {
			out = e
			n++
		}
	}
	return out, n
}

// reasons lists what is held, by name: "n1.example.com GracePeriod".
func reasons(t *testing.T, l *reconcile.Loop) (out []string) {
	t.Helper()
	s, err := l.Status(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range s.Names {
		out = append(out, fmt.Sprintf("%s %s", n.Name, n.Reason.Code))
	}
	return slices.Compact(out)
}

// brakeless keeps the brake out of tests of the grace period.
func brakeless() guard.Options {
	o := free
	o.DeleteAfter = careful.DeleteAfter
	return o
}

// kept makes the rig's brakes know that the hour before was empty.
func (r *rig) kept() statedir.Dir {
	d := statedir.Dir(r.t.TempDir())
	if err := d.Save(context.Background(), []byte(`{"zones":{"memory/default/example.com":{}}}`)); err != nil {
		r.t.Fatal(err)
	}
	r.keeper = d
	return d
}

func TestProofGraceIsOverBeforeANameGoes(t *testing.T) {
	in(t, func(r *rig) {
		r.guard = brakeless()
		l := r.start()
		r.synced(numbered(1, "192.0.2.1"))
		r.put("d/n1", nil)
		r.settle()
		r.holds(1, "the grace period has just begun")
		if got := reasons(t, l); !slices.Equal(got, []string{"n1.example.com GracePeriod"}) {
			t.Errorf("decided %v", got)
		}
		time.Sleep(12 * time.Second)
		synctest.Wait()
		r.holds(1, "it isn't over")
		time.Sleep(2 * time.Second)
		synctest.Wait()
		r.holds(0, "it is over, and nobody had to ask")
		if got := reasons(t, l); len(got) != 0 {
			t.Errorf("decided %v of what is gone", got)
		}
	})
}

func TestProofGraceIsCancelledByWhoeverAsks(t *testing.T) {
	for name, tc := range map[string]struct {
		why    string
		object string
	}{
		"the object itself": {"it was deleted and made anew", "d/n1"},
		"another object":    {"the name moved", "d/other"},
	} {
		t.Run(name, func(t *testing.T) {
			in(t, func(r *rig) {
				r.guard = brakeless()
				r.start()
				r.synced(numbered(1, "192.0.2.1"))
				r.put("d/n1", nil)
				time.Sleep(10 * time.Second)
				r.put(tc.object, ask("n1.example.com=192.0.2.1"))
				time.Sleep(time.Minute)
				synctest.Wait()
				r.want("example.com", "n1.example.com A 192.0.2.1", "x-a-n1.example.com TXT me:"+tc.object)
				for _, e := range r.seen() {
					if a, ok := e.(reconcile.Applied); ok && slices.ContainsFunc(a.Batch.Changes(), func(c change.Change) bool { return c.Action() == change.Delete }) {
						t.Errorf("something was deleted (%s): %v", tc.why, a.Batch)
					}
				}
				r.put(tc.object, nil)
				time.Sleep(14 * time.Second)
				synctest.Wait()
				r.holds(1, "a new grace period begins")
				time.Sleep(2 * time.Second)
				synctest.Wait()
				r.holds(0, "it is over")
			})
		})
	}
}

func TestProofNothingGoesBeforeEverySourceIsRead(t *testing.T) {
	in(t, func(r *rig) {
		r.guard = brakeless()
		r.own(2)
		r.start()
		r.settle()
		r.say(feed.Event{State: feed.Failing, Err: errors.New("no answer")})
		time.Sleep(time.Hour)
		synctest.Wait()
		r.holds(2, "the source has never been read")
		r.synced()
		r.holds(2, "the grace period begins with the proof")
		time.Sleep(15 * time.Second)
		synctest.Wait()
		r.holds(0, "both are proven")
	})
}

func TestOnceDoesNotWaitForTheGrace(t *testing.T) {
	r, err := once(t, func(r *rig) { r.guard.DeleteAfter = time.Hour; r.own(2) }, feed.Event{Replace: true, State: feed.Synced})
	if err != nil || r.names() != 0 {
		t.Errorf("%v, and %d names are left", err, r.names())
	}
}

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
		r.start()
		objects := r.own(30)
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

func TestBrakeOutlivesARestart(t *testing.T) {
	for name, tc := range map[string]struct {
		why          string
		keeper       bool
		first, again int // names that go before and after
		left         int
	}{
		"kept, within the budget": {"24 of 100 may go in an hour", true, 12, 12, 76},
		"kept, over it":           {"what went before counts", true, 20, 20, 80},
		"not kept, few":           {"ten may go in the first hour", false, 10, 10, 80},
		"not kept, more":          {"eleven may not, as nobody knows what went before", false, 10, 11, 90},
	} {
		t.Run(name, func(t *testing.T) {
			in(t, func(r *rig) {
				if tc.keeper {
					r.kept()
				}
				r.guard = careful
				objects := r.own(100)
				r.start()
				r.synced(objects...)
				gone := func(from, n int) {
					for i := range n {
						r.put(fmt.Sprintf("d/n%d", from+i), nil)
					}
					time.Sleep(time.Minute)
					synctest.Wait()
				}
				gone(0, tc.first)
				r.holds(100-tc.first, "they may go")
				r.stop()
				r.start()
				r.synced(objects[tc.first:]...)
				gone(tc.first, tc.again)
				r.holds(tc.left, tc.why)
			})
		})
	}
}

func TestBrakeIsCarefulWithAStateItCannotRead(t *testing.T) {
	for name, state := range map[string]string{"not ours": "hello", "a wrong part": `{"zones":{"memory/default/example.com":{"deletes":[[1,-5]]}}}`} {
		t.Run(name, func(t *testing.T) {
			in(t, func(r *rig) {
				d := r.kept()
				if err := d.Save(context.Background(), []byte(state)); err != nil {
					t.Fatal(err)
				}
				r.guard = careful
				objects := r.own(100)
				r.start()
				time.Sleep(time.Minute) // it is read three times
				r.synced(objects[11:]...)
				time.Sleep(time.Minute)
				synctest.Wait()
				r.holds(100, "eleven are too many for the first hour")
				if _, n := last[reconcile.KeepFailed](r); n != 1 {
					t.Errorf("it was told %d times", n)
				}
			})
		})
	}
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

func TestBrakeReleasesExactlyWhatWasShown(t *testing.T) {
	in(t, func(r *rig) {
		r.kept()
		r.guard = careful
		objects := r.own(40)
		l := r.start()
		ctx := context.Background()
		r.synced(objects...)
		if _, err := l.Approve(ctx, "0123456789abcdef01234567"); !errors.Is(err, guard.ErrNothingHeld) {
			t.Errorf("approving nothing: %v", err)
		}
		for i := range 20 {
			r.put(fmt.Sprintf("d/n%d", i), nil)
		}
		time.Sleep(time.Minute)
		shown, err := l.Braked(ctx)
		if err != nil || len(shown) != 1 {
			t.Fatalf("braked: %+v, %v", shown, err)
		}
		r.put("d/n20", nil)
		r.settle()
		if _, err := l.Approve(ctx, shown[0].Hash); !errors.Is(err, guard.ErrOtherPlan) {
			t.Errorf("approving what was shown before the 21st: %v", err)
		}
		r.settle()
		r.holds(40, "nothing was approved")
		r.say(feed.Event{Deltas: objects[20:21]})
		r.settle()
		b, err := l.Approve(ctx, shown[0].Hash)
		if err != nil || len(b.Deletes) != 20 {
			t.Errorf("approved %+v, %v", b, err)
		}
		r.settle()
		r.holds(20, "exactly those went")
		for i := 20; i < 40; i++ {
			r.put(fmt.Sprintf("d/n%d", i), nil)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		r.holds(20, "an approval doesn't hold for others")
	})
}

func TestBrakeIsReleasedBeforehand(t *testing.T) {
	event := feed.Event{Replace: true, State: feed.Synced}
	arrange := func(r *rig) { r.guard = careful; r.own(40) }
	r, err := once(t, arrange, event)
	held, n := last[reconcile.BrakeHeld](r)
	if !errors.Is(err, reconcile.ErrIncomplete) || n != 1 || held.Deletes != 40 || r.names() != 40 {
		t.Fatalf("%v, told %d times, last %+v, %d names left", err, n, held, r.names())
	}
	r, err = once(t, func(r *rig) { arrange(r); r.opts.Approve = []string{"0123456789abcdef01234567", held.Hash} }, event)
	if err != nil || r.names() != 0 {
		t.Errorf("approved, and it ended with %v and %d names left", err, r.names())
	}
	r, err = once(t, func(r *rig) { arrange(r); r.own(41); r.opts.Approve = []string{held.Hash} }, event)
	if !errors.Is(err, reconcile.ErrIncomplete) || r.names() != 41 {
		t.Errorf("another plan was approved: %v, %d names left", err, r.names())
	}
}

func TestProofStatusThatBlinksChangesNothing(t *testing.T) {
	in(t, func(r *rig) {
		r.guard = careful
		r.start()
		objects := r.own(50)
		r.synced(objects...)
		before := r.memory.Calls().Apply
		for i := range 50 {
			r.put(fmt.Sprintf("d/n%d", i), ask(fmt.Sprintf("n%d.example.com=hold", i)))
		}
		time.Sleep(3 * time.Hour)
		synctest.Wait()
		for _, o := range objects {
			r.say(feed.Event{Deltas: []feed.Delta{o}})
		}
		r.settle()
		if n := r.memory.Calls().Apply - before; n != 0 || r.names() != 50 {
			t.Errorf("%d writes, and %d names are left", n, r.names())
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

func TestHoldForEnds(t *testing.T) {
	in(t, func(r *rig) {
		r.guard = brakeless()
		r.guard.HoldFor = 10 * time.Minute
		l := r.start()
		r.synced(numbered(1, "192.0.2.1"), numbered(2, "192.0.2.1"), numbered(3, "192.0.2.1"))
		r.put("d/n1", ask("n1.example.com=hold"))
		r.put("d/n2", ask("n2.example.com=hold"))
		r.put("d/n3", ask("n3.example.com=unread"))
		time.Sleep(9 * time.Minute)
		r.put("d/n2", ask("n2.example.com=192.0.2.1"))
		r.put("d/n2", ask("n2.example.com=hold"))
		r.settle()
		r.holds(3, "nobody has been without an address for so long")
		time.Sleep(time.Minute)
		synctest.Wait()
		r.holds(3, "it goes like any delete: after the grace period")
		time.Sleep(15 * time.Second)
		synctest.Wait()
		r.holds(2, "n1 has had no address for ten minutes, n2 for one")
		if got := reasons(t, l); !slices.Contains(got, "n1.example.com HoldExpired") {
			t.Errorf("decided %v", got)
		}
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		if got := reasons(t, l); !slices.Contains(got, "n3.example.com KindNotRead") || slices.Contains(got, "n3.example.com HoldExpired") {
			t.Errorf("decided %v", got)
		}
		r.want("example.com", "n3.example.com A 192.0.2.1", "x-a-n3.example.com TXT me:d/n3") // what can't be read is no bound of the object's
		r.put("d/n1", ask("n1.example.com=192.0.2.5"))
		r.settle()
		r.holds(2, "n1 has an address again")
	})
}

// order lists what was done to names, in the order of calls: "+a -b".
func (r *rig) order() string {
	var out []string
	for _, e := range r.seen() {
		if a, ok := e.(reconcile.Applied); ok {
			for _, c := range a.Batch.Changes() {
				if c.Marker {
					continue
				}
				sign := map[change.Action]string{change.Create: "+", change.Delete: "-", change.Update: "~"}[c.Action()]
				head, _, _ := strings.Cut(string(c.Key().Name), ".")
				out = append(out, sign+head)
			}
			out = append(out, "|")
		}
	}
	return strings.Join(out, " ")
}

func TestRenamePublishesTheNewNameFirst(t *testing.T) {
	for name, tc := range map[string]struct {
		why  string
		to   string
		fail func(*rig)
		want string
	}{
		"same zone":    {why: "two batches, the new name in the first", to: "z.example.com", want: "+a | +z | -a |"},
		"another zone": {why: "its worker is another one", to: "z.example.org", want: "+a | +z | -a |"},
		"no zone":      {why: "a name that is refused for good isn't waited for", to: "z.example.net", want: "+a | -a |"},
		"a slow zone": {
			why: "the other zone can't be written for a while", to: "z.example.org", want: "+a | +z | -a |",
			fail: func(r *rig) {
				r.flaky.Fail(providertest.OpApply, providertest.Fault{
					Err: &provider.Error{Class: provider.Unavailable, Err: errors.New("no")}, Times: 3, When: touches("z.example.org"),
				})
			},
		},
		"refused for a while": {
			why: "the provider refuses the name, then takes it", to: "z.example.com", want: "+a | +z | -a |",
			fail: func(r *rig) {
				r.flaky.Fail(providertest.OpApply, providertest.Fault{
					Err: &provider.Error{Class: provider.Rejected, Err: errors.New("no")}, Times: 2, When: touches("z.example.com"),
				})
			},
		},
		"refused for good": {
			why: "the provider will never take the name", to: "z.example.com", want: "+a | -a |",
			fail: func(r *rig) {
				r.flaky.Fail(providertest.OpApply, providertest.Fault{
					Err: &provider.Error{Class: provider.Rejected, Err: errors.New("no")}, Times: -1, When: touches("z.example.com"),
				})
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			in(t, func(r *rig) {
				r.memory.AddZone(providertest.MemoryZone("example.org"))
				r.start()
				r.synced(delta("d/1", ask("a.example.com=192.0.2.1")))
				if tc.fail != nil {
					tc.fail(r)
				}
				r.put("d/1", ask(tc.to+"=192.0.2.1"))
				time.Sleep(3 * time.Minute)
				synctest.Wait()
				if got := r.order(); got != tc.want {
					t.Errorf("done %q, want %q: %s", got, tc.want, tc.why)
				}
			})
		})
	}
}

func TestManyNamesOfOneObjectGoTogether(t *testing.T) {
	in(t, func(r *rig) {
		r.start()
		both, one := ask(), ask()
		for i := range 20 {
			n := fmt.Sprintf("n%d.example.com", i)
			both.Names[n], one.Names[n] = []string{"192.0.2.1", "2001:db8::1"}, []string{"192.0.2.1"}
		}
		r.synced(delta("d/1", both))
		before := r.memory.Calls().Apply
		r.put("d/1", one)
		r.settle()
		if n := r.memory.Calls().Apply - before; n != 1 || len(r.zone("example.com")) != 40 {
			t.Errorf("%d calls, and %d record sets are left; want 1, and 40", n, len(r.zone("example.com")))
		}
	})
}

func TestRenameLeavesTheOldNameUnderUpsertOnly(t *testing.T) {
	in(t, func(r *rig) {
		r.view.Policy = "upsert-only"
		l := r.start()
		r.synced(delta("d/1", ask("a.example.com=192.0.2.1")))
		r.put("d/1", ask("z.example.com=192.0.2.1"))
		r.settle()
		s, err := l.Status(context.Background())
		if err != nil || len(s.Names) != 1 || s.Names[0].Name != "a.example.com" || s.Names[0].Reason.Code != reason.PolicyKeeps {
			t.Fatalf("%+v, %v", s.Names, err)
		}
		if fix := s.Names[0].Reason.Fix(); !strings.Contains(fix, "nafuda run --once --policy=sync") {
			t.Errorf("the fix is %q, want the command that removes it", fix)
		}
	})
}

func TestFightIsLeftAlone(t *testing.T) {
	for name, tc := range map[string]struct {
		why  string
		turn func(r *rig, i int)
	}{
		"seen by the rolling read": {"nothing of ours changes", func(r *rig, _ int) {
			r.put2("a.example.com", "198.51.100.9", "d/1")
			time.Sleep(r.opts.Resync)
		}},
		"seen by refusals": {"what we think is there isn't", func(r *rig, i int) {
			r.put2("a.example.com", "198.51.100.9", "d/1")
			r.put("d/1", ask(fmt.Sprintf("a.example.com=192.0.2.%d", i+2)))
			time.Sleep(time.Minute)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			in(t, func(r *rig) {
				r.opts.Resync = 8 * time.Minute
				r.start()
				r.synced(delta("d/1", ask("a.example.com=192.0.2.1")))
				for i := range 6 {
					tc.turn(r, i)
					r.settle()
				}
				synctest.Wait()
				time.Sleep(12 * time.Minute)
				if _, n := last[reconcile.Applied](r); n != 3 {
					t.Errorf("%d writes (%s), want ours, and two that undo what the other did", n, tc.why)
				}
				p, _ := last[reconcile.Parked](r)
				if p.Name != dnsname.Name("a.example.com") || p.Why.Code != reason.Fight {
					t.Errorf("parked last: %+v", p)
				}
				if set := r.zone("example.com")[0]; set != "a.example.com A 198.51.100.9" {
					t.Errorf("the zone has %s, want what the other one wrote", set)
				}
				time.Sleep(time.Hour)
				synctest.Wait()
				if set := r.zone("example.com")[0]; set == "a.example.com A 198.51.100.9" {
					t.Errorf("the zone has %s an hour later, want ours", set)
				}
			})
		})
	}
}

func TestLostAnswersAreNoFight(t *testing.T) {
	in(t, func(r *rig) {
		r.start()
		r.synced(delta("d/1", ask("a.example.com=192.0.2.1")))
		for i := range 8 {
			if i%2 == 0 {
				r.flaky.Fail(providertest.OpApply, providertest.Fault{Err: &provider.Error{Class: provider.Uncertain, Err: errors.New("lost")}, Late: true})
			}
			r.put("d/1", ask(fmt.Sprintf("a.example.com=192.0.2.%d", i+2)))
			time.Sleep(time.Minute)
		}
		synctest.Wait()
		if p, n := last[reconcile.Parked](r); n > 0 {
			t.Errorf("parked: %+v", p)
		}
	})
}

func TestDryRunSpendsNothing(t *testing.T) {
	in(t, func(r *rig) {
		d := r.kept()
		before, err := d.Load(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		r.guard, r.opts.DryRun = careful, true
		objects := r.own(100)
		r.start()
		r.synced(objects[5:]...)
		time.Sleep(time.Minute)
		synctest.Wait()
		if _, n := last[reconcile.Applied](r); n == 0 {
			t.Error("nothing was planned")
		}
		if after, err := d.Load(context.Background()); err != nil || string(after) != string(before) {
			t.Errorf("kept %s, %v", after, err)
		}
	})
}

func TestQuietNamesArePlannedOnce(t *testing.T) {
	in(t, func(r *rig) {
		r.guard = careful
		r.start()
		r.synced(r.own(100)...)
		before := r.memory.Calls()
		time.Sleep(6 * time.Hour)
		synctest.Wait()
		if after := r.memory.Calls(); after.Apply != before.Apply {
			t.Errorf("%d writes at rest", after.Apply-before.Apply)
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

// slow is a folder on a disk that takes its time.
type slow struct{ statedir.Dir }

func (s slow) Load(ctx context.Context) ([]byte, error) {
	time.Sleep(5 * time.Second)
	return s.Dir.Load(ctx)
}

func TestBrakeKnowsWhatWasSpentBeforeTheFirstPlan(t *testing.T) {
	in(t, func(r *rig) {
		r.keeper = slow{r.kept()}
		r.guard = careful
		r.guard.DeleteAfter = 0
		objects := r.own(100)
		r.start()
		r.synced(objects[20:]...)
		r.holds(100, "it isn't known yet what may go")
		time.Sleep(5 * time.Second)
		synctest.Wait()
		r.holds(80, "twenty may")
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

func TestBrakeOutlivesTheTurnOfAnother(t *testing.T) {
	in(t, func(r *rig) {
		d := r.kept()
		r.guard = careful
		r.permits = newTurns()
		objects := r.own(100)
		r.start()
		r.synced(objects...)
		r.permits.give(1000 * time.Hour)
		r.settle()
		for i := range 12 {
			r.put(fmt.Sprintf("d/n%d", i), nil)
		}
		time.Sleep(time.Minute)
		r.holds(88, "twelve may go")
		r.permits.give(0)
		other := fmt.Sprintf(`{"zones":{"memory/default/example.com":{"deletes":[[%d,25]]}}}`, time.Now().Unix()/60)
		if err := d.Save(context.Background(), []byte(other)); err != nil { // the other replica has let others go
			r.t.Fatal(err)
		}
		r.permits.give(1000 * time.Hour)
		r.settle()
		for i := 12; i < 24; i++ {
			r.put(fmt.Sprintf("d/n%d", i), nil)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		r.holds(88, "what the other replica has spent counts")
	})
}
