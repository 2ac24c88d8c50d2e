// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"log/slog"
)

// looking passes on what goes wrong. Of the rest the command that looks tells what matters, and a change that nobody makes isn't to be logged as one.
type looking struct{ slog.Handler }

// Enabled implements slog.Handler.
func (l looking) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn && l.Handler.Enabled(ctx, level)
}

// WithAttrs implements slog.Handler.
func (l looking) WithAttrs(attrs []slog.Attr) slog.Handler {
	return looking{l.Handler.WithAttrs(attrs)}
}

// WithGroup implements slog.Handler.
func (l looking) WithGroup(name string) slog.Handler { return looking{l.Handler.WithGroup(name)} }

// forLooking is the logger of a run that only looks: it tells of warnings, or of everything where --log-level=debug asks for that.
func forLooking(ctx context.Context, log *slog.Logger) *slog.Logger {
	if log.Enabled(ctx, slog.LevelDebug) {
		return log
	}
	return slog.New(looking{log.Handler()})
}
