// SPDX-License-Identifier: Apache-2.0

package txt_test

import (
	"slices"
	"testing"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/registry"
	"nafuda.io/nafuda/internal/registry/txt"
)

func TestFormOf(t *testing.T) {
	z := zone.Zone{Name: "example.com"}
	there := func(n dnsname.Name) bool {
		return slices.Contains([]dnsname.Name{"www.example.com", "*.w.example.com", "a-b.example.com", "b.example.com", "example.com"}, n)
	}
	plain := txt.Options{Owner: "me", Format: "auto", Wildcard: "any"}
	prefixed, templated := plain, plain
	prefixed.Prefix, prefixed.OldPrefix = "k-", []string{"old-"}
	templated.Prefix = "%{record_type}-k-"
	for why, tt := range map[string]struct {
		options txt.Options
		at      dnsname.Name
		want    txt.Form
	}{
		"a type before the name":               {plain, "a-www.example.com", txt.Typed},
		"the name itself":                      {plain, "www.example.com", txt.Untyped},
		"a name that begins like a type":       {plain, "a-b.example.com", txt.Typed},
		"of a wildcard":                        {plain, "cname-any.w.example.com", txt.Typed},
		"for nothing that is there":            {plain, "a-gone.example.com", txt.Unread},
		"with the prefix":                      {prefixed, "k-aaaa-www.example.com", txt.Typed},
		"with the prefix, without a type":      {prefixed, "k-www.example.com", txt.Untyped},
		"with the prefix, of the zone itself":  {prefixed, "a-k-.example.com", txt.Typed},
		"with the prefix before":               {prefixed, "old-a-www.example.com", txt.Moved},
		"with no prefix, before there was one": {prefixed, "a-www.example.com", txt.Moved},
		"with another prefix":                  {prefixed, "zz-a-www.example.com", txt.Unread},
		"with the type in the prefix":          {templated, "a-k-www.example.com", txt.Typed},
	} {
		if got := txt.New(tt.options).FormOf(tt.at, registry.Heritage{}, z, there); got != tt.want {
			t.Errorf("%s: the marker at %s is %s, want %s", why, tt.at, got, tt.want)
		}
	}
}
