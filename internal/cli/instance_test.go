// SPDX-License-Identifier: Apache-2.0

package cli_test

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/testscript"

	"nafuda.io/nafuda/internal/cli"
	"nafuda.io/nafuda/internal/decide/guard"
	"nafuda.io/nafuda/internal/loop/reconcile"
	"nafuda.io/nafuda/internal/memory/journal"
	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/ops/control"
)

// played answers commands as a loop would whose brakes hold deletes in two zones.
type played struct {
	mu   sync.Mutex
	held []reconcile.Braked
	done []string // what was released and undone
	late bool     // what is held changes before each approval
}

func playedZone(id string, name dnsname.Name) zone.Zone {
	return zone.Zone{Key: zone.Key{Provider: "aws", Account: "default", ID: id}, Name: name}
}

func removal(n dnsname.Name) change.Change {
	return change.Change{
		Before:   &record.Set{Key: record.Key{Name: n, Type: record.A}, TTL: 300, Values: []string{"192.0.2.1"}},
		Resource: "ingress/default/web", Why: reason.New(reason.NotAsked, "no object asks for %s A any more", n),
	}
}

func play() *played {
	why := func(n int) []reason.Reason {
		return []reason.Reason{reason.New(reason.BrakeDeletes, "%d names would go", n)}
	}
	return &played{held: []reconcile.Braked{
		{Zone: playedZone("Z1", "example.com"), Deletes: []change.Change{removal("a.example.com"), removal("b\x1b[31m.example.com")}, Hash: "aaaa", Why: why(2)},
		{Zone: playedZone("Z2", "example.org"), Deletes: []change.Change{removal("a.example.org")}, Hash: "bbbb", Why: why(1)},
	}}
}

func (p *played) Status(context.Context) (reconcile.Status, error) {
	return reconcile.Status{
		Ready: true, Zones: []reconcile.Zone{{ID: "Z1", Name: "example.com", Read: true, Records: 1234}},
		Kinds: []reconcile.Kind{{Name: "ingress", State: "synced", Objects: 1}},
		Names: []reconcile.Name{{Verdict: change.Held, Reason: reason.New(reason.NoAddressYet, "")}},
	}, nil
}

func (p *played) Braked(context.Context) ([]reconcile.Braked, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.held), nil
}

func (p *played) Approve(_ context.Context, hash string) (reconcile.Braked, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, b := range p.held {
		if b.Hash == hash && !p.late {
			p.held = slices.Delete(p.held, i, i+1)
			p.done = append(p.done, hash)
			return b, nil
		}
	}
	if len(p.held) == 0 {
		return reconcile.Braked{}, fmt.Errorf("approve plan %s: %w", hash, guard.ErrNothingHeld)
	}
	return reconcile.Braked{}, fmt.Errorf("approve plan %s: %w", hash, guard.ErrOtherPlan)
}

func (p *played) PlanUndo(_ context.Context, r reconcile.UndoRequest) (reconcile.Undoing, error) {
	u := reconcile.Undoing{Entries: []journal.ID{2}, Hash: "cccc", Names: []reconcile.UndoneName{
		{Zone: playedZone("Z1", "example.com"), Name: "a.example.com", Changes: []change.Change{removal("a.example.com").Inverse()}, Later: []journal.ID{5}},
		{Zone: playedZone("Z1", "example.com"), Name: "b.example.com", Decisions: []change.Decision{
			{Key: record.Key{Name: "b.example.com", Type: record.A}, Verdict: change.Held, Why: reason.New(reason.Foreign, "it isn't ours")},
		}},
	}}
	if slices.Contains(r.Entries, 404) {
		return reconcile.Undoing{}, fmt.Errorf("undo entry 404: the journal doesn't have it, or no longer")
	}
	if r.Name == "b.example.com" {
		u.Names, u.Hash = u.Names[1:], "dddd"
	}
	return u, nil
}

