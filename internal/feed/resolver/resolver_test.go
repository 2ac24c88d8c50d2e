// SPDX-License-Identifier: Apache-2.0

package resolver

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"nafuda.io/nafuda/internal/model/fact"
	"nafuda.io/nafuda/internal/model/reason"
)

// book is a made-up resolver. A host that isn't in it doesn't exist; one without an answer doesn't answer.
type book struct {
	mu    sync.Mutex
	hosts map[string]string
	mute  map[string]bool
	asked []time.Time // for IPv4
	now   int         // questions under way
	most  int
}

func (b *book) set(host, addresses string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.hosts == nil {
		b.hosts = make(map[string]string)
	}
	b.hosts[host+"."] = addresses
}

// silence makes hosts hang, and no others.
func (b *book) silence(hosts ...string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.mute = make(map[string]bool)
	for _, h := range hosts {
		b.mute[h+"."] = true
	}
}

// questions are the times of those for IPv4, and how many of both families were under way at most.
func (b *book) questions() (at []time.Time, most int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.asked), b.most
}

func hosts(n int) (out []string) {
	for i := range n {
		out = append(out, fmt.Sprintf("h%d.example.net", i))
	}
	return out
}

func (b *book) lookup(ctx context.Context, network, host string) ([]netip.Addr, error) {
	b.mu.Lock()
	if network == "ip4" {
		b.asked = append(b.asked, time.Now())
	}
	b.now++
	b.most = max(b.most, b.now)
	mute := b.mute[host]
	found, there := b.hosts[host]
	b.mu.Unlock()
	defer func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.now--
	}()
	if mute {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	if !there || network == "ip6" {
		return nil, &net.DNSError{Err: "no such host", IsNotFound: true}
	}
	return addrs(found), nil
}

// bench runs a resolver in a bubble.
type bench struct {
	book book
	want chan fact.Want
	out  chan fact.News
}

func in(t *testing.T, f func(*bench)) {
	synctest.Test(t, func(t *testing.T) {
		b := &bench{want: make(chan fact.Want), out: make(chan fact.News)}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- New(b.book.lookup).Run(ctx, b.want, b.out) }()
		f(b)
		cancel()
		if err := <-done; err == nil {
			t.Error("it ended without the context's error")
		}
	})
}

func (b *bench) ask(host string) { b.want <- fact.Want{Key: fact.OfHost(host)} }

func (b *bench) drop(host string) { b.want <- fact.Want{Key: fact.OfHost(host), Drop: true} }

// news is all that is said within a time.
func (b *bench) news(d time.Duration) (out []string) {
	end := time.After(d)
	for {
		select {
		case n := <-b.out:
			out = append(out, n.Key.Name+" "+show(n.Value))
		case <-end:
			return out
		}
	}
}

func check(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("told %q, want %q", got, want)
	}
}

func TestDeltaOnlyChangesAreTold(t *testing.T) {
	in(t, func(b *bench) {
		b.book.set("a.example.net", "192.0.2.1")
		b.ask("a.example.net")
		check(t, b.news(10*time.Minute), "a.example.net [192.0.2.1] []")
		b.book.set("a.example.net", "192.0.2.2")
		check(t, b.news(time.Minute), "a.example.net [192.0.2.1 192.0.2.2] []")
		check(t, b.news(5*time.Minute), "a.example.net [192.0.2.2] []")
	})
}

func TestPauses(t *testing.T) {
	in(t, func(b *bench) {
		b.book.set("a.example.net", "192.0.2.1")
		b.ask("a.example.net")
		b.news(time.Hour)
		gaps := make(map[time.Duration]bool)
		asked, _ := b.book.questions()
		for i, at := range asked[1:] {
			gap := at.Sub(asked[i])
			gaps[gap] = true
			if gap < shortestPause || gap > longestPause {
				t.Errorf("question %d comes after %v", i, gap)
			}
		}
		if len(gaps) < 10 {
			t.Errorf("%d different pauses: they don't vary", len(gaps))
		}
	})
}

