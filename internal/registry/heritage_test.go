// SPDX-License-Identifier: Apache-2.0

package registry_test

import (
	"strings"
	"testing"

	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/registry"
)

func TestParseHeritage(t *testing.T) {
	for name, tc := range map[string]struct {
		why, value string
		want       registry.Heritage
		ok         bool
	}{
		"usual":           {why: "as ExternalDNS writes it", value: `"heritage=external-dns,external-dns/owner=me,external-dns/resource=ingress/ns/x"`, want: registry.Heritage{Owner: "me", Resource: "ingress/ns/x"}, ok: true},
		"no quotes":       {why: "some providers strip them", value: `heritage=external-dns,external-dns/owner=me`, want: registry.Heritage{Owner: "me"}, ok: true},
		"double quotes":   {why: "others add a pair", value: `"\"heritage=external-dns,external-dns/owner=me\""`, want: registry.Heritage{Owner: "me"}, ok: true},
		"other order":     {why: "the order doesn't matter", value: `"external-dns/owner=me,heritage=external-dns"`, want: registry.Heritage{Owner: "me"}, ok: true},
		"other keys":      {why: "unknown keys are passed over", value: `"heritage=external-dns,external-dns/future=1,external-dns/owner=me"`, want: registry.Heritage{Owner: "me"}, ok: true},
		"types":           {why: "a key of our own", value: `"heritage=external-dns,external-dns/owner=me,nafuda/types=A+AAAA"`, want: registry.Heritage{Owner: "me", Types: "A+AAAA"}, ok: true},
		"equals sign":     {why: "only the first one separates", value: `"heritage=external-dns,external-dns/owner=a=b"`, want: registry.Heritage{Owner: "a=b"}, ok: true},
		"space":           {why: "spaces aren't trimmed", value: `"heritage=external-dns, external-dns/owner=me"`, ok: true},
		"bare key":        {why: "keys have the program's prefix", value: `"heritage=external-dns,owner=me"`, ok: true},
		"long":            {why: "255 bytes and more come in pieces", value: `"heritage=external-dns,external-dns/ow" "ner=me"`, want: registry.Heritage{Owner: "me"}, ok: true},
		"other program":   {why: "not ours to read", value: `"heritage=other,external-dns/owner=me"`},
		"two heritages":   {why: "another program's beside it", value: `"heritage=external-dns,heritage=other,external-dns/owner=me"`},
		"none":            {why: "no marker", value: `"v=spf1 -all"`},
		"owner alone":     {why: "no heritage, no marker", value: `"external-dns/owner=me"`},
		"empty":           {why: "no marker", value: `""`},
		"heritage, no eq": {why: "no marker", value: `"heritage"`},
	} {
		t.Run(name, func(t *testing.T) {
			got, ok := registry.ParseHeritage(tc.value)
			if got != tc.want || ok != tc.ok {
				t.Errorf("ParseHeritage(%s) = %+v, %v; want %+v, %v (%s)", tc.value, got, ok, tc.want, tc.ok, tc.why)
			}
		})
	}
}

func TestHeritageString(t *testing.T) {
	h := registry.Heritage{Owner: "me", Resource: "ingress/ns/x,external-dns/owner=them,nafuda/types=MX"}
	got, ok := registry.ParseHeritage(h.String())
	if !ok || got.Owner != "me" || got.Types != "" {
		t.Errorf("%s reads as %+v: a resource must make itself neither another owner's nor one of other types", h, got)
	}
	const want = `"heritage=external-dns,external-dns/owner=me,external-dns/resource=service/ns/x"`
	if got := (registry.Heritage{Owner: "me", Resource: "service/ns/x"}).String(); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestMarkerOf(t *testing.T) {
	const mine, yours = `"heritage=external-dns,external-dns/owner=me,external-dns/resource=i/x"`, `"heritage=external-dns,external-dns/owner=you"`
	for name, tc := range map[string]struct {
		why    string
		typ    record.Type
		values []string
		owner  string
		ok     bool
	}{
		"one":        {why: "the usual", typ: record.TXT, values: []string{mine}, owner: "me", ok: true},
		"beside":     {why: "other texts don't matter", typ: record.TXT, values: []string{`"v=spf1"`, mine}, owner: "me", ok: true},
		"two owners": {why: "neither's", typ: record.TXT, values: []string{mine, yours}, owner: "me,you", ok: true},
		"twice":      {why: "the same owner twice", typ: record.TXT, values: []string{mine, mine}, owner: "me", ok: true},
		"no marker":  {why: "a text", typ: record.TXT, values: []string{`"hello"`}},
		"other type": {why: "only TXT is a marker", typ: record.CNAME, values: []string{mine}},
	} {
		t.Run(name, func(t *testing.T) {
			h, ok := registry.MarkerOf(record.Set{Key: record.Key{Type: tc.typ}, Values: tc.values})
			if ok != tc.ok || h.Owner != tc.owner {
				t.Errorf("MarkerOf = %+v, %v; want owner %q, %v (%s)", h, ok, tc.owner, tc.ok, tc.why)
			}
		})
	}
}

func FuzzParseHeritage(f *testing.F) {
	for _, s := range []string{`"heritage=external-dns,external-dns/owner=me"`, "heritage=other", `"a" "b"`, `"\"`, ",,,=", `"heritage=external-dns,external-dns/resource=\044"`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		h, ok := registry.ParseHeritage(s)
		if !ok {
			if h != (registry.Heritage{}) {
				t.Fatalf("ParseHeritage(%q) isn't a marker and has %+v", s, h)
			}
			return
		}
		if strings.Contains(h.Owner, ",") {
			t.Fatalf("owner %q has a comma, which tells sets of several owners", h.Owner)
		}
		if strings.Contains(h.Owner+h.Resource+h.Types, `"`) {
			return // quotes at the ends are trimmed, so such a marker isn't written back the same
		}
		if again, ok := registry.ParseHeritage(h.String()); !ok || again != h {
			t.Fatalf("%q reads as %+v, which is written as %s and reads as %+v", s, h, h, again)
		}
	})
}
