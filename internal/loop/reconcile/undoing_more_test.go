// SPDX-License-Identifier: Apache-2.0

package reconcile_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"nafuda.io/nafuda/internal/decide/guard"
	"nafuda.io/nafuda/internal/feed"
	"nafuda.io/nafuda/internal/loop/reconcile"
	"nafuda.io/nafuda/internal/memory/journal"
	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/provider"
	"nafuda.io/nafuda/internal/provider/providertest"
	"nafuda.io/nafuda/internal/registry/storetest"
)

// shelf is a Keeper that outlives a loop.
type shelf struct {
	mu    sync.Mutex // guards kept
	kept  []byte
	fails error
}

func (s *shelf) Load(context.Context) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.kept), nil
}

func (s *shelf) Save(_ context.Context, state []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fails == nil {
		s.kept = slices.Clone(state)
	}
	return s.fails
}

// restart stops the loop and starts another one, which reads everything anew.
func (r *rig) restart(ds ...feed.Delta) *reconcile.Loop {
	r.stop()
	l := r.start()
	r.synced(ds...)
	return l
}

// TestUndoOutlivesARestart: what is undone stays so over a restart, until an object asks for something else, even while nothing ran.
func TestUndoOutlivesARestart(t *testing.T) {
	in(t, func(r *rig) {
		r.keepJournal("")
		r.keeper = new(shelf)
		l := r.start()
		r.synced(delta("d/x", ask("a.example.com=192.0.2.1")), delta("d/y", ask("b.example.com=192.0.2.1")))
		r.put("d/x", ask("a.example.com=192.0.2.2"))
		r.settle()
		r.undo(l, r.last())
		r.put("d/y", nil)
		r.settle()
		r.undo(l, r.last())
		both := []string{a1, a1m, "b.example.com A 192.0.2.1", "x-a-b.example.com TXT me:d/y"}
		r.want("example.com", both...)

		l = r.restart(delta("d/x", ask("a.example.com=192.0.2.2")))
		r.want("example.com", both...)
		if !r.held(l, "a.example.com") || !r.held(l, "b.example.com") {
			t.Error("after a restart the names aren't held")
		}
		r.everythingAgain()
		r.want("example.com", both...)

		r.restart(delta("d/x", ask("a.example.com=192.0.2.3")), delta("d/y", ask("b.example.com=192.0.2.3")))
		r.want("example.com", "a.example.com A 192.0.2.3", a1m, "b.example.com A 192.0.2.3", "x-a-b.example.com TXT me:d/y")
		l = r.restart(delta("d/x", ask("a.example.com=192.0.2.2")))
		if r.held(l, "a.example.com") {
			t.Error("what was forgotten has come back")
		}
	})
}

// TestUndoThatHasEndedStaysSo: an object that asked for something else and then again for what was undone has it, over a restart too.
func TestUndoThatHasEndedStaysSo(t *testing.T) {
	in(t, func(r *rig) {
		r.keepJournal("")
		r.keeper = new(shelf)
		l := r.start()
		r.synced(delta("d/x", ask("a.example.com=192.0.2.1")))
		r.put("d/x", ask("a.example.com=192.0.2.2"))
		r.settle()
		r.undo(l, r.last())
		r.put("d/x", ask("a.example.com=192.0.2.1,192.0.2.3")) // takes nothing away, so that the brake has nothing to keep
		r.settle()
		r.restart(delta("d/x", ask("a.example.com=192.0.2.2")))
		r.want("example.com", a2, a1m)
	})
}

