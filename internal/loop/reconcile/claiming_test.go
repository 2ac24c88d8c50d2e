// SPDX-License-Identifier: Apache-2.0

package reconcile_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"nafuda.io/nafuda/internal/feed"
	"nafuda.io/nafuda/internal/loop/reconcile"
	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/provider"
	"nafuda.io/nafuda/internal/provider/providertest"
)

// slow makes one operation of the table take a while.
func (r *rig) slow(op string, long time.Duration) {
	r.store.Fail(func(o string, _ record.Key) error {
		if o == op {
			time.Sleep(long)
		}
		return nil
	})
}

// undoOnce undoes the last entry without a running loop; with no hash it is only shown.
func (r *rig) undoOnce(hash string, ds ...feed.Delta) reconcile.Undoing {
	r.t.Helper()
	go func() { r.feed <- feed.Event{Kind: "ingress", Replace: true, State: feed.Synced, Deltas: ds} }()
	out, err := r.loop().UndoOnce(r.t.Context(), r.last(), hash)
	if err != nil {
		r.t.Fatal(err)
	}
	return out
}

// TestUndoWaitsForTheTable has the table be read last: an undo that didn't wait would take a name for empty, and leave it with what the
// entry had.
func TestUndoWaitsForTheTable(t *testing.T) {
	inTable(t, func(r *rig) {
		r.keepJournal("")
		r.start()
		r.synced(delta("d/a", ask("a.example.com=192.0.2.1,2001:db8::1")))
		now := delta("d/a", ask("a.example.com=192.0.2.2,2001:db8::1"))
		r.say(feed.Event{Deltas: []feed.Delta{now}})
		r.settle()
		r.stop()
		r.slow("load", time.Minute)
		shown := r.undoOnce("", now)
		if len(shown.Names) != 1 || len(shown.Names[0].Changes) != 1 {
			t.Fatalf("shown %+v", shown)
		}
		r.undoOnce(shown.Hash, now)
		r.want("example.com", "a.example.com A 192.0.2.1", "a.example.com AAAA 2001:db8::1")
	})
}

// TestUndoOfADeleteBringsItsRowBack has nothing but the journal and the table to tell whose the record set was.
func TestUndoOfADeleteBringsItsRowBack(t *testing.T) {
	inTable(t, func(r *rig) {
		r.keepJournal("")
		l := r.start()
		r.synced(delta("d/a", ask("a.example.com=192.0.2.1")))
		r.put("d/a", nil)
		r.settle()
		r.wantRows()
		shown, err := l.PlanUndo(r.t.Context(), r.last())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := l.Undo(r.t.Context(), r.last(), shown.Hash); err != nil {
			t.Fatal(err)
		}
		r.settle()
		r.want("example.com", "a.example.com A 192.0.2.1")
		r.wantRows(rowA)
	})
}

// TestUndoMendsNoRows has an undo without a running loop leave rows alone that it isn't about.
func TestUndoMendsNoRows(t *testing.T) {
	inTable(t, func(r *rig) {
		r.keepJournal("")
		r.start()
		now := delta("d/a", ask("a.example.com=192.0.2.1"))
		r.synced(now)
		r.stop()
		loose := ours("loose.example.com", "d/loose")
		r.store.Put(loose)
		r.undoOnce(r.undoOnce("", now).Hash, now)
		r.want("example.com")
		if got := r.store.Rows(); len(got) != 1 || got[0].Key != loose.Key {
			t.Errorf("the table holds %v", got)
		}
	})
}

// TestTableDryRun has what was planned once be taken for ours when the name is planned again, and writes no row.
func TestTableDryRun(t *testing.T) {
	inTable(t, func(r *rig) {
		r.opts.DryRun = true
		r.store.Put(ours("loose.example.com", "d/loose"))
		before := r.rows()
		l := r.start()
		r.synced(delta("d/a", ask("a.example.com=192.0.2.1")))
		r.put("d/a", ask("a.example.com=192.0.2.2"))
		r.settle()
		if got := r.told(l, "a.example.com"); got != "" {
			t.Errorf("told %q", got)
		}
		var did []change.Action
		for _, e := range r.seen() {
			if a, is := e.(reconcile.Applied); is {
				did = append(did, a.Batch.Changes()[0].Action())
			}
		}
		if !slices.Equal(did, []change.Action{change.Create, change.Update}) {
			t.Errorf("planned %q", did)
		}
		time.Sleep(r.opts.Resync + time.Minute)
		synctest.Wait()
		if got := r.told(l, "a.example.com"); got != "" {
			t.Errorf("once the table was read again, told %q", got)
		}
		r.want("example.com")
		r.wantRows(before...)
	})
}

