// SPDX-License-Identifier: Apache-2.0

package guard_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"nafuda.io/nafuda/internal/decide/guard"
	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
)

var (
	start    = time.Date(2026, 11, 22, 12, 0, 20, 0, time.UTC)
	example  = zone.Zone{Key: zone.Key{Provider: "aws", Account: "main", ID: "Z1"}, Name: "example.com"}
	defaults = guard.Options{DeleteAfter: 15 * time.Second, MaxDeletes: 10, MaxDeletePercent: 30, MaxUpdatePercent: 50}
	atOnce   = guard.Options{MaxDeletes: 10, MaxDeletePercent: 30, MaxUpdatePercent: 50}
)

func name(i int) dnsname.Name { return dnsname.Name(fmt.Sprintf("n%d.example.com", i)) }

func set(n dnsname.Name, t record.Type, id string, values ...string) *record.Set {
	return &record.Set{Key: record.Key{Name: n, Type: t, ID: id}, TTL: 300, Values: values}
}

func group(n dnsname.Name, changes ...change.Change) change.Group {
	return change.Group{Name: n, Changes: changes}
}

// remove deletes a name's A and its marker.
func remove(i int) guard.Effect {
	n := name(i)
	return guard.Of(group(n, change.Change{Before: set(n, record.A, "", "192.0.2.1")}, change.Change{Before: set(n, record.TXT, "", "marker"), Marker: true}))
}

// move updates a name's A.
func move(i int, from, to []string) guard.Effect {
	n := name(i)
	return guard.Of(group(n, change.Change{Before: set(n, record.A, "", from...), After: set(n, record.A, "", to...)}))
}

// nothing creates a name: nothing is taken away.
func nothing(i int) guard.Effect {
	n := name(i)
	return guard.Of(group(n, change.Change{After: set(n, record.A, "", "192.0.2.1")}))
}

// zoneOf guards a zone of which we own so many names, and whose last hour was empty.
func zoneOf(o guard.Options, owned int) *guard.Zone {
	g := guard.NewZone(start, example, o, &guard.State{})
	for i := range owned {
		g.Own(name(i), true)
	}
	return g
}

// goes sends a delete as the loop does, and fails if it is held.
func goes(t *testing.T, g *guard.Zone, now time.Time, e guard.Effect) {
	t.Helper()
	if v := g.Ask(now, e); v.Policy() != change.Sync {
		t.Fatalf("%s at %s: %+v, want it to go", e.Name, now.Sub(start), v)
	}
	g.Sent(now, e.Name)
	if len(e.Removes) > 0 {
		g.Own(e.Name, false)
	}
	g.Applied(e.Name)
}

func TestBrakeCountsNamesThatWaitTogether(t *testing.T) {
	for what, c := range map[string]struct {
		why           string
		owned, remove int
		want          reason.Code
	}{
		"exactly 10 of 30":  {"--max-deletes isn't exceeded by as many as it says", 30, 10, ""},
		"11 of 30":          {"11 is more than 10, and 36 % more than 30 %", 30, 11, reason.BrakeDeletes},
		"11 of 36":          {"30.6 % is more than 30 %", 36, 11, reason.BrakeDeletes},
		"11 of 37":          {"29.7 % isn't", 37, 11, ""},
		"30 of 100":         {"exactly 30 % isn't more", 100, 30, ""},
		"31 of 100":         {"31 % is", 100, 31, reason.BrakeDeletes},
		"3 of 3":            {"all of at least three", 3, 3, reason.BrakeDeletes},
		"2 of 2":            {"two names are too few to tell", 2, 2, ""},
		"2 of 3":            {"one is left", 3, 2, ""},
		"10 of 10":          {"all, though it isn't more than 10", 10, 10, reason.BrakeDeletes},
		"9 of 10":           {"90 %, but not more than 10", 10, 9, ""},
		"1 of 1":            {"a zone with one name", 1, 1, ""},
		"8764 of 10000":     {"the upgrade that no longer read a prefix", 10000, 8764, reason.BrakeDeletes},
		"nothing of twenty": {"nothing asked", 20, 0, ""},
	} {
		t.Run(what, func(t *testing.T) {
			g := zoneOf(defaults, c.owned)
			for i := range c.remove {
				g.Ask(start, remove(i))
			}
			later := start.Add(15 * time.Second)
			for i := range c.remove {
				if v := g.Ask(later, remove(i)); v.Deletes.Code != c.want {
					t.Fatalf("%s: delete %d: %q, want %q: %s", what, i, v.Deletes.Code, c.want, c.why)
				}
			}
			if held := g.Held(later); (c.want != "") != (len(held.Deletes) == c.remove && c.remove > 0) {
				t.Errorf("%d deletes are held of %d: all or none", len(held.Deletes), c.remove)
			}
		})
	}
}

