// SPDX-License-Identifier: Apache-2.0

package guard_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"nafuda.io/nafuda/internal/decide/guard"
	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/record"
)

// naive says by brute force, over a list of everything that was ever sent, what a guard must say. It shares no code with it.
type naive struct {
	o        guard.Options
	now      time.Time
	strict   time.Time
	owned    map[dnsname.Name]bool
	sent     []sentOnce
	nameless []spentBefore // before a restart
	waits    map[dnsname.Name]wish
}

// sentOnce counts for an hour: a delete, or an update where unit isn't empty.
type sentOnce struct {
	name dnsname.Name
	unit string
	at   time.Time
}

// spentBefore is what is known of it after a restart.
type spentBefore struct {
	kind string
	at   time.Time
}

// wish is what a name would lose, as the test knows it because it made it up.
type wish struct {
	effect             guard.Effect
	what               string // of the effect, for comparing
	unit               string // what its update counts as; empty: no update
	removes            bool
	lost               record.Type // of what it removes
	since              time.Time
	okRemoves, okMoves bool
	last               guard.Verdict
	told               int
}

func (m *naive) anonymous(kind string) int {
	n := 0
	for _, s := range m.nameless {
		if s.kind == kind && m.now.Sub(s.at) < time.Hour {
			n++
		}
	}
	return n
}

func (m *naive) level() guard.Level {
	deletes, latest, base := make(map[string]bool), make(map[dnsname.Name]string), maps.Clone(m.owned)
	for _, s := range m.sent {
		switch {
		case m.now.Sub(s.at) >= time.Hour:
		case s.unit == "":
			deletes[string(s.name)] = true
		default:
			latest[s.name] = s.unit
		}
	}
	for n, w := range m.waits {
		if w.removes && !w.okRemoves {
			deletes[string(n)] = true
		}
		if w.unit != "" && !w.okMoves {
			latest[n] = w.unit
		}
	}
	updates := make(map[string]bool)
	for _, unit := range latest {
		updates[unit] = true
	}
	for n := range deletes {
		base[dnsname.Name(n)] = true
	}
	l := guard.Level{
		Deletes: len(deletes) + m.anonymous("D"), Base: len(base) + m.anonymous("D"), Updates: len(updates) + m.anonymous("U"), Owned: len(m.owned),
		Strict: m.now.Before(m.strict),
	}
	share := float64(l.Deletes) / float64(l.Base) * 100
	l.DeletesHeld = l.Deletes > m.o.MaxDeletes && (l.Strict || share > float64(m.o.MaxDeletePercent)) || l.Base >= 3 && l.Deletes == l.Base && m.o.MaxDeletePercent < 100
	l.UpdatesHeld = l.Owned >= 20 && float64(l.Updates)/float64(l.Owned)*100 > float64(m.o.MaxUpdatePercent) && m.o.MaxUpdatePercent < 100
	return l
}

// codes is the verdict about a name: why deletes and why updates wait.
func (m *naive) codes(w wish) (deletes, updates reason.Code) {
	l := m.level()
	switch {
	case !w.removes:
	case l.DeletesHeld && !w.okRemoves:
		deletes = reason.BrakeDeletes
	case m.now.Sub(w.since) < m.o.DeleteAfter:
		deletes = reason.GracePeriod
	}
	if w.unit != "" && !w.okMoves && l.UpdatesHeld {
		updates = reason.BrakeUpdates
	}
	return deletes, updates
}

