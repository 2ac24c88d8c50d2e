// SPDX-License-Identifier: Apache-2.0

package kube

import (
	"context"
	"log/slog"

	"github.com/go-logr/logr"
	"k8s.io/klog/v2"
)

// RedirectLogs sends what client-go writes through its global logger to log, at debug, for the whole process. Call it once,
// before anything else of this package: klog's logger isn't guarded.
func RedirectLogs(log *slog.Logger) {
	klog.SetLogger(logr.FromSlogHandler(debug{log.Handler()}))
}

// logged gives a context whose klog logger is log, at debug.
func logged(ctx context.Context, log *slog.Logger) context.Context {
	return klog.NewContext(ctx, logr.FromSlogHandler(debug{log.Handler()}))
}

// debug lowers each record to debug: what client-go warns of is told by the feed's states.
type debug struct{ slog.Handler }

// Enabled reports whether a record is written. Below debug client-go writes requests and answers with their bodies.
func (d debug) Enabled(ctx context.Context, l slog.Level) bool {
	return l >= slog.LevelDebug && d.Handler.Enabled(ctx, slog.LevelDebug)
}

func (d debug) Handle(ctx context.Context, r slog.Record) error {
	// logr writes errors without asking whether anyone wants them.
	if !d.Enabled(ctx, r.Level) {
		return nil
	}
	r.Level = slog.LevelDebug
	return d.Handler.Handle(ctx, r)
}

func (d debug) WithAttrs(attrs []slog.Attr) slog.Handler { return debug{d.Handler.WithAttrs(attrs)} }

func (d debug) WithGroup(name string) slog.Handler { return debug{d.Handler.WithGroup(name)} }
