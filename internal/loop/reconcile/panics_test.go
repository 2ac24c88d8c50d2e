// SPDX-License-Identifier: Apache-2.0

package reconcile_test

import (
	"context"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"nafuda.io/nafuda/internal/feed"
	"nafuda.io/nafuda/internal/loop/reconcile"
	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/endpoint"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/provider"
	"nafuda.io/nafuda/internal/provider/providertest"
)

// crashes are the panics that were told.
func (r *rig) crashes() []string {
	var out []string
	for _, e := range r.seen() {
		if c, ok := e.(reconcile.Crashed); ok {
			out = append(out, c.Doing)
			if !strings.Contains(c.Stack, ".go:") || !strings.Contains(c.Value, "bug") {
				r.t.Errorf("%q at %q: want what was panicked with, and where", c.Value, c.Stack)
			}
		}
	}
	return out
}

// tell checks that exactly these crashes were told, each once.
func (r *rig) tell(want ...string) {
	r.t.Helper()
	if got := r.crashes(); !slices.Equal(got, want) {
		r.t.Errorf("crashes told of %q, want %q, each once", got, want)
	}
}

// crashing makes the loop of a rig whose source panics at things with the TTL 13.
func (r *rig) crashing() *reconcile.Loop {
	return r.loopWith(func(n named) {
		if n.TTL == 13 {
			panic("bug")
		}
	})
}

func unlucky(names ...string) *thing {
	t := ask(names...)
	t.TTL = 13
	return t
}

// TestAliveSourcePanics: a source that panics at an object refuses that object and holds what is published for it; others go on.
func TestAliveSourcePanics(t *testing.T) {
	in(t, func(r *rig) {
		r.run(r.crashing())
		r.synced(delta("d/a", ask("a.example.com=192.0.2.1", "b.example.com=192.0.2.1")), delta("d/c", ask("c.example.com=192.0.2.1")))
		r.put("d/a", unlucky("a.example.com=192.0.2.9"))
		r.put("d/c", ask("c.example.com=192.0.2.2"))
		r.settle()
		r.put("d/a", unlucky("a.example.com=192.0.2.8"))
		r.settle()
		r.want("example.com", "a.example.com A 192.0.2.1", "x-a-a.example.com TXT me:d/a", "b.example.com A 192.0.2.1", "x-a-b.example.com TXT me:d/a",
			"c.example.com A 192.0.2.2", "x-a-c.example.com TXT me:d/c")
		r.tell("evaluate ingress/d/a")
		r.put("d/a", ask("a.example.com=192.0.2.3"))
		time.Sleep(time.Minute) // the grace of deletes
		r.settle()
		r.want("example.com", "a.example.com A 192.0.2.3", "x-a-a.example.com TXT me:d/a", "c.example.com A 192.0.2.2", "x-a-c.example.com TXT me:d/c")
	})
}

