// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"

	"nafuda.io/nafuda/internal/ops/ownership"
	"nafuda.io/nafuda/internal/registry/awssd"
	"nafuda.io/nafuda/internal/registry/txt"
)

var errInDescriptions = errors.New("move ownership: with --provider=aws-sd it is stored in the descriptions of services, and nowhere else: there is nothing to move")

// MoveOwnership finds out what is to do to keep our ownership of a view, or for an empty name of the only one, elsewhere, and with apply does it, telling each step to out. No instance may be
// running with the same --state-dir; it fails with journal.ErrLocked where one is.
func MoveOwnership(ctx context.Context, o Options, view string, log *slog.Logger, to ownership.Direction, apply bool, out io.Writer) (ownership.Work, error) {
	o, err := o.One(view)
	if err != nil {
		return ownership.Work{}, err
	}
	if o.Provider == awssd.Name {
		return ownership.Work{}, errInDescriptions
	}
	store, err := o.table(ctx)
	if err != nil {
		return ownership.Work{}, err
	}
	p, err := o.publishing(ctx, nil)
	if err != nil {
		return ownership.Work{}, err
	}
	domains := o.View.Domains()
	m := ownership.Move{To: to, Markers: txt.New(o.TXT), Store: store, Match: domains.Match, View: p.views[0].Spec.Name}
	for _, a := range p.accounts() {
		m.Providers = append(m.Providers, a.Provider)
	}
	work, err := m.Look(ctx)
	if err != nil || !apply || work.Empty() {
		return work, err
	}
	o.Loop.DryRun = false
	j, err := o.openJournal(log)
	if err != nil {
		return work, err
	}
	defer closeJournal(j, log)
	m.Journal = j
	if err := m.Apply(ctx, func(format string, args ...any) { fmt.Fprintf(out, format+"\n", args...) }); err != nil {
		return work, fmt.Errorf("move ownership to %s: %w", to, err)
	}
	return work, nil
}
