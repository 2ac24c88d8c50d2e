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
	g.Sent(now, e)
	if len(e.Removes) > 0 {
		g.Own(e.Name, false)
	}
	g.Applied(e)
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
	for what, c := range map[string]struct{ owned, free int }{
		"of 36 the 11th is too many": {36, 10},
		"of 37 the 12th is too many": {37, 11},
		"of 3 the last":              {3, 2},
		"of 5 the last":              {5, 4},
	} {
		t.Run(what, func(t *testing.T) {
			g := zoneOf(atOnce, c.owned)
			for i := range c.free {
				goes(t, g, start, remove(i))
			}
			if v := g.Ask(start, remove(c.free)); v.Deletes.Code != reason.BrakeDeletes {
				t.Errorf("delete %d of %d: %+v, want it held", c.free+1, c.owned, v)
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

func TestDueDoesNotTellWhatAskHasSaid(t *testing.T) {
	g := zoneOf(defaults, 10)
	g.Ask(start, remove(1))
	later := start.Add(15 * time.Second)
	if v := g.Ask(later, remove(1)); v.Policy() != change.Sync {
		t.Fatalf("%+v, want it to go", v)
	}
	g.Sent(later, remove(1))
	if due := g.Due(later); len(due) != 0 {
		t.Errorf("%v are due while their change is on its way", due)
	}
}

func TestTimeThatGoesBackStandsStill(t *testing.T) {
	g := zoneOf(atOnce, 30)
	for i := range 10 {
		goes(t, g, start.Add(time.Duration(10-i)*time.Minute), remove(i))
	}
	if l := g.Level(start.Add(70*time.Minute - 1)); l.Deletes != 10 {
		t.Errorf("%+v, want all ten to count as of the latest time", l)
	}
	if l := g.Level(start.Add(70 * time.Minute)); l.Deletes != 0 {
		t.Errorf("%+v, want all ten forgotten", l)
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
		g.Sent(start, remove(0))
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
