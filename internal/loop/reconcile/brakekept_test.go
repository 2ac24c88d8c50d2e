// SPDX-License-Identifier: Apache-2.0

package reconcile_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"nafuda.io/nafuda/internal/decide/guard"
	"nafuda.io/nafuda/internal/feed"
	"nafuda.io/nafuda/internal/loop/reconcile"
)

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