// TestUndoNamesItsObject: what is restored is marked for the object that it was made for, and what someone else has changed is told.
func TestUndoNamesItsObject(t *testing.T) {
	in(t, func(r *rig) {
		r.keepJournal("")
		l := r.start()
		r.synced(delta("d/x", ask("a.example.com=192.0.2.1")))
		r.say(feed.Event{Deltas: []feed.Delta{delta("d/x", nil), delta("d/z", ask("a.example.com=192.0.2.2"))}})
		r.settle()
		r.want("example.com", a2, "x-a-a.example.com TXT me:d/z")
		r.undo(l, r.last())
		r.want("example.com", a1, a1m)
		req := r.last()
		r.memory.Put("example.com", set("a.example.com", "A", "198.51.100.7"))
		time.Sleep(2*time.Hour + time.Minute) // one fight isn't a war: it is put back
		synctest.Wait()
		r.want("example.com", a1, a1m)

		r.flaky.Fail(providertest.OpApply, providertest.Fails(provider.Unavailable, errors.New("down")), providertest.Fails(provider.Unavailable, errors.New("down")))
		r.memory.Put("example.com", set("a.example.com", "A", "198.51.100.7"))
		for end := time.Now().Add(3 * time.Hour); time.Now().Before(end); time.Sleep(time.Second) {
			p, err := l.PlanUndo(r.t.Context(), req)
			if err != nil {
				t.Fatal(err)
			}
			if slices.ContainsFunc(p.Names[0].Decisions, func(d change.Decision) bool { return d.Verdict == change.Noted && d.Why.Code == reason.ChangedSince }) {
				return
			}
		}
		t.Error("nobody is told that someone else has changed the record set")
	})
}

// TestUndoThatCannotBeKeptIsTold: it holds as long as the process, and nothing is sent before it is safe.
func TestUndoThatCannotBeKeptIsTold(t *testing.T) {
	in(t, func(r *rig) {
		r.keepJournal("")
		s := new(shelf)
		r.keeper = s
		l := r.start()
		r.synced(delta("d/x", ask("a.example.com=192.0.2.1")))
		s.fails = errors.New("no space left")
		p, err := l.PlanUndo(r.t.Context(), r.last())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := l.Undo(r.t.Context(), r.last(), p.Hash); !errors.Is(err, s.fails) {
			t.Errorf("an undo that isn't safe is done: %v", err)
		}
		r.settle()
		r.want("example.com", a1, a1m)
		s.mu.Lock()
		s.fails = nil
		s.mu.Unlock()
		time.Sleep(time.Minute)
		synctest.Wait()
		r.want("example.com")
	})
}

// TestUndoPassesTheBrake proves the invariant brake for an undo: its deletes have their grace and count like any.
func TestUndoPassesTheBrake(t *testing.T) {
	in(t, func(r *rig) {
		r.keepJournal("")
		r.guard = careful
		l := r.start()
		names := make([]string, 0, 40)
		for i := range 40 {
			names = append(names, fmt.Sprintf("n%d.example.com=192.0.2.1", i))
		}
		r.synced(delta("d/x", ask(names...)))
		r.undo(l, reconcile.UndoRequest{Entries: []journal.ID{1}})
		time.Sleep(time.Hour / 2)
		synctest.Wait()
		if n := len(r.zone("example.com")); n != 80 {
			t.Fatalf("brake: an undo of everything leaves %d record sets, want all 80 held", n)
		}
		held, err := l.Braked(r.t.Context())
		if err != nil || len(held) != 1 || len(held[0].Deletes) != 40 {
			t.Fatalf("brake: %+v, %v", held, err)
		}
		if _, err := l.Approve(r.t.Context(), held[0].Hash); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		r.want("example.com")
	})
}

// TestUndoMarkersAreRightAtOnce proves the invariant together: each batch of an undo has record sets with their markers, so that another
// program could take over after any of them.
func TestUndoMarkersAreRightAtOnce(t *testing.T) {
	in(t, func(r *rig) {
		r.keepJournal("")
		l := r.start()
		r.synced(delta("d/x", ask("a.example.com=192.0.2.1", "b.example.com=192.0.2.1,2001:db8::1")))
		r.put("d/x", ask("a.example.com=lb.example.net"))
		r.settle()
		from := len(r.entries(journal.Filter{}))
		r.undo(l, reconcile.UndoRequest{Since: time.Now().Add(-3 * time.Second)})
		r.want("example.com", a1, a1m, "b.example.com A 192.0.2.1", "b.example.com AAAA 2001:db8::1", "x-a-b.example.com TXT me:d/x", "x-aaaa-b.example.com TXT me:d/x")
		for _, e := range r.entries(journal.Filter{})[from:] {
			for _, g := range e.Intent.Batch.Groups {
				marks := func(c change.Change) bool { return c.Marker }
				if n := len(slices.DeleteFunc(slices.Clone(g.Changes), marks)); 2*n != len(g.Changes) {
					t.Errorf("together: %s goes with %v", g.Name, g.Changes)
				}
			}
		}
	})
}

