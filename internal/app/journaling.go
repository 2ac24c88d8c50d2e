// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"nafuda.io/nafuda/internal/loop/reconcile"
	"nafuda.io/nafuda/internal/memory/journal"
)

// openJournal makes the folder of --state-dir ready and opens the journal that batches are written to; nil in a dry run, which sends none.
func (o *Options) openJournal(log *slog.Logger) (*journal.Journal, error) {
	if o.Loop.DryRun {
		return nil, nil
	}
	if err := o.prepareState(); err != nil {
		return nil, err
	}
	dir := ""
	if o.StateDir != "" {
		dir = JournalDir(o.StateDir)
	}
	j, err := journal.Open(dir, o.Journal)
	if err != nil {
		return nil, fmt.Errorf("--state-dir=%s: %w", o.StateDir, err)
	}
	for _, d := range j.Damage() {
		log.Warn("the journal is damaged; every other entry is there", "file", d.File, "offset", d.Offset, "bytes", d.Length, "why", d.Why)
	}
	return j, nil
}

func closeJournal(j *journal.Journal, log *slog.Logger) {
	if j == nil {
		return
	}
	if err := j.Close(); err != nil {
		log.Warn("the outcomes of the last batches may be missing in the journal", "err", err)
	}
}

// Undo undoes entries of the journal in --state-dir where no instance is running: it reads what there is, undoes, and returns. An
// empty hash only shows what it would do. It fails with journal.ErrLocked where an instance is running after all.
func Undo(ctx context.Context, o Options, v Version, log *slog.Logger, r reconcile.UndoRequest, hash string) (reconcile.Undoing, error) {
	if o.StateDir == "" {
		return reconcile.Undoing{}, errors.New("undo: no instance is running, and without --state-dir there is no journal to undo from")
	}
	o.Loop.Once, o.Loop.DryRun = true, false
	j, err := o.openJournal(log)
	if err != nil {
		return reconcile.Undoing{}, err
	}
	defer closeJournal(j, log)
	zones, err := o.openZones(ctx, log)
	if err != nil {
		return reconcile.Undoing{}, err
	}
	defer zones.close()
	logs := newLogger(log, &o)
	loop, err := build(ctx, o, v, log, logs.observe, func(c *reconcile.Config) { c.Journal = j })
	if err != nil {
		return reconcile.Undoing{}, err
	}
	return loop.UndoOnce(ctx, r, hash)
}
