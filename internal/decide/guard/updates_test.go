// SPDX-License-Identifier: Apache-2.0

package guard_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"nafuda.io/nafuda/internal/decide/guard"
	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/record"
)

func TestUpdates(t *testing.T) {
	one, two := []string{"192.0.2.1"}, []string{"192.0.2.2"}
	own := func(i int) []string { return []string{fmt.Sprintf("198.51.100.%d", i)} }
	for what, c := range map[string]struct {
		why          string
		owned, n     int
		effect       func(i int) guard.Effect
		want         reason.Code
		units, moves int
	}{
		"one target replaced everywhere": {
			"a WAN address that moved", 40, 40, func(i int) guard.Effect { return move(i, one, two) }, "", 1, 40,
		},
		"one target of several replaced everywhere": {
			"a load balancer beside others", 40, 40,
			func(i int) guard.Effect { return move(i, append(own(i), one...), append(own(i), two...)) }, "", 1, 40,
		},
		"two targets replaced": {
			"two for two isn't one for one", 40, 40,
			func(i int) guard.Effect {
				return move(i, []string{"192.0.2.1", "192.0.2.3"}, []string{"192.0.2.2", "192.0.2.4"})
			}, reason.BrakeUpdates, 40, 40,
		},
		"one target split in two": {
			"one for two isn't one for one", 40, 40, func(i int) guard.Effect { return move(i, one, []string{"192.0.2.2", "192.0.2.4"}) }, reason.BrakeUpdates, 40, 40,
		},
		"two targets became one": {
			"two for one isn't either", 40, 40, func(i int) guard.Effect { return move(i, []string{"192.0.2.1", "192.0.2.3"}, two) }, reason.BrakeUpdates, 40, 40,
		},
		"one target left everywhere": {
			"a node that is gone, and nothing in its place", 40, 40,
			func(i int) guard.Effect { return move(i, append(own(i), one...), own(i)) }, "", 1, 40,
		},
		"a target of its own each": {
			"a wrong target everywhere", 40, 40, func(i int) guard.Effect { return move(i, own(i), two) }, reason.BrakeUpdates, 40, 40,
		},
		"exactly half":          {"50 % isn't more", 40, 20, func(i int) guard.Effect { return move(i, own(i), two) }, "", 20, 20},
		"one more than half":    {"52.5 % is", 40, 21, func(i int) guard.Effect { return move(i, own(i), two) }, reason.BrakeUpdates, 21, 21},
		"nineteen of nineteen":  {"under 20 names nothing is braked", 19, 19, func(i int) guard.Effect { return move(i, own(i), two) }, "", 19, 19},
		"twenty of twenty":      {"from 20 on it is", 20, 20, func(i int) guard.Effect { return move(i, own(i), two) }, reason.BrakeUpdates, 20, 20},
		"creates":               {"creates don't count", 40, 40, nothing, "", 0, 0},
		"a target added":        {"what grows takes nothing away", 40, 40, func(i int) guard.Effect { return move(i, one, append(own(i), one...)) }, "", 0, 0},
		"the order of targets":  {"the same targets", 40, 40, func(i int) guard.Effect { return move(i, append(own(i), one...), append(one, own(i)...)) }, "", 0, 0},
		"TTL only":              {"the targets stay", 40, 40, ttlOnly, "", 0, 0},
		"markers only":          {"markers aren't names", 40, 40, markerOnly, "", 0, 0},
		"a change of type":      {"A to CNAME, one for one", 40, 40, toCNAME(func(int) string { return "192.0.2.1" }), "", 1, 80},
		"a type each of itself": {"A to CNAME, from many", 40, 40, toCNAME(func(i int) string { return own(i)[0] }), reason.BrakeUpdates, 40, 80},
	} {
		t.Run(what, func(t *testing.T) {
			g := zoneOf(defaults, c.owned)
			for i := range c.n {
				g.Ask(start, c.effect(i))
			}
			if l := g.Level(start); l.Updates != c.units || l.Deletes != 0 {
				t.Errorf("%+v, want %d updates and no delete: %s", l, c.units, c.why)
			}
			moves := 0
			for i := range c.n {
				v := g.Ask(start, c.effect(i))
				if v.Updates.Code != c.want || !v.Deletes.None() {
					t.Fatalf("%d: %+v, want %q: %s", i, v, c.want, c.why)
				}
				moves += len(c.effect(i).Moves)
			}
			if moves != c.moves {
				t.Errorf("%d moves, want %d", moves, c.moves)
			}
			if c.want != "" && len(g.Held(start).Updates) != c.moves {
				t.Errorf("%d are held, want %d", len(g.Held(start).Updates), c.moves)
			}
		})
	}
}