func (p *played) Undo(ctx context.Context, r reconcile.UndoRequest, hash string) (reconcile.Undoing, error) {
	u, err := p.PlanUndo(ctx, r)
	if u.Hash != hash {
		return u, guard.ErrOtherPlan
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done = append(p.done, hash)
	return u, err
}

// elsewhere says that another replica has the lease.
func elsewhere(leader string) func() (string, bool) {
	return func() (string, bool) { return leader, true }
}

// kept is a journal of two entries, in a directory or in memory.
func kept(dir string) (*journal.Journal, error) {
	j, err := journal.Open(dir, journal.Options{})
	if err != nil {
		return nil, err
	}
	at := time.Date(2026, 11, 23, 14, 0, 0, 0, time.UTC)
	batch := change.Batch{Groups: []change.Group{
		{Name: "a.example.com", Changes: []change.Change{removal("a.example.com").Inverse()}},
		{Name: "b.example.com", Changes: []change.Change{removal("b.example.com").Inverse()}},
	}}
	z := playedZone("Z1", "example.com")
	id, err := j.Begin(journal.Intent{Time: at, Zone: z.Key, ZoneName: z.Name, View: "default", Batch: batch})
	if err == nil {
		err = j.End(id, journal.Outcome{Time: at, State: journal.Applied, Receipt: "C0001"})
	}
	if err == nil {
		batch.Groups = batch.Groups[:1]
		_, err = j.Begin(journal.Intent{Time: at.Add(time.Hour), Zone: z.Key, ZoneName: z.Name, View: "default", Batch: batch.Inverse()})
	}
	return j, err
}

// instance plays a running instance at a socket until the script's end. With a second argument it stands by for that replica.
func instance(ts *testscript.TestScript, _ bool, args []string) {
	j, err := kept("")
	ts.Check(err)
	i := control.Instance{Loop: play(), Journal: j, Version: "v1"}
	if len(args) > 1 {
		i.Standby = elsewhere(args[1])
	}
	stop, err := serveInstance(control.Options{Socket: ts.MkAbs(args[0])}, i)
	ts.Check(err)
	ts.Defer(stop)
	ts.Setenv("NAFUDA_CONTROL_SOCKET", ts.MkAbs(args[0]))
}

func serveInstance(o control.Options, i control.Instance) (stop func(), err error) {
	ctx, cancel := context.WithCancel(context.Background())
	listeners, err := control.Listen(ctx, o, "", slog.New(slog.DiscardHandler))
	if err != nil {
		cancel()
		return nil, err
	}
	done := make(chan struct{})
	go func() { defer close(done); _ = control.Serve(ctx, listeners, i) }()
	return func() { cancel(); <-done }, nil
}

// keep writes a journal into a state directory and leaves it, as an instance does that has ended.
func keep(ts *testscript.TestScript, _ bool, args []string) {
	j, err := kept(filepath.Join(ts.MkAbs(args[0]), "journal"))
	ts.Check(err)
	ts.Check(j.Close())
}

// A person at a terminal is asked, and only a yes is a yes.
func TestQuestions(t *testing.T) {
	tests := map[string]struct {
		args  string
		typed string
		done  []string
		code  int
		shows string
		why   string
	}{
		"yes":           {"approve", "y\nYES\n", []string{"aaaa", "bbbb"}, 0, "Release 2 deletes in example.com? [y/N]", "zone by zone"},
		"yes and no":    {"approve", "y\nn\n", []string{"aaaa"}, 2, "Release 1 delete in example.org?", "one is still held"},
		"anything else": {"approve", "yep\nsure\n", nil, 2, "", "only yes is yes"},
		"end of input":  {"approve", "", nil, 2, "", "nobody is there"},
		"half a line":   {"approve", "y", []string{"aaaa"}, 2, "", "the end of the input ends a line"},
		"one zone":      {"approve --zone=example.org.", "y\ny\n", []string{"bbbb"}, 0, "", "only that is asked about"},
		"long line":     {"approve", strings.Repeat(" ", 5<<10) + "y\n", nil, 2, "", "answers are bounded"},
		"json":          {"approve -o json", "y\ny\n", nil, 2, `"held": [`, "machines aren't asked"},
		"undo yes":      {"undo 2", "y\n", []string{"cccc"}, 0, "It is on its way.", "what was shown"},
		"undo no":       {"undo 2", "\n", nil, 2, "Do that? [y/N]", "the default is no"},
		"undo nothing":  {"undo b.example.com", "y\n", nil, 0, "Nothing to undo.", "there is nothing to ask"},
		"undo no loop":  {"undo 404", "y\n", nil, 1, "", "an error"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			p := play()
			socket := filepath.Join(t.TempDir(), "c.sock")
			stop, err := serveInstance(control.Options{Socket: socket}, control.Instance{Loop: p})
			if err != nil {
				t.Fatal(err)
			}
			defer stop()
			var out, errs strings.Builder
			code := cli.Main(t.Context(), cli.IO{
				Args: strings.Fields(tt.args), Env: []string{"NAFUDA_CONTROL_SOCKET=" + socket, "NAFUDA_YES=true", "NAFUDA_PLAN=aaaa"},
				In: strings.NewReader(tt.typed), Out: &out, Err: &errs, Terminal: true,
			})
			if code != tt.code || !cmp.Equal(tt.done, p.done) || !strings.Contains(out.String(), tt.shows) {
				t.Errorf("%s: status %d, want %d; done %q, want %q; printed\n%s%s", tt.why, code, tt.code, p.done, tt.done, out.String(), errs.String())
			}
		})
	}
}

// What changes between showing and releasing isn't released, and what is held by then is shown.
func TestApprovedTooLate(t *testing.T) {
	for _, args := range []string{"approve --plan=aaaa", "approve --yes"} {
		p := play()
		p.late = true
		socket := filepath.Join(t.TempDir(), "c.sock")
		stop, err := serveInstance(control.Options{Socket: socket}, control.Instance{Loop: p})
		if err != nil {
			t.Fatal(err)
		}
		var out, errs strings.Builder
		code := cli.Main(t.Context(), cli.IO{Args: strings.Fields(args), Env: []string{"NAFUDA_CONTROL_SOCKET=" + socket}, Out: &out, Err: &errs})
		stop()
		if code != 2 || len(p.done) > 0 || !strings.Contains(errs.String(), "isn't what was shown") || !strings.Contains(out.String(), "approve --plan=aaaa") {
			t.Errorf("%s: status %d, released %q, printed\n%s%s", args, code, p.done, out.String(), errs.String())
		}
	}
}
