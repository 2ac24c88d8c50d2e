// SPDX-License-Identifier: Apache-2.0

//go:build linux

package soak

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/test/kube"
)

var (
	duration  = flag.Duration("duration", 40*time.Second, "how long objects change while the program is killed")
	kills     = flag.Int("kills", 12, "how often the program is killed at least")
	ingresses = flag.Int("ingresses", 150, "how many Ingresses there are")
	seed      = flag.Uint64("seed", 0, "where the dice begin; 0: anywhere")
	races     = flag.Bool("races", false, "build the program with the race detector, which ends it at the first race")
)

// soak is what the phases share.
type soak struct {
	t       *testing.T
	cluster *kube.Cluster
	account *account
	objects *objects
	churn   *churn
	program *program
	killer  *killer
	many    []object // of the mass deletion
	limit   int      // --max-deletes
	report  report

	stopKills func() error
}

// TestSoak kills the program and its API server while objects come, change and go and the service fails: nothing is lost, nothing
// that isn't ours is touched, and in the end everything is as the objects ask.
func TestSoak(t *testing.T) {
	s := newSoak(t)
	s.step("objects change", s.changing)
	s.step("many objects go at once", s.massDeletion)
	s.step("the last kill", s.endKills)
	s.step("two replicas take turns", s.replicas)
	s.step("the service is well again", s.converge)
	s.step("the journal is read", s.journal)
	s.step("a change is undone", s.undo)
	s.print()
}

func newSoak(t *testing.T) *soak {
	if *seed == 0 {
		*seed = rand.Uint64N(1 << 32)
	}
	t.Logf("-seed=%d", *seed)
	s := &soak{t: t, cluster: kube.Start(t)}
	s.report.begun = time.Now()
	s.account = newAccount(t, *seed)
	s.objects = newObjects(t, s.cluster)
	// A fresh state allows --max-deletes names of a zone in the first hour. Churn takes a quarter of it: what a process was about to
	// delete when it was killed counts twice. The mass deletion takes a third, and then all of it once more.
	s.limit = *ingresses * 30 / 100
	for i := range s.limit/3 + s.limit + 5 {
		s.many = append(s.many, object{name: fmt.Sprintf("many-%05d", i), hosts: []dnsname.Name{dnsname.Name(fmt.Sprintf("many-%05d.many.example.org", i))}, target: "192.0.2.1"})
	}
	s.churn = newChurn(s.objects, *ingresses-len(s.many), s.limit/4, *seed)
	fill(t, s.account.Server)
	s.account.audit = newAudit(s.account.DB(), s.churn.stays)
	s.program = newProgram(t, s.account.url, s.cluster.Kubeconfig, s.limit)
	s.killer = &killer{
		t: t, program: s.program, account: s.account, dice: rand.New(rand.NewPCG(*seed, 2)), mean: *duration / time.Duration(*kills),
	}
	return s
}

// step does a phase, and ends the test where it can't be ended.
func (s *soak) step(name string, phase func(context.Context) error) {
	s.t.Helper()
	s.t.Logf("%6.1f s: %s", time.Since(s.report.begun).Seconds(), name)
	err := phase(s.t.Context())
	if err == nil {
		return
	}
	s.print()
	if s.killer.last != nil {
		s.t.Logf("the end of the last log:\n%s", s.killer.last.tail())
	}
	s.t.Fatalf("%s: %v", name, err)
}

// poll waits until done says nothing, for at most so long.
func poll(ctx context.Context, longest time.Duration, done func() error) error {
	late := time.After(longest)
	for {
		err := done()
		if err == nil {
			return nil
		}
		select {
		case <-time.After(200 * time.Millisecond):
		case <-late:
			return err
		case <-ctx.Done():
			return errors.Join(ctx.Err(), err)
		}
	}
}

// background runs something until it is stopped.
func background(ctx context.Context, run func(context.Context) error) (stop func() error) {
	ctx, cancel := context.WithCancel(ctx)
	var group errgroup.Group
	group.Go(func() error { return run(ctx) })
	return func() error {
		cancel()
		return group.Wait()
	}
}
