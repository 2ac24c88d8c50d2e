// SPDX-License-Identifier: Apache-2.0

package zone_test

import (
	"slices"
	"testing"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/zone"
)

func made(id, name string, private bool) zone.Zone {
	return zone.Zone{Key: zone.Key{Provider: "aws", Account: "a", ID: id}, Name: dnsname.Name(name), Private: private}
}

func TestFind(t *testing.T) {
	x := zone.NewIndex([]zone.Zone{
		made("pub", "example.com", false), made("sub", "sub.example.com", false), made("sub2", "sub.example.com", false),
		made("priv", "example.com", true), made("privsub", "sub.example.com", true), made("other", "example.net", true),
	})
	for name, tc := range map[string]struct {
		why  string
		at   dnsname.Name
		want []string
	}{
		"apex":      {why: "public and private of the same name", at: "example.com", want: []string{"priv", "pub"}},
		"below":     {why: "however deep", at: "a.b.example.com", want: []string{"priv", "pub"}},
		"delegated": {why: "the longest public ones, and every private one", at: "www.sub.example.com", want: []string{"privsub", "sub", "sub2", "priv"}},
		"private":   {why: "no public zone", at: "www.example.net", want: []string{"other"}},
		"none":      {why: "no zone at all", at: "www.example.org"},
		"similar":   {why: "labels are compared whole", at: "notexample.com"},
		"wildcard":  {why: "a wildcard is below its parent", at: "*.example.com", want: []string{"priv", "pub"}},
		"parent":    {why: "a zone below doesn't hold its parent", at: "com"},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, z := range x.Find(tc.at) {
				got = append(got, z.ID)
			}
			if !slices.Equal(got, tc.want) {
				t.Errorf("Find(%s) = %v, want %v (%s)", tc.at, got, tc.want, tc.why)
			}
		})
	}
}
