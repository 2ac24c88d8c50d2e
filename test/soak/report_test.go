// SPDX-License-Identifier: Apache-2.0

//go:build linux

package soak

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// report is what the test has done and found beside what its parts count.
type report struct {
	begun      time.Time
	killed     int64  // times, all processes
	restarts   int    // of the API server
	leaders    int    // killed
	approvals  [2]int // of the mass deletion, and of what was counted twice
	entries    int    // of the journal
	damaged    int
	converged  time.Duration
	slowestEnd time.Duration // after SIGTERM
}

// print prints the table and fails where something isn't zero that must be.
func (s *soak) print() {
	s.t.Helper()
	a := s.account.audit
	a.mu.Lock()
	defer a.mu.Unlock()
	who, overlaps := s.account.writers()
	a.counts.overlaps, a.counts.crashes = overlaps, len(s.killer.crashed)
	s.account.mu.Lock()
	defer s.account.mu.Unlock()
	foreign := 0
	for _, z := range a.zones {
		foreign += len(z.foreign)
	}
	c, r := a.counts, s.report
	var out strings.Builder
	row := func(what string, n any, more ...any) {
		fmt.Fprintf(&out, "%-42s %10v %s\n", what, n, fmt.Sprint(more...))
	}
	row("seed", *seed)
	row("took", time.Since(r.begun).Round(time.Second))
	row("writes to the API server", s.objects.writes.Load())
	row("names asked for over time", len(s.churn.asked))
	row("record sets made, changed, deleted", c.changes)
	row("calls", s.account.calls)
	row("batches, tried / applied", fmt.Sprintf("%d / %d", s.account.attempts, len(a.edits)))
	for _, kind := range slices.Sorted(maps.Keys(s.account.fired)) {
		row("faults: "+kind, s.account.fired[kind])
	}
	row("kills", r.killed)
	row("  of them leaders", r.leaders, "(", len(who), " turns)")
	row("API server killed and restarted", r.restarts)
	row("approvals: mass deletion / counted twice", fmt.Sprintf("%d / %d", r.approvals[0], r.approvals[1]))
	row("journal entries / damaged", fmt.Sprintf("%d / %d", r.entries, r.damaged))
	row("time to converge without faults", r.converged.Round(10*time.Millisecond))
	row("longest end after SIGTERM", r.slowestEnd.Round(10*time.Millisecond))
	row("record sets that aren't ours / changed", fmt.Sprintf("%d / %d", foreign, c.foreign))
	row("  edits of them sent", c.touched)
	row("blind writes sent", c.upserts)
	row("orphans: record sets without marker", c.orphans)
	row("markers without record set", c.alone)
	row("lost", c.lost)
	row("batches that the journal doesn't have", c.unlisted)
	row("batches of two replicas at once", c.overlaps)
	row("ends of the program by itself", c.crashes)
	fmt.Print("\n" + out.String() + "\n")
	for _, what := range a.what {
		s.t.Errorf("%s", what)
	}
	if bad := c.bad() + r.damaged; bad > 0 {
		s.t.Errorf("%d things that must not be", bad)
	}
	for _, log := range s.killer.crashed {
		s.t.Logf("the program ended by itself:\n%s", log)
	}
}
