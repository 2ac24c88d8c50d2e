// SPDX-License-Identifier: Apache-2.0

package reconcile_test

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
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

// TestAMarkerThatGoesAfterItsRecordSet: one path. Another owner gives a name up; the page with its record set is read before the page with its
// marker, so that the name still seems to be theirs when it is planned. It is planned again once the marker is seen to be gone.
func TestAMarkerThatGoesAfterItsRecordSet(t *testing.T) {
	goneBetweenPages(t, set("www.example.com", "A", "203.0.113.9"), marker("x-a-www.example.com", "other", "ingress/d/1"))
}

// TestACreateIsConditionalOnItsMarker: together. Somebody deletes a record set and its marker; the page with the record set is read before
// the page with the marker. The record set isn't made again under a marker that is there only in the mirror.
func TestACreateIsConditionalOnItsMarker(t *testing.T) { goneBetweenPages(t) }

// goneBetweenPages deletes a record set and its marker while the zone is read in small pages, of which the one with the record set comes first.
func goneBetweenPages(t *testing.T, before ...record.Set) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, "example.com")
		r.memory.PageSize = 1
		r.flaky.Fail(providertest.OpRecords, providertest.Fault{Delay: 300 * time.Millisecond, Times: -1}) // longer than the window of a name
		r.memory.Put("example.com", before...)
		r.memory.Put("example.com", set("wx.example.com", "A", "203.0.113.9"), set("wy.example.com", "A", "203.0.113.9"), set("wz.example.com", "A", "203.0.113.9")) // pages between
		r.start()
		defer func() { r.stop() }()
		r.synced(delta("d/1", ask("www.example.com=192.0.2.1")))
		r.memory.Remove("example.com", record.Key{Name: "www.example.com", Type: record.A}, record.Key{Name: "x-a-www.example.com", Type: record.TXT})
		time.Sleep(6 * time.Minute)
		r.want("example.com", "wx.example.com A 203.0.113.9", "wy.example.com A 203.0.113.9", "wz.example.com A 203.0.113.9", "www.example.com A 192.0.2.1", "x-a-www.example.com TXT me:d/1")
	})
}

// TestALostAnswerIsReadInFull: a batch of many names was applied and its answer lost, so the whole zone is read again. No name of the batch is
// sent a second time before the read has come to it.
func TestALostAnswerIsReadInFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, "example.com")
		r.memory.PageSize = 3
		lost := providertest.Fails(provider.Uncertain, errors.New("no answer"))
		lost.Late = true
		r.flaky.Fail(providertest.OpApply, lost)
		r.start()
		defer func() { r.stop() }()
		r.synced(delta("d/1", ask("a.example.com=192.0.2.1", "b.example.com=192.0.2.1", "c.example.com=192.0.2.1", "d.example.com=192.0.2.1", "e.example.com=192.0.2.1")))
		time.Sleep(time.Minute)
		if n := r.memory.Calls().Apply; n != 1 {
			t.Errorf("%d batches were sent, want the one", n)
		}
		if got := len(r.zone("example.com")); got != 10 {
			t.Errorf("%d record sets, want five and their markers", got)
		}
	})
}

// TestAPartOfARefusedBatchIsStillWanted: proof. A batch is refused and taken apart; meanwhile the object of another name in it loses its
// address. What was planned for that name isn't sent any more.
func TestAPartOfARefusedBatchIsStillWanted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, "example.com")
		r.memory.Put("example.com", set("held.example.com", "A", "203.0.113.9"), marker("x-a-held.example.com", "me", "ingress/d/2"))
		bad := func(_ zone.Zone, b change.Batch) bool {
			return slices.ContainsFunc(b.Groups, func(g change.Group) bool { return g.Name == "bad.example.com" })
		}
		r.flaky.Fail(providertest.OpApply, providertest.Fault{
			Err: &provider.Error{Class: provider.Rejected, Err: errors.New("invalid")}, Times: -1, When: bad, Delay: 2 * time.Second,
		})
		r.start()
		defer func() { r.stop() }()
		r.say(feed.Event{Replace: true, State: feed.Synced, Deltas: []feed.Delta{
			delta("d/1", ask("bad.example.com=192.0.2.1", "good.example.com=192.0.2.1")), delta("d/2", ask("held.example.com=192.0.2.2")),
		}})
		time.Sleep(time.Second)
		r.put("d/2", ask("held.example.com=hold"))
		time.Sleep(20 * time.Second)
		r.want("example.com", "held.example.com A 203.0.113.9", "x-a-held.example.com TXT me:d/2", "good.example.com A 192.0.2.1", "x-a-good.example.com TXT me:d/1")
	})
}

// listing is a provider that says of its zones that somebody else has changed them, once.
type listing struct {
	*providertest.Flaky
	changed atomic.Bool
}

func (l *listing) Zones(ctx context.Context) ([]zone.Zone, error) {
	zones, err := l.Flaky.Zones(ctx)
	moved := l.changed.Swap(false)
	for i := range zones {
		zones[i].Records, zones[i].Changed = -1, moved
	}
	return zones, err
}

// TestQuietDriftIsTold: a provider that can't count tells that a zone was changed, and only then it is read.
func TestQuietDriftIsTold(t *testing.T) {
	in(t, func(r *rig) {
		l := &listing{Flaky: r.flaky}
		r.provider = l
		r.start()
		r.synced(delta("d/a", ask("a.example.com=192.0.2.1")))
		reads := r.memory.Calls().Records
		time.Sleep(30 * time.Minute)
		if got := r.memory.Calls().Records; got != reads {
			t.Errorf("%d reads while nobody has changed the zone", got-reads)
		}
		r.memory.Remove("example.com", record.Key{Name: "a.example.com", Type: record.A})
		l.changed.Store(true)
		time.Sleep(6 * time.Minute)
		r.want("example.com", "a.example.com A 192.0.2.1", "x-a-a.example.com TXT me:d/a")
		if got := r.memory.Calls().Records; got != reads+1 {
			t.Errorf("%d reads, want one", got-reads)
		}
		if _, n := last[reconcile.Drifted](r); n != 1 {
			t.Errorf("drift is told %d times, want once", n)
		}
	})
}
