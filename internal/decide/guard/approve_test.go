// SPDX-License-Identifier: Apache-2.0

package guard_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"nafuda.io/nafuda/internal/decide/guard"
	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/record"
)

func TestApprove(t *testing.T) {
	held := func(t *testing.T, n int) (*guard.Zone, time.Time) {
		t.Helper()
		g := zoneOf(defaults, 30)
		for i := range n {
			g.Ask(start, remove(i))
		}
		later := start.Add(15 * time.Second)
		g.Due(later)
		return g, later
	}
	t.Run("exactly what was shown goes", func(t *testing.T) {
		g, now := held(t, 12)
		if err := g.Approve(now, g.Held(now).Hash); err != nil {
			t.Fatal(err)
		}
		if due := g.Due(now); len(due) != 12 {
			t.Errorf("%d are due, want 12", len(due))
		}
		for i := range 12 {
			goes(t, g, now, remove(i))
		}
		if l := g.Level(now); l.Deletes != 0 || l.Base != 18 {
			t.Errorf("%+v, want approved deletes to leave the budget alone", l)
		}
	})
	t.Run("one more since is refused", func(t *testing.T) {
		g, now := held(t, 12)
		shown := g.Held(now).Hash
		g.Ask(now, remove(20))
		if err := g.Approve(now, shown); !errors.Is(err, guard.ErrOtherPlan) {
			t.Fatalf("%v, want another plan", err)
		}
		if due := g.Due(now); len(due) != 0 {
			t.Errorf("%v go though nothing was approved", due)
		}
	})
	t.Run("one less since is refused", func(t *testing.T) {
		g, now := held(t, 12)
		shown := g.Held(now).Hash
		g.Ask(now, nothing(3))
		if err := g.Approve(now, shown); !errors.Is(err, guard.ErrOtherPlan) {
			t.Errorf("%v, want another plan", err)
		}
	})
	t.Run("nothing is held any more", func(t *testing.T) {
		g, now := held(t, 11)
		shown := g.Held(now).Hash
		g.Ask(now, nothing(3))
		if err := g.Approve(now, shown); !errors.Is(err, guard.ErrNothingHeld) {
			t.Errorf("%v, want nothing to be held", err)
		}
	})
	t.Run("twice is refused", func(t *testing.T) {
		g, now := held(t, 12)
		shown := g.Held(now).Hash
		if err := g.Approve(now, shown); err != nil {
			t.Fatal(err)
		}
		if err := g.Approve(now, shown); !errors.Is(err, guard.ErrNothingHeld) {
			t.Errorf("%v, want nothing to be held", err)
		}
	})
	t.Run("another change of an approved name is held", func(t *testing.T) {
		g, now := held(t, 12)
		if err := g.Approve(now, g.Held(now).Hash); err != nil {
			t.Fatal(err)
		}
		for i := range 12 {
			n := name(i)
			e := guard.Of(group(n, change.Change{Before: set(n, record.A, "", "192.0.2.77")}))
			g.Ask(now, e)
		}
		n := name(0)
		if v := g.Ask(now, guard.Of(group(n, change.Change{Before: set(n, record.A, "", "192.0.2.77")}))); v.Deletes.Code != reason.BrakeDeletes {
			t.Errorf("%+v, want it held: something else was approved", v)
		}
	})
	t.Run("an approval ends with the request", func(t *testing.T) {
		g, now := held(t, 12)
		if err := g.Approve(now, g.Held(now).Hash); err != nil {
			t.Fatal(err)
		}
		for i := range 12 {
			g.Ask(now, nothing(i))
			g.Ask(now, remove(i))
		}
		later := now.Add(time.Minute)
		if v := g.Ask(later, remove(0)); v.Deletes.Code != reason.BrakeDeletes {
			t.Errorf("%+v, want it held again", v)
		}
	})
	t.Run("grace goes on", func(t *testing.T) {
		g := zoneOf(defaults, 30)
		for i := range 11 {
			g.Ask(start, remove(i))
		}
		if err := g.Approve(start, g.Held(start).Hash); err != nil {
			t.Fatal(err)
		}
		if due := g.Due(start); len(due) != 0 {
			t.Errorf("%v are due before it is over", due)
		}
		if v := g.Ask(start, remove(0)); v.Deletes.Code != reason.GracePeriod {
			t.Errorf("%+v, want the grace period", v)
		}
		if due := g.Due(start.Add(15 * time.Second)); len(due) != 11 {
			t.Errorf("%d are due after it, want 11", len(due))
		}
	})
	t.Run("updates", func(t *testing.T) {
		g := zoneOf(defaults, 20)
		own := func(i int) guard.Effect {
			return move(i, []string{fmt.Sprintf("198.51.100.%d", i)}, []string{"192.0.2.2"})
		}
		for i := range 20 {
			g.Ask(start, own(i))
		}
		if err := g.Approve(start, g.Held(start).Hash); err != nil {
			t.Fatal(err)
		}
		if due := g.Due(start); len(due) != 20 {
			t.Errorf("%d are due, want 20", len(due))
		}
		goes(t, g, start, own(7))
	})
}
