// SPDX-License-Identifier: Apache-2.0

//go:build linux

package bench

import (
	"context"
	"fmt"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/serve/r53emu"
)

const domain = "example.com"

// The requests a second that the emulated account allows, and how many may come at once: AWS documents a burst of 50.
const (
	rate  = 5
	burst = 50
)

// service is the emulated Route 53 with one zone, and a note of when what was applied.
type service struct {
	*r53emu.Server
	url, zone string

	mu          sync.Mutex // guards what follows
	at          map[string]applied
	first, last time.Time // batches
	throttled   int
}

// applied is an address that a name was given, and when.
type applied struct {
	address string
	at      time.Time
}

func newService(t testing.TB) *service {
	s := &service{at: make(map[string]applied)}
	s.Server = r53emu.New(r53emu.Options{Limits: r53emu.Limits{Sets: 1_000_000}, Rate: rate, Burst: burst, Log: s.note})
	s.zone = s.AddZone(domain, false)
	server := httptest.NewServer(s.Server)
	t.Cleanup(server.Close)
	s.url = server.URL
	return s
}

func (s *service) note(c r53emu.Call) {
	now := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	if c.Err != nil {
		if strings.Contains(c.Err.Error(), "Throttling") {
			s.throttled++
		}
		return
	}
	if c.Action != "ChangeResourceRecordSets" {
		return
	}
	if s.first.IsZero() {
		s.first = now
	}
	s.last = now
	for _, change := range c.Changes {
		if change.Set.Type == record.A && change.Action != r53emu.Delete && len(change.Set.Stored) == 1 {
			s.at[strings.TrimSuffix(string(change.Set.Name), ".")] = applied{change.Set.Stored[0], now}
		}
	}
}

// calls are the requests so far.
func (s *service) calls() calls {
	s.mu.Lock()
	throttled := s.throttled
	s.mu.Unlock()
	by := s.Calls()
	all := 0
	for _, n := range by {
		all += n
	}
	return calls{
		Writes: by["ChangeResourceRecordSets"], Confirms: by["GetChange"], Throttled: throttled,
		Reads: all - by["ChangeResourceRecordSets"] - by["GetChange"],
	}
}

// waitFor waits until a name has an address and returns when it was given. Before it was asked for is an error: then what is
// measured isn't a change.
func (s *service) waitFor(ctx context.Context, name, address string, asked time.Time) (time.Time, error) {
	var at time.Time
	err := poll(ctx, func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		at = s.at[name].at
		return s.at[name].address == address
	})
	if err != nil {
		return at, fmt.Errorf("wait until %s has the address %s: %w", name, address, err)
	}
	if at.Before(asked) {
		return at, fmt.Errorf("measure a change: %s had the address %s already", name, address)
	}
	return at, nil
}

// published waits until the zone has a record and a marker for each of n names, and returns how long that took from the first batch.
func (s *service) published(ctx context.Context, n int) (time.Duration, error) {
	const apex = 2 // NS and SOA
	err := poll(ctx, func() bool {
		z, ok := s.DB().Zone(s.zone)
		return ok && z.Len() == 2*n+apex
	})
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		return 0, fmt.Errorf("wait until %d names are published: %w", n, err)
	}
	return s.last.Sub(s.first), nil
}

// poll asks until the answer is yes. What is measured has a time of its own, so that how often is asked doesn't count.
func poll(ctx context.Context, done func() bool) error {
	const patience = 3 * time.Minute
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for !done() {
		if err := pause(ctx, 5*time.Millisecond); err != nil {
			return err
		}
	}
	return nil
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// calls are numbers of requests.
type calls struct{ Writes, Reads, Confirms, Throttled int }

func (c calls) minus(d calls) calls {
	return calls{c.Writes - d.Writes, c.Reads - d.Reads, c.Confirms - d.Confirms, c.Throttled - d.Throttled}
}

func (c calls) all() int { return c.Writes + c.Reads + c.Confirms }
