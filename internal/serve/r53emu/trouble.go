// SPDX-License-Identifier: Apache-2.0

package r53emu

import (
	"context"
	"net/http"
	"slices"
	"time"
)

// Fault is something that goes wrong with a request. Its parts are done in the order of its fields. Go's client sends a GET again
// by itself when a connection that it has used before is closed.
type Fault struct {
	Delay      time.Duration // waits; not by Options.Now
	Drop       bool          // closes the connection, nothing done
	Err        *Error        // answers this, nothing done
	LoseAnswer bool          // does what is asked and closes the connection
}

// Unavailable is the fault of a service that is down for a moment.
func Unavailable() Fault {
	return Fault{Err: &Error{http.StatusServiceUnavailable, "ServiceUnavailable", "Service is temporarily unavailable."}}
}

// Throttled is the fault of a rate that other clients of the account have used up.
func Throttled() Fault { return Fault{Err: throttled()} }

type planned struct {
	action string
	times  int
	fault  Fault
}

// Fail has the next requests of an action (any, if it is empty) meet a fault, so many times; negative is without end. Faults
// planned for one action come in the order of the calls.
func (s *Server) Fail(action string, times int, f Fault) {
	if times == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, planned{action, times, f})
}

// Heal forgets the faults that are still to come.
func (s *Server) Heal() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

func (s *Server) takeFault(action string) (Fault, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.faults, func(p planned) bool { return p.action == "" || p.action == action })
	if i < 0 {
		return Fault{}, false
	}
	f := s.faults[i].fault
	if s.faults[i].times--; s.faults[i].times == 0 {
		s.faults = slices.Delete(s.faults, i, i+1)
	}
	return f, true
}

func (f Fault) before(ctx context.Context) error {
	if f.Delay > 0 {
		select {
		case <-time.After(f.Delay):
		case <-ctx.Done():
			return errDropped
		}
	}
	switch {
	case f.Drop:
		return errDropped
	case f.Err != nil:
		return f.Err
	}
	return nil
}

// bucket is the token bucket of the account (throttling-api-requests).
type bucket struct {
	rate, burst, tokens float64
	at                  time.Time
}

func newBucket(o Options, now time.Time) bucket {
	burst := float64(o.Burst)
	if burst == 0 {
		burst = max(o.Rate, 1)
	}
	return bucket{rate: o.Rate, burst: burst, tokens: burst, at: now}
}

// take takes a token for a request; false means that the account is throttled.
func (s *Server) take() bool {
	if s.opts.Rate == 0 {
		return true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	b, now := &s.bucket, s.opts.Now()
	b.tokens = min(b.burst, b.tokens+b.rate*now.Sub(b.at).Seconds())
	b.at = now
	if b.tokens < 1 {
		return false
	}
	b.tokens--
	return true
}
