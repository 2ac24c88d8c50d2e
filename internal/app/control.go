// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"log/slog"
	"net"
	"path/filepath"

	"nafuda.io/nafuda/internal/ops/control"
)

// JournalDir is where the journal is in a --state-dir.
func JournalDir(stateDir string) string { return filepath.Join(stateDir, "journal") }

// listen opens the control socket of a run that lasts.
func (o *Options) listen(ctx context.Context, log *slog.Logger) ([]net.Listener, error) {
	if o.Loop.Once {
		return nil, nil
	}
	return control.Listen(ctx, o.Control, o.StateDir, log)
}
