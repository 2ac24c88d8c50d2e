// SPDX-License-Identifier: Apache-2.0

package reconcile_test

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"nafuda.io/nafuda/internal/loop/reconcile"
	"nafuda.io/nafuda/internal/memory/journal"
	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/provider"
	"nafuda.io/nafuda/internal/provider/providertest"
)

// keepJournal gives the rig a journal, in files where dir isn't empty.
func (r *rig) keepJournal(dir string) {
	j, err := journal.Open(dir, journal.Options{})
	if err != nil {
		r.t.Fatal(err)
	}
	r.journal = j
	r.t.Cleanup(func() { _ = j.Close() })
}

// entries are the journal's, oldest first.
func (r *rig) entries(f journal.Filter) []journal.Entry {
	var out []journal.Entry
	for e, err := range r.journal.Entries(f) {
		if err != nil {
			r.t.Fatal(err)
		}
		out = append(out, e)
	}
	slices.Reverse(out)
	return out
}

// reader is a provider that looks into the journal before each batch.
type reader struct {
	*providertest.Flaky
	rig *rig
}

func (p reader) Apply(ctx context.Context, z zone.Zone, b change.Batch) (provider.Receipt, error) {
	p.rig.look(z, b)
	return p.Flaky.Apply(ctx, z, b)
}

// look proves the invariant undo for a batch: the newest entry is the batch, unfinished, and its inverse leads back.
func (r *rig) look(z zone.Zone, b change.Batch) {
	all := r.entries(journal.Filter{})
	if len(all) == 0 {
		r.t.Error("undo: a batch is sent before it is in the journal")
		return
	}
	last := all[len(all)-1]
	if diff := cmp.Diff(b, last.Intent.Batch); diff != "" {
		r.t.Errorf("undo: the journal's last entry isn't the batch that is sent (-sent +written):\n%s", diff)
	}
	if last.Outcome != (journal.Outcome{}) {
		r.t.Errorf("undo: the batch that is about to be sent has the outcome %+v", last.Outcome)
	}
	if last.Intent.Zone != z.Key || last.Intent.ZoneName != z.Name || last.Intent.View != "default" || !last.Intent.Time.Equal(time.Now()) {
		r.t.Errorf("undo: the entry says %+v", last.Intent)
	}
	for i, c := range last.Inverse().Changes() {
		sent := b.Changes()[len(b.Changes())-1-i]
		if c.Before != sent.After && !c.Before.Equal(*sent.After) || c.After != sent.Before && !c.After.Equal(*sent.Before) {
			r.t.Errorf("undo: %s is no inverse of %s", c, sent)
		}
	}
}

