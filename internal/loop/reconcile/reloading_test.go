// SPDX-License-Identifier: Apache-2.0

package reconcile_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"nafuda.io/nafuda/internal/feed"
	"nafuda.io/nafuda/internal/loop/reconcile"
	"nafuda.io/nafuda/internal/memory/journal"
	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/provider"
	"nafuda.io/nafuda/internal/provider/providertest"
	"nafuda.io/nafuda/internal/registry/storetest"
)

// inTurn sees that no two calls for a zone are under way at once, whichever account makes them. Listings of zones and questions about
// receipts aren't about one.
type inTurn struct {
	*providertest.Flaky
	t    *testing.T
	busy *sync.Mutex
}

func (p inTurn) enter(what string) func() {
	if !p.busy.TryLock() {
		p.t.Errorf("%s while another call for the zone is under way", what)
		return func() {}
	}
	return p.busy.Unlock
}

func (p inTurn) Records(ctx context.Context, z zone.Zone, c provider.Cursor) (provider.Page, error) {
	defer p.enter("read")()
	return p.Flaky.Records(ctx, z, c)
}

func (p inTurn) Apply(ctx context.Context, z zone.Zone, b change.Batch) (provider.Receipt, error) {
	defer p.enter("write")()
	return p.Flaky.Apply(ctx, z, b)
}

// states lists the outcomes in the journal.
func (r *rig) outcomes() (out []journal.State) {
	for _, e := range r.entries(journal.Filter{}) {
		out = append(out, e.Outcome.State)
	}
	return out
}

// TestReplaceDuringAWrite: a call under way comes to its end and is in the journal, whatever becomes of its account and zone, and until
// then no other is made for the zone.
func TestReplaceDuringAWrite(t *testing.T) {
	const a, ma = "a.example.com A 192.0.2.1", "x-a-a.example.com TXT me:d/1"
	none, all := func(zone.Zone) bool { return false }, func(zone.Zone) bool { return true }
	for name, tc := range map[string]struct {
		why     string
		replace func(r *rig, fresh inTurn) // while the write is under way
		again   func(r *rig)               // once more, at once
		sent    int                        // batches to the provider of the start
	}{
		"the views are others": {
			why:     "planned anew when it has ended; there is nothing left to do",
			replace: func(r *rig, _ inTurn) { r.labels = func(map[string]string) bool { return true } }, sent: 1,
		},
		"the zone is left out": {why: "it is forgotten", replace: func(r *rig, _ inTurn) { r.narrow = none }, sent: 1},
		"the zone is left out and comes back": {
			why: "it is read anew after the write", replace: func(r *rig, _ inTurn) { r.narrow = none }, again: func(r *rig) { r.narrow = all }, sent: 1,
		},
		"the account has another provider": {
			why: "which reads the zone after the write", replace: func(r *rig, fresh inTurn) { r.provider = fresh }, sent: 1,
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, "example.com")
				r.keepJournal("")
				var busy sync.Mutex
				r.provider = inTurn{r.flaky, t, &busy}
				l := r.start()
				r.synced()
				r.flaky.Fail(providertest.OpApply, providertest.Fault{Delay: 5 * time.Second})
				r.put("d/1", ask("a.example.com=192.0.2.1"))
				r.settle()
				if busy.TryLock() {
					t.Fatal("no write is under way")
				}
				tc.replace(r, inTurn{providertest.NewFlaky(r.memory), t, &busy})
				r.replaceBy(l)
				if tc.again != nil {
					tc.again(r)
					r.replaceBy(l)
				}
				if got := r.memory.Calls(); got.Apply != 0 {
					t.Errorf("calls while the write is under way: %+v", got)
				}
				time.Sleep(time.Minute)
				r.settle()
				r.want("example.com", a, ma)
				if got := r.outcomes(); !slices.Equal(got, []journal.State{journal.Applied}) || r.memory.Calls().Apply != tc.sent {
					t.Errorf("the journal has %v, and %+v", got, r.memory.Calls())
				}
				r.put("d/1", nil)
				time.Sleep(time.Minute)
				if r.narrow == nil || r.narrow(zone.Zone{}) {
					r.want("example.com")
				} else {
					r.want("example.com", a, ma)
				}
				r.stop()
				if t.Failed() {
					t.Log(tc.why)
				}
			})
		})
	}
}

