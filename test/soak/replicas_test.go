// SPDX-License-Identifier: Apache-2.0

//go:build linux

package soak

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// replicas has two processes take turns while objects change: the leader is killed, the other takes over.
func (s *soak) replicas(ctx context.Context) error {
	s.churn.onlyChanges(true) // the first hour's budget is small for a Lease that is new
	s.account.slow(300 * time.Millisecond)
	defer s.account.slow(0)
	stop := background(ctx, s.churn.run)
	err := s.takeTurns(ctx)
	return errors.Join(err, stop())
}

func (s *soak) takeTurns(ctx context.Context) error {
	var children []*child
	number := 0
	start := func(who string) error {
		number++
		c, err := s.program.start(s.t, who, number, "--leader-elect=true", "--lease-name=soak", "--lease-namespace=default", "--control-socket=none")
		children = append(children, c)
		return err
	}
	if err := errors.Join(start("LEFT"), start("RIGHT")); err != nil {
		return err
	}
	leader, err := s.otherThan(ctx, owner)
	if err != nil {
		return err
	}
	for range 1 + int(*duration/(2*time.Minute)) {
		if err := s.moreBatches(ctx); err != nil {
			return err
		}
		for i, c := range children {
			if c.who == leader && !c.ended() {
				children[i].kill()
				s.report.leaders++
				s.report.killed++
			}
		}
		next, err := s.otherThan(ctx, leader)
		if err != nil {
			return err
		}
		if err := start(leader); err != nil {
			return err
		}
		leader = next
	}
	if err := s.moreBatches(ctx); err != nil {
		return err
	}
	for _, c := range children {
		s.report.slowestEnd = max(s.report.slowestEnd, c.stop())
	}
	return nil
}

// otherThan waits until someone else writes, and returns who.
func (s *soak) otherThan(ctx context.Context, who string) (string, error) {
	var last string
	err := poll(ctx, patience, func() error {
		writers, _ := s.account.writers()
		if last = writers[len(writers)-1]; last == who {
			return fmt.Errorf("only %s writes", who)
		}
		return nil
	})
	return last, err
}

// moreBatches waits for some batches: a second replica that isn't held back would begin some of them too.
func (s *soak) moreBatches(ctx context.Context) error {
	const some = 10
	begun := s.account.batches()
	return poll(ctx, patience, func() error {
		if n := s.account.batches() - begun; n < some {
			return fmt.Errorf("%d batches, want %d", n, some)
		}
		return nil
	})
}
