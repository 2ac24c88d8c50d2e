// SPDX-License-Identifier: Apache-2.0

// Package limiter spreads calls of one account over time: a token bucket that slows down when the service says so.
package limiter

import (
	"context"
	"time"
)

// Priority orders callers that wait at the same time.
type Priority bool

// The priorities.
const (
	User       Priority = true  // a change that a person waits for
	Background Priority = false // reads
)

const (
	slowest = 0.2 // calls a second, however often the service throttles
	creep   = 20  // calls that succeed until the rate has risen from nothing to what New was given
)

// Limiter hands out calls. Its methods may be called from several goroutines; Run must be running.
type Limiter struct {
	rate, burst float64
	user, rest  chan struct{}
	feedback    chan bool
}

// New returns a limiter of rate calls a second, more than 0, of which burst, at least 1, may come at once.
func New(rate float64, burst int) *Limiter {
	return &Limiter{rate: rate, burst: float64(burst), user: make(chan struct{}), rest: make(chan struct{}), feedback: make(chan bool)}
}

// Wait returns when a call may be made, or with the context's error.
func (l *Limiter) Wait(ctx context.Context, p Priority) error {
	queue := l.rest
	if p == User {
		queue = l.user
	}
	select {
	case <-queue:
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
	for ctx.Err() == nil {
		user, rest := l.user, l.rest
		var ready <-chan time.Time
		if wait := b.wait(time.Now()); wait > 0 {
			user, rest, ready = nil, nil, time.After(wait)
		}
		select { // a person first
		case user <- struct{}{}:
			b.take(time.Now())
			continue
		default:
		}
		select {
		case user <- struct{}{}:
			b.take(time.Now())
		case rest <- struct{}{}:
			b.take(time.Now())
		case throttled := <-l.feedback:
			b.report(throttled)
		case <-ready:
		case <-ctx.Done():
		}
	}
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
