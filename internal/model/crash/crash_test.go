// SPDX-License-Identifier: Apache-2.0

package crash_test

import (
	"errors"
	"strings"
	"testing"

	"nafuda.io/nafuda/internal/model/crash"
)

type loud struct{}

func (loud) String() string { panic("no text either") }

func inner(v any) { panic(v) }

// TestCatch proves alive: a panic becomes a value that names what was done and where, and that stays short.
func TestCatch(t *testing.T) {
	var list []int
	for name, c := range map[string]struct {
		why, value string
		run        func()
	}{
		"text":    {"the text is told", "bad thing", func() { inner("bad thing") }},
		"error":   {"an error is told by its text", "bad thing", func() { inner(errors.New("bad thing")) }},
		"lines":   {"a log line is one line", "a b c", func() { inner("a\nb\r\n\tc") }},
		"long":    {"an object's content may be large", strings.Repeat("x", 200) + "...", func() { inner(strings.Repeat("x", 1<<20)) }},
		"runtime": {"errors of the runtime are panics too", "runtime error: index out of range [3] with length 0", func() { _ = list[3] }},
		"loud":    {"telling must not panic again", "PANIC=String method", func() { inner(loud{}) }},
	} {
		t.Run(name, func(t *testing.T) {
			got := crash.Catch("read ingress/d/a", c.run)
			if got == nil {
				t.Fatalf("nothing was caught: %s", c.why)
			}
			if !strings.Contains(got.Value, c.value) || !strings.Contains(got.Error(), "read ingress/d/a: ") {
				t.Errorf("%q, want %q in it: %s", got.Error(), c.value, c.why)
			}
			if !strings.Contains(got.Stack, "crash_test.go:") || strings.Contains(got.Stack, "/") || strings.Contains(got.Stack, "testing.") {
				t.Errorf("stack %q: want our functions alone, without paths", got.Stack)
			}
			if len(got.Error())+len(got.Stack) > 1000 {
				t.Errorf("%d bytes: too much for a log line", len(got.Error())+len(got.Stack))
			}
		})
	}
	if got := crash.Catch("nothing", func() {}); got != nil {
		t.Errorf("%v was caught where nothing was", got)
	}
}