// TestReplaceDuringTheFirstRead: what is read for views that were replaced meanwhile is planned for those that are there.
func TestReplaceDuringTheFirstRead(t *testing.T) {
	for _, op := range []providertest.Op{providertest.OpZones, providertest.OpRecords} {
		for name, replace := range map[string]func(*rig){
			"another filter": func(r *rig) { r.view.DomainFilter = []string{"b.example.com"} },
			"another provider": func(r *rig) {
				r.provider, r.view.DomainFilter = providertest.NewFlaky(r.memory), []string{"b.example.com"}
			},
		} {
			t.Run(string(op)+", "+name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					r := newRig(t, "example.com")
					r.flaky.Fail(op, providertest.Fault{Delay: 5 * time.Second})
					l := r.start()
					r.synced(delta("d/1", ask("a.example.com=192.0.2.1", "b.example.com=192.0.2.2")))
					replace(r)
					r.replaceBy(l)
					time.Sleep(30 * time.Second)
					r.want("example.com", "b.example.com A 192.0.2.2", "x-a-b.example.com TXT me:d/1")
					for _, e := range r.seen() {
						if called, ok := e.(reconcile.Called); ok && called.Err != nil {
							t.Errorf("a call that the account's end has cut off counts as a failure: %+v", called)
						}
					}
					r.stop()
				})
			})
		}
	}
}

// TestBrakeReplace: the brake stops what a wrong filter would take away, a person releases it as ever, and leaving the zone out for a
// while doesn't give it back what it has spent.
func TestBrakeReplace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, "example.com")
		r.guard = careful
		r.kept()
		objects := r.own(40)
		l := r.start()
		r.synced(objects...)
		leave := func(prefixes ...string) {
			r.labels = func(m map[string]string) bool {
				return !slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(m["name"], p) })
			}
			r.replace(l)
		}
		leave("n1")
		r.holds(40, "the grace time isn't over")
		time.Sleep(time.Minute)
		r.holds(29, "eleven of forty may go")
		r.narrow = func(zone.Zone) bool { return false }
		r.replace(l)
		r.narrow = nil
		leave("n1", "n4", "n5", "n6", "n7", "n8")
		time.Sleep(time.Minute)
		r.holds(29, "with those before, these are more than a third")
		held, n := last[reconcile.BrakeHeld](r)
		if n == 0 || held.Deletes != 5 {
			t.Fatalf("the brake holds %+v", held)
		}
		if got := reasons(t, l); !slices.Contains(got, "n4.example.com "+string(reason.BrakeDeletes)) {
			t.Errorf("why: %q", got)
		}
		if _, err := l.Approve(t.Context(), held.Hash); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		r.holds(24, "a person has released them")
		r.stop()
	})
}

// TestProofReplace: what another owner has, and now is ours, goes when it is proven that nobody asks, after its grace.
func TestProofReplace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, "example.com")
		r.guard = brakeless()
		r.memory.Put("example.com", set("old.example.com", "A", "192.0.2.9"), marker("x-a-old.example.com", "you", "ingress/d/old"))
		l := r.start()
		r.synced(delta("d/1", ask("a.example.com=192.0.2.1")))
		r.say(feed.Event{State: feed.Failing, Err: context.DeadlineExceeded})
		r.txt.Owner = "you"
		r.replace(l)
		time.Sleep(time.Minute)
		r.holds(2, "the objects can't be read")
		r.synced(delta("d/1", ask("a.example.com=192.0.2.1")))
		r.holds(2, "the grace time isn't over")
		time.Sleep(time.Minute)
		r.want("example.com", "a.example.com A 192.0.2.1", "x-a-a.example.com TXT me:d/1")
		r.stop()
	})
}

// TestApartReplace: an account that comes and doesn't answer holds up nobody else's names.
func TestApartReplace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, "example.com")
		l := r.start()
		r.synced()
		hangs := providertest.NewFlaky(providertest.NewMemory())
		hangs.Fail(providertest.OpZones, providertest.Fault{Delay: time.Hour, Times: -1})
		accounts, views := r.places()
		accounts = append(accounts, reconcile.Account{Name: "hangs", Provider: hangs})
		views = append(views, publish("other", "you", nil, "hangs"))
		if err := l.Replace(t.Context(), accounts, views); err != nil {
			t.Fatal(err)
		}
		r.put("d/1", ask("a.example.com=192.0.2.1"))
		r.settle()
		r.want("example.com", "a.example.com A 192.0.2.1", "x-a-a.example.com TXT me:d/1")
		r.stop()
	})
}