func ttlOnly(i int) guard.Effect {
	n := name(i)
	after := set(n, record.A, "", "192.0.2.1")
	after.TTL = 60
	return guard.Of(group(n, change.Change{Before: set(n, record.A, "", "192.0.2.1"), After: after}))
}

func markerOnly(i int) guard.Effect {
	n := name(i)
	return guard.Of(group(n, change.Change{Before: set(n, record.TXT, "", "old"), After: set(n, record.TXT, "", "new"), Marker: true}))
}

func toCNAME(from func(int) string) func(int) guard.Effect {
	return func(i int) guard.Effect {
		n := name(i)
		return guard.Of(group(n, change.Change{Before: set(n, record.A, "", from(i))}, change.Change{After: set(n, record.CNAME, "", "lb.example.com")}))
	}
}

func TestUpdatesSpendTheHourToo(t *testing.T) {
	g := zoneOf(defaults, 20)
	own := func(i int) guard.Effect {
		return move(i, []string{fmt.Sprintf("198.51.100.%d", i)}, []string{"192.0.2.2"})
	}
	for i := range 10 {
		goes(t, g, start, own(i))
	}
	if v := g.Ask(start, own(10)); v.Updates.Code != reason.BrakeUpdates || v.Policy() != change.CreateOnly {
		t.Fatalf("the eleventh of twenty: %+v, want it held", v)
	}
	if next := g.Next(); !next.Equal(start.Add(time.Hour)) {
		t.Errorf("next at %s, want an hour", next.Sub(start))
	}
	if diff := cmp.Diff([]dnsname.Name{name(10)}, g.Due(start.Add(time.Hour))); diff != "" {
		t.Errorf("due after an hour: %s", diff)
	}
}

// What was spent before a restart counts again after it, so that more than all may have been.
func TestAllUpdatesMayGo(t *testing.T) {
	for percent, want := range map[int]reason.Code{99: reason.BrakeUpdates, 100: ""} {
		o := defaults
		o.MaxUpdatePercent = percent
		g := guard.NewZone(start, example, o, &guard.State{Updates: []guard.Bucket{{Minute: int(start.Unix() / 60), Spent: 100}}})
		for i := range 20 {
			g.Own(name(i), true)
		}
		if v := g.Ask(start, move(0, []string{"192.0.2.1"}, []string{"192.0.2.2"})); v.Updates.Code != want {
			t.Errorf("%d %%: %+v, want %q", percent, v, want)
		}
	}
}

func TestNameThatMovesAgainCountsOnce(t *testing.T) {
	g := zoneOf(defaults, 20)
	at := func(i int) []string { return []string{fmt.Sprintf("198.51.100.%d", i)} }
	for i := range 30 {
		goes(t, g, start, move(0, at(i), at(i+1)))
	}
	if l := g.Level(start); l.Updates != 1 {
		t.Errorf("%+v, want one update", l)
	}
	for i := range 20 { // an address that moves twice, and the program with it
		goes(t, g, start, move(i, at(100), at(101)))
		goes(t, g, start, move(i, at(101), at(102)))
	}
	s := g.State()
	if l := guard.NewZone(start, example, defaults, &s).Level(start); l.Updates != 1 {
		t.Errorf("%+v after a restart, want one update", l)
	}
}

