// SPDX-License-Identifier: Apache-2.0

package txt

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/zone"
)

// TestMarksArePlaces: marks has the places of every type, each of which may be an alias, and no others.
func TestMarksArePlaces(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		affixes := rapid.SampledFrom([]string{"", "x-", "%{record_type}-x.", "x.%{record_type}-", "a-"})
		o := Options{Owner: "me", Format: typed, OldPrefix: rapid.SliceOfN(affixes, 0, 2).Draw(t, "old")}
		o.Wildcard = rapid.SampledFrom([]string{"", "any"}).Draw(t, "wildcard")
		if o.Prefix = affixes.Draw(t, "prefix"); o.Prefix == "" {
			o.Suffix = rapid.SampledFrom([]string{"", "-x", "-%{record_type}"}).Draw(t, "suffix")
		}
		r, z := New(o), zone.Zone{Name: "example.com"}
		n := rapid.SampledFrom([]dnsname.Name{"example.com", "www.example.com", "*.example.com", "x-a-www.example.com"}).Draw(t, "name")
		var want []dnsname.Name
		for _, typ := range markable {
			for _, p := range r.places(n, typ, true, z) {
				want = append(want, p.at)
			}
		}
		if diff := cmp.Diff(set(want), set(r.marks(n, z))); diff != "" {
			t.Errorf("marks of %s (-places +marks):\n%s", n, diff)
		}
	})
}

func set(names []dnsname.Name) []dnsname.Name {
	slices.Sort(names)
	return slices.Compact(names)
}

// TestJoined: a part of the name where there is one, else what join makes.
func TestJoined(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		part := rapid.StringMatching(`[a-c.-]{0,4}`)
		of, head, rest := part.Draw(t, "of"), part.Draw(t, "head"), part.Draw(t, "rest")
		if rapid.Bool().Draw(t, "follows") {
			of += head + "." + rest
		}
		if got, want := joined(dnsname.Name(of), head, dnsname.Name(rest)), join(head, dnsname.Name(rest)); got != want {
			t.Errorf("joined(%q, %q, %q) = %q, want %q", of, head, rest, got, want)
		}
	})
}