// TestUndoReplace: what is undone stays so, and what is parked stays parked, as long as the view's name is the same.
func TestUndoReplace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, "example.com")
		r.keepJournal("")
		l := r.start()
		r.synced(delta("d/1", ask("a.example.com=192.0.2.1")))
		r.put("d/1", ask("a.example.com=192.0.2.2"))
		r.settle()
		r.undo(l, r.last())
		r.flaky.Fail(providertest.OpApply, providertest.Fails(provider.Rejected, errors.New("no")))
		r.put("d/2", ask("bad.example.com=192.0.2.3"))
		time.Sleep(time.Second)
		want := []string{"a.example.com A 192.0.2.1", "x-a-a.example.com TXT me:d/1"}
		r.want("example.com", want...)
		calls := r.memory.Calls().Apply
		r.labels = func(map[string]string) bool { return true }
		r.replaceBy(l)
		time.Sleep(time.Second) // with the second before, that is less than a name is parked for
		r.want("example.com", want...)
		if _, n := last[reconcile.Parked](r); n != 1 {
			t.Errorf("parked %d times", n)
		}
		if !r.held(l, "a.example.com") || r.memory.Calls().Apply != calls {
			t.Errorf("undo: the name isn't undone any more, or something was sent")
		}
		r.stop()
	})
}

// TestReplaceStore: rows of another table are other claims. Nothing is planned before they have been read, and what only the table
// before says isn't ours.
func TestReplaceStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, "example.com")
		r.store = storetest.NewMemory()
		l := r.start()
		r.synced(delta("d/1", ask("a.example.com=192.0.2.1")), delta("d/2", ask("b.example.com=192.0.2.2")))
		r.quietly("replacing the views by equal ones", func() { r.replace(l) })
		before := r.store
		loads := before.Calls()
		next := storetest.NewMemory(before.Rows()[0])
		next.Fail(func(string, record.Key) error { return storetest.Down() })
		r.store = next
		r.put("d/2", nil)
		r.replace(l)
		r.want("example.com", "a.example.com A 192.0.2.1", "b.example.com A 192.0.2.2")
		next.Fail(nil)
		r.put("d/1", nil)
		time.Sleep(10 * time.Minute)
		r.want("example.com", "b.example.com A 192.0.2.2")
		if n := before.Calls() - loads; n > 0 {
			t.Errorf("%d calls to the table before", n)
		}
		r.stop()
	})
}

// TestReplaceOutOfTurn: views that are replaced before our turn, or between two, are those that are published once it is ours, and no call is
// made before.
func TestReplaceOutOfTurn(t *testing.T) {
	turned(t, func(t *testing.T, r *rig, p *turns, c *counting) {
		l := r.start()
		r.synced(delta("d/x", ask("x.example.com=192.0.2.1")), delta("d/y", ask("y.example.com=192.0.2.2")))
		r.labels = byName("x")
		r.replace(l)
		if n := c.made(); n > 0 {
			t.Errorf("%d calls on a standby", n)
		}
		p.give(long)
		r.settle()
		x := []string{"x.example.com A 192.0.2.1", "x-a-x.example.com TXT me:d/x"}
		r.want("example.com", x...)
		p.give(0)
		made := c.made()
		r.provider = &counting{Full: providertest.NewFlaky(r.memory)}
		r.labels = byName("y")
		r.view.Policy = "upsert-only"
		r.replace(l)
		r.put("d/y", ask("y.example.com=192.0.2.3"))
		time.Sleep(10 * time.Minute)
		r.want("example.com", x...)
		p.give(long)
		r.settle()
		r.want("example.com", append(x, "y.example.com A 192.0.2.3", "x-a-y.example.com TXT me:d/y")...)
		if n := c.made() - made; n > 0 {
			t.Errorf("%d calls to the account before", n)
		}
		r.stop()
	})
}