// imagine makes up what the plan of a name would do.
func imagine(i, kind, variant int) wish {
	n := name(i)
	from := fmt.Sprintf("198.51.100.%d", i)
	gone := change.Change{Before: set(n, record.A, "", fmt.Sprintf("192.0.2.%d", variant))}
	half := change.Change{Before: set(n, record.AAAA, "", "2001:db8::1")}
	edit := func(before, after []string) change.Change {
		return change.Change{Before: set(n, record.A, "", before...), After: set(n, record.A, "", after...)}
	}
	shared := edit([]string{"192.0.2.1"}, []string{"192.0.2.2"})
	w := wish{what: fmt.Sprint(kind, variant)}
	var g change.Group
	switch kind {
	case 0:
		g, w.what = group(n, change.Change{After: set(n, record.A, "", from)}), ""
	case 1:
		g, w.removes = group(n, gone, change.Change{Before: set(n, record.TXT, "", "marker"), Marker: true}), true
		w.lost = record.A
	case 2:
		g, w.unit = group(n, shared), "shared"
	case 3:
		g, w.unit = group(n, edit([]string{from}, []string{fmt.Sprintf("192.0.2.%d", variant)})), fmt.Sprint(i, variant)
	case 4:
		g, w.unit = group(n, edit([]string{from, "192.0.2.1"}, []string{"192.0.2.2", "192.0.2.3"})), fmt.Sprint(i)
	default:
		g, w.unit, w.removes = group(n, shared, half), "shared", true
		w.lost = record.AAAA
	}
	w.effect = guard.Of(g)
	return w
}

// machine drives a guard and the naive model side by side.
type machine struct {
	t *rapid.T
	g *guard.Zone
	m *naive
}

func (x *machine) ask(n dnsname.Name, w wish) guard.Verdict {
	old, waits := x.m.waits[n]
	if w.what == "" {
		delete(x.m.waits, n)
	} else {
		w.since = x.m.now
		if waits && old.removes && w.removes && w.lost == old.lost { // else another record set begins to wait
			w.since = old.since
		}
		w.okRemoves = waits && old.okRemoves && cmp.Equal(old.effect.Removes, w.effect.Removes)
		w.okMoves = waits && old.okMoves && cmp.Equal(old.effect.Moves, w.effect.Moves)
		x.m.waits[n] = w
	}
	v := x.g.Ask(x.m.now, w.effect)
	deletes, updates := x.m.codes(x.m.waits[n])
	if v.Deletes.Code != deletes || v.Updates.Code != updates {
		x.t.Fatalf("%s: %+v, want %q and %q at %+v", n, v, deletes, updates, x.m.level())
	}
	if w.what != "" {
		kept := x.m.waits[n]
		kept.last, kept.told = v, 0
		x.m.waits[n] = kept
	}
	return v
}

func (x *machine) send(n dnsname.Name, applied bool) {
	w := x.m.waits[n]
	w.effect.Name = n
	x.g.Sent(x.m.now, w.effect)
	if w.removes && !w.okRemoves {
		x.m.sent = append(x.m.sent, sentOnce{n, "", x.m.now})
	}
	if w.unit != "" && !w.okMoves {
		x.m.sent = append(x.m.sent, sentOnce{n, w.unit, x.m.now})
	}
	if !applied {
		return
	}
	if w.removes && w.unit == "" {
		x.own(n, false)
	}
	delete(x.m.waits, n)
	if x.g.Applied(w.effect) {
		x.t.Fatalf("%s waits for more than was sent", n)
	}
}

func (x *machine) own(n dnsname.Name, owned bool) {
	x.g.Own(n, owned)
	if owned {
		x.m.owned[n] = true
	} else {
		delete(x.m.owned, n)
	}
}

// advance lets time pass and checks that Next foretold whatever Due has.
func (x *machine) advance(d time.Duration) {
	next := x.g.Next()
	x.m.now = x.m.now.Add(d)
	due := x.g.Due(x.m.now)
	if len(due) > 0 && (next.IsZero() || next.After(x.m.now)) {
		x.t.Fatalf("%v are due at %s, but the next was foretold for %s", due, x.m.now.Sub(start), next.Sub(start))
	}
	for _, n := range due {
		w, waits := x.m.waits[n]
		if w.told++; !waits || w.told > 2 || w.told > 1 && !(w.removes && w.unit != "") {
			x.t.Fatalf("%s is due, though it doesn't wait or was told before", n)
		}
		deletes, updates := x.m.codes(w)
		if deletes == "" {
			w.last.Deletes = reason.Reason{}
		}
		if updates == "" {
			w.last.Updates = reason.Reason{}
		}
		x.m.waits[n] = w
	}
}

