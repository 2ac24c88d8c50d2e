// SPDX-License-Identifier: Apache-2.0

package reconcile_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"nafuda.io/nafuda/internal/loop/reconcile"
	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/provider"
	"nafuda.io/nafuda/internal/provider/providertest"
)

// turns are permits as a test gives them.
type turns struct {
	changed chan struct{}
	mu      sync.Mutex // guards what follows
	ours    bool
	term    uint64
	until   time.Time
	holder  string
}

func newTurns() *turns { return &turns{changed: make(chan struct{}, 1), holder: "other"} }

func (p *turns) Permit(zone.Key) (time.Time, uint64, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.until, p.term, p.ours
}

func (p *turns) Changed() <-chan struct{} { return p.changed }

func (p *turns) Holder() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.holder
}

// give gives a new turn that ends after a time, or, with no time, takes it away.
func (p *turns) give(long time.Duration) {
	p.mu.Lock()
	if p.ours = long > 0; p.ours {
		p.term++
	}
	p.until = time.Now().Add(long)
	p.mu.Unlock()
	select {
	case p.changed <- struct{}{}:
	default:
	}
	synctest.Wait()
}

// counting counts the calls of a provider, and notes when batches were under way.
type counting struct {
	providertest.Full
	mu    sync.Mutex
	calls int
	spans [][2]time.Time
	left  []time.Duration // until each batch's deadline
}

func (c *counting) count() { c.mu.Lock(); c.calls++; c.mu.Unlock() }

func (c *counting) made() int { c.mu.Lock(); defer c.mu.Unlock(); return c.calls }

func (c *counting) Zones(ctx context.Context) ([]zone.Zone, error) {
	c.count()
	return c.Full.Zones(ctx)
}

func (c *counting) Records(ctx context.Context, z zone.Zone, at provider.Cursor) (provider.Page, error) {
	c.count()
	return c.Full.Records(ctx, z, at)
}

func (c *counting) Apply(ctx context.Context, z zone.Zone, b change.Batch) (provider.Receipt, error) {
	c.count()
	begin := time.Now()
	deadline, _ := ctx.Deadline()
	r, err := c.Full.Apply(ctx, z, b)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.spans = append(c.spans, [2]time.Time{begin, time.Now()})
	c.left = append(c.left, deadline.Sub(begin))
	return r, err
}

const long = 1000 * time.Hour

func turned(t *testing.T, f func(t *testing.T, r *rig, p *turns, c *counting)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, "example.com")
		r.permits = newTurns()
		c := &counting{Full: r.flaky}
		r.provider = c
		f(t, r, r.permits, c)
	})
}

// A standby reads objects and calls nobody; it is ready, and says who has the turn.
func TestOneWriterStandbyMakesNoCall(t *testing.T) {
	turned(t, func(t *testing.T, r *rig, p *turns, c *counting) {
		l := r.start()
		defer func() { r.stop() }()
		r.synced(delta("default/web", ask("www.example.com=192.0.2.1")))
		time.Sleep(24 * time.Hour)
		s, err := l.Status(t.Context())
		if err != nil || !s.Ready || s.Standby != "standby, other has the lease" || l.Standby() != s.Standby {
			t.Errorf("status %+v, %v", s, err)
		}
		if c.made() != 0 || len(r.zone("example.com")) != 0 {
			t.Fatalf("a standby made %d calls", c.made())
		}
		p.give(long)
		r.settle()
		r.want("example.com", "www.example.com A 192.0.2.1", "x-a-www.example.com TXT me:default/web")
		if l.Standby() != "" {
			t.Error("the leader says it is a standby")
		}
		want := []reconcile.Event{reconcile.Turned{Holder: "other"}, reconcile.Turned{Ours: true}}
		if got := turnEvents(r); !slices.Equal(got, want) {
			t.Errorf("told %v, want %v", got, want)
		}
	})
}

func turnEvents(r *rig) []reconcile.Event {
	return slices.DeleteFunc(r.seen(), func(e reconcile.Event) bool { _, is := e.(reconcile.Turned); return !is })
}

