// SPDX-License-Identifier: Apache-2.0

package reconcile_test

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"nafuda.io/nafuda/internal/decide/guard"
	"nafuda.io/nafuda/internal/feed"
	"nafuda.io/nafuda/internal/loop/reconcile"
	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/endpoint"
	"nafuda.io/nafuda/internal/model/fact"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/source"
	"nafuda.io/nafuda/test/feedtest"
)

// seer brings facts as the test tells them; of those that it isn't told it says nothing.
type seer struct {
	tells chan fact.News
	mu    sync.Mutex // guards what follows
	at    map[fact.Key]fact.Value
	wants []string
}

func newSeer() *seer {
	return &seer{tells: make(chan fact.News), at: make(map[fact.Key]fact.Value)}
}

func (o *seer) Run(ctx context.Context, want <-chan fact.Want, out chan<- fact.News) error {
	for {
		var news fact.News
		select {
		case w := <-want:
			o.mu.Lock()
			o.wants = append(o.wants, strings.Repeat("no ", b2i(w.Drop))+w.Key.Name)
			v, known := o.at[w.Key]
			o.mu.Unlock()
			if w.Drop || !known {
				continue
			}
			news = fact.News{Key: w.Key, Value: v}
		case news = <-o.tells:
		case <-ctx.Done():
			return ctx.Err()
		}
		select {
		case out <- news:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// tell says from now on what a host name's addresses are; see resolved.
func (o *seer) tell(host, addresses string) {
	o.mu.Lock()
	o.at[fact.OfHost(host)] = resolved(addresses)
	o.mu.Unlock()
	o.tells <- fact.News{Key: fact.OfHost(host), Value: resolved(addresses)}
	synctest.Wait()
}

func (o *seer) wanted() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.wants)
}

// resolved reads addresses; "A?" and "AAAA?" stand for families that the resolver fails for, "NX" says that there is no such name.
func resolved(text string) fact.Value {
	v := fact.Value{V4: fact.Family{Known: true}, V6: fact.Family{Known: true}}
	failed := fact.Unknown(reason.New(reason.HostUnknown, "the resolver fails"))
	for _, f := range strings.Fields(text) {
		switch f {
		case "A?":
			v.V4 = failed.V4
		case "AAAA?":
			v.V6 = failed.V6
		case "NX":
			v = fact.Unknown(reason.New(reason.HostNotFound, "no such name"))
		default:
			if a := netip.MustParseAddr(f); a.Is4() {
				v.V4.Addrs = append(v.V4.Addrs, a)
			} else {
				v.V6.Addrs = append(v.V6.Addrs, a)
			}
		}
	}
	return v
}

// evalResolved asks for a thing's names at the addresses of their targets.
func evalResolved(obj any, look source.Lookup) endpoint.Result {
	n := obj.(named)
	b := source.NewBuilder(&endpoint.Origin{Source: "ingress", Ref: n.Ref, Created: n.Created}, source.Annotations{})
	for name, targets := range n.Names {
		b.PointResolved([]dnsname.Name{dnsname.Name(name)}, n.Ref, "status", targets, reason.New(reason.NoAddressYet, "no address"), look)
	}
	return b.Result()
}

func withFacts(t *testing.T, f func(*rig, *seer)) {
	in(t, func(r *rig) {
		o := newSeer()
		r.facts, r.eval = o, evalResolved
		f(r, o)
	})
}

// TestProofANameThatStopsResolvingIsHeld: whatever else happens, until it has addresses again, or the object is gone.
func TestProofANameThatStopsResolvingIsHeld(t *testing.T) {
	withFacts(t, func(r *rig, o *seer) {
		r.start()
		r.synced(delta("d/a", ask("a.example.com=lb.example.net")))
		r.want("example.com")
		o.tell("lb.example.net", "192.0.2.1 192.0.2.2 2001:db8::1")
		r.settle()
		published := []string{
			"a.example.com A 192.0.2.1 192.0.2.2", "x-a-a.example.com TXT me:d/a",
			"a.example.com AAAA 2001:db8::1", "x-aaaa-a.example.com TXT me:d/a",
		}
		r.want("example.com", slices.Clone(published)...)
		for _, gone := range []string{"A? AAAA?", "NX", ""} {
			o.tell("lb.example.net", gone)
			r.settle()
			time.Sleep(3 * time.Hour) // resyncs, too
			synctest.Wait()
			r.want("example.com", slices.Clone(published)...)
		}
		o.tell("lb.example.net", "192.0.2.3 AAAA?") // that family alone
		r.settle()
		r.want("example.com", "a.example.com A 192.0.2.3", "x-a-a.example.com TXT me:d/a", published[2], published[3])
		o.tell("lb.example.net", "192.0.2.3")
		r.settle()
		r.want("example.com", "a.example.com A 192.0.2.3", "x-a-a.example.com TXT me:d/a")
		o.tell("lb.example.net", "NX")
		r.put("d/a", nil)
		r.settle()
		r.want("example.com")
	})
}

// TestProofRestart: what hasn't been resolved yet is held.
func TestProofRestart(t *testing.T) {
	withFacts(t, func(r *rig, o *seer) {
		object := delta("d/a", ask("a.example.com=lb.example.net"))
		o.at[fact.OfHost("lb.example.net")] = resolved("192.0.2.1")
		r.start()
		r.synced(object)
		r.stop()
		delete(o.at, fact.OfHost("lb.example.net"))
		r.feed = make(feedtest.Script)
		r.start()
		r.synced(object)
		time.Sleep(3 * time.Hour)
		synctest.Wait()
		r.want("example.com", "a.example.com A 192.0.2.1", "x-a-a.example.com TXT me:d/a")
		if n := r.memory.Calls().Apply; n != 1 {
			t.Errorf("%d writes, want 1", n)
		}
	})
}

// TestHoldForAndFacts: --hold-for bounds the hold of a name that the resolver says isn't there, and no other.
func TestHoldForAndFacts(t *testing.T) {
	for gone, stays := range map[string]bool{"A? AAAA?": true, "NX": false} {
		withFacts(t, func(r *rig, o *seer) {
			r.guard = guard.Options{HoldFor: time.Hour, MaxDeletes: 1_000_000, MaxDeletePercent: 100, MaxUpdatePercent: 100}
			o.at[fact.OfHost("lb.example.net")] = resolved("192.0.2.1")
			r.start()
			r.synced(delta("d/a", ask("a.example.com=lb.example.net")))
			o.tell("lb.example.net", gone)
			time.Sleep(90 * time.Minute)
			r.settle()
			if got := len(r.zone("example.com")) > 0; got != stays {
				t.Errorf("%q: published after --hold-for: %v", gone, got)
			}
		})
	}
}

// TestDeltaAChangedAnswerDirtiesItsReaders, and nobody else, however many there are.
func TestDeltaAChangedAnswerDirtiesItsReaders(t *testing.T) {
	after := func(others int) (spent cost) {
		withFacts(t, func(r *rig, o *seer) {
			p := &counted{Flaky: r.flaky}
			r.provider = p
			ds := []feed.Delta{delta("d/a", ask("a.example.com=lb.example.net")), delta("d/b", ask("b.example.com=lb.example.net,192.0.2.9"))}
			for i := range others {
				ds = append(ds, delta(fmt.Sprintf("d/n%d", i), ask(fmt.Sprintf("n%d.example.com=n%d.example.net", i, i))))
				o.at[fact.OfHost(fmt.Sprintf("n%d.example.net", i))] = resolved("192.0.2.1")
			}
			o.at[fact.OfHost("lb.example.net")] = resolved("192.0.2.1")
			r.start()
			r.synced(ds...)
			r.settle()
			spent = r.spent(p, func() {
				o.tell("lb.example.net", "192.0.2.1") // the same
				o.tell("lb.example.net", "192.0.2.2")
			})
		})
		return spent
	}
	few, many := after(10), after(500)
	if diff := cmp.Diff(few, many); diff != "" || few != (cost{few.Desired, 2, few.Planned, 2, 1}) {
		t.Errorf("a changed answer costs %+v among ten names; among 500 (-ten +500):\n%s", few, diff)
	}
}

// TestQuietAFactIsWantedAsLongAsItIsRead: once for all readers.
func TestQuietAFactIsWantedAsLongAsItIsRead(t *testing.T) {
	withFacts(t, func(r *rig, o *seer) {
		r.start()
		r.synced(delta("d/a", ask("a.example.com=lb.example.net")), delta("d/b", ask("b.example.com=lb.example.net")))
		r.put("d/a", ask("a.example.com=lb.example.net", "c.example.com=lb.example.net"))
		r.put("d/a", nil)
		want := []string{"lb.example.net"}
		if diff := cmp.Diff(want, o.wanted()); diff != "" {
			t.Errorf("wanted (-want +got):\n%s", diff)
		}
		r.put("d/b", ask("b.example.com=mb.example.net"))
		r.put("d/b", nil)
		r.put("d/b", ask("b.example.com=lb.example.net"))
		want = append(want, "no lb.example.net", "mb.example.net", "no mb.example.net", "lb.example.net")
		if diff := cmp.Diff(want, o.wanted()); diff != "" {
			t.Errorf("wanted (-want +got):\n%s", diff)
		}
	})
}

// TestOnceWaitsForFacts, but not for ever: what hasn't come is held, and the decision says so.
func TestOnceWaitsForFacts(t *testing.T) {
	for name, tc := range map[string]struct {
		answer bool
		sets   int
		took   time.Duration // at least
		why    reason.Code   // of the name that is held
	}{
		"answered": {answer: true, sets: 2},
		"silent":   {took: 30 * time.Second, why: reason.FactPending},
	} {
		t.Run(name, func(t *testing.T) {
			var last reconcile.Settled
			var began, ended time.Time
			r, err := once(t, func(r *rig) {
				o := newSeer()
				if tc.answer {
					o.at[fact.OfHost("lb.example.net")] = resolved("192.0.2.1")
				}
				r.facts, r.eval = o, evalResolved
				began = time.Now()
				r.settled = func(s reconcile.Settled) { last, ended = s, time.Now() }
			}, feed.Event{Replace: true, State: feed.Synced, Deltas: []feed.Delta{delta("d/a", ask("a.example.com=lb.example.net"))}})
			if err != nil || len(r.zone("example.com")) != tc.sets {
				t.Errorf("%v; %q", err, r.zone("example.com"))
			}
			if took := ended.Sub(began); took < tc.took || took > tc.took+5*time.Second {
				t.Errorf("it took %v, want %v", took, tc.took)
			}
			held := slices.IndexFunc(last.Status.Names, func(n reconcile.Name) bool { return n.Verdict == change.Held && n.Reason.Code == tc.why })
			if (held >= 0) != (tc.why != "") {
				t.Errorf("decisions: %+v", last.Status.Names)
			}
		})
	}
}
