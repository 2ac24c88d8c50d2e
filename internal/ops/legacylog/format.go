// SPDX-License-Identifier: Apache-2.0

package legacylog

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"math"
	"strconv"
	"strings"
)

// writeText writes a line as logrus' text formatter does without a terminal.
func writeText(l *line) []byte {
	var b []byte
	if l.time != "" {
		b = appendPair(b, "time", l.time)
	}
	b = appendPair(b, "level", l.level)
	if l.msg != "" {
		b = appendPair(b, "msg", l.msg)
	}
	for _, f := range l.fields {
		text, ok := f.value.(string)
		if !ok {
			text = fmt.Sprint(f.value)
		}
		b = appendPair(b, f.key, text)
	}
	return append(b, '\n')
}

func appendPair(b []byte, key, value string) []byte {
	if len(b) > 0 {
		b = append(b, ' ')
	}
	b = append(append(b, key...), '=')
	if strings.ContainsFunc(value, func(r rune) bool { return !bare(r) }) {
		return strconv.AppendQuote(b, value)
	}
	return append(b, value...)
}

// bare reports whether a character needs no quotes. An empty value has none either.
func bare(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-._/@^+", r)
}

// writeJSON writes a line as an object of one level, its keys sorted.
func writeJSON(l *line) []byte {
	object := make(map[string]any, len(l.fields)+3)
	for _, f := range l.fields {
		object[f.key] = f.value
	}
	if l.time != "" {
		object["time"] = l.time
	}
	object["level"], object["msg"] = l.level, l.msg
	b, err := json.Marshal(object)
	if err != nil { // a field that JSON can't say is written as text
		for k, v := range object {
			if _, err := json.Marshal(v); err != nil {
				object[k] = fmt.Sprint(v)
			}
		}
		b, _ = json.Marshal(object) // each part alone can be written
	}
	return append(b, '\n')
}

// fieldValue is what a value is to both formats: a string, a number, a boolean, or something JSON knows how to write.
func fieldValue(v slog.Value) any {
	switch v.Kind() {
	case slog.KindString:
		return v.String()
	case slog.KindBool, slog.KindInt64, slog.KindUint64:
		return v.Any()
	case slog.KindFloat64:
		if f := v.Float64(); math.IsNaN(f) || math.IsInf(f, 0) {
			return v.String()
		}
		return v.Any()
	case slog.KindDuration:
		return v.Duration().String()
	case slog.KindTime:
		return v.Time().Format(timeFormat)
	}
	switch x := v.Any().(type) {
	case error:
		return safeText(x.Error)
	case fmt.Stringer:
		return safeText(x.String)
	default:
		return x
	}
}

// safeText calls a method that may be one of a nil pointer: a log line must not end the process.
func safeText(f func() string) (s string) {
	defer func() {
		if recover() != nil {
			s = "<nil>"
		}
	}()
	return f()
}
