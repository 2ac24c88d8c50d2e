// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"io"
	"log/slog"
	"strings"
)

// LogOptions say what is logged and how. The levels are ExternalDNS's; panic and fatal mean error, and trace means debug.
type LogOptions struct {
	Level  string `name:"log-level" enum:"panic,fatal,error,warning,info,debug,trace" default:"info" help:"Least level that is logged."`
	Format string `name:"log-format" enum:"text,json" default:"text" help:"Form of the lines on standard error."`
}

// NewLogger returns a logger of text lines (key=value) or JSON objects with the keys time, level and msg. Levels are written as
// ExternalDNS writes them, so that what reads its logs reads these.
func NewLogger(w io.Writer, o LogOptions) *slog.Logger {
	opts := &slog.HandlerOptions{Level: level(o.Level), ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
		if len(groups) == 0 && a.Key == slog.LevelKey {
			return slog.String(slog.LevelKey, word(a.Value.String()))
		}
		return a
	}}
	if o.Format == "json" {
		return slog.New(slog.NewJSONHandler(w, opts))
	}
	return slog.New(slog.NewTextHandler(w, opts))
}

func level(name string) slog.Level {
	switch name {
	case "panic", "fatal", "error":
		return slog.LevelError
	case "warning":
		return slog.LevelWarn
	case "debug", "trace":
		return slog.LevelDebug
	default:
		return slog.LevelInfo
	}
}

func word(level string) string {
	if level == "WARN" {
		return "warning"
	}
	return strings.ToLower(level)
}