func TestDeletesAreHeldWhileUpdatesOfTheNameGo(t *testing.T) {
	g := zoneOf(defaults, 10)
	n := name(0)
	e := guard.Of(group(n,
		change.Change{Before: set(n, record.A, "", "192.0.2.1"), After: set(n, record.A, "", "192.0.2.2")},
		change.Change{Before: set(n, record.AAAA, "", "2001:db8::1")}))
	if len(e.Moves) != 1 || len(e.Removes) != 1 {
		t.Fatalf("%d moves and %d removes, want one each", len(e.Moves), len(e.Removes))
	}
	if v := g.Ask(start, e); v.Deletes.Code != reason.GracePeriod || !v.Updates.None() || v.Policy() != change.UpsertOnly {
		t.Errorf("%+v, want the delete to wait and the update to go", v)
	}
}

func TestOtherSetIdentifierTakesNoPlace(t *testing.T) {
	n := name(0)
	for what, c := range map[string]struct {
		why          string
		gone, came   string
		removed      int
		replacedSets int
	}{
		"another row":        {"blue goes, green comes: blue isn't replaced", "blue", "green", 1, 0},
		"the same row":       {"a change of type in a row", "blue", "blue", 0, 2},
		"the row without id": {"a simple set can't stand beside a routed one", "", "blue", 0, 2},
	} {
		t.Run(what, func(t *testing.T) {
			e := guard.Of(group(n, change.Change{Before: set(n, record.A, c.gone, "192.0.2.1")}, change.Change{After: set(n, record.CNAME, c.came, "lb.example.com")}))
			if len(e.Removes) != c.removed || len(e.Moves) != c.replacedSets {
				t.Errorf("%d removes and %d moves: %s", len(e.Removes), len(e.Moves), c.why)
			}
		})
	}
}

func TestPodsOfOneServiceAreOneUpdate(t *testing.T) {
	for what, c := range map[string]struct {
		why      string
		resource func(i int) string
		held     bool
	}{
		"a rolling restart":      {"each Pod has another address, and a name", func(int) string { return "service/default/db" }, false},
		"Services of their own":  {"nobody restarts them together", func(i int) string { return fmt.Sprintf("service/default/web%d", i) }, true},
		"one object of any kind": {"a file with many names may be edited wrongly", func(int) string { return "ingress/default/web" }, true},
	} {
		t.Run(what, func(t *testing.T) {
			g := zoneOf(atOnce, 40)
			var last guard.Verdict
			for i := range 25 {
				n := name(i)
				last = g.Ask(start, guard.Of(group(n, change.Change{
					Before: set(n, record.A, "", fmt.Sprintf("198.51.100.%d", i)), After: set(n, record.A, "", fmt.Sprintf("192.0.2.%d", i)), Resource: c.resource(i),
				})))
			}
			if held := !last.Updates.None(); held != c.held {
				t.Errorf("held: %t, want %t: %s", held, c.held, c.why)
			}
		})
	}
}

func TestApplyingAPartLeavesTheRestWaiting(t *testing.T) {
	g := zoneOf(defaults, 100)
	n := name(1)
	gone := change.Change{Before: set(n, record.AAAA, "", "2001:db8::1")}
	both := guard.Of(group(n, change.Change{Before: set(n, record.A, "", "192.0.2.1"), After: set(n, record.A, "", "192.0.2.2")}, gone))
	if v := g.Ask(start, both); v.Policy() != change.UpsertOnly {
		t.Fatalf("%+v, want the delete alone to wait", v)
	}
	part := move(1, []string{"192.0.2.1"}, []string{"192.0.2.2"})
	if !g.Sent(start, part) {
		t.Error("an update is spent, and nothing is to be stored")
	}
	if !g.Applied(part) {
		t.Error("the delete doesn't wait any more")
	}
	if l := g.Level(start); l.Updates != 1 || l.Deletes != 1 {
		t.Errorf("%+v, want the update spent and the delete waiting", l)
	}
	if v := g.Ask(start.Add(defaults.DeleteAfter), guard.Of(group(n, gone))); v.Policy() != change.Sync {
		t.Errorf("%+v: the grace began anew", v)
	}
}