// TestUndoOnce: with no instance running an undo is all that is done, and it outlives the run.
func TestUndoOnce(t *testing.T) {
	for name, tc := range map[string]struct {
		why  string
		hash func(string) string
		want []string
		err  error
	}{
		"shown":   {"nothing is done", func(string) string { return "" }, []string{a2, a1m}, nil},
		"done":    {"the undo, and nothing else", func(h string) string { return h }, []string{a1, a1m}, nil},
		"another": {"nothing is done", func(string) string { return "0123" }, []string{a2, a1m}, guard.ErrOtherPlan},
	} {
		t.Run(name, func(t *testing.T) {
			in(t, func(r *rig) {
				r.keepJournal("")
				r.keeper = new(shelf)
				r.start()
				r.synced(delta("d/x", ask("a.example.com=192.0.2.1")))
				r.put("d/x", ask("a.example.com=192.0.2.2"))
				r.settle()
				r.stop()
				now := feed.Event{Kind: "ingress", Replace: true, State: feed.Synced, Deltas: []feed.Delta{
					delta("d/x", ask("a.example.com=192.0.2.2")), delta("d/y", ask("other.example.com=192.0.2.9")),
				}}
				req := r.last()
				run := func(hash string) (reconcile.Undoing, error) {
					go func() { r.feed <- now }()
					return r.loop().UndoOnce(r.t.Context(), req, hash)
				}
				shown, err := run("")
				if err != nil || len(shown.Names) != 1 || len(shown.Names[0].Changes) != 2 {
					t.Fatalf("shown: %+v, %v", shown, err)
				}
				r.want("example.com", a2, a1m)
				if _, err := run(tc.hash(shown.Hash)); !errors.Is(err, tc.err) {
					t.Errorf("ended with %v, want %v (%s)", err, tc.err, tc.why)
				}
				r.want("example.com", tc.want...)
				r.start() // which goes on with all that was left
				r.say(now)
				r.settle()
				r.want("example.com", append(tc.want, "other.example.com A 192.0.2.9", "x-a-other.example.com TXT me:d/y")...)
			})
		})
	}
}

// TestUndoBounds: no more is undone at a time than can be kept, and what doesn't fit changes nothing.
func TestUndoBounds(t *testing.T) {
	in(t, func(r *rig) {
		r.keepJournal("")
		l := r.start()
		names := make([]string, 0, 1200)
		for i := range 1200 {
			names = append(names, fmt.Sprintf("n%d.example.com=192.0.2.1", i))
		}
		r.synced(delta("d/x", ask(names...)))
		time.Sleep(time.Minute)
		synctest.Wait()
		p, err := l.PlanUndo(r.t.Context(), reconcile.UndoRequest{Since: time.Now().Add(-time.Hour)})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := l.Undo(r.t.Context(), reconcile.UndoRequest{Since: time.Now().Add(-time.Hour)}, p.Hash); !errors.Is(err, reconcile.ErrManyUndone) {
			t.Errorf("%d names are undone: %v", len(p.Names), err)
		}
		r.everythingAgain()
		if n := len(r.zone("example.com")); n != 2400 {
			t.Errorf("%d record sets are left, want all 2400", n)
		}
	})
}