// What another replica wrote in between is read before anything is planned, and what objects asked for meanwhile is done.
func TestOneWriterTurnComesBack(t *testing.T) {
	turned(t, func(t *testing.T, r *rig, p *turns, c *counting) {
		p.give(long)
		r.start()
		defer func() { r.stop() }()
		r.synced(delta("default/web", ask("www.example.com=192.0.2.1")), delta("default/old", ask("old.example.com=192.0.2.1")))
		p.give(0)
		want := []reconcile.Event{reconcile.Turned{Ours: true}, reconcile.Turned{Holder: "other"}}
		if got := turnEvents(r); !slices.Equal(got, want) {
			t.Errorf("told %v, want %v", got, want)
		}
		before := c.made()
		r.put("default/web", ask("www.example.com=192.0.2.3"))
		r.settle()
		if c.made() != before {
			t.Fatalf("%d calls without the turn", c.made()-before)
		}
		// The other replica has gone on for us.
		r.memory.Put("example.com", set("www.example.com", "A", "192.0.2.2"))
		p.give(long)
		r.settle()
		r.want("example.com", "www.example.com A 192.0.2.3", "x-a-www.example.com TXT me:default/web",
			"old.example.com A 192.0.2.1", "x-a-old.example.com TXT me:default/old")
		if got := c.made() - before; got != 3 {
			t.Errorf("%d calls, want 3: the zones, the records, a batch that fits what is there", got)
		}
	})
}

// What waits to be sent isn't where the turn has gone meanwhile, or has even come back: that is a new one.
func TestOneWriterTurnChangesUnseen(t *testing.T) {
	for name, change := range map[string]func(*turns){
		"gone":     func(p *turns) { p.ours = false },
		"returned": func(p *turns) { p.term++ },
	} {
		t.Run(name, func(t *testing.T) { turnChangesUnseen(t, change) })
	}
}

func turnChangesUnseen(t *testing.T, change func(*turns)) {
	turned(t, func(t *testing.T, r *rig, p *turns, c *counting) {
		r.opts.Rate, r.opts.Burst = 0.1, 2
		p.give(long)
		r.start()
		defer func() { r.stop() }()
		r.synced(delta("default/web", ask("www.example.com=192.0.2.1"))) // listed and read; the batch waits for the limiter
		if c.made() != 2 {
			t.Fatalf("%d calls, want the two reads", c.made())
		}
		r.memory.Put("example.com", set("www.example.com", "A", "198.51.100.1")) // somebody else's
		p.mu.Lock()
		change(p)
		p.mu.Unlock()
		time.Sleep(time.Minute)
		synctest.Wait()
		if len(c.spans) != 0 {
			t.Error("a batch was sent that was planned in another term")
		}
		r.want("example.com", "www.example.com A 198.51.100.1")
	})
}

// The deadline of a call is ten seconds, or the end of the permit where that comes first.
func TestOneWriterDeadline(t *testing.T) {
	for name, tt := range map[string]struct {
		turn, want time.Duration
		why        string
	}{
		"long":  {long, 10 * time.Second, "a service that doesn't answer must not hold a zone"},
		"short": {9 * time.Second, 9*time.Second - 2100*time.Millisecond, "another may have the turn afterwards"},
	} {
		t.Run(name, func(t *testing.T) {
			turned(t, func(t *testing.T, r *rig, p *turns, c *counting) {
				p.give(tt.turn)
				r.start()
				defer func() { r.stop() }()
				r.synced()
				r.put("default/web", ask("www.example.com=192.0.2.1"))
				r.settle()
				if len(c.left) != 1 || c.left[0] != tt.want {
					t.Errorf("deadlines %v, want %s: %s", c.left, tt.want, tt.why)
				}
			})
		})
	}
}

// A batch under way when the turn goes ends by the permit's end, and nothing follows it.
func TestOneWriterLossInMidBatch(t *testing.T) {
	turned(t, func(t *testing.T, r *rig, p *turns, c *counting) {
		p.give(8 * time.Second)
		r.start()
		defer func() { r.stop() }()
		r.synced()
		end := p.until
		r.flaky.Fail(providertest.OpApply, providertest.Fault{Delay: time.Hour, Times: -1})
		r.put("default/web", ask("www.example.com=192.0.2.1"))
		r.settle()
		p.give(0)
		time.Sleep(time.Hour)
		synctest.Wait()
		if len(c.spans) != 1 || c.spans[0][1].After(end) {
			t.Fatalf("batches %v, want one that ends by %s", c.spans, end)
		}
		r.flaky.Heal(providertest.OpApply)
		p.give(long)
		r.settle()
		r.want("example.com", "www.example.com A 192.0.2.1", "x-a-www.example.com TXT me:default/web")
	})
}