// restart goes on with what is stored. The naive model keeps when each thing was last sent, to the end of its minute.
func (x *machine) restart(known bool) {
	type deed struct{ name, unit string }
	latest := make(map[deed]time.Time) // of each name's deletes, and of each unit that is some name's latest
	moved := make(map[dnsname.Name]sentOnce)
	for _, s := range x.m.sent {
		if s.unit == "" {
			latest[deed{string(s.name), ""}] = s.at
		} else {
			moved[s.name] = s
		}
	}
	for _, s := range moved {
		if d := (deed{"", s.unit}); s.at.After(latest[d]) {
			latest[d] = s.at
		}
	}
	x.m.sent, x.m.waits = nil, make(map[dnsname.Name]wish)
	var state *guard.State
	if known {
		s, err := guard.DecodeState(x.g.State().Encode())
		if err != nil {
			x.t.Fatal(err)
		}
		state = &s
		for d, at := range latest {
			kind := "D"
			if d.unit != "" {
				kind = "U"
			}
			if x.m.now.Sub(at) < time.Hour {
				x.m.nameless = append(x.m.nameless, spentBefore{kind, at.Truncate(time.Minute).Add(time.Minute)})
			}
		}
	} else {
		x.m.nameless, x.m.strict = nil, x.m.now.Add(time.Hour)
	}
	x.g = guard.NewZone(x.m.now, example, x.m.o, state)
	for n := range x.m.owned {
		x.g.Own(n, true)
	}
}

// check compares what can be seen, and that no name that is freer than it was told has been forgotten.
func (x *machine) check() {
	if diff := cmp.Diff(x.m.level(), x.g.Level(x.m.now)); diff != "" {
		x.t.Fatalf("level (-naive +guard): %s", diff)
	}
	l, wantDeletes, wantUpdates := x.m.level(), 0, 0
	for _, w := range x.m.waits {
		if l.DeletesHeld && w.removes && !w.okRemoves {
			wantDeletes++
		}
		if l.UpdatesHeld && w.unit != "" && !w.okMoves {
			wantUpdates++
		}
	}
	if h := x.g.Held(x.m.now); len(h.Deletes) != wantDeletes || len(h.Updates) != wantUpdates || (h.Hash == "") != (wantDeletes+wantUpdates == 0) {
		x.t.Fatalf("%d deletes and %d updates are held as %q, want %d and %d", len(h.Deletes), len(h.Updates), h.Hash, wantDeletes, wantUpdates)
	}
	x.advance(0)
	for _, n := range slices.Sorted(maps.Keys(x.m.waits)) {
		w := x.m.waits[n]
		deletes, updates := x.m.codes(w)
		if deletes == "" && !w.last.Deletes.None() || updates == "" && !w.last.Updates.None() {
			x.t.Fatalf("%s is free now, but Due hasn't told so: it was held by %q and %q", n, w.last.Deletes.Code, w.last.Updates.Code)
		}
	}
}

func (x *machine) approve(shown string) {
	l, err := x.m.level(), x.g.Approve(x.m.now, shown)
	if err != nil {
		x.t.Fatal(err)
	}
	for n, w := range x.m.waits {
		w.told -= 2 // an approval tells of it again
		w.okRemoves = w.okRemoves || l.DeletesHeld && w.removes
		w.okMoves = w.okMoves || l.UpdatesHeld && w.unit != ""
		x.m.waits[n] = w
	}
}