// TestUndoIsExact proves the invariant undo over drawn histories: to undo every entry since a moment brings the zone back to what it
// was then, markers included, whatever happened; it stays so; and to undo that brings it forward again.
func TestUndoIsExact(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		h := history{kept: rapid.SampledFrom([]string{"auto", "shared", "both", "table"}).Draw(rt, "kept"), before: drawEvents(rt, "before", 0), since: drawEvents(rt, "since", 1)}
		var failed string
		synctest.Test(t, func(t *testing.T) { failed = h.run(t) })
		if failed != "" {
			rt.Fatal(failed)
		}
	})
}

// history is what happens before and after a moment.
type history struct {
	kept          string // how ownership is: in which form of markers, or in a table
	before, since []happening
}

// said is a zone's lines as they must be again. Where a marker goes in a forced form depends on the names that stand beside it, so then
// only the record sets count.
func (h history) said(zone []string) map[string]bool {
	if h.kept != "auto" {
		zone = slices.DeleteFunc(slices.Clone(zone), func(line string) bool { return strings.Contains(line, " TXT me:") })
	}
	return withoutResource(zone)
}

// happening is a change of an object, and whether the answer to the next call is lost, with the call or after it was made.
type happening struct {
	object     string
	thing      *thing
	lost, late bool
}

func drawEvents(rt *rapid.T, when string, least int) []happening {
	out := make([]happening, rapid.IntRange(least, 5).Draw(rt, when))
	for i := range out {
		out[i] = happening{
			object: rapid.SampledFrom([]string{"d/x", "d/y"}).Draw(rt, "object"),
			lost:   rapid.IntRange(0, 5).Draw(rt, "lost") == 0, late: rapid.Bool().Draw(rt, "late"),
		}
		if rapid.IntRange(0, 4).Draw(rt, "there") > 0 {
			out[i].thing = drawThing(rt)
		}
	}
	return out
}

func (r *rig) happen(list []happening) {
	for _, h := range list {
		if h.lost {
			r.flaky.Fail(providertest.OpApply, providertest.Fault{Err: &provider.Error{Class: provider.Uncertain, Err: errors.New("lost")}, Late: h.late})
		}
		r.put(h.object, h.thing)
		time.Sleep(20*time.Minute + time.Second) // what was put off is tried again within 15
		synctest.Wait()
		r.flaky.Heal(providertest.OpApply)
	}
}

// run returns what is wrong.
func (h history) run(t *testing.T) string {
	r := newRig(t, "example.com")
	r.stop = func() {}
	defer func() { r.stop() }()
	if r.txt.Format = h.kept; h.kept == "table" {
		r.store = storetest.NewMemory()
	}
	r.keepJournal("")
	l := r.start()
	r.synced()
	r.happen(h.before)
	was, since := r.zone("example.com"), time.Now()
	r.happen(h.since)
	is := r.zone("example.com")
	for _, round := range []struct{ is, want []string }{{is, was}, {was, is}} {
		until := time.Now()
		p, err := l.PlanUndo(r.t.Context(), reconcile.UndoRequest{Since: since})
		switch {
		case errors.Is(err, reconcile.ErrNothingToUndo):
			if maps.Equal(h.said(round.is), h.said(round.want)) {
				return ""
			}
			return fmt.Sprintf("undo: nothing to undo from\n%q to\n%q", round.is, round.want)
		case err != nil:
			return err.Error()
		}
		if did, err := l.Undo(r.t.Context(), reconcile.UndoRequest{Since: since}, p.Hash); err != nil {
			return fmt.Sprintf("undo: %v\n%+v\n%+v", err, p, did)
		}
		r.everythingAgain()
		// Where the data are what objects ask for, the marker names one that asks: the one that it named may be gone.
		if got := r.zone("example.com"); !maps.Equal(h.said(got), h.said(round.want)) {
			return fmt.Sprintf("undo: the zone is\n%q, want\n%q, and was\n%q before\n%+v", got, round.want, round.is, p)
		}
		if r.store != nil && len(r.rows()) != len(r.zone("example.com")) {
			return fmt.Sprintf("undo: the table has %q, and the zone\n%q", r.rows(), r.zone("example.com"))
		}
		since = until
	}
	return ""
}
