// SPDX-License-Identifier: Apache-2.0

package local

import (
	"context"
	"time"
)

// Edits are written half a second later, so that those of a moment are written at once; where writing takes long, after ten times that.
const (
	gather = 500 * time.Millisecond
	share  = 10
	// again is when a write that failed is tried again, at the latest.
	again = 30 * time.Second
)

// Run writes edits to the zones' files until the context ends. What it can't write it logs and tries again; answers don't wait for it.
func (s *Served) Run(ctx context.Context) {
	if s.opts.Dir == "" {
		return
	}
	changed, cancel := s.db.Subscribe()
	defer cancel()
	pause := gather
	for wait(ctx, pause) {
		began := time.Now()
		err := s.write(false)
		if pause = max(gather, share*time.Since(began)); err != nil {
			s.log.Error("an edit of a zone wouldn't outlive the process", "err", err)
			pause = again
			continue
		}
		select {
		case <-ctx.Done():
			return
		case <-changed:
		}
	}
}

func wait(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}

// Close writes what Run hasn't, after the last edit.
func (s *Served) Close() error {
	if s.opts.Dir == "" {
		return nil
	}
	return s.write(true)
}