func TestBrakeCountsTheSameOneByOne(t *testing.T) {
	for what, c := range map[string]struct{ owned, go_ int }{
		"of 36 the 11th is too many": {36, 10},
		"of 37 the 12th is too many": {37, 11},
		"of 3 the last":              {3, 2},
		"of 5 the last":              {5, 4},
	} {
		t.Run(what, func(t *testing.T) {
			g := zoneOf(atOnce, c.owned)
			for i := range c.go_ {
				goes(t, g, start, remove(i))
			}
			if v := g.Ask(start, remove(c.go_)); v.Deletes.Code != reason.BrakeDeletes {
				t.Errorf("delete %d of %d: %+v, want it held", c.go_+1, c.owned, v)
			}
		})
	}
}

func TestHourSlides(t *testing.T) {
	g := zoneOf(atOnce, 30)
	for i := range 10 {
		goes(t, g, start.Add(time.Duration(i)*time.Minute), remove(i))
	}
	eleventh := start.Add(10 * time.Minute)
	if v := g.Ask(eleventh, remove(10)); v.Deletes.Code != reason.BrakeDeletes {
		t.Fatalf("the eleventh: %+v, want it held", v)
	}
	if next := g.Next(); !next.Equal(start.Add(time.Hour)) {
		t.Errorf("next at %s, want it when the first is an hour old", next.Sub(start))
	}
	if due := g.Due(start.Add(time.Hour - time.Nanosecond)); len(due) != 0 {
		t.Errorf("%v are due before the hour has slid", due)
	}
	if diff := cmp.Diff([]dnsname.Name{name(10)}, g.Due(start.Add(time.Hour))); diff != "" {
		t.Fatalf("due at the hour: %s", diff)
	}
	goes(t, g, start.Add(time.Hour), remove(10))
	if v := g.Ask(start.Add(time.Hour), remove(11)); v.Deletes.Code != reason.BrakeDeletes {
		t.Errorf("the twelfth: %+v, want it held: only one place was free", v)
	}
}

func TestGraceIsCancelledByAnObjectThatAsksAgain(t *testing.T) {
	g := zoneOf(defaults, 10)
	at := func(s int) time.Time { return start.Add(time.Duration(s) * time.Second) }
	v := g.Ask(at(0), remove(1))
	if v.Deletes.Code != reason.GracePeriod || !v.Until.Equal(at(15)) || v.Policy() != change.UpsertOnly {
		t.Fatalf("at once: %+v, want the grace period until 15 s", v)
	}
	if next := g.Next(); !next.Equal(at(15)) {
		t.Errorf("next at %s, want 15 s", next.Sub(start))
	}
	if v := g.Ask(at(10), nothing(1)); v != (guard.Verdict{}) {
		t.Errorf("asked again: %+v, want nothing to say", v)
	}
	if v := g.Ask(at(12), remove(1)); !v.Until.Equal(at(27)) {
		t.Errorf("until %s, want the grace to have begun anew", v.Until.Sub(start))
	}
	if due := g.Due(at(26)); len(due) != 0 {
		t.Errorf("%v are due at 26 s", due)
	}
	if diff := cmp.Diff([]dnsname.Name{name(1)}, g.Due(at(27))); diff != "" {
		t.Errorf("due at 27 s: %s", diff)
	}
	if due := g.Due(at(28)); len(due) != 0 {
		t.Errorf("%v are told twice", due)
	}
	goes(t, g, at(28), remove(1))
	if next := g.Next(); !next.IsZero() {
		t.Errorf("next at %s, want never", next.Sub(start))
	}
}

