// SPDX-License-Identifier: Apache-2.0

package record_test

import (
	"slices"
	"strings"
	"testing"

	"nafuda.io/nafuda/internal/model/record"
)

func TestTypeOf(t *testing.T) {
	for target, want := range map[string]record.Type{
		"192.0.2.1": record.A, "2001:db8::1": record.AAAA, "::ffff:192.0.2.1": record.AAAA, "lb.example.net": record.CNAME, "192.0.2": record.CNAME, "": record.CNAME,
	} {
		if got := record.TypeOf(target); got != want {
			t.Errorf("TypeOf(%q) = %s, want %s", target, got, want)
		}
	}
}

func TestCanonical(t *testing.T) {
	for name, tc := range map[string]struct {
		why  string
		typ  record.Type
		in   []string
		want []string
		err  string
	}{
		"addresses":      {why: "sorted, once each", typ: record.A, in: []string{"192.0.2.2", "192.0.2.1", "192.0.2.2"}, want: []string{"192.0.2.1", "192.0.2.2"}},
		"IPv6":           {why: "RFC 5952", typ: record.AAAA, in: []string{"2001:0DB8:0:0::1"}, want: []string{"2001:db8::1"}},
		"mapped":         {why: "an IPv4-mapped address is of the AAAA family", typ: record.AAAA, in: []string{"::ffff:192.0.2.1"}, want: []string{"::ffff:192.0.2.1"}},
		"wrong family":   {why: "an A holds IPv4", typ: record.A, in: []string{"2001:db8::1"}, err: `"2001:db8::1"`},
		"zone":           {why: "a scope has no place in DNS", typ: record.AAAA, in: []string{"fe80::1%eth0"}, err: "isn't an address"},
		"leading zero":   {why: "is it octal or not", typ: record.A, in: []string{"192.0.2.010"}, err: "isn't an address"},
		"host":           {why: "lower case, no final dot", typ: record.CNAME, in: []string{"LB.example.NET."}, want: []string{"lb.example.net"}},
		"bad host":       {why: "not a name", typ: record.CNAME, in: []string{"a b"}, err: "isn't a host name"},
		"MX":             {why: "number and host", typ: record.MX, in: []string{" 010  Mail.example.net. "}, want: []string{"10 mail.example.net"}},
		"null MX":        {why: "RFC 7505", typ: record.MX, in: []string{"0 ."}, want: []string{"0 ."}},
		"MX fields":      {why: "two fields", typ: record.MX, in: []string{"mail.example.net"}, err: "hasn't 2 fields"},
		"MX number":      {why: "16 bits", typ: record.MX, in: []string{"65536 mail.example.net"}, err: "0 to 65535"},
		"SRV":            {why: "three numbers and a host", typ: record.SRV, in: []string{"0 5 5060 Sip.example.net."}, want: []string{"0 5 5060 sip.example.net"}},
		"SRV negative":   {why: "no sign", typ: record.SRV, in: []string{"0 -5 5060 sip.example.net"}, err: "0 to 65535"},
		"text":           {why: "quoted", typ: record.TXT, in: []string{"hello"}, want: []string{`"hello"`}},
		"text in pieces": {why: "pieces say the same as the whole", typ: record.TXT, in: []string{`"hel" "lo"`}, want: []string{`"hello"`}},
		"text escapes":   {why: "as RFC 1035 writes them", typ: record.TXT, in: []string{`"a\"b\\c\255"`}, want: []string{`"a\"b\\c\255"`}},
		"CAA":            {why: "as written", typ: record.CAA, in: []string{` 0 issue "ca.example.net" `}, want: []string{`0 issue "ca.example.net"`}},
		"none":           {why: "nothing of nothing", typ: record.A, want: []string{}},
	} {
		t.Run(name, func(t *testing.T) {
			before := slices.Clone(tc.in)
			got, err := record.Canonical(tc.typ, tc.in)
			if tc.err != "" {
				if err == nil || !strings.Contains(err.Error(), tc.err) {
					t.Fatalf("error %v, want %q (%s)", err, tc.err, tc.why)
				}
				return
			}
			if err != nil || !slices.Equal(got, tc.want) {
				t.Errorf("got %q, %v; want %q (%s)", got, err, tc.want, tc.why)
			}
			if again, err := record.Canonical(tc.typ, got); err != nil || !slices.Equal(again, got) {
				t.Errorf("again: %q, %v; canonical values must stay", again, err)
			}
			if !slices.Equal(tc.in, before) {
				t.Errorf("the argument has changed to %q", tc.in)
			}
		})
	}
}

