// SPDX-License-Identifier: Apache-2.0

package control_test

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"nafuda.io/nafuda/internal/decide/guard"
	"nafuda.io/nafuda/internal/loop/reconcile"
	"nafuda.io/nafuda/internal/memory/journal"
	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/ops/control"
	"nafuda.io/nafuda/internal/ops/report"
	"nafuda.io/nafuda/internal/wan"
)

// somewhere is a public address that is known, and one that isn't.
func somewhere() []wan.State {
	a := netip.MustParseAddr("192.0.2.7")
	return []wan.State{
		{Family: wan.V4, Verdict: wan.Verdict{Addr: a}, Said: []wan.Said{{By: wan.Source{Kind: wan.STUN, Operator: "a"}, Addrs: []netip.Addr{a}, Class: wan.Public}}},
		{Family: wan.V6, Verdict: wan.Verdict{Why: reason.New(reason.WANUnknown, "nobody answers")}},
	}
}

func TestCalls(t *testing.T) {
	loop := newScripted()
	o, stop := serve(t, control.Instance{Loop: loop, Version: "v1", WAN: somewhere, Why: func(_ context.Context, of, view string) (any, error) {
		return map[string]string{"of": of, "view": view}, nil
	}})
	c, ctx := client(t, o), t.Context()
	s, err := c.Status(ctx)
	if err != nil || !s.Ready || s.Version != "v1" || s.Standby || len(s.Zones) != 1 || len(s.Brakes) != 1 || s.Brakes[0].Deletes != 1 {
		t.Errorf("status %+v, %v", s, err)
	}
	if diff := cmp.Diff([]report.NameCount{{What: change.Held, Reason: "NoAddressYet", N: 2}}, s.Names); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
	if w := s.WAN; len(w) != 2 || w[0].Address.String() != "192.0.2.7" || w[0].Methods[0].Operator != "a" || w[0].Methods[0].Said[0] != w[0].Address || w[1].Why.Code != reason.WANUnknown {
		t.Errorf("the public address is %+v", w)
	}
	held, err := c.Held(ctx)
	if err != nil || len(held) != 1 || held[0].Hash != hash || len(held[0].Deletes) != 1 || held[0].Deletes[0].Name != "a.example.com" {
		t.Errorf("held %+v, %v", held, err)
	}
	if h, err := c.Approve(ctx, hash); err != nil || h.Hash != hash {
		t.Errorf("approve %+v, %v", h, err)
	}
	_, err = c.Approve(ctx, "ffff")
	is(t, err, guard.ErrOtherPlan, "another plan is held")
	since := time.Date(2026, 11, 23, 14, 0, 0, 5, time.UTC)
	for _, r := range []reconcile.UndoRequest{{Entries: []journal.ID{9, 7, 7}}, {Since: since}, {Name: "a.example.com"}} {
		u, err := c.PlanUndo(ctx, r)
		if err != nil || len(u.Names) != 1 || u.Names[0].Changes[0].Action != change.Create || len(u.Names[0].Against) != 1 {
			t.Errorf("plan of an undo %+v, %v", u, err)
		}
	}
	if u, err := c.Undo(ctx, reconcile.UndoRequest{Entries: []journal.ID{7}}, hash); err != nil || u.Hash != hash {
		t.Errorf("undo %+v, %v", u, err)
	}
	if text, err := c.Why(ctx, "ingress/default/a&b", "lan"); err != nil || string(text) != `{"of":"ingress/default/a\u0026b","view":"lan"}` {
		t.Errorf("why %s, %v", text, err)
	}
	close(loop.asked)
	var asked []string
	for a := range loop.asked {
		asked = append(asked, a)
	}
	want := []string{
		"status", "braked", "braked", "approve " + hash, "approve ffff", "plan [7 9] 0001-01-01T00:00:00Z ", "plan [] 2026-11-23T14:00:00.000000005Z ",
		"plan [] 0001-01-01T00:00:00Z a.example.com", "undo [7] " + hash,
	}
	if diff := cmp.Diff(want, asked); diff != "" {
		t.Errorf("asked of the loop (-want +got):\n%s", diff)
	}
	if err := stop(); err != nil {
		t.Errorf("stop: %v", err)
	}
}

