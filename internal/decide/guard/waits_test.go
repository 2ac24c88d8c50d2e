// SPDX-License-Identifier: Apache-2.0

package guard_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"nafuda.io/nafuda/internal/decide/guard"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/record"
)

func TestGraceAgreesWithNaiveModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const after = 15 * time.Second
		g := guard.NewGrace[int](after)
		now, since, told := start, make(map[int]time.Time), make(map[int]bool)
		key := rapid.IntRange(0, 5)
		t.Repeat(map[string]func(*rapid.T){
			"": func(t *rapid.T) {
				var next time.Time
				for k, at := range since {
					if end := at.Add(after); !told[k] && (next.IsZero() || end.Before(next)) {
						next = end
					}
					if over := now.Sub(at) >= after; over != g.Over(now, k) {
						t.Fatalf("%d over: %t, want %t", k, !over, over)
					}
				}
				if got := g.Next(); !got.Equal(next) || g.Len() != len(since) {
					t.Fatalf("next at %s of %d, want %s of %d", got, g.Len(), next, len(since))
				}
			},
			"start": func(t *rapid.T) {
				k := key.Draw(t, "key")
				if _, waits := since[k]; !waits {
					since[k] = now
				}
				g.Start(now, k)
			},
			"stop": func(t *rapid.T) {
				k := key.Draw(t, "key")
				delete(since, k)
				delete(told, k)
				g.Stop(k)
			},
			"due": func(t *rapid.T) {
				now = now.Add(time.Duration(rapid.IntRange(0, 20).Draw(t, "seconds")) * time.Second)
				var want []int
				for k, at := range since {
					if now.Sub(at) >= after && !told[k] {
						told[k] = true
						want = append(want, k)
					}
				}
				got := g.Due(now)
				if !slices.IsSortedFunc(got, func(a, b int) int { return since[a].Compare(since[b]) }) {
					t.Fatalf("%v aren't in the order of their starts", got)
				}
				slices.Sort(want)
				slices.Sort(got)
				if !slices.Equal(got, want) {
					t.Fatalf("due %v, want %v", got, want)
				}
			},
		})
	})
}

func TestHolds(t *testing.T) {
	o := guard.Options{HoldFor: time.Hour}
	h := guard.NewHolds[string](o)
	if why := h.Held(start, "web"); !why.None() {
		t.Errorf("at once: %s", why)
	}
	if next := h.Next(); !next.Equal(start.Add(time.Hour)) {
		t.Errorf("next at %s, want an hour", next.Sub(start))
	}
	if why := h.Held(start.Add(time.Hour-1), "web"); !why.None() {
		t.Errorf("before the hour is over: %s", why)
	}
	if why := h.Held(start.Add(time.Hour), "web"); why.Code != reason.HoldExpired {
		t.Errorf("%+v, want the hold to have expired", why)
	}
	if diff := cmp.Diff([]string{"web"}, h.Due(start.Add(time.Hour))); diff != "" {
		t.Errorf("due: %s", diff)
	}
	h.Free("web")
	if why := h.Held(start.Add(2*time.Hour), "web"); !why.None() {
		t.Errorf("held anew: %s", why)
	}

	forever := guard.NewHolds[string](guard.Options{})
	for _, after := range []time.Duration{0, time.Hour, 1000 * time.Hour} {
		if why := forever.Held(start.Add(after), "web"); !why.None() || len(forever.Due(start.Add(after))) > 0 || !forever.Next().IsZero() {
			t.Errorf("--hold-for=0 after %s: %s", after, why)
		}
	}
	forever.Free("web")
}