func TestQuote(t *testing.T) {
	for name, tc := range map[string]struct{ why, in, want string }{
		"empty":      {why: "a TXT has at least one string", in: "", want: `""`},
		"quote":      {why: "escaped", in: `a"b\`, want: `"a\"b\\"`},
		"control":    {why: "three decimal digits", in: "a\n\x7f", want: `"a\010\127"`},
		"UTF-8":      {why: "bytes, not letters", in: "é", want: `"\195\169"`},
		"255 bytes":  {why: "fits", in: strings.Repeat("a", 255), want: `"` + strings.Repeat("a", 255) + `"`},
		"256 bytes":  {why: "a string holds 255", in: strings.Repeat("a", 256), want: `"` + strings.Repeat("a", 255) + `" "a"`},
		"256 quotes": {why: "escapes don't count", in: strings.Repeat(`"`, 256), want: `"` + strings.Repeat(`\"`, 255) + `" "\""`},
	} {
		t.Run(name, func(t *testing.T) {
			if got := record.Quote(tc.in); got != tc.want {
				t.Errorf("Quote(%q) = %s, want %s (%s)", tc.in, got, tc.want, tc.why)
			}
		})
	}
}

func TestUnquote(t *testing.T) {
	for in, want := range map[string]string{
		`a`: "a", ` a"b `: `a"b`, `""`: "", `"`: "", `"a b"`: "a b", ` "a" `: "a", `"a" "b"`: "ab", `"a"b"c"`: "ac", `"a`: "a",
		`"a\"b"`: `a"b`, `"a\\"`: `a\`, `"\065"`: "A", `"a\"`: `a"`,
	} {
		if got := record.Unquote(in); got != want {
			t.Errorf("Unquote(%s) = %q, want %q", in, got, want)
		}
	}
}

func FuzzQuote(f *testing.F) {
	for _, s := range []string{"", "hello", `a"b\c`, "\x00\xff", strings.Repeat("x", 600), `\065`, ` "a" `} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		q := record.Quote(s)
		if got := record.Unquote(q); got != s {
			t.Fatalf("Unquote(Quote(%q)) = %q", s, got)
		}
		for i := range len(q) {
			if q[i] < 0x20 || q[i] > 0x7e {
				t.Fatalf("Quote(%q) has the byte %#x", s, q[i])
			}
		}
		canonical, err := record.Canonical(record.TXT, []string{s}) // s as somebody's value
		if err != nil {
			t.Fatal(err)
		}
		if again, _ := record.Canonical(record.TXT, canonical); !slices.Equal(again, canonical) {
			t.Fatalf("%q is canonically %q and then %q", s, canonical, again)
		}
	})
}

func TestEqual(t *testing.T) {
	base := func() record.Set {
		return record.Set{Key: record.Key{Name: "www.example.com", Type: record.A}, TTL: 300, Values: []string{"192.0.2.1"}, Props: []record.Prop{{Name: "aws/weight", Value: "1"}}}
	}
	alias := func(target string) *record.Alias { return &record.Alias{Target: "lb.example.net", Zone: target} }
	for name, tc := range map[string]struct {
		why  string
		edit func(*record.Set)
		want bool
	}{
		"same":       {why: "nothing differs", edit: func(*record.Set) {}, want: true},
		"stored":     {why: "the provider's spelling doesn't matter", edit: func(s *record.Set) { s.Stored = []string{"x"} }, want: true},
		"empty list": {why: "no values are no values, nil or not", edit: func(s *record.Set) { s.Props = append([]record.Prop{}, s.Props...) }, want: true},
		"name":       {why: "another name", edit: func(s *record.Set) { s.Name = "x.example.com" }},
		"id":         {why: "another set identifier", edit: func(s *record.Set) { s.ID = "a" }},
		"TTL":        {why: "another TTL", edit: func(s *record.Set) { s.TTL = 60 }},
		"value":      {why: "another value", edit: func(s *record.Set) { s.Values = []string{"192.0.2.2"} }},
		"prop":       {why: "another property", edit: func(s *record.Set) { s.Props = nil }},
		"alias":      {why: "an alias", edit: func(s *record.Set) { s.Alias = alias("Z1") }},
	} {
		t.Run(name, func(t *testing.T) {
			a, b := base(), base()
			tc.edit(&b)
			if a.Equal(b) != tc.want || b.Equal(a) != tc.want {
				t.Errorf("Equal = %v, want %v (%s)", !tc.want, tc.want, tc.why)
			}
		})
	}
	a, b := base(), base()
	a.Alias, b.Alias = alias("Z1"), alias("Z1")
	if !a.Equal(b) {
		t.Error("aliases are compared by what they say")
	}
	if b.Alias = alias("Z2"); a.Equal(b) {
		t.Error("aliases in different zones are different")
	}
	if got := a.Targets(); !slices.Equal(got, []string{"alias lb.example.net"}) {
		t.Errorf("Targets() = %v", got)
	}
}

func TestKeyOrder(t *testing.T) {
	want := []record.Key{{Name: "example.com", Type: record.TXT}, {Name: "a.example.com", Type: record.A}, {Name: "a.example.com", Type: record.A, ID: "b"}, {Name: "a.example.com", Type: record.AAAA}}
	got := slices.Clone(want)
	slices.Reverse(got)
	slices.SortFunc(got, record.Key.Compare)
	if !slices.Equal(got, want) {
		t.Errorf("sorted %v, want %v", got, want)
	}
	if s := want[2].String(); s != "a.example.com A b" {
		t.Errorf("String() = %q", s)
	}
}
