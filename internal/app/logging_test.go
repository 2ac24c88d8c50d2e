// SPDX-License-Identifier: Apache-2.0

package app

import (
	"bytes"
	"errors"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"nafuda.io/nafuda/internal/loop/reconcile"
	"nafuda.io/nafuda/internal/model/change"

	"nafuda.io/nafuda/test/golden"
)

// TestLog writes every event in both formats.
func TestLog(t *testing.T) {
	times := regexp.MustCompile(`(time=|"time":)"[^"]*"`)
	for _, format := range []string{"text", "json"} {
		t.Run(format, func(t *testing.T) {
			var out bytes.Buffer
			o := &Options{Use: []string{"ingress"}, ViewOptions: ViewOptions{Provider: "aws", Registry: "noop"}, LogLevel: "debug", LogFormat: format}
			o.View.Policy, o.Loop.DryRun = string(change.Sync), true
			l := newLogger(o.Logger(&out), o)
			l.start(Version{Number: "v1.0.0", Revision: "abc"})
			for _, e := range happened() {
				before := out.Len()
				l.observe(e)
				if lines := strings.Count(out.String()[before:], "\n"); lines > 4 {
					t.Errorf("%T makes %d lines", e, lines)
				}
			}
			text := times.ReplaceAllString(out.String(), "${1}T")
			if n := strings.Count(text, "may not list pods"); n != 1 {
				t.Errorf("a forbidden kind is told %d times, want once", n)
			}
			golden.File(t, filepath.Join("testdata", "log-"+format+".golden"), text)
		})
	}
}

// TestWhatIsLeftIsNotUpToDate has what a dry run or a brake leaves undone keep it from saying that nothing is left.
func TestWhatIsLeftIsNotUpToDate(t *testing.T) {
	for name, tc := range map[string]struct {
		why    string
		events []reconcile.Event
		want   bool
	}{
		"changes left":  {why: "they aren't made", events: []reconcile.Event{reconcile.Applied{DryRun: true}, reconcile.UpToDate{}}},
		"nothing to do": {why: "that is what it says", events: []reconcile.Event{reconcile.UpToDate{}}, want: true},
		"changes made":  {why: "they are there", events: []reconcile.Event{reconcile.Applied{}, reconcile.UpToDate{}}, want: true},
		"brake holds":   {why: "it waits for a person", events: []reconcile.Event{reconcile.BrakeHeld{Deletes: 12}, reconcile.UpToDate{}}},
		"can't be kept": {why: "deletes wait", events: []reconcile.Event{reconcile.Unkept{Err: errors.New("full")}, reconcile.UpToDate{}}},
		"kept again":    {why: "none does", events: []reconcile.Event{reconcile.Unkept{Err: errors.New("full")}, reconcile.Unkept{}, reconcile.UpToDate{}}, want: true},
		"brake is open": {why: "nothing waits", events: []reconcile.Event{reconcile.BrakeHeld{}, reconcile.BrakeFreed{}, reconcile.UpToDate{}}, want: true},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			o := &Options{LogLevel: "info", LogFormat: "text"}
			l := newLogger(o.Logger(&out), o)
			for _, e := range tc.events {
				l.observe(e)
			}
			if got := strings.Contains(out.String(), "All records are already up to date"); got != tc.want {
				t.Errorf("said to be up to date: %t, want %t: %s\n%s", got, tc.want, tc.why, out.String())
			}
		})
	}
}
