// SPDX-License-Identifier: Apache-2.0

package awssd_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/provider"
	"nafuda.io/nafuda/internal/provider/awssd"
	"nafuda.io/nafuda/internal/serve/sdemu"
)

func set(name string, t record.Type, values ...string) record.Set {
	return record.Set{Key: record.Key{Name: dnsname.Name(name), Type: t}, TTL: 60, Values: values}
}

func note(name, text string) record.Set {
	return record.Set{Key: record.Key{Name: dnsname.Name(name), Type: record.Note}, Values: []string{record.Quote(text)}}
}

func TestDesired(t *testing.T) {
	edit := func(s record.Set, f func(*record.Set)) record.Set { f(&s); return s }
	web := set("web.example.com", record.A, "192.0.2.1")
	p := emulate(t, sdemu.Options{}).open(awssd.Options{}, provider.Filter{})
	for why, tc := range map[string]struct {
		in   record.Set
		want record.Set
		err  string
	}{
		"as it is":              {in: web, want: web},
		"the default TTL":       {in: edit(web, func(s *record.Set) { s.TTL = 0 }), want: edit(web, func(s *record.Set) { s.TTL = 300 })},
		"properties go":         {in: edit(web, func(s *record.Set) { s.Props = []record.Prop{{Name: "aws/weight", Value: "1"}} }), want: web},
		"an underscore":         {in: set("_.example.com", record.CNAME, "X.example.net."), err: "can't be part"},
		"underscored labels":    {in: set("_ab._cd.example.com", record.CNAME, "X.example.net."), want: set("_ab._cd.example.com", record.CNAME, "x.example.net")},
		"a description":         {in: note("web.example.com", "x"), want: note("web.example.com", "x")},
		"a long description":    {in: note("web.example.com", strings.Repeat("x", 1025)), err: "shorten"},
		"a wildcard":            {in: set("*.example.com", record.A, "192.0.2.1"), err: "wildcard"},
		"TXT":                   {in: set("web.example.com", record.TXT, `"x"`), err: "no type TXT"},
		"two targets":           {in: set("web.example.com", record.CNAME, "a.example.net", "b.example.net"), err: "one target"},
		"no values":             {in: set("web.example.com", record.A), err: "no values"},
		"not an address":        {in: set("web.example.com", record.A, "x"), err: "x"},
		"a set identifier":      {in: edit(web, func(s *record.Set) { s.ID = "one" }), err: "set identifiers"},
		"a TTL over the limits": {in: edit(web, func(s *record.Set) { s.TTL = 1 << 31 }), err: "TTL"},
	} {
		got, err := p.Desired(tc.in)
		switch {
		case tc.err != "" && (err == nil || !strings.Contains(err.Error(), tc.err)):
			t.Errorf("%s: %v, want an error with %q", why, err, tc.err)
		case tc.err == "" && err != nil:
			t.Errorf("%s: %v", why, err)
		case tc.err == "":
			if diff := cmp.Diff([]record.Set{tc.want}, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", why, diff)
			}
		}
	}
}
