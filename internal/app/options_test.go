// SPDX-License-Identifier: Apache-2.0

package app

import (
	"strings"
	"testing"
)

// TestCheck: all mistakes are told at once, in one order.
func TestCheck(t *testing.T) {
	for name, tc := range map[string]struct {
		why  string
		edit func(*Options)
		want []string
	}{
		"right":            {why: "the least that is needed", edit: func(*Options) {}},
		"nothing":          {why: "neither has a default", edit: func(o *Options) { o.Use, o.Provider = nil, "" }, want: []string{"--source: ", "--provider: name the provider"}},
		"another provider": {why: "ExternalDNS has more", edit: func(o *Options) { o.Provider = "google" }, want: []string{"--provider=google: must be aws"}},
		"selectors": {
			why: "each is told", edit: func(o *Options) { o.View.AnnotationFilter, o.View.LabelFilter = "a in (", "=" },
			want: []string{"--annotation-filter=a in (: ", "--label-filter==: "},
		},
		"unknown source": {why: "a source of ExternalDNS that isn't there", edit: func(o *Options) { o.Use = []string{"node"} }, want: []string{"node"}},
	} {
		t.Run(name, func(t *testing.T) {
			o := Options{Use: []string{"ingress"}, ViewOptions: ViewOptions{Provider: "aws"}}
			tc.edit(&o)
			err := o.Check()
			if len(tc.want) == 0 {
				if err != nil {
					t.Errorf("refused: %v (%s)", err, tc.why)
				}
				return
			}
			if err == nil {
				t.Fatalf("not refused (%s)", tc.why)
			}
			lines := strings.Split(err.Error(), "\n")
			if len(lines) != len(tc.want) {
				t.Fatalf("%d mistakes are told, want %d (%s):\n%v", len(lines), len(tc.want), tc.why, err)
			}
			for i, want := range tc.want {
				if !strings.Contains(lines[i], want) {
					t.Errorf("line %d is %q, want %q (%s)", i, lines[i], want, tc.why)
				}
			}
		})
	}
}
