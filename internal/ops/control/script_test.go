// SPDX-License-Identifier: Apache-2.0

package control_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"nafuda.io/nafuda/internal/decide/guard"
	"nafuda.io/nafuda/internal/loop/reconcile"
	"nafuda.io/nafuda/internal/memory/journal"
	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/ops/control"
)

const hash = "0123456789abcdef"

func example() zone.Zone {
	return zone.Zone{Key: zone.Key{Provider: "aws", Account: "default", ID: "Z1"}, Name: "example.com"}
}

func gone() change.Change {
	return change.Change{
		Before:   &record.Set{Key: record.Key{Name: "a.example.com", Type: record.A}, TTL: 300, Values: []string{"192.0.2.1"}},
		Resource: "ingress/default/a", Why: reason.New(reason.NotAsked, "no object asks for it"),
	}
}

// scripted answers as a loop would. What it is asked for comes on asked.
type scripted struct {
	held  []reconcile.Braked
	fails error
	block chan struct{} // closed: go on
	asked chan string

	running, most atomic.Int32 // requests at once
}

func newScripted() *scripted {
	return &scripted{
		held:  []reconcile.Braked{{Zone: example(), Deletes: []change.Change{gone()}, Hash: hash, Why: []reason.Reason{reason.New(reason.NotAsked, "one of one")}}},
		asked: make(chan string, 100),
	}
}

func (s *scripted) ask(ctx context.Context, format string, args ...any) error {
	n := s.running.Add(1)
	defer s.running.Add(-1)
	for most := s.most.Load(); n > most && !s.most.CompareAndSwap(most, n); most = s.most.Load() {
	}
	s.asked <- fmt.Sprintf(format, args...)
	if s.block != nil {
		select {
		case <-s.block:
		case <-ctx.Done():
			return fmt.Errorf("ask the loop: %w", ctx.Err())
		}
	}
	return s.fails
}

func (s *scripted) Status(ctx context.Context) (reconcile.Status, error) {
	return reconcile.Status{
		Ready: true, Zones: []reconcile.Zone{{ID: "Z1", Name: "example.com", Read: true, Records: 2}},
		Names: []reconcile.Name{{Verdict: change.Held, Reason: reason.New(reason.NoAddressYet, "")}, {Verdict: change.Held, Reason: reason.New(reason.NoAddressYet, "")}},
	}, s.ask(ctx, "status")
}

func (s *scripted) Braked(ctx context.Context) ([]reconcile.Braked, error) {
	return s.held, s.ask(ctx, "braked")
}

func (s *scripted) Approve(ctx context.Context, hash string) (reconcile.Braked, error) {
	if err := s.ask(ctx, "approve %s", hash); err != nil {
		return reconcile.Braked{}, err
	}
	switch {
	case len(s.held) == 0:
		return reconcile.Braked{}, fmt.Errorf("approve: %w", guard.ErrNothingHeld)
	case s.held[0].Hash != hash:
		return reconcile.Braked{}, fmt.Errorf("approve: %w", guard.ErrOtherPlan)
	}
	return s.held[0], nil
}

func (s *scripted) PlanUndo(ctx context.Context, r reconcile.UndoRequest) (reconcile.Undoing, error) {
	return s.undoing(), s.ask(ctx, "plan %v %s %s", r.Entries, r.Since.Format(time.RFC3339Nano), r.Name)
}

func (s *scripted) Undo(ctx context.Context, r reconcile.UndoRequest, hash string) (reconcile.Undoing, error) {
	return s.undoing(), s.ask(ctx, "undo %v %s", r.Entries, hash)
}

func (s *scripted) undoing() reconcile.Undoing {
	return reconcile.Undoing{Entries: []journal.ID{7}, Hash: hash, Names: []reconcile.UndoneName{{
		Zone: example(), Name: "a.example.com", Changes: []change.Change{gone().Inverse()}, Later: []journal.ID{9},
		Decisions: []change.Decision{{Key: gone().Key(), Verdict: change.Held, Why: reason.New(reason.NotAsked, "why not")}},
	}}}
}

// elsewhere says that another replica has the lease.
func elsewhere(leader string) func() (string, bool) {
	return func() (string, bool) { return leader, true }
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// serve starts an instance at a path of its own, and returns the options that find it and what stops it.
func serve(t *testing.T, i control.Instance) (control.Options, func() error) {
	t.Helper()
	o := control.Options{Socket: filepath.Join(t.TempDir(), "c.sock")}
	return o, serveAt(t, o, i)
}

func serveAt(t *testing.T, o control.Options, i control.Instance) (stop func() error) {
	t.Helper()
	listeners, err := control.Listen(t.Context(), o, "", quiet())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- control.Serve(ctx, listeners, i) }()
	t.Cleanup(cancel)
	return func() error { cancel(); return <-done }
}

func client(t *testing.T, o control.Options) *control.Client {
	t.Helper()
	c, err := control.NewClient(o, "")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func is(t *testing.T, err, want error, why string) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%v, want %v: %s", err, want, why)
	}
}
