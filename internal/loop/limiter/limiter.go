// SPDX-License-Identifier: Apache-2.0

// Package limiter spreads calls of one account over time: a token bucket that slows down when the service says so.
package limiter

import (
	"context"
	"time"
)

// Priority orders callers that wait at the same time.
type Priority int

// The priorities, the last first.
const (
	Background Priority = iota // reads
	Approved                   // changes that a person has looked at and released: many, and none of them urgent
	User                       // a change that a person waits for
	priorities
)

const (
	slowest = 0.2 // calls a second, however often the service throttles
	creep   = 20  // calls that succeed until the rate has risen from nothing to what New was given
)

// Limiter hands out calls. Its methods may be called from several goroutines; Run must be running.
type Limiter struct {
	rate, burst float64
	queues      [priorities]chan struct{}
	feedback    chan bool
}

// New returns a limiter of rate calls a second, more than 0, of which burst, at least 1, may come at once.
func New(rate float64, burst int) *Limiter {
	l := &Limiter{rate: rate, burst: float64(burst), feedback: make(chan bool)}
	for p := range l.queues {
		l.queues[p] = make(chan struct{})
	}
	return l
}

// Wait returns when a call may be made, or with the context's error.
func (l *Limiter) Wait(ctx context.Context, p Priority) error {
	select {
	case <-l.queues[p]:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Report tells how a call went: throttled halves the rate, anything else raises it slowly up to what New was given.
func (l *Limiter) Report(ctx context.Context, throttled bool) {
	select {
	case l.feedback <- throttled:
	case <-ctx.Done():
	}
}

// Run serves until the context ends.
func (l *Limiter) Run(ctx context.Context) {
	b := bucket{rate: l.rate, top: l.rate, burst: l.burst, tokens: l.burst, at: time.Now()}
	for turn := 0; ctx.Err() == nil; {
		queues := l.queues
		var ready <-chan time.Time
		if wait := b.wait(time.Now()); wait > 0 {
			queues = [priorities]chan struct{}{}
			ready = time.After(wait)
		}
		if first(queues, b.rate < b.top && turn%share == share-1) {
			turn++
			b.take(time.Now())
			continue
		}
		select {
		case queues[User] <- struct{}{}:
			b.take(time.Now())
		case queues[Approved] <- struct{}{}:
			b.take(time.Now())
		case queues[Background] <- struct{}{}:
			b.take(time.Now())
		case throttled := <-l.feedback:
			b.report(throttled)
		case <-ready:
		case <-ctx.Done():
		}
	}
}

// share is of how many calls one goes to the least urgent while the service throttles, so that changes which are throttled again and again can't starve reads.
const share = 4

// first serves the most urgent of those who wait already, or the least urgent.
func first(queues [priorities]chan struct{}, least bool) bool {
	for p := User; p >= Background; p-- {
		q := p
		if least {
			q = User - p
		}
		select {
		case queues[q] <- struct{}{}:
			return true
		default:
		}
	}
	return false
}

// bucket is the state of a token bucket whose rate adapts: additive increase, multiplicative decrease.
type bucket struct {
	rate, top, burst, tokens float64
	at                       time.Time
}

// wait refills the bucket and returns how long it takes until there is a token.
func (b *bucket) wait(now time.Time) time.Duration {
	b.tokens = min(b.burst, b.tokens+b.rate*now.Sub(b.at).Seconds())
	b.at = now
	if b.tokens >= 1 {
		return 0
	}
	return time.Duration((1-b.tokens)/b.rate*float64(time.Second)) + time.Nanosecond
}

// take takes a token. What has come in while nobody asked is counted first, so that it can't add to a full bucket.
func (b *bucket) take(now time.Time) {
	b.wait(now)
	b.tokens--
}

func (b *bucket) report(throttled bool) {
	if throttled {
		b.rate = min(b.top, max(slowest, b.rate/2))
		b.tokens = min(b.tokens, 0)
		return
	}
	b.rate = min(b.top, b.rate+b.top/creep)
}
