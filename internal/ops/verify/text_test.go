// SPDX-License-Identifier: Apache-2.0

package verify

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/ops/probe"
	"nafuda.io/nafuda/test/golden"
)

// shownReport has a row of each shape.
func shownReport() Report {
	named := func(name dnsname.Name, s Subject) Subject { s.Name = name; return s }
	long := dnsname.Name(strings.Repeat("a-rather-long-label.", 3) + "example.com")
	twin := subject(set("www.example.com", record.A, public))
	twin.Twins = []record.Set{set("www.example.com", record.A, lan)}
	inner := subject(set("www.example.com", record.A, lan))
	inner.Zone.Private, inner.Zone.ID = true, "Z2"
	many := subject(set("www.example.com", record.A, "198.51.100.1", "198.51.100.2", "198.51.100.3", "198.51.100.4", "198.51.100.5"))
	evil := subject(set("www.example.com", record.TXT, `"hello"`))
	var subjects []Subject
	var all []Found
	add := func(s Subject, f Found) { subjects, all = append(subjects, s), append(all, f) }
	add(named("nas.example.com", subject(set("www.example.com", record.A, lan))), found(gives(lan), gives()))
	add(named("printer.example.com", subject(set("www.example.com", record.A, lan))), found(gives(lan), gives()))
	add(named("many.example.com", many), found(gives(many.There[0].Values...), gives(many.There[0].Values...)))
	add(named(long, subject(set("www.example.com", record.AAAA, "2001:db8::1"))), found(gives("2001:db8::1"), gives("2001:db8::1")))
	add(named("text.example.com", evil), found(gives(`"hello"`), gives("\"\x1b[31mred\u202e\"")))
	add(twin, found(gives(public), gives(lan)))
	add(inner, Found{Unasked: reason.New(reason.PrivateZone, "private"), Resolvers: "x", Resolver: gives(lan)})
	wan := found(gives(public), gives(public))
	wan.Inside, wan.Reached = true, []Reached{{Address: public, Why: "no answer"}}
	add(named("wan.example.com", subject(set("www.example.com", record.A, public))), wan)
	wait := named("wait.example.com", subject())
	wait.Differs = reason.New(reason.Asked, "ingress/default/web asks for wait.example.com A")
	add(wait, found(absentFor(nxDomain, 900), probe.Seen{At: "x", Code: nxDomain}))
	r := Make(subjects, all)
	r.More = 17
	return r
}

func TestText(t *testing.T) {
	for name, r := range map[string]Report{"rows": shownReport(), "empty": Make(nil, nil)} {
		t.Run(name, func(t *testing.T) {
			var plainText, coloured bytes.Buffer
			if err := r.Write(&plainText, false); err != nil {
				t.Fatal(err)
			}
			if err := r.Write(&coloured, true); err != nil {
				t.Fatal(err)
			}
			golden.File(t, filepath.Join("testdata", name+".txt"), plainText.String())
			for line := range strings.Lines(plainText.String()) {
				if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > width {
					t.Errorf("%d columns: %s", n, line)
				}
			}
			if s := strings.NewReplacer(green, "", red, "", plain, "").Replace(coloured.String()); s != plainText.String() || strings.Contains(s, "\x1b") {
				t.Errorf("colours change more than the colour, or text steers the terminal: %q", s)
			}
		})
	}
}