// TestProofSourcePanicsAfterAStart: after a start nobody knows what the object had asked for, but its markers do.
func TestProofSourcePanicsAfterAStart(t *testing.T) {
	in(t, func(r *rig) {
		r.put2("a.example.com", "192.0.2.1", "d/a")
		r.put2("gone.example.com", "192.0.2.1", "d/gone")
		l := r.crashing()
		r.run(l)
		r.synced(delta("d/a", unlucky("other.example.com=192.0.2.9")))
		time.Sleep(time.Minute)
		synctest.Wait()
		r.want("example.com", "a.example.com A 192.0.2.1", "x-a-a.example.com TXT me:d/a")
		s, err := l.Status(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if len(s.Refusals) != 1 || s.Refusals[0].Resource != "ingress/d/a" || s.Refusals[0].Reason.Code != reason.Crash {
			t.Errorf("refusals %+v, want the object's", s.Refusals)
		}
		if !slices.ContainsFunc(s.Names, func(n reconcile.Name) bool {
			return n.Name == "a.example.com" && n.Verdict == change.Held && n.Reason.Code == reason.Crash
		}) {
			t.Errorf("names %+v, want a.example.com held because of the crash", s.Names)
		}
	})
}

// TestAliveRewriterPanics: a view that panics at an endpoint holds its name.
func TestAliveRewriterPanics(t *testing.T) {
	in(t, func(r *rig) {
		broken := false
		r.labels = func(labels map[string]string) bool {
			if broken {
				panic("bug")
			}
			return true
		}
		r.start()
		r.synced(delta("d/a", ask("a.example.com=192.0.2.1")))
		broken = true
		r.put("d/a", ask("a.example.com=192.0.2.2"))
		r.settle()
		r.want("example.com", "a.example.com A 192.0.2.1", "x-a-a.example.com TXT me:d/a")
		r.tell("select and rewrite a.example.com of ingress/d/a for view default")
	})
}

// breaking is a provider that panics where it is told to.
type breaking struct {
	providertest.Full
	desired      string // value at which Desired panics
	apply, after atomic.Bool
	records      atomic.Bool
}

func (b *breaking) Desired(s record.Set) ([]record.Set, error) {
	if b.desired != "" && slices.Contains(s.Values, b.desired) {
		panic("bug")
	}
	return b.Full.Desired(s)
}

func (b *breaking) Apply(ctx context.Context, z zone.Zone, batch change.Batch) (provider.Receipt, error) {
	if b.apply.CompareAndSwap(true, false) {
		panic("bug")
	}
	receipt, err := b.Full.Apply(ctx, z, batch)
	if b.after.CompareAndSwap(true, false) {
		panic("bug")
	}
	return receipt, err
}

func (b *breaking) Records(ctx context.Context, z zone.Zone, cur provider.Cursor) (provider.Page, error) {
	if b.records.CompareAndSwap(true, false) {
		panic("bug")
	}
	return b.Full.Records(ctx, z, cur)
}

// TestAliveDesiredPanics: a provider that panics at a record set refuses that name, and what is published stays.
func TestAliveDesiredPanics(t *testing.T) {
	in(t, func(r *rig) {
		r.flaky.Full = &breaking{Full: r.memory, desired: "192.0.2.9"}
		r.start()
		r.synced(delta("d/a", ask("a.example.com=192.0.2.1")), delta("d/b", ask("b.example.com=192.0.2.1")))
		r.put("d/a", ask("a.example.com=192.0.2.9"))
		r.put("d/b", ask("b.example.com=192.0.2.2"))
		r.settle()
		r.want("example.com", "a.example.com A 192.0.2.1", "x-a-a.example.com TXT me:d/a", "b.example.com A 192.0.2.2", "x-a-b.example.com TXT me:d/b")
		r.tell("store a.example.com A")
	})
}

// TestAliveWorkerPanics: a call that panics has failed; a write may have been carried out, so it is read and not sent again.
func TestAliveWorkerPanics(t *testing.T) {
	for name, c := range map[string]struct {
		why    string
		set    func(*breaking)
		writes int
		told   string
	}{
		"before": {"nothing was written, so it is written after the read", func(b *breaking) { b.apply.Store(true) }, 1, "apply of zone example.com"},
		"after":  {"it was written, so it isn't written again", func(b *breaking) { b.after.Store(true) }, 1, "apply of zone example.com"},
		"read":   {"the zone is read again", func(b *breaking) { b.records.Store(true) }, 1, "records of zone example.com"},
	} {
		t.Run(name, func(t *testing.T) {
			in(t, func(r *rig) {
				b := &breaking{Full: r.memory}
				c.set(b)
				r.flaky.Full = b
				r.start()
				r.synced(delta("d/a", ask("a.example.com=192.0.2.1")))
				time.Sleep(time.Minute)
				synctest.Wait()
				r.want("example.com", "a.example.com A 192.0.2.1", "x-a-a.example.com TXT me:d/a")
				if n := r.memory.Calls().Apply; n != c.writes {
					t.Errorf("%d writes, want %d: %s", n, c.writes, c.why)
				}
				r.tell(c.told)
			})
		})
	}
}

// TestProofRefusedObjectIsThere: a list that can't read an object doesn't say that it is gone.
func TestProofRefusedObjectIsThere(t *testing.T) {
	in(t, func(r *rig) {
		r.start()
		r.synced(delta("d/a", ask("a.example.com=192.0.2.1")), delta("d/b", ask("b.example.com=192.0.2.1")))
		r.say(feed.Event{Replace: true, State: feed.Synced, Refusals: []endpoint.Refusal{{Ref: ref("d/a"), Why: reason.New(reason.Crash, "it crashed")}}})
		time.Sleep(time.Minute)
		r.say(feed.Event{State: feed.Synced})
		time.Sleep(time.Minute)
		r.settle()
		r.want("example.com", "a.example.com A 192.0.2.1", "x-a-a.example.com TXT me:d/a")
	})
}