func TestJournal(t *testing.T) {
	j, err := journal.Open("", journal.Options{})
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 11, 23, 14, 0, 0, 0, time.UTC)
	for i := range 30 {
		other := gone()
		set := *other.Before
		set.Name = "b.example.com"
		other.Before = &set
		groups := []change.Group{{Name: "a.example.com", Changes: []change.Change{gone()}}, {Name: "b.example.com", Changes: []change.Change{other}}}
		if i == 3 {
			groups = groups[1:]
		}
		id, err := j.Begin(journal.Intent{Time: at.Add(time.Duration(i) * time.Minute), Zone: example().Key, ZoneName: "example.com", Batch: change.Batch{Groups: groups}})
		if err != nil {
			t.Fatal(err)
		}
		if i%2 == 0 {
			if err := j.End(id, journal.Outcome{Time: at, State: journal.Applied, Receipt: "C1"}); err != nil {
				t.Fatal(err)
			}
		}
	}
	o, _ := serve(t, control.Instance{Loop: newScripted(), Journal: j})
	c := client(t, o)
	got, err := c.Journal(t.Context(), control.JournalRequest{})
	if err != nil || len(got.Entries) != 20 || !got.More || got.Entries[0].ID != 30 || got.Entries[0].Outcome != "unknown" || got.Entries[1].Receipt != "C1" {
		t.Errorf("the usual: %d entries, more %t, %v", len(got.Entries), got.More, err)
	}
	got, err = c.Journal(t.Context(), control.JournalRequest{Name: "a.example.com", Since: at.Add(time.Minute), Limit: 1000})
	if err != nil || len(got.Entries) != 28 || got.More || len(got.Entries[0].Changes) != 1 || got.Entries[0].Others != 1 {
		t.Errorf("of a name since a time: %d entries, more %t, %v", len(got.Entries), got.More, err)
	}
	o, _ = serve(t, control.Instance{Loop: newScripted()})
	_, err = client(t, o).Journal(t.Context(), control.JournalRequest{})
	is(t, err, errors.ErrUnsupported, "it keeps no journal")
}

func TestStandby(t *testing.T) {
	loop := newScripted()
	o, _ := serve(t, control.Instance{Loop: loop, Standby: elsewhere("nafuda-7d")})
	c, ctx := client(t, o), t.Context()
	if s, err := c.Status(ctx); err != nil || !s.Standby || s.Leader != "nafuda-7d" {
		t.Errorf("status of a standby: %+v, %v", s, err)
	}
	<-loop.asked
	<-loop.asked
	calls := map[string]func() error{
		"why":     func() error { _, err := c.Why(ctx, "a.example.com", ""); return err },
		"held":    func() error { _, err := c.Held(ctx); return err },
		"approve": func() error { _, err := c.Approve(ctx, hash); return err },
		"plan":    func() error { _, err := c.PlanUndo(ctx, reconcile.UndoRequest{Name: "a.example.com"}); return err },
		"undo":    func() error { _, err := c.Undo(ctx, reconcile.UndoRequest{Name: "a.example.com"}, hash); return err },
	}
	for name, call := range calls {
		err := call()
		is(t, err, control.ErrStandby, name)
		if err != nil && !strings.Contains(err.Error(), "nafuda-7d has the lease: kubectl exec into it") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if len(loop.asked) > 0 {
		t.Errorf("the loop of a standby was asked to %s", <-loop.asked)
	}
}

// A command that waits ends when the instance does, which ends in time.
func TestStopEndsWaitingRequests(t *testing.T) {
	loop := newScripted()
	loop.block = make(chan struct{})
	o, stop := serve(t, control.Instance{Loop: loop})
	failed := make(chan error, 1)
	go func() { _, err := client(t, o).Status(t.Context()); failed <- err }()
	<-loop.asked
	if err := stop(); err != nil {
		t.Errorf("stop: %v", err)
	}
	is(t, <-failed, control.ErrBusy, "the instance has ended")
	_, err := client(t, o).Status(t.Context())
	is(t, err, control.ErrNobody, "it is gone")
}

func TestErrorsAreOneLine(t *testing.T) {
	loop := newScripted()
	loop.fails = errors.New("bad\x1b[31m\nthing")
	o, _ := serve(t, control.Instance{Loop: loop})
	_, err := client(t, o).Status(t.Context())
	if err == nil || strings.ContainsAny(err.Error(), "\x1b\n") {
		t.Errorf("%q", err)
	}
}

// TestAlive: a mistake of ours in one answer is told as one, and the next answer comes.
func TestAlive(t *testing.T) {
	o, stop := serve(t, control.Instance{Loop: newScripted(), Why: func(_ context.Context, of, _ string) (any, error) { return of[100], nil }})
	defer func() { _ = stop() }()
	c := client(t, o)
	if _, err := c.Why(t.Context(), "short", ""); err == nil || !strings.Contains(err.Error(), "answer /v1/why: the program made an error: runtime error: index out of range") {
		t.Errorf("a panic is told as %v", err)
	}
	if _, err := c.Status(t.Context()); err != nil {
		t.Errorf("after a panic: %v", err)
	}
}
