// SPDX-License-Identifier: Apache-2.0

//go:build linux

package soak

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
)

// patience is how long a phase may take for one thing: processes that live for three seconds need many tries.
const patience = 4 * time.Minute

// pause waits.
func pause(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

// changing has objects change while the program and the API server are killed.
func (s *soak) changing(ctx context.Context) error {
	s.stopKills = background(ctx, s.killer.run)
	s.t.Cleanup(func() { _ = s.stopKills() }) // before the test ends, whatever happens
	stop := background(ctx, s.churn.run)
	if err := s.putMany(ctx); err != nil {
		return errors.Join(err, stop())
	}
	restarts := 1 + int(*duration/(3*time.Minute))
	for range restarts {
		pause(ctx, *duration/time.Duration(restarts+1))
		s.cluster.Kill(s.t)
		pause(ctx, s.killer.mean) // at least one life without it
		s.cluster.Restart(s.t)
		s.report.restarts++
	}
	pause(ctx, *duration/time.Duration(restarts+1))
	err := s.untilKills(ctx, int64(*kills))
	return errors.Join(err, stop())
}

// putMany makes the objects that are deleted all at once later, and those that want what isn't theirs.
func (s *soak) putMany(ctx context.Context) error {
	all := s.many
	for i, name := range coveted() {
		all = append(all, object{name: fmt.Sprintf("covets-%d", i), hosts: []dnsname.Name{name}, target: "192.0.2.9"})
	}
	return s.each(ctx, all, func(ctx context.Context, a object) error {
		s.churn.ask(a.hosts...)
		return s.objects.put(ctx, a)
	})
}

// each does something for many objects, some of them at once.
func (s *soak) each(ctx context.Context, all []object, do func(context.Context, object) error) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(4)
	for _, a := range all {
		group.Go(func() error { return do(ctx, a) })
	}
	return group.Wait()
}

// untilKills waits until the program has been killed so often.
func (s *soak) untilKills(ctx context.Context, n int64) error {
	return poll(ctx, *duration+patience, func() error {
		if got := s.killer.kills.Load() - 1; got < n {
			return fmt.Errorf("killed %d times, want %d", got, n)
		}
		return nil
	})
}

// massDeletion deletes objects in two steps while the program is killed. The first is within the budget; the second wouldn't be if
// the first hadn't been forgotten, and is held until it is approved.
func (s *soak) massDeletion(ctx context.Context) error {
	few, rest := s.many[:s.limit/3], s.many[s.limit/3:][:s.limit]
	if err := s.published(ctx, s.many); err != nil {
		return err
	}
	if err := s.delete(ctx, few, true); err != nil {
		return err
	}
	if err := s.approveUntilGone(ctx, few, 30*time.Second); err != nil {
		return err
	}
	if err := s.delete(ctx, rest, false); err != nil { // names that are to stay: the audit sees each that goes
		return err
	}
	for range 2 {
		if err := s.held(ctx, len(rest)); err != nil {
			return err
		}
		if err := s.untilKills(ctx, s.killer.kills.Load()+2); err != nil {
			return err
		}
	}
	s.churn.loosen(rest)
	return s.approveUntilGone(ctx, rest, 0)
}

func (s *soak) delete(ctx context.Context, apps []object, may bool) error {
	if may {
		s.churn.loosen(apps)
	}
	return s.each(ctx, apps, func(ctx context.Context, a object) error { return s.objects.remove(ctx, a.name) })
}

// count is how many of the objects' names are published.
func (s *soak) count(apps []object) int {
	ours := strings.Join(s.account.audit.ours(), "\n")
	n := 0
	for _, a := range apps {
		if strings.Contains("\n"+ours, "\n"+string(a.hosts[0])+" "+string(record.A)) {
			n++
		}
	}
	return n
}

func (s *soak) published(ctx context.Context, apps []object) error {
	return poll(ctx, patience, func() error {
		if n := s.count(apps); n < len(apps) {
			return fmt.Errorf("%d of %d names are published", n, len(apps))
		}
		return nil
	})
}

// held waits until the running process says that it holds so many deletes in the zone of the mass deletion.
func (s *soak) held(ctx context.Context, n int) error {
	want := fmt.Sprintf("(%s): %d deletes held", s.zone("many.example.org"), n)
	return poll(ctx, patience, func() error {
		out, log, code := s.program.run(ctx, "approve", "--zone=many.example.org", "--state-dir="+s.program.stateDir)
		if code != 2 || !strings.Contains(out, want) {
			return fmt.Errorf("want %q, got exit status %d: %.500s %s", want, code, out, log)
		}
		return nil
	})
}

func (s *soak) zone(name dnsname.Name) string {
	for _, z := range s.account.DB().Zones() {
		if z.Name == name {
			return z.ID
		}
	}
	return "none"
}

// approveUntilGone approves what is held until the names are gone: what was approved is forgotten with the process. It begins with
// that after a while.
func (s *soak) approveUntilGone(ctx context.Context, apps []object, after time.Duration) error {
	begin := time.Now()
	return poll(ctx, patience, func() error {
		n := s.count(apps)
		if n == 0 {
			return nil
		}
		said := ""
		if time.Since(begin) > after {
			said = s.approve(ctx, &s.report.approvals[0], "--zone=many.example.org")
		}
		return fmt.Errorf("%d of %d names are still there: %s", n, len(apps), said)
	})
}

// approve releases what is held, if a process hears it, and counts the zones.
func (s *soak) approve(ctx context.Context, counter *int, more ...string) string {
	out, log, _ := s.program.run(ctx, append([]string{"approve", "--yes", "--state-dir=" + s.program.stateDir}, more...)...)
	*counter += strings.Count(out, "Released ")
	return out + log
}

// endKills ends the killer.
func (s *soak) endKills(context.Context) error {
	err := s.stopKills()
	s.report.killed += s.killer.kills.Load()
	return err
}