// Two loops share one provider and take turns at random moments with slow batches: no two writes overlap, and all is done.
func TestOneWriterNoTwoAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := newRig(t, "example.com"), newRig(t)
		b.memory, b.flaky = a.memory, a.flaky
		shared := &counting{Full: a.flaky}
		a.permits, b.permits, a.provider, b.provider = newTurns(), newTurns(), shared, shared
		a.start()
		b.start()
		defer func() { a.stop(); b.stop() }()
		a.flaky.Fail(providertest.OpApply, providertest.Fault{Delay: 700 * time.Millisecond, Times: -1})
		a.synced()
		b.synced()
		rigs := []*rig{a, b}
		for i := range 200 {
			one := rigs[i%2]
			one.permits.give(time.Duration(i%7+1) * 500 * time.Millisecond)
			object := ask("www.example.com=192.0.2." + string(rune('1'+i%9)))
			for _, r := range rigs {
				r.put("default/web", object)
			}
			end := one.permits.until
			if i%3 == 0 {
				time.Sleep(time.Duration(i%5) * 300 * time.Millisecond)
				one.permits.give(0) // it can't be the other's before the last permit has ended
			}
			time.Sleep(time.Until(end))
			one.permits.give(0)
		}
		a.permits.give(long)
		a.settle()
		time.Sleep(time.Minute)
		a.want("example.com", "www.example.com A 192.0.2.2", "x-a-www.example.com TXT me:default/web")
		slices.SortFunc(shared.spans, func(x, y [2]time.Time) int { return x[0].Compare(y[0]) })
		for i := range shared.spans[1:] {
			if shared.spans[i+1][0].Before(shared.spans[i][1]) {
				t.Fatalf("batches %d and %d overlap: %v", i, i+1, shared.spans[i:i+2])
			}
		}
		if len(shared.spans) < 50 {
			t.Errorf("only %d batches", len(shared.spans))
		}
	})
}

// The context's end cuts no batch in half: it comes to its end and is known to have.
func TestDrainWaitsForTheBatch(t *testing.T) {
	for name, tt := range map[string]struct {
		takes, want time.Duration
		err         error
	}{
		"soon": {2500 * time.Millisecond, 500 * time.Millisecond, nil},
		"late": {time.Hour, 4 * time.Second, reconcile.ErrCutOff},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, "example.com", "example.net")
				ctx, cancel := context.WithCancel(t.Context())
				l, done := r.loop(), make(chan error)
				go func() { done <- l.Run(ctx) }()
				r.synced()
				r.flaky.Fail(providertest.OpApply, providertest.Fault{Delay: tt.takes, Times: -1})
				r.put("default/web", ask("www.example.com=192.0.2.1"))
				time.Sleep(2100 * time.Millisecond) // the window closes after 100 ms
				r.put("default/late", ask("www.example.net=192.0.2.1"))
				cancel()
				begin := time.Now()
				if err := <-done; !errors.Is(err, tt.err) || time.Since(begin) != tt.want {
					t.Errorf("ended with %v after %s, want %v after %s", err, time.Since(begin), tt.err, tt.want)
				}
				if tt.err == nil {
					r.want("example.com", "www.example.com A 192.0.2.1", "x-a-www.example.com TXT me:default/web")
					if _, told := r.seen()[len(r.seen())-1].(reconcile.Applied); !told {
						t.Error("the batch's result wasn't taken in")
					}
				}
				r.want("example.net")
				for _, e := range r.seen() {
					if c, is := e.(reconcile.Called); is && c.Err != nil && !strings.Contains(c.Operation, "apply") {
						t.Errorf("a read that was cancelled is told as failed: %v", c.Err)
					}
				}
			})
		})
	}
}

// TestUndoEndedByAnotherReplicaStaysSo: a name that isn't undone any more, because its object has asked for something else while another
// replica had the turn, doesn't become so again when the turn comes back.
func TestUndoEndedByAnotherReplicaStaysSo(t *testing.T) {
	turned(t, func(t *testing.T, r *rig, p *turns, _ *counting) {
		kept := new(shelf)
		r.keeper = kept
		r.keepJournal("")
		p.give(long)
		l := r.start()
		defer func() { r.stop() }()
		r.synced(delta("d/x", ask("a.example.com=192.0.2.1")))
		r.put("d/x", ask("a.example.com=192.0.2.2"))
		r.settle()
		r.undo(l, r.last())
		r.want("example.com", a1, a1m)
		p.give(0)
		// The object asks for something else and then for this again, and the other replica follows.
		r.memory.Put("example.com", set("a.example.com", "A", "192.0.2.2"))
		if err := kept.Save(t.Context(), []byte(`{}`)); err != nil {
			t.Fatal(err)
		}
		p.give(long)
		r.settle()
		r.want("example.com", a2, a1m)
	})
}