// TestTogetherRowIsLookedAt has somebody remove a row that is already what it must be before the write.
func TestTogetherRowIsLookedAt(t *testing.T) {
	inTable(t, func(r *rig) {
		r.flaky.Fail(providertest.OpApply, providertest.Fault{Err: &provider.Error{Class: provider.Uncertain, Err: errors.New("cut off")}})
		r.start()
		r.synced(delta("d/a", ask("a.example.com=192.0.2.1")))
		r.want("example.com")
		r.store.Remove(ours("a.example.com", "").Key)
		time.Sleep(time.Minute)
		synctest.Wait()
		r.want("example.com", "a.example.com A 192.0.2.1")
		r.wantRows(rowA)
	})
}

// TestProofADeleteWhoseRowIsWrittenIsTakenBack has an object ask again while the table is slow.
func TestProofADeleteWhoseRowIsWrittenIsTakenBack(t *testing.T) {
	inTable(t, func(r *rig) {
		r.start()
		r.synced(delta("d/a", ask("a.example.com=192.0.2.1")))
		r.slow("swap", 3*time.Second)
		r.put("d/a", nil)
		r.settle()
		r.put("d/a", ask("a.example.com=192.0.2.1"))
		time.Sleep(time.Minute)
		synctest.Wait()
		if n := r.deleted(); n != 0 {
			t.Errorf("%d were deleted, though an object asked again before the call", n)
		}
		r.want("example.com", "a.example.com A 192.0.2.1")
		r.wantRows(rowA)
	})
}

// TestTableRowIsTakenBackLater has the table fail when a refused create takes its row back.
func TestTableRowIsTakenBackLater(t *testing.T) {
	inTable(t, func(r *rig) {
		down := func(string, record.Key) error {
			return &provider.Error{Class: provider.Unavailable, Err: errors.New("down")}
		}
		r.flaky.Fail(providertest.OpApply, providertest.Fault{
			Err: &provider.Error{Class: provider.Rejected, Err: errors.New("no"), Keys: []record.Key{ours("a.example.com", "").Key}},
			When: func(zone.Zone, change.Batch) bool {
				r.store.Fail(down)
				return true
			},
		})
		r.start()
		r.synced(delta("d/a", ask("a.example.com=192.0.2.1")))
		r.put("d/a", nil)
		r.settle()
		r.store.Fail(nil)
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		r.want("example.com")
		r.wantRows()
	})
}

// TestTogetherNoRowOutOfTurn has the turn pass to another replica while a batch is under way: what came of it is for that one to find out,
// which may have taken the row up already.
func TestTogetherNoRowOutOfTurn(t *testing.T) {
	inTable(t, func(r *rig) {
		r.permits = newTurns()
		r.permits.give(long)
		r.flaky.Fail(providertest.OpApply, providertest.Fault{Delay: 5 * time.Second, Err: &provider.Error{Class: provider.Throttled, Err: errors.New("too fast")}})
		r.start()
		r.synced(delta("d/a", ask("a.example.com=192.0.2.1")))
		r.permits.give(0)
		during := r.rows()
		time.Sleep(time.Minute)
		synctest.Wait()
		if len(during) != 1 || !strings.Contains(during[0], "writing") {
			t.Fatalf("during the call the table held %q", during)
		}
		r.wantRows(during...)
		r.permits.give(long)
		time.Sleep(time.Minute)
		synctest.Wait()
		r.want("example.com", "a.example.com A 192.0.2.1")
		r.wantRows(rowA)
	})
}

// TestAliveTableThatPanics has a store's own error end nothing.
func TestAliveTableThatPanics(t *testing.T) {
	inTable(t, func(r *rig) {
		r.store.Fail(func(op string, _ record.Key) error {
			if op == "load" {
				panic("out of range")
			}
			return nil
		})
		r.start()
		r.synced(delta("d/a", ask("a.example.com=192.0.2.1")))
		r.want("example.com")
		r.store.Fail(nil)
		time.Sleep(time.Minute)
		synctest.Wait()
		r.want("example.com", "a.example.com A 192.0.2.1")
	})
}
