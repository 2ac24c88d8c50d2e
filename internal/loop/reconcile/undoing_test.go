// SPDX-License-Identifier: Apache-2.0

package reconcile_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"nafuda.io/nafuda/internal/decide/guard"
	"nafuda.io/nafuda/internal/loop/reconcile"
	"nafuda.io/nafuda/internal/memory/journal"
	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/record"
)

// undo plans an undo and does it, and waits until it is done.
func (r *rig) undo(l *reconcile.Loop, req reconcile.UndoRequest) reconcile.Undoing {
	r.t.Helper()
	p, err := l.PlanUndo(r.t.Context(), req)
	if err != nil {
		r.t.Fatalf("plan the undo of %+v: %v", req, err)
	}
	calls := r.memory.Calls().Apply
	r.settle()
	if r.memory.Calls().Apply != calls {
		r.t.Error("planning an undo changed something")
	}
	did, err := l.Undo(r.t.Context(), req, p.Hash)
	if err != nil {
		r.t.Fatalf("undo %+v: %v", req, err)
	}
	if fmt.Sprint(p.Hash, len(p.Names)) != fmt.Sprint(did.Hash, len(did.Names)) {
		r.t.Errorf("planned %+v and did %+v", p, did)
	}
	r.settle()
	return did
}

func (r *rig) last() reconcile.UndoRequest {
	all := r.entries(journal.Filter{})
	return reconcile.UndoRequest{Entries: []journal.ID{all[len(all)-1].ID}}
}

// held tells whether the status says of a name that it is undone.
func (r *rig) held(l *reconcile.Loop, name string) bool {
	s, err := l.Status(r.t.Context())
	if err != nil {
		r.t.Fatal(err)
	}
	return slices.ContainsFunc(s.Names, func(n reconcile.Name) bool {
		return string(n.Name) == name && n.Verdict == change.Held && n.Reason.Code == reason.Undone
	})
}

// everythingAgain lets the loop read all there is again, and plan it.
func (r *rig) everythingAgain() {
	time.Sleep(3 * time.Hour)
	synctest.Wait()
}

const (
	a1, a1m = "a.example.com A 192.0.2.1", "x-a-a.example.com TXT me:d/x"
	a2      = "a.example.com A 192.0.2.2"
)

// TestUndo proves the invariants undo and together: what an entry changed is brought back, with its marker, and stays until
// its object asks for something else; then it goes the ordinary way. Undoing the undo ends it too.
func TestUndo(t *testing.T) {
	for name, tc := range map[string]struct {
		why           string
		policy        string
		before, after *thing // of d/x
		was           []string
		is            []string
		next          *thing // what d/x asks for later
		then          []string
	}{
		"create": {
			why: "undone, it is gone", before: nil, after: ask("a.example.com=192.0.2.1"), is: []string{a1, a1m},
			next: ask("a.example.com=192.0.2.2"), then: []string{a2, a1m},
		},
		"update": {
			why: "undone, it is as it was", before: ask("a.example.com=192.0.2.1"), was: []string{a1, a1m},
			after: ask("a.example.com=192.0.2.2"), is: []string{a2, a1m}, next: ask("a.example.com=192.0.2.3"), then: []string{"a.example.com A 192.0.2.3", a1m},
		},
		"update, object deleted": {
			why: "who asks for nothing asks for something else", before: ask("a.example.com=192.0.2.1"), was: []string{a1, a1m},
			after: ask("a.example.com=192.0.2.2"), is: []string{a2, a1m}, next: nil, then: nil,
		},
		"delete": {
			why: "undone, it is back, marked for the object that is gone", before: ask("a.example.com=192.0.2.1"), was: []string{a1, a1m},
			after: nil, is: nil, next: ask("a.example.com=192.0.2.2"), then: []string{a2, a1m},
		},
		"create, upsert-only": {
			why: "a person may delete what the policy doesn't", policy: "upsert-only", before: nil, after: ask("a.example.com=192.0.2.1"), is: []string{a1, a1m},
			next: ask("a.example.com=192.0.2.2"), then: []string{a2, a1m},
		},
		"type change": {
			why: "undone, the old type is back, with its marker", before: ask("a.example.com=192.0.2.1"), was: []string{a1, a1m},
			after: ask("a.example.com=lb.example.net"), is: []string{"a.example.com CNAME lb.example.net", "x-cname-a.example.com TXT me:d/x"},
			next: ask("a.example.com=192.0.2.2"), then: []string{a2, a1m},
		},
		"one of two types": {
			why: "what the entry didn't change stays", before: ask("a.example.com=192.0.2.1"), was: []string{a1, a1m},
			after: ask("a.example.com=192.0.2.1,2001:db8::1"), is: []string{a1, a1m, "a.example.com AAAA 2001:db8::1", "x-aaaa-a.example.com TXT me:d/x"},
			next: ask("a.example.com=192.0.2.2"), then: []string{a2, a1m},
		},
	} {
		t.Run(name, func(t *testing.T) {
			in(t, func(r *rig) {
				r.keepJournal("")
				if tc.policy != "" {
					r.view.Policy = tc.policy
				}
				l := r.start()
				r.synced(delta("d/y", ask("b.example.com=192.0.2.9")))
				b := []string{"b.example.com A 192.0.2.9", "x-a-b.example.com TXT me:d/y"}
				want := func(what string, lines []string) {
					r.t.Helper()
					r.t.Log(what)
					r.want("example.com", append(slices.Clone(b), lines...)...)
				}
				if tc.before != nil {
					r.put("d/x", tc.before)
					r.settle()
				}
				want("before", tc.was)
				r.put("d/x", tc.after)
				r.settle()
				want("after", tc.is)

				r.undo(l, r.last())
				want("undone", tc.was)
				if !r.held(l, "a.example.com") && (tc.was != nil || tc.after != nil) {
					t.Errorf("the status doesn't say that the name is undone (%s)", tc.why)
				}
				r.everythingAgain()
				want("undone, and read again", tc.was)

				undo := r.last()
				r.undo(l, undo)
				want("the undo undone", tc.is)
				if r.held(l, "a.example.com") {
					t.Error("undone, the undo still holds the name")
				}
				r.everythingAgain()
				want("the undo undone, and read again", tc.is)

				r.undo(l, r.last())
				want("undone again", tc.was)
				r.put("d/x", tc.next)
				r.settle()
				want("the object asks for something else", tc.then)
				if r.held(l, "a.example.com") {
					t.Error("the name is still held though its object asks for something else")
				}
			})
		})
	}
}

