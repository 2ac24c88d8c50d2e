// SPDX-License-Identifier: Apache-2.0

// Package legacylog writes log lines in the format of logrus, with the messages of ExternalDNS that people search for, so that
// what reads that program's log reads ours.
package legacylog

import (
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
)

// The formats, as --log-format names them.
const (
	Text = "text" // time="..." level=info msg="..." key=value
	JSON = "json" // {"key":"value","level":"info","msg":"...","time":"..."}
)

// The levels that logrus has and slog hasn't.
const (
	LevelTrace = slog.Level(-8)
	LevelFatal = slog.Level(12)
	LevelPanic = slog.Level(16)
)

// New returns a logger that writes records of a level and above to w, each as one line in one Write. Every format but JSON
// is Text. The logger may be used from several goroutines.
func New(w io.Writer, format string, level slog.Level) *slog.Logger {
	h := &handler{out: &output{w: w}, level: level, write: writeText, legacy: true}
	if format == JSON {
		h.write, h.legacy = writeJSON, false
	}
	return slog.New(h)
}

// ParseLevel reads a level as --log-level has it, in any case.
func ParseLevel(s string) (slog.Level, error) {
	switch strings.ToLower(s) {
	case "panic":
		return LevelPanic, nil
	case "fatal":
		return LevelFatal, nil
	case "error":
		return slog.LevelError, nil
	case "warn", "warning":
		return slog.LevelWarn, nil
	case "info":
		return slog.LevelInfo, nil
	case "debug":
		return slog.LevelDebug, nil
	case "trace":
		return LevelTrace, nil
	}
	return slog.LevelInfo, fmt.Errorf("log level %q is none of panic, fatal, error, warning, info, debug, trace", s)
}

// levelName is logrus' name of a level. A level between two has the lower one's.
func levelName(l slog.Level) string {
	switch {
	case l < slog.LevelDebug:
		return "trace"
	case l < slog.LevelInfo:
		return "debug"
	case l < slog.LevelWarn:
		return "info"
	case l < slog.LevelError:
		return "warning"
	case l < LevelFatal:
		return "error"
	case l < LevelPanic:
		return "fatal"
	}
	return "panic"
}

// output lets the loggers of one family write one line at a time.
type output struct {
	mu sync.Mutex
	w  io.Writer
}

func (o *output) write(line []byte) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	_, err := o.w.Write(line)
	return err
}
