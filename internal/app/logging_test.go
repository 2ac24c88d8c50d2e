// SPDX-License-Identifier: Apache-2.0

package app

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"nafuda.io/nafuda/internal/model/change"
)

var update = flag.Bool("update", false, "write the golden files")

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-file +got):\n%s", file, diff)
	}
}

// TestLog writes every event in both formats.
func TestLog(t *testing.T) {
	times := regexp.MustCompile(`(time=|"time":)"[^"]*"`)
	for _, format := range []string{"text", "json"} {
		t.Run(format, func(t *testing.T) {
			var out bytes.Buffer
			o := &Options{Use: []string{"ingress"}, Provider: "aws", Registry: "noop", LogLevel: "debug", LogFormat: format}
			o.View.Policy, o.Loop.DryRun = string(change.Sync), true
			l := &logger{log: o.Logger(&out), options: o, warned: make(map[string]bool)}
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
			golden(t, "log-"+format, text)
		})
	}
}
