// SPDX-License-Identifier: Apache-2.0

package source_test

import (
	"strings"
	"testing"

	"nafuda.io/nafuda/internal/model/endpoint"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/source"
)

func TestNoHost(t *testing.T) {
	ref := endpoint.Ref{Kind: "service", Namespace: "d", Name: "web"}
	const oldHost, newHost = source.OldPrefix + "hostname", source.NewPrefix + "hostname"
	for name, tc := range map[string]struct {
		why   string
		opts  source.Options
		notes map[string]string
		code  reason.Code
		text  string // part of it
	}{
		"nothing":       {why: "most Services", code: reason.NoHost, text: "service/d/web names no host"},
		"a typo":        {why: "one letter", notes: map[string]string{source.OldPrefix + "hostnam": "a"}, code: reason.NoHost, text: "did you mean " + oldHost + "?"},
		"not a typo":    {why: "another annotation of ours", notes: map[string]string{newHost[:len(newHost)-4] + "port": "a", source.NewPrefix + "ttl": "60"}, code: reason.NoHost, text: "names no host"},
		"other prefix":  {why: "ExternalDNS's newer prefix, and only the older is read", opts: source.Options{AnnotationPrefix: source.OldPrefix}, notes: map[string]string{newHost: "a"}, code: reason.Filtered, text: "--annotation-prefix=" + source.OldPrefix},
		"hosts ignored": {why: "an option says so", opts: source.Options{IgnoreHostnameAnnotation: true}, notes: map[string]string{oldHost: "a"}, code: reason.Filtered, text: "--ignore-hostname-annotation"},
		"hostile":       {why: "a key may be anything", notes: map[string]string{source.NewPrefix + strings.Repeat("hostname", 1000): "a"}, code: reason.NoHost, text: "names no host"},
	} {
		t.Run(name, func(t *testing.T) {
			got := tc.opts.NoHost(ref, tc.notes)
			if got.Code != tc.code || !strings.Contains(got.Text, tc.text) || len(got.Text) > 500 {
				t.Errorf("NoHost = %+v, want %s with %q (%s)", got, tc.code, tc.text, tc.why)
			}
		})
	}
}

func TestElsewhere(t *testing.T) {
	ref := endpoint.Ref{Kind: "service", Namespace: "d", Name: "web"}
	for value, code := range map[string]reason.Code{"dns-controller": "", "other": reason.OtherControl, "": reason.OtherControl} {
		if got := (source.Options{}).Elsewhere(ref, map[string]string{source.NewPrefix + "controller": value}); got.Code != code {
			t.Errorf("controller %q: %+v, want %q", value, got, code)
		}
	}
	if got := (source.Options{}).Elsewhere(ref, nil); !got.None() {
		t.Errorf("without the annotation: %+v", got)
	}
}
