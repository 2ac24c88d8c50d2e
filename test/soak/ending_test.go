// SPDX-License-Identifier: Apache-2.0

//go:build linux

package soak

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"nafuda.io/nafuda/internal/app"
	"nafuda.io/nafuda/internal/memory/journal"
)

// converge ends the faults and waits until the zones are what the objects ask for. Then nothing is left to plan.
func (s *soak) converge(ctx context.Context) error {
	s.account.heal()
	s.churn.onlyChanges(true)
	if err := s.churn.calm(ctx); err != nil {
		return err
	}
	want, err := s.objects.expected(ctx)
	if err != nil {
		return err
	}
	c, begin := s.alone(), time.Now()
	err = poll(ctx, patience, func() error {
		diff := difference(want, s.account.audit.ours())
		if diff == "" {
			return nil
		}
		s.approve(ctx, &s.report.approvals[1]) // what a killed process was about to delete has been counted twice
		return errors.New("the zones aren't as the objects ask (-want +got):\n" + diff)
	})
	s.report.converged = time.Since(begin)
	s.stop(c)
	if err != nil {
		return err
	}
	out, log, code := s.program.run(ctx, slices.Concat([]string{"plan"}, s.program.flags, s.program.alone())...)
	if code != 0 {
		return fmt.Errorf("a plan of what is at rest ended with %d:\n%s\n%s", code, out, log)
	}
	return nil
}

// alone starts the one process that is left.
func (s *soak) alone() *child {
	s.t.Helper()
	c, err := s.program.start(s.t, owner, int(s.killer.kills.Add(1)), s.program.alone()...)
	if err != nil {
		s.t.Fatal(err)
	}
	s.killer.last = c
	return c
}

// stop ends a process that must still run.
func (s *soak) stop(c *child) {
	if c.ended() {
		s.killer.crashed = append(s.killer.crashed, c.tail())
	}
	s.report.slowestEnd = max(s.report.slowestEnd, c.stop())
}

// journal reads the journal, as a person does and in full, and looks for every batch that was applied.
func (s *soak) journal(ctx context.Context) error {
	out, log, code := s.program.run(ctx, "journal", "--state-dir="+s.program.stateDir, "--limit=1000", "-o", "json")
	if code != 0 || log != "" || !json.Valid([]byte(out)) {
		return fmt.Errorf("nafuda journal ended with %d: %s", code, log)
	}
	has := make(map[string]bool)
	for e, err := range journal.Read(app.JournalDir(s.program.stateDir), journal.Filter{}) {
		if err != nil {
			s.report.damaged++
			s.t.Errorf("the journal: %v", err)
			continue
		}
		s.report.entries++
		has[differenceOf(e)] = true
	}
	a := s.account.audit
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, e := range a.edits {
		if e.who == owner && !has[e.difference] {
			a.complain(&a.counts.unlisted, "undo: the journal doesn't have\n%s", e.difference)
		}
	}
	return nil
}

// differenceOf is what an entry changes, as the audit tells it.
func differenceOf(e journal.Entry) string {
	var lines []string
	for _, c := range e.Intent.Batch.Changes() {
		if c.Keeps() {
			continue
		}
		if c.Before != nil {
			lines = append(lines, "-"+text(*c.Before))
		}
		if c.After != nil {
			lines = append(lines, "+"+text(*c.After))
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// undo changes one object, and undoes the last entry of the journal.
func (s *soak) undo(ctx context.Context) error {
	c := s.alone()
	defer s.stop(c)
	before := s.account.audit.ours()
	i := slices.IndexFunc(s.churn.workers[0].apps, func(a *life) bool { return a.there })
	if i < 0 {
		return errors.New("no object is left")
	}
	a := s.churn.workers[0].apps[i]
	a.target = "192.0.2.200"
	if err := s.objects.put(ctx, a.object); err != nil {
		return err
	}
	changed := func() error {
		if slices.Equal(before, s.account.audit.ours()) {
			return errors.New("the change isn't published")
		}
		return nil
	}
	if err := poll(ctx, patience, changed); err != nil {
		return err
	}
	last := journal.ID(0)
	for e := range journal.Read(app.JournalDir(s.program.stateDir), journal.Filter{Name: a.hosts[0]}) {
		last = max(last, e.ID)
	}
	var said string
	err := poll(ctx, patience, func() error { // it says so while the entry isn't ended yet
		out, log, code := s.program.run(ctx, "undo", last.String(), "--yes", "--state-dir="+s.program.stateDir)
		if said = out + log; code != 0 {
			return fmt.Errorf("undo of entry %s ended with %d: %s", last, code, said)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return poll(ctx, patience, func() error {
		if diff := difference(before, s.account.audit.ours()); diff != "" {
			return fmt.Errorf("after the undo of entry %s (-want +got):\n%s\n%s", last, diff, said)
		}
		return nil
	})
}
