// SPDX-License-Identifier: Apache-2.0

package reconcile_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"nafuda.io/nafuda/internal/feed"
	"nafuda.io/nafuda/internal/loop/reconcile"
	"nafuda.io/nafuda/internal/model/change"
)

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

func TestProofStatusThatBlinksChangesNothing(t *testing.T) {
	in(t, func(r *rig) {
		r.guard = careful
		objects := r.own(50)
		r.start()
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