// TestUndoSince: a whole stretch of time is undone at once, back to before its first entry, and each name only as far as it goes.
func TestUndoSince(t *testing.T) {
	in(t, func(r *rig) {
		r.keepJournal("")
		l := r.start()
		r.synced(delta("d/x", ask("a.example.com=192.0.2.1", "b.example.com=192.0.2.1")))
		before := r.zone("example.com")
		time.Sleep(time.Minute)
		since := time.Now()
		r.put("d/x", ask("a.example.com=192.0.2.2", "c.example.com=192.0.2.2"))
		r.settle()
		r.put("d/x", ask("a.example.com=192.0.2.3", "c.example.com=lb.example.net"))
		r.settle()
		did := r.undo(l, reconcile.UndoRequest{Since: since})
		if len(did.Entries) != 3 || len(did.Names) != 3 { // what takes away goes after what comes
			t.Errorf("undid %v at %d names, want 3 entries and 3 names", did.Entries, len(did.Names))
		}
		r.want("example.com", before...)
		r.everythingAgain()
		r.want("example.com", before...)
	})
}

// TestUndoOfANameLeavesItsNeighbours: an entry has all that was sent together; to undo one name is to undo that.
func TestUndoOfANameLeavesItsNeighbours(t *testing.T) {
	in(t, func(r *rig) {
		r.keepJournal("")
		l := r.start()
		r.synced(delta("d/x", ask("a.example.com=192.0.2.1", "b.example.com=192.0.2.1")))
		r.undo(l, reconcile.UndoRequest{Name: "b.example.com"})
		r.want("example.com", a1, a1m)
		if r.held(l, "a.example.com") {
			t.Error("the neighbour is held")
		}
		r.undo(l, reconcile.UndoRequest{Entries: []journal.ID{1}}) // both
		r.want("example.com")
	})
}

// TestUndoHolds: neither drift nor a load balancer that blinks redoes an undone name.
func TestUndoHolds(t *testing.T) {
	in(t, func(r *rig) {
		r.keepJournal("")
		l := r.start()
		r.synced(delta("d/x", ask("a.example.com=192.0.2.1")))
		r.put("d/x", ask("a.example.com=192.0.2.2"))
		r.settle()
		r.undo(l, r.last())
		r.put("d/x", ask("a.example.com=hold"))
		r.settle()
		r.want("example.com", a1, a1m)
		r.put("d/x", ask("a.example.com=192.0.2.2"))
		r.settle()
		r.want("example.com", a1, a1m)
		r.memory.Remove("example.com", set("a.example.com", "A", "").Key)
		r.everythingAgain()
		r.want("example.com", a1, a1m)
		if !r.held(l, "a.example.com") {
			t.Error("the name isn't held")
		}
	})
}