// TestAliveAHostThatFailsIsAskedLessAndLess: and is known soon after it comes back.
func TestAliveAHostThatFailsIsAskedLessAndLess(t *testing.T) {
	in(t, func(b *bench) {
		b.ask("a.example.net")
		check(t, b.news(time.Hour), "a.example.net HostNotFound HostNotFound")
		asked, _ := b.book.questions()
		end := len(asked) - 1
		first, last := asked[1].Sub(asked[0]), asked[end].Sub(asked[end-1])
		if first > firstRetry || last < longestRetry/2 || last > longestRetry {
			t.Errorf("the first pause is %v, the last %v", first, last)
		}
		b.book.set("a.example.net", "192.0.2.1")
		check(t, b.news(longestRetry), "a.example.net [192.0.2.1] []")
	})
}

// TestProofAHostThatStopsResolvingIsUnknown, and what it had isn't gone when it comes back with a part of it.
func TestProofAHostThatStopsResolvingIsUnknown(t *testing.T) {
	in(t, func(b *bench) {
		b.book.set("a.example.net", "192.0.2.1 192.0.2.2")
		b.ask("a.example.net")
		b.news(time.Second)
		b.book.silence("a.example.net")
		check(t, b.news(20*time.Minute), "a.example.net HostNotResolved HostNotResolved")
		b.book.set("a.example.net", "192.0.2.2")
		b.book.silence()
		check(t, b.news(6 * time.Minute)[:1], "a.example.net [192.0.2.1 192.0.2.2] []")
	})
}

// TestApartAHostThatHangsDelaysNoOther as long as there is a place, and each is told about within a bounded time.
func TestApartAHostThatHangsDelaysNoOther(t *testing.T) {
	in(t, func(b *bench) {
		b.book.silence(hosts(inFlight - 1)...)
		b.book.set("a.example.net", "192.0.2.1")
		for _, h := range hosts(inFlight - 1) {
			b.ask(h)
		}
		b.ask("a.example.net")
		check(t, b.news(time.Second), "a.example.net [192.0.2.1] []")
		if n := len(b.news(2 * timeout)); n != inFlight-1 {
			t.Errorf("%d of the others are told about", n)
		}
	})
}

func TestBounded(t *testing.T) {
	in(t, func(b *bench) {
		b.book.silence(hosts(3 * inFlight)...)
		for _, h := range hosts(3 * inFlight) {
			b.ask(h)
		}
		n := len(b.news(3*2*timeout + time.Second))
		if _, most := b.book.questions(); n != 3*inFlight || most != inFlight {
			t.Errorf("%d told about, %d at a time; want %d and %d", n, most, 3*inFlight, inFlight)
		}
	})
}

func TestMostHosts(t *testing.T) {
	in(t, func(b *bench) {
		go b.news(time.Second)
		for _, h := range hosts(mostHosts) {
			b.ask(h)
		}
		b.news(5 * time.Second)
		b.ask("one-more.example.net")
		n := <-b.out
		for n.Key.Name != "one-more.example.net" {
			n = <-b.out
		}
		if n.Value.V4.Why.Code != reason.HostUnknown {
			t.Errorf("one more is %s", show(n.Value))
		}
	})
}

func TestDropped(t *testing.T) {
	in(t, func(b *bench) {
		b.book.set("a.example.net", "192.0.2.1")
		b.ask("a.example.net")
		b.news(time.Second)
		b.drop("a.example.net")
		b.drop("never-asked.example.net")
		before, _ := b.book.questions()
		b.book.set("a.example.net", "192.0.2.2")
		check(t, b.news(time.Hour))
		if after, _ := b.book.questions(); len(after) != len(before) {
			t.Error("nobody reads it, and it is asked for")
		}
		b.ask("a.example.net") // from scratch: what it had before is forgotten
		check(t, b.news(time.Hour), "a.example.net [192.0.2.2] []")
	})
}

// TestDroppedWhileItIsTold: what waits to be told doesn't come after the end.
func TestDroppedWhileItIsTold(t *testing.T) {
	in(t, func(b *bench) {
		b.book.set("a.example.net", "192.0.2.1")
		b.ask("a.example.net")
		synctest.Wait()
		b.drop("a.example.net")
		check(t, b.news(time.Hour))
	})
}

func TestOtherFactsAreUnknown(t *testing.T) {
	in(t, func(b *bench) {
		b.want <- fact.Want{Key: fact.Key{Kind: "moon", Name: "phase"}}
		check(t, b.news(time.Hour), "phase FactPending FactPending")
	})
}
