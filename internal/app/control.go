// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"log/slog"
	"net"
	"path/filepath"

	"nafuda.io/nafuda/internal/feed/kube"
	"nafuda.io/nafuda/internal/memory/statedir"
	"nafuda.io/nafuda/internal/ops/control"
)

// JournalDir is where the journal is in a --state-dir.
func JournalDir(stateDir string) string { return filepath.Join(stateDir, "journal") }

// standby tells who has the lease, where there is one.
func standby(l *kube.Lease) func() (leader string, standby bool) {
	if l == nil {
		return nil
	}
	return control.StandbyOf(l)
}

// listen makes the state directory ready, and opens the control socket of a run that lasts.
func (o *Options) listen(ctx context.Context, log *slog.Logger) ([]net.Listener, error) {
	if o.StateDir != "" && !o.Loop.DryRun {
		if err := statedir.Dir(o.StateDir).Prepare(); err != nil {
			return nil, err
		}
	}
	if o.Loop.Once {
		return nil, nil
	}
	return control.Listen(ctx, o.Control, o.StateDir, log)
}
