// SPDX-License-Identifier: Apache-2.0

package txt

import (
	"slices"
	"strings"
	"testing"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/zone"
)

// FuzzPlacesAreRead checks that whatever name a marker is looked for at can be read for the record set it is looked for.
func FuzzPlacesAreRead(f *testing.F) {
	for _, prefix := range []string{"", "edns-", "edns.", "%{record_type}-edns.", "edns-%{record_type}-", "a-"} {
		f.Add("www.sub", prefix, "", "any", 0, true)
		f.Add("*", prefix, "", "any", 2, false)
		f.Add("", prefix, "", "", 1, false)
	}
	f.Add("a-b", "", "-edns", "any.one", 3, true)
	f.Add("a.b", "", "-%{record_type}-edns", "", 0, true)
	f.Add("cname-www", "", ".%{record_type}", "x", 8, false)
	f.Fuzz(func(t *testing.T, head, prefix, suffix, wildcard string, kind int, alias bool) {
		o := Options{Owner: "us", Format: "auto", Prefix: prefix, Suffix: suffix, Wildcard: wildcard, OldPrefix: []string{"old-"}}
		if o.Check() != nil || kind < 0 {
			return
		}
		z := zone.Zone{Name: "example.com"}
		n := z.Name
		if head != "" {
			parsed, err := dnsname.Parse(head + ".example.com")
			if err != nil {
				return
			}
			n = parsed
		}
		r, typ := New(o), markable[kind%len(markable)]
		for _, p := range r.places(n, typ, alias, z) {
			fits := func(x reading) bool { return x.name == n && (x.typ == typ || x.typ == anyType) }
			if got := r.readings(p.at, z); !slices.ContainsFunc(got, fits) {
				t.Errorf("the marker of %s %s at %s (%s) is read for %v only", n, typ, p.at, p.form, got)
			}
			if p.at != n && n.In(z.Name) && !slices.Contains(r.Subjects(p.at, z), n) {
				t.Errorf("%s isn't among the subjects of %s", n, p.at)
			}
		}
	})
}

func TestOptionsCheck(t *testing.T) {
	good := Options{Owner: "us", Format: "auto"}
	for name, tc := range map[string]struct {
		why   string
		edit  func(*Options)
		wrong int
	}{
		"default":         {why: "nothing is wrong", edit: func(*Options) {}},
		"template":        {why: "a template is fine", edit: func(o *Options) { o.Prefix = "%{record_type}-x." }},
		"prefix, suffix":  {why: "they exclude each other", edit: func(o *Options) { o.Prefix, o.Suffix = "a", "b" }, wrong: 1},
		"no owner":        {why: "without an owner nothing is ours", edit: func(o *Options) { o.Owner = "" }, wrong: 1},
		"comma":           {why: "the marker's format has no escapes", edit: func(o *Options) { o.Owner = "a,b" }, wrong: 1},
		"format":          {why: "there are five", edit: func(o *Options) { o.Format = "new" }, wrong: 1},
		"characters":      {why: "not a name", edit: func(o *Options) { o.Prefix = "a b" }, wrong: 1},
		"old characters":  {why: "not a name", edit: func(o *Options) { o.OldPrefix = []string{"ok", "a/b"} }, wrong: 1},
		"wildcard":        {why: "a replacement has no type", edit: func(o *Options) { o.Wildcard = "%{record_type}" }, wrong: 1},
		"all at once":     {why: "all mistakes are told", edit: func(o *Options) { o.Owner, o.Format, o.Suffix = "", "x", "*" }, wrong: 3},
		"half a template": {why: "a brace isn't a letter", edit: func(o *Options) { o.Prefix = "%{record" }, wrong: 1},
	} {
		t.Run(name, func(t *testing.T) {
			o := good
			tc.edit(&o)
			wrong := 0
			err := o.Check()
			if err != nil {
				wrong = strings.Count(err.Error(), "\n") + 1
			}
			if wrong != tc.wrong {
				t.Errorf("Check() = %v; want %d errors (%s)", err, tc.wrong, tc.why)
			}
		})
	}
}