// TestUndoneNameWithoutAskerComesBackAfterDrift: a name that an undo alone keeps is published again where someone removes it.
func TestUndoneNameWithoutAskerComesBackAfterDrift(t *testing.T) {
	in(t, func(r *rig) {
		r.keepJournal("")
		l := r.start()
		r.synced(delta("d/x", ask("a.example.com=192.0.2.1")))
		r.put("d/x", nil)
		r.settle()
		r.undo(l, r.last())
		r.want("example.com", a1, a1m)
		for _, s := range r.memory.Sets("example.com") {
			if s.Type == record.A || s.Type == record.TXT {
				r.memory.Remove("example.com", s.Key)
			}
		}
		r.everythingAgain()
		r.want("example.com", a1, a1m)
	})
}

// TestUndoForeign proves the invariant foreign for an undo: what someone else has put into the place stays.
func TestUndoForeign(t *testing.T) {
	in(t, func(r *rig) {
		r.keepJournal("")
		l := r.start()
		r.synced(delta("d/x", ask("a.example.com=192.0.2.1", "b.example.com=192.0.2.1")))
		r.put("d/x", nil)
		r.settle()
		r.want("example.com")
		r.memory.Put("example.com", set("a.example.com", "A", "198.51.100.7"))
		r.everythingAgain()
		did := r.undo(l, r.last())
		r.want("example.com", "a.example.com A 198.51.100.7", "b.example.com A 192.0.2.1", "x-a-b.example.com TXT me:d/x")
		at := slices.IndexFunc(did.Names, func(n reconcile.UndoneName) bool { return n.Name == "a.example.com" })
		if len(did.Names[at].Changes) > 0 || !slices.ContainsFunc(did.Names[at].Decisions, func(d change.Decision) bool { return d.Why.Code == reason.Foreign }) {
			t.Errorf("the undo tells of the name that is taken: %+v", did.Names[at])
		}
		r.memory.Remove("example.com", set("a.example.com", "A", "").Key)
		r.everythingAgain()
		r.want("example.com", "b.example.com A 192.0.2.1", "x-a-b.example.com TXT me:d/x") // it isn't undone later, when nobody expects it
	})
}

// TestUndoOfWhatHasChangedSince: what an undo would overwrite is told, and is what the hash is of.
func TestUndoOfWhatHasChangedSince(t *testing.T) {
	in(t, func(r *rig) {
		r.keepJournal("")
		l := r.start()
		r.synced(delta("d/x", ask("a.example.com=192.0.2.1")))
		r.put("d/x", ask("a.example.com=192.0.2.2"))
		r.settle()
		req := r.last()
		shown, err := l.PlanUndo(r.t.Context(), req)
		if err != nil {
			t.Fatal(err)
		}
		r.put("d/x", ask("a.example.com=192.0.2.3"))
		r.settle()
		if _, err := l.Undo(r.t.Context(), req, shown.Hash); !errors.Is(err, guard.ErrOtherPlan) {
			t.Errorf("another undo than the shown one is done: %v", err)
		}
		did := r.undo(l, req)
		if !slices.Equal(did.Names[0].Later, []journal.ID{3}) {
			t.Errorf("the undo overrides the entries %v, want 3", did.Names[0].Later)
		}
		r.want("example.com", a1, a1m)
	})
}

// TestUndoRequests: what can't be undone is told.
func TestUndoRequests(t *testing.T) {
	in(t, func(r *rig) {
		r.keepJournal("")
		l := r.start()
		if _, err := l.PlanUndo(r.t.Context(), reconcile.UndoRequest{Name: "a.example.com"}); !errors.Is(err, reconcile.ErrNothingToUndo) {
			t.Errorf("an empty journal undoes a name: %v", err)
		}
		r.synced(delta("d/x", ask("a.example.com=192.0.2.1")))
		for why, req := range map[string]reconcile.UndoRequest{
			"isn't there": {Entries: []journal.ID{7}}, "empty": {}, "two of them": {Entries: []journal.ID{1}, Name: "a.example.com"},
			"nothing since": {Since: time.Now().Add(time.Hour)},
		} {
			if p, err := l.PlanUndo(r.t.Context(), req); err == nil || strings.Contains(err.Error(), "%!") {
				t.Errorf("%s: planned %+v, %v", why, p, err)
			}
		}
	})
}