func TestBrakeOpensWhenObjectsAskAgain(t *testing.T) {
	g := zoneOf(defaults, 30)
	for i := range 11 {
		g.Ask(start, remove(i))
	}
	later := start.Add(time.Minute)
	if due := g.Due(later); len(due) != 0 {
		t.Fatalf("%v are due while the brake is on", due)
	}
	g.Ask(later, nothing(4))
	if next := g.Next(); next.IsZero() || next.After(later) {
		t.Errorf("next at %s, want now", next)
	}
	if due := g.Due(later); len(due) != 10 {
		t.Errorf("%d are due, want the other ten", len(due))
	}
}

func TestFailedCallStaysSpentAndIsCountedOnce(t *testing.T) {
	g := zoneOf(atOnce, 12)
	for range 20 {
		if v := g.Ask(start, remove(0)); v.Policy() != change.Sync {
			t.Fatalf("tried again: %+v", v)
		}
		g.Sent(start, name(0))
	}
	if l := g.Level(start); l.Deletes != 1 || l.Base != 12 {
		t.Errorf("%+v, want one delete of twelve", l)
	}
	g.Ask(start, nothing(0))
	if l := g.Level(start); l.Deletes != 1 {
		t.Errorf("%+v, want it to stay spent: the call may have been carried out", l)
	}
	if l := g.Level(start.Add(time.Hour)); l.Deletes != 0 {
		t.Errorf("%+v, want it forgotten after an hour", l)
	}
}

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

func TestRestart(t *testing.T) {
	spent := zoneOf(atOnce, 30)
	for i := range 10 {
		goes(t, spent, start, remove(i))
	}
	again := func(now time.Time, s *guard.State, owned int) *guard.Zone {
		g := guard.NewZone(now, example, atOnce, s)
		for i := range owned {
			g.Own(name(100+i), true)
		}
		return g
	}
	stored, err := guard.DecodeState(spent.State().Encode())
	if err != nil {
		t.Fatal(err)
	}
	for what, c := range map[string]struct {
		why   string
		state *guard.State
		owned int
		after time.Duration
		ask   int // names at once
		want  reason.Code
	}{
		"the budget stays spent":        {"10 went before", &stored, 20, time.Minute, 1, reason.BrakeDeletes},
		"its base counts what went":     {"11 of 37", &stored, 27, time.Minute, 1, ""},
		"an hour and a minute later":    {"what went is forgotten, at most a minute late", &stored, 20, 62 * time.Minute, 1, ""},
		"nothing known, 10 of 1000":     {"--max-deletes in all", nil, 1000, 0, 10, ""},
		"nothing known, 11 of 1000":     {"though it is 1.1 %", nil, 1000, 0, 11, reason.BrakeDeletes},
		"known, 11 of 1000":             {"1.1 %", &guard.State{}, 1000, 0, 11, ""},
		"a clock that was set back":     {"spent in the future counts from now on", &guard.State{Deletes: []guard.Bucket{{Minute: 900_000_000, Spent: 10}}}, 20, 0, 1, reason.BrakeDeletes},
		"strict for a thousand years":   {"an hour at most", &guard.State{Strict: 1 << 40}, 1000, 0, 11, reason.BrakeDeletes},
		"strict that is over by itself": {"it was until a time that has come", &guard.State{Strict: start.Unix()}, 1000, 0, 11, ""},
	} {
		t.Run(what, func(t *testing.T) {
			now := start.Add(c.after)
			g := again(now, c.state, c.owned)
			var v guard.Verdict
			held := 0
			for i := range c.ask {
				if v = g.Ask(now, remove(100+i)); !v.Deletes.None() {
					held++
				}
			}
			if v.Deletes.Code != c.want {
				t.Errorf("%+v, want %q: %s", v, c.want, c.why)
			}
			if c.want == "" {
				return
			}
			end := now.Add(time.Hour + time.Minute)
			if next := g.Next(); next.IsZero() || next.After(end) {
				t.Errorf("next at %s, want it within an hour and a minute", next)
			}
			if due := g.Due(end); len(due) != held {
				t.Errorf("%d are due after the hour, want %d", len(due), held)
			}
		})
	}
	t.Run("strictness outlives a restart", func(t *testing.T) {
		first := again(start, nil, 0)
		s := first.State()
		g := again(start.Add(30*time.Minute), &s, 1000)
		if !g.Level(start.Add(59*time.Minute)).Strict || g.Level(start.Add(time.Hour)).Strict {
			t.Error("want it strict until an hour after the first start")
		}
	})
}
