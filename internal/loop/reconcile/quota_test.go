// SPDX-License-Identifier: Apache-2.0

package reconcile_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"nafuda.io/nafuda/internal/feed"
	"nafuda.io/nafuda/internal/loop/reconcile"
	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/provider"
	"nafuda.io/nafuda/internal/provider/providertest"
)

// limited is a provider whose zones have a limit that it tells, unless it is mute, and keeps.
type limited struct {
	*providertest.Flaky
	memory  *providertest.Memory
	limit   atomic.Int64
	mute    bool
	hangs   bool // until the call is given up
	asked   atomic.Int64
	refused atomic.Int64
}

func (l *limited) Quota(ctx context.Context, _ zone.Zone) (int, error) {
	l.asked.Add(1)
	if l.hangs {
		<-ctx.Done()
		return 0, &provider.Error{Class: provider.Unavailable, Err: ctx.Err()}
	}
	if l.mute {
		return 0, &provider.Error{Class: provider.Denied, Action: "quota:Get", Err: errors.New("not allowed")}
	}
	return int(l.limit.Load()), nil
}

func (l *limited) Apply(ctx context.Context, z zone.Zone, b change.Batch) (provider.Receipt, error) {
	adds := 0
	for _, c := range b.Changes() {
		switch c.Action() {
		case change.Create:
			adds++
		case change.Delete:
			adds--
		}
	}
	if adds > 0 && len(l.memory.Sets(z.ID))+adds > int(l.limit.Load()) {
		l.refused.Add(1)
		return "", &provider.Error{Class: provider.Full, Err: errors.New("full")}
	}
	return l.Flaky.Apply(ctx, z, b)
}

// fullRig has a zone of so many record sets of somebody's, and a limit.
func fullRig(t *testing.T, there, limit int) (*rig, *limited) {
	r := newRig(t, "example.com")
	for i := range there {
		r.memory.Put("example.com", set(fmt.Sprintf("other%04d.example.com", i), "A", "192.0.2.99"))
	}
	l := &limited{Flaky: r.flaky, memory: r.memory}
	l.limit.Store(int64(limit))
	r.provider = l
	return r, l
}

// ours are the record sets at names that aren't "other".
func (r *rig) ours() []string {
	return slices.DeleteFunc(r.zone("example.com"), func(s string) bool { return len(s) > 5 && s[:5] == "other" })
}

func (r *rig) wantOurs(lines ...string) {
	r.t.Helper()
	slices.Sort(lines)
	if got := r.ours(); !slices.Equal(got, lines) {
		r.t.Errorf("ours are %q, want %q", got, lines)
	}
}

func status(t *testing.T, l *reconcile.Loop) reconcile.Status {
	t.Helper()
	s, err := l.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestApartFull shows that a zone's limit holds what adds record sets, and nothing else; names follow as there is room.
func TestApartFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, p := fullRig(t, 1000, 1004)
		l := r.start()
		defer func() { r.stop() }()
		r.synced(delta("ns/a", ask("a.example.com=192.0.2.1")), delta("ns/b", ask("b.example.com=192.0.2.2")), delta("ns/c", ask("c.example.com=192.0.2.3")))
		two := []string{
			"a.example.com A 192.0.2.1", "b.example.com A 192.0.2.2", "x-a-a.example.com TXT me:ns/a", "x-a-b.example.com TXT me:ns/b",
		}
		r.wantOurs(two...)
		s := status(t, l)
		if z := s.Zones[0]; z.Limit != 1004 || z.NoRoom != 1 || z.Records != 1004 {
			t.Errorf("status %+v", z)
		}
		if len(s.Names) != 1 || s.Names[0].Name != "c.example.com" || s.Names[0].Verdict != change.Refused || s.Names[0].Reason.Code != reason.ZoneFull {
			t.Errorf("names %+v", s.Names)
		}
		// An update goes on, though the name's other change has no room.
		r.put("ns/a", ask("a.example.com=192.0.2.11,2001:db8::1"))
		r.settle()
		two[0] = "a.example.com A 192.0.2.11"
		r.wantOurs(two...)
		// A delete goes on, and makes room for the first that waits.
		r.put("ns/b", nil)
		r.settle()
		want := []string{
			"a.example.com A 192.0.2.11", "a.example.com AAAA 2001:db8::1", "x-a-a.example.com TXT me:ns/a", "x-aaaa-a.example.com TXT me:ns/a",
		}
		r.wantOurs(want...)
		// More room is noticed.
		p.limit.Store(1100)
		time.Sleep(20 * time.Minute)
		r.settle()
		r.wantOurs(append(want, "c.example.com A 192.0.2.3", "x-a-c.example.com TXT me:ns/c")...)
		if n := p.refused.Load(); n != 0 {
			t.Errorf("%d batches were refused, want none", n)
		}
		if z := status(t, l).Zones[0]; z.NoRoom != 0 || z.Limit != 1100 {
			t.Errorf("status %+v", z)
		}
	})
}

