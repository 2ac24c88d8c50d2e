// SPDX-License-Identifier: Apache-2.0

package legacylog

import (
	"cmp"
	"context"
	"log/slog"
	"slices"
	"strings"
)

// handler is a slog.Handler. Its values never change.
type handler struct {
	out    *output
	level  slog.Level
	write  func(*line) []byte
	legacy bool    // write ExternalDNS's messages where a record has one
	fields []field // of the logger, in the order they were given
	group  string  // what keys begin with: empty, or groups that end in dots
}

var _ slog.Handler = (*handler)(nil)

// line is what one record says.
type line struct {
	time, level, msg string
	fields           []field // sorted by key, each key once
}

type field struct {
	key   string
	value any
}

// Enabled reports whether records of a level are written.
func (h *handler) Enabled(_ context.Context, l slog.Level) bool { return l >= h.level }

// WithAttrs returns a handler that adds attributes to every record.
func (h *handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	with := *h
	with.fields = slices.Clone(h.fields)
	for _, a := range attrs {
		with.fields = appendAttr(with.fields, h.group, a)
	}
	return &with
}

// WithGroup returns a handler that begins the keys of later attributes with a name and a dot.
func (h *handler) WithGroup(name string) slog.Handler {
	if name == "" {
		return h
	}
	with := *h
	with.group += name + "."
	return &with
}

// Handle writes one record. The error is the writer's.
func (h *handler) Handle(_ context.Context, r slog.Record) error {
	l := line{level: levelName(r.Level), msg: r.Message}
	if !r.Time.IsZero() {
		l.time = r.Time.Format(timeFormat)
	}
	fields := slices.Clone(h.fields)
	text, isLegacy := legacyText(r)
	if isLegacy && h.legacy {
		l.msg = text()
	} else {
		r.Attrs(func(a slog.Attr) bool {
			fields = appendAttr(fields, h.group, a)
			return true
		})
	}
	l.fields = once(fields)
	return h.out.write(h.write(&l))
}

// timeFormat is RFC 3339 with whole seconds.
const timeFormat = "2006-01-02T15:04:05Z07:00"

func appendAttr(fields []field, group string, a slog.Attr) []field {
	v := a.Value.Resolve()
	if v.Kind() == slog.KindGroup {
		if a.Key != "" {
			group += a.Key + "."
		}
		for _, inner := range v.Group() {
			fields = appendAttr(fields, group, inner)
		}
		return fields
	}
	if a.Equal(slog.Attr{}) {
		return fields
	}
	return append(fields, field{fieldKey(group + a.Key), fieldValue(v)})
}

// fieldKey is a key that can't be taken for another part of a line: logrus writes keys as they are.
func fieldKey(key string) string {
	key = strings.Map(func(r rune) rune {
		if bare(r) {
			return r
		}
		return '_'
	}, key)
	switch key {
	case "":
		return "_"
	case "time", "level", "msg": // as logrus renames a field that has a line's own key
		return "fields." + key
	}
	return key
}

// once sorts fields by their keys; the last of several with one key stays.
func once(fields []field) []field {
	slices.SortStableFunc(fields, func(a, b field) int { return cmp.Compare(a.key, b.key) })
	out := fields[:0]
	for i, f := range fields {
		if i+1 < len(fields) && fields[i+1].key == f.key {
			continue
		}
		out = append(out, f)
	}
	return out
}