// TestUndoEveryBatchIsInTheJournalBeforeTheCall proves the invariant undo: what is sent was written before, with its inverse, and what
// came of it after.
func TestUndoEveryBatchIsInTheJournalBeforeTheCall(t *testing.T) {
	for place, dir := range map[string]string{"memory": "", "files": t.TempDir()} {
		t.Run(place, func(t *testing.T) {
			in(t, func(r *rig) {
				r.keepJournal(dir)
				r.provider = reader{r.flaky, r}
				r.start()
				r.synced(delta("d/x", ask("a.example.com=192.0.2.1")), delta("d/y", ask("b.example.com=192.0.2.2")))
				r.put("d/x", ask("a.example.com=lb.example.net"))
				r.settle()
				r.put("d/y", nil)
				r.settle()
				r.want("example.com", "a.example.com CNAME lb.example.net", "x-cname-a.example.com TXT me:d/x")
				var actions []string
				for _, e := range r.entries(journal.Filter{}) {
					if e.Outcome.State != journal.Applied || e.Outcome.Receipt == "" {
						t.Errorf("entry %s ended as %+v, want applied with its receipt", e.ID, e.Outcome)
					}
					for _, c := range e.Intent.Batch.Changes() {
						if !c.Marker {
							actions = append(actions, c.String()+" for "+c.Resource+": "+string(c.Why.Code))
						}
					}
				}
				want := []string{
					"create a.example.com A for ingress/d/x: AskedFor", "create b.example.com A for ingress/d/y: AskedFor",
					"delete a.example.com A for ingress/d/x: TypeChanged", "create a.example.com CNAME for ingress/d/x: AskedFor",
					"delete b.example.com A for ingress/d/y: NotAskedFor",
				}
				slices.Sort(want)
				slices.Sort(actions)
				if diff := cmp.Diff(want, actions); diff != "" {
					t.Errorf("what the journal tells of each change (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// TestUndoOutcomes: the journal says of each call whether it can have changed anything.
func TestUndoOutcomes(t *testing.T) {
	failed := errors.New("no")
	for name, tc := range map[string]struct {
		why   string
		fault providertest.Fault
		want  journal.State
	}{
		"throttled":   {"nothing was done", providertest.Fails(provider.Throttled, failed), journal.Refused},
		"stale":       {"nothing was done", providertest.Fails(provider.Stale, failed), journal.Refused},
		"rejected":    {"nothing was done", providertest.Fails(provider.Rejected, failed), journal.Refused},
		"denied":      {"nothing was done", providertest.Fails(provider.Denied, failed), journal.Refused},
		"unavailable": {"nothing was done", providertest.Fails(provider.Unavailable, failed), journal.Refused},
		"uncertain":   {"it may be done", providertest.Fault{Err: &provider.Error{Class: provider.Uncertain, Err: failed}, Late: true}, journal.Uncertain},
		"partial":     {"some of it is", providertest.Fails(provider.Partial, failed), journal.Uncertain},
		"no class":    {"nobody has said that nothing was done", providertest.Fault{Err: failed}, journal.Uncertain},
		"cut off":     {"the call ends in its midst", providertest.Fault{Delay: time.Hour}, journal.Uncertain},
	} {
		t.Run(name, func(t *testing.T) {
			in(t, func(r *rig) {
				r.keepJournal("")
				r.flaky.Fail(providertest.OpApply, tc.fault)
				r.start()
				r.synced(delta("d/x", ask("a.example.com=192.0.2.1")))
				time.Sleep(time.Hour)
				synctest.Wait()
				first := r.entries(journal.Filter{})[0]
				if first.Outcome.State != tc.want || first.Outcome.Err == "" {
					t.Errorf("ended as %+v, want %s (%s)", first.Outcome, tc.want, tc.why)
				}
				if tc.fault.Late { // it was seen to be applied: nothing is sent again, and nothing written anew
					if n := len(r.entries(journal.Filter{})); n != 1 {
						t.Errorf("%d entries, want 1", n)
					}
				}
				r.want("example.com", "a.example.com A 192.0.2.1", "x-a-a.example.com TXT me:d/x")
			})
		})
	}
}

// TestUndoWithoutAJournalEntryNothingIsSent proves the invariant undo where the disk is full: nothing is sent, it is told what to do, and
// the batch goes out as soon as it can be written.
func TestUndoWithoutAJournalEntryNothingIsSent(t *testing.T) {
	dir := t.TempDir()
	in(t, func(r *rig) {
		r.keepJournal(dir)
		if err := r.journal.Close(); err != nil { // takes no entry, like a disk that is full
			t.Fatal(err)
		}
		l := r.start()
		r.synced(delta("d/x", ask("a.example.com=192.0.2.1")))
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		if n := r.memory.Calls().Apply; n != 0 {
			t.Errorf("undo: %d batches were sent that the journal doesn't have", n)
		}
		s, err := l.Status(r.t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(s.Zones[0].Error, "--state-dir") || s.Zones[0].Retry.IsZero() {
			t.Errorf("the zone's status is %+v, want an error that says what to do", s.Zones[0])
		}
		if len(heard[reconcile.Unrecorded](r)) == 0 {
			t.Error("nobody was told")
		}
		if len(heard[reconcile.Called](r)) != r.memory.Calls().Zones+r.memory.Calls().Records {
			t.Error("a call that wasn't made was told")
		}
	})
}

// heard returns the events of a type.
func heard[T any](r *rig) []T {
	var out []T
	for _, e := range r.seen() {
		if e, ok := e.(T); ok {
			out = append(out, e)
		}
	}
	return out
}

// TestUndoBisectWritesEachCall: while a bad name is looked for, each call is an entry of its own.
func TestUndoBisectWritesEachCall(t *testing.T) {
	in(t, func(r *rig) {
		r.keepJournal("")
		r.provider = reader{r.flaky, r}
		r.flaky.Fail(providertest.OpApply, providertest.Fault{
			Err: &provider.Error{Class: provider.Rejected, Err: errors.New("no")}, Times: -1, When: touches("c.example.com"),
		})
		r.start()
		r.synced(delta("d/x", ask("a.example.com=192.0.2.1", "b.example.com=192.0.2.1", "c.example.com=192.0.2.1", "d.example.com=192.0.2.1")))
		if calls, entries := r.memory.Calls().Apply+r.refusals(), len(r.entries(journal.Filter{})); calls != entries || entries < 3 {
			t.Errorf("%d calls and %d entries", calls, entries)
		}
	})
}

// TestUndoDryRunWritesNothing: what isn't sent isn't in the journal.
func TestUndoDryRunWritesNothing(t *testing.T) {
	in(t, func(r *rig) {
		r.keepJournal("")
		r.opts.DryRun = true
		r.start()
		r.synced(delta("d/x", ask("a.example.com=192.0.2.1")))
		if got := r.entries(journal.Filter{}); len(got) > 0 {
			t.Errorf("a dry run wrote %+v", got)
		}
	})
}

// TestUndoCrashLeavesUnknown: where the process ends during a call, the next one finds the entry and can't tell what came of it.
func TestUndoCrashLeavesUnknown(t *testing.T) {
	dir, copied := t.TempDir(), t.TempDir()
	in(t, func(r *rig) {
		r.keepJournal(dir)
		r.provider = interrupted{r.flaky, func() { copyFiles(t, dir, copied) }}
		r.start()
		r.synced(delta("d/x", ask("a.example.com=192.0.2.1")))
		r.stop()
		r.keepJournal(copied) // what the disk had when the call was under way
		got := r.entries(journal.Filter{})
		if len(got) != 1 || got[0].Outcome.State != journal.Unknown {
			t.Fatalf("undo: after a crash the journal has %+v, want one entry of unknown outcome", got)
		}
		back := got[0].Inverse().Changes()
		if len(back) != 2 || slices.ContainsFunc(back, func(c change.Change) bool { return c.Action() != change.Delete }) {
			t.Errorf("undo: its inverse is %v, want the record set and its marker gone", back)
		}
	})
}

// interrupted does something in the midst of each Apply.
type interrupted struct {
	*providertest.Flaky
	do func()
}

func (p interrupted) Apply(ctx context.Context, z zone.Zone, b change.Batch) (provider.Receipt, error) {
	r, err := p.Flaky.Apply(ctx, z, b)
	p.do()
	return r, err
}

func copyFiles(t *testing.T, from, to string) {
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Error(err)
	}
}