func TestGuardAgreesWithNaiveModel(t *testing.T) {
	seen := make(map[string]int)
	rapid.Check(t, func(t *rapid.T) {
		o := guard.Options{
			DeleteAfter: rapid.SampledFrom([]time.Duration{0, 15 * time.Second, 10 * time.Minute}).Draw(t, "delete after"),
			MaxDeletes:  rapid.SampledFrom([]int{0, 2, 10, 20}).Draw(t, "max deletes"), MaxDeletePercent: rapid.SampledFrom([]int{0, 30, 100}).Draw(t, "percent"),
			MaxUpdatePercent: rapid.SampledFrom([]int{10, 50, 100}).Draw(t, "update percent"),
		}
		names := rapid.SampledFrom([]int{3, 24, 40}).Draw(t, "names")
		m := &naive{o: o, now: start, owned: make(map[dnsname.Name]bool), waits: make(map[dnsname.Name]wish)}
		x := &machine{t: t, m: m, g: guard.NewZone(start, example, o, &guard.State{})}
		for i := range names {
			x.own(name(i), true)
		}
		one := rapid.IntRange(0, names-1)
		kind := rapid.SampledFrom([]int{0, 1, 1, 1, 2, 3, 4, 5})
		x.t.Repeat(map[string]func(*rapid.T){
			"": func(*rapid.T) {
				x.check()
				l := m.level()
				for what, is := range map[string]bool{"deletes held": l.DeletesHeld, "updates held": l.UpdatesHeld, "strict": l.Strict, "nameless deletes": m.anonymous("D") > 0, "nameless updates": m.anonymous("U") > 0} {
					if is {
						seen[what]++
					}
				}
			},
			"own":     func(t *rapid.T) { x.own(name(one.Draw(t, "name")), rapid.Bool().Draw(t, "owned")) },
			"ask":     func(t *rapid.T) { i := one.Draw(t, "name"); x.ask(name(i), imagine(i, kind.Draw(t, "kind"), 1)) },
			"another": func(t *rapid.T) { i := one.Draw(t, "name"); x.ask(name(i), imagine(i, kind.Draw(t, "kind"), 2)) },
			"many": func(t *rapid.T) {
				k := kind.Draw(t, "kind")
				for i := range names {
					x.ask(name(i), imagine(i, k, 1))
				}
			},
			"send": func(t *rapid.T) {
				i, applied := one.Draw(t, "name"), rapid.Bool().Draw(t, "applied")
				if w, waits := m.waits[name(i)]; waits && x.ask(name(i), w).Policy() == change.Sync {
					x.send(name(i), applied)
					seen["sent"]++
				}
			},
			"send all": func(t *rapid.T) { // what a batch does
				most := rapid.IntRange(1, names).Draw(t, "most")
				for _, n := range slices.Sorted(maps.Keys(m.waits)) {
					if w := m.waits[n]; most > 0 && x.ask(n, w).Policy() == change.Sync {
						x.send(n, true)
						most--
						seen["sent"]++
					}
				}
			},
			"wait": func(t *rapid.T) {
				x.advance(rapid.SampledFrom([]time.Duration{time.Second, 15 * time.Second, time.Minute, 20 * time.Minute, time.Hour}).Draw(t, "long"))
			},
			"until next": func(*rapid.T) {
				if next := x.g.Next(); next.After(m.now) {
					x.advance(next.Sub(m.now))
				}
			},
			"approve": func(*rapid.T) {
				if h := x.g.Held(m.now); h.Hash != "" {
					x.approve(h.Hash)
					seen["approved"]++
				}
			},
			"crash": func(*rapid.T) { x.restart(false) },
			"stop":  func(*rapid.T) { x.restart(true) },
		})
	})
	if testing.Short() { // rapid makes a fifth of the checks then, too few to come to everything
		return
	}
	for _, what := range []string{"deletes held", "updates held", "strict", "nameless deletes", "nameless updates", "sent", "approved"} {
		if seen[what] == 0 {
			t.Errorf("no run came to %q: the test proves nothing about it", what)
		}
	}
	t.Log(seen)
}