func TestFights(t *testing.T) {
	k := record.Key{Name: name(1), Type: record.A}
	ours, theirs := set(k.Name, k.Type, "", "192.0.2.1"), set(k.Name, k.Type, "", "203.0.113.9")
	spelled := *ours
	spelled.Stored = []string{"192.0.2.1 "}
	type step struct {
		at    time.Duration
		wrote *record.Set
		saw   *record.Set // looked at a second later
		quiet bool        // nothing is written
	}
	for what, c := range map[string]struct {
		why   string
		steps []step
		until time.Duration // zero: no fight
	}{
		"changed back three times": {
			"within an hour", []step{{0, ours, theirs, false}, {time.Minute, ours, theirs, false}, {2 * time.Minute, ours, theirs, false}}, time.Hour + time.Second,
		},
		"twice": {"isn't enough", []step{{0, ours, theirs, false}, {time.Minute, ours, theirs, false}}, 0},
		"deleted three times": {
			"gone is changed back too", []step{{0, ours, nil, false}, {time.Minute, ours, nil, false}, {2 * time.Minute, ours, nil, false}}, time.Hour + time.Second,
		},
		"made again three times": {
			"what we deleted comes back", []step{{0, nil, theirs, false}, {time.Minute, nil, theirs, false}, {2 * time.Minute, nil, theirs, false}}, time.Hour + time.Second,
		},
		"over two hours": {
			"the first is too old", []step{{0, ours, theirs, false}, {time.Minute, ours, theirs, false}, {time.Hour + time.Second, ours, theirs, false}}, 0,
		},
		"seen three times": {
			"one write counts once", []step{{0, ours, theirs, false}, {time.Minute, nil, theirs, true}, {2 * time.Minute, nil, theirs, true}, {3 * time.Minute, nil, theirs, true}}, 0,
		},
		"left as it was": {"nothing to count", []step{{0, ours, ours, false}, {1, ours, ours, false}, {2, ours, ours, false}, {3, ours, ours, false}}, 0},
		"spelled otherwise": {
			"the same", []step{{0, ours, &spelled, false}, {1, ours, &spelled, false}, {2, ours, &spelled, false}}, 0,
		},
		"the latest three count": {
			"the first is forgotten with the fourth", []step{
				{0, ours, theirs, false}, {30 * time.Minute, ours, theirs, false}, {40 * time.Minute, ours, theirs, false}, {time.Hour + time.Minute, ours, theirs, false},
			}, 90*time.Minute + time.Second,
		},
		"never written": {"not ours to fight for", []step{{0, nil, theirs, true}, {1, nil, ours, true}, {2, nil, theirs, true}}, 0},
	} {
		t.Run(what, func(t *testing.T) {
			f := guard.NewFights()
			var until time.Time
			var why reason.Reason
			for _, s := range c.steps {
				if !s.quiet {
					f.Wrote(k, s.wrote)
				}
				until, why = f.Saw(start.Add(s.at+time.Second), k, s.saw)
			}
			if c.until == 0 {
				if !why.None() || !until.IsZero() {
					t.Errorf("until %s: %s; want no fight: %s", until.Sub(start), why, c.why)
				}
				return
			}
			if why.Code != reason.Fight || until.Sub(start) != c.until {
				t.Fatalf("%q until %s, want a fight until %s: %s", why.Code, until.Sub(start), c.until, c.why)
			}
			if _, why := f.Check(until.Add(-1), k); why.None() {
				t.Error("it is over too soon")
			}
			if _, why := f.Check(until, k); !why.None() {
				t.Error("it isn't over when it says")
			}
			if _, why := f.Check(start, record.Key{Name: name(2), Type: record.A}); !why.None() {
				t.Error("another key is in it")
			}
		})
	}
}

func TestFightsForgetTheOldest(t *testing.T) {
	const most = 10000
	f := guard.NewFights()
	key := func(i int) record.Key { return record.Key{Name: name(i), Type: record.A} }
	fight := func(i int) reason.Code {
		var why reason.Reason
		for range 3 {
			f.Wrote(key(i), nil)
			_, why = f.Saw(start, key(i), set(name(i), record.A, "", "192.0.2.1"))
		}
		return why.Code
	}
	if fight(0) != reason.Fight || fight(1) != reason.Fight {
		t.Fatal("there is no fight")
	}
	for i := range most - 2 {
		f.Wrote(key(i+2), nil)
	}
	f.Wrote(key(0), nil)
	if _, why := f.Check(start, key(1)); why.None() {
		t.Error("a fight is forgotten while there is room")
	}
	f.Wrote(key(most), nil)
	if _, why := f.Check(start, key(1)); !why.None() {
		t.Error("the oldest isn't forgotten: the memory isn't bounded")
	}
	if _, why := f.Check(start, key(0)); why.None() {
		t.Error("a key that was written since is forgotten")
	}
	for range 5 * most {
		f.Wrote(key(0), nil)
	}
	if _, why := f.Check(start, key(0)); why.None() {
		t.Error("a key that is written all the time is forgotten")
	}
}

func TestOptionsCheckTellsEveryMistake(t *testing.T) {
	if err := defaults.Check(); err != nil {
		t.Errorf("the defaults: %v", err)
	}
	bad := guard.Options{HoldFor: -1, DeleteAfter: -1, MaxDeletes: -1, MaxDeletePercent: 101, MaxUpdatePercent: -1}
	want := []string{
		"--hold-for=-1ns: must be from 0s to 87600h0m0s", "--delete-after=-1ns: must be from 0s to 87600h0m0s", "--max-deletes=-1: must be from 0 to 10000000",
		"--max-delete-percent=101: must be from 0 to 100", "--max-update-percent=-1: must be from 0 to 100",
	}
	if diff := cmp.Diff(strings.Join(want, "\n"), fmt.Sprint(bad.Check())); diff != "" {
		t.Errorf("mistakes (-want +got): %s", diff)
	}
}