// TestApartFullUnasked shows what happens where the limit can't be asked for: one refusal teaches it, and nobody is parked.
func TestApartFullUnasked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, p := fullRig(t, 1000, 1000)
		p.mute = true
		r.memory.Put("example.com", set("old.example.com", "A", "192.0.2.1"), marker("x-a-old.example.com", "me", "ingress/ns/old"))
		l := r.start()
		defer func() { r.stop() }()
		p.limit.Store(1002)
		r.synced(delta("ns/old", ask("old.example.com=192.0.2.5")), delta("ns/a", ask("a.example.com=192.0.2.1")), delta("ns/b", ask("b.example.com=192.0.2.2")))
		r.wantOurs("old.example.com A 192.0.2.5", "x-a-old.example.com TXT me:ns/old")
		if n := p.refused.Load(); n != 1 {
			t.Errorf("%d batches were refused, want one", n)
		}
		for _, e := range r.seen() {
			if parked, ok := e.(reconcile.Parked); ok {
				t.Errorf("parked %s: %s", parked.Name, parked.Why)
			}
		}
		p.limit.Store(2000)
		time.Sleep(20 * time.Minute)
		r.settle()
		if n := len(r.ours()); n != 6 {
			t.Errorf("%d record sets are ours, want 6: %q", n, r.ours())
		}
		if z := status(t, l).Zones[0]; z.NoRoom != 0 {
			t.Errorf("status %+v", z)
		}
	})
}

// TestQuietQuota shows how often the limit is asked for, and when a zone is told to be nearly full.
func TestQuietQuota(t *testing.T) {
	for name, tc := range map[string]struct {
		why          string
		there, limit int
		told         int
	}{
		"small": {why: "asked once, when there is nothing else to do", there: 10, limit: 10_000},
		"90 %":  {why: "told once", there: 1000, limit: 1111, told: 1},
		"below": {why: "not told", there: 1000, limit: 1120},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r, p := fullRig(t, tc.there, tc.limit)
				r.start()
				defer func() { r.stop() }()
				r.synced()
				time.Sleep(11 * time.Hour)
				synctest.Wait()
				if n := p.asked.Load(); n != 1 {
					t.Errorf("asked %d times in 11 hours, want once", n)
				}
				told := 0
				for _, e := range r.seen() {
					if _, ok := e.(reconcile.Filling); ok {
						told++
					}
				}
				if told != tc.told {
					t.Errorf("told %d times, want %d (%s)", told, tc.told, tc.why)
				}
			})
		})
	}
}

// TestApartAQuotaThatHangs has every zone wait no longer than one question takes, though none is answered.
func TestApartAQuotaThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, p := fullRig(t, 1000, 5000)
		p.hangs = true
		things := []string{"a.example.com=192.0.2.1"}
		for _, z := range []string{"b.test", "c.test", "d.test"} {
			r.memory.AddZone(providertest.MemoryZone(z))
			for i := range 1000 {
				r.memory.Put(z, set(fmt.Sprintf("other%04d.%s", i, z), "A", "192.0.2.99"))
			}
			things = append(things, "a."+z+"=192.0.2.1")
		}
		r.start()
		defer func() { r.stop() }()
		r.synced(delta("ns/a", ask(things...)))
		time.Sleep(15 * time.Second)
		synctest.Wait()
		for _, z := range []string{"example.com", "b.test", "c.test", "d.test"} {
			if n := len(r.memory.Sets(z)) - len(r.memory.Sets("")); n < 1002 {
				t.Errorf("the zone %s has %d record sets: its name isn't there", z, n)
			}
		}
	})
}

// TestFullNobodyWaitsInVain has a name that nobody asks for any more wait for no room.
func TestFullNobodyWaitsInVain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, _ := fullRig(t, 1000, 1000)
		l := r.start()
		defer func() { r.stop() }()
		r.synced(delta("ns/a", ask("a.example.com=192.0.2.1")))
		if z := status(t, l).Zones[0]; z.NoRoom != 1 {
			t.Fatalf("status %+v", z)
		}
		r.put("ns/a", nil)
		r.settle()
		if z := status(t, l).Zones[0]; z.NoRoom != 0 {
			t.Errorf("status %+v", z)
		}
	})
}

// TestFullForMarkers has a marker be what there is no room for: the name is parked, says so, and goes on with the first room.
func TestFullForMarkers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, p := fullRig(t, 1000, 1002)
		r.txt.Format = "both"
		r.memory.Put("example.com", set("a.example.com", "A", "192.0.2.1"), marker("x-a.example.com", "me", "ingress/ns/a"))
		l := r.start()
		defer func() { r.stop() }()
		r.synced(delta("ns/a", ask("a.example.com=192.0.2.2")))
		r.wantOurs("a.example.com A 192.0.2.1", "x-a.example.com TXT me:ns/a")
		got, err := l.Progress(t.Context(), "a.example.com")
		if err != nil || len(got) != 1 || got[0].State != reconcile.StateParked || got[0].Why.Code != reason.ZoneFull {
			t.Errorf("progress %+v, %v", got, err)
		}
		p.limit.Store(1100)
		time.Sleep(20 * time.Minute)
		r.settle()
		r.wantOurs("a.example.com A 192.0.2.2", "x-a-a.example.com TXT me:ns/a", "x-a.example.com TXT me:ns/a")
	})
}

// TestOnceFull has a run with --once end with an error where a zone has no room, and publish the rest.
func TestOnceFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, _ := fullRig(t, 1000, 1002)
		r.opts.Once = true
		done := make(chan error)
		go func() { done <- r.loop().Run(t.Context()) }()
		r.feed <- feed.Event{Kind: "ingress", Replace: true, State: feed.Synced, Deltas: []feed.Delta{
			delta("ns/a", ask("a.example.com=192.0.2.1")), delta("ns/b", ask("b.example.com=192.0.2.2")),
		}}
		if err := <-done; !errors.Is(err, reconcile.ErrIncomplete) {
			t.Errorf("the run ended with %v", err)
		}
		r.wantOurs("a.example.com A 192.0.2.1", "x-a-a.example.com TXT me:ns/a")
	})
}
