// SPDX-License-Identifier: Apache-2.0

package dnsname_test

import (
	"slices"
	"strings"
	"testing"

	"nafuda.io/nafuda/internal/model/dnsname"
)

func TestParse(t *testing.T) {
	long := strings.Repeat("a", 63)
	for name, tc := range map[string]struct {
		why, in, want, err string
	}{
		"plain":          {why: "an ordinary name stays", in: "www.example.com", want: "www.example.com"},
		"case and dot":   {why: "DNS ignores case; one final dot is usual", in: "WWW.Example.COM.", want: "www.example.com"},
		"unicode":        {why: "the wire has A-labels only", in: "名札.example.com", want: "xn--eqry85b.example.com"},
		"unicode case":   {why: "IDNA maps before it converts", in: "BÜCHER.example.com", want: "xn--bcher-kva.example.com"},
		"underscore":     {why: "SRV and TXT names have them", in: "_http._tcp.example.com", want: "_http._tcp.example.com"},
		"wildcard":       {why: "RFC 4592", in: "*.example.com", want: "*.example.com"},
		"label of 63":    {why: "the limit itself is fine", in: long + ".example.com", want: long + ".example.com"},
		"label of 64":    {why: "RFC 1035 2.3.4", in: long + "a.example.com", err: "more than 63"},
		"long name":      {why: "RFC 1035 2.3.4", in: strings.Repeat("abcdefg.", 32) + "com", err: "more than 253"},
		"huge":           {why: "hostile input isn't converted", in: strings.Repeat("é.", 100000), err: "more than 253"},
		"empty":          {why: "no name at all", in: "", err: "empty"},
		"dot":            {why: "the root isn't a host name", in: ".", err: "empty"},
		"empty label":    {why: "two dots in a row", in: "a..example.com", err: "label is empty"},
		"two final dots": {why: "only one is stripped", in: "a.example.com..", err: "label is empty"},
		"inner star":     {why: "a star is a wildcard only as the first label", in: "a.*.example.com", err: "character '*'"},
		"space":          {why: "not a host name", in: "a b.example.com", err: "character ' '"},
		"slash":          {why: "not a host name", in: "a/b.example.com", err: "character '/'"},
		"mapped away":    {why: "IDNA maps a soft hyphen to nothing", in: "\u00ad", err: "empty"},
		"ideographic":    {why: "IDNA's other full stops separate labels too", in: "名札。example。com", want: "xn--eqry85b.example.com"},
		"wild unicode":   {why: "a wildcard of an internationalised zone", in: "*.bücher.example", want: "*.xn--bcher-kva.example"},
		"newline":        {why: "log and zone file injection", in: "a\nb.example.com", err: `character '\n'`},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := dnsname.Parse(tc.in)
			if tc.err != "" {
				if err == nil || !strings.Contains(err.Error(), tc.err) {
					t.Errorf("Parse(%q) = %q, %v; want an error with %q (%s)", tc.in, got, err, tc.err, tc.why)
				}
				return
			}
			if err != nil || string(got) != tc.want {
				t.Errorf("Parse(%q) = %q, %v; want %q (%s)", tc.in, got, err, tc.want, tc.why)
			}
		})
	}
}

func TestIn(t *testing.T) {
	for _, tc := range []struct {
		name, zone dnsname.Name
		want       bool
	}{
		{"www.example.com", "example.com", true},
		{"example.com", "example.com", true},
		{"notexample.com", "example.com", false},
		{"com", "example.com", false},
		{"anything.test", "", true},
	} {
		if got := tc.name.In(tc.zone); got != tc.want {
			t.Errorf("%q.In(%q) = %v, want %v", tc.name, tc.zone, got, tc.want)
		}
	}
}

func TestCompareIsListingOrder(t *testing.T) {
	want := []dnsname.Name{
		"example.com", "*.example.com", "a-b.example.com", "a.example.com", "z.a.example.com", "a0.example.com", "aa.example.com", "b.example.com", "example.net",
	}
	got := slices.Clone(want)
	slices.Reverse(got)
	slices.SortFunc(got, dnsname.Name.Compare)
	if !slices.Equal(got, want) {
		t.Errorf("sorted %v, want %v", got, want)
	}
}

func TestParts(t *testing.T) {
	for _, tc := range []struct {
		name, parent     dnsname.Name
		label            string
		wildcard         bool
		fqdn, readAsText string
	}{
		{"www.example.com", "example.com", "www", false, "www.example.com.", "www.example.com"},
		{"com", "", "com", false, "com.", "com"},
		{"", "", "", false, ".", ""},
		{"*.xn--bcher-kva.example", "xn--bcher-kva.example", "*", true, "*.xn--bcher-kva.example.", "*.bücher.example"},
		{"*", "", "*", true, "*.", "*"},
	} {
		label, parent := tc.name.Cut()
		if label != tc.label || parent != tc.parent || tc.name.Parent() != tc.parent {
			t.Errorf("%q.Cut() = %q, %q; want %q, %q", tc.name, label, parent, tc.label, tc.parent)
		}
		if tc.name.IsWildcard() != tc.wildcard || tc.name.FQDN() != tc.fqdn || tc.name.Unicode() != tc.readAsText {
			t.Errorf("%q: wildcard %v, FQDN %q, Unicode %q", tc.name, tc.name.IsWildcard(), tc.name.FQDN(), tc.name.Unicode())
		}
		if joined := strings.Join(slices.Collect(tc.name.Labels()), "."); joined != string(tc.name) {
			t.Errorf("the labels of %q make %q", tc.name, joined)
		}
	}
}

func TestCompareIsAnOrder(t *testing.T) {
	names := []dnsname.Name{"", "com", "example.com", "*.example.com", "a-*.example.com", "a-b.example.com", "a.example.com", "a.b.example.com", "a0.example.com", "_x.example.com"}
	for _, a := range names {
		for _, b := range names {
			if (a.Compare(b) == 0) != (a == b) || a.Compare(b) != -b.Compare(a) {
				t.Errorf("Compare(%q, %q) = %d, the other way %d", a, b, a.Compare(b), b.Compare(a))
			}
			for _, c := range names {
				if a.Compare(b) < 0 && b.Compare(c) < 0 && a.Compare(c) >= 0 {
					t.Errorf("%q < %q < %q, and yet not %q < %q", a, b, c, a, c)
				}
			}
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"www.example.com", "*.example.com.", "名札.example.com", "a..b", "\x00", "xn--", "-a.example.com"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n, err := dnsname.Parse(s)
		if err != nil {
			return
		}
		if len(n) > 253 || n == "" {
			t.Fatalf("Parse(%q) = %q, out of the limits", s, n)
		}
		again, err := dnsname.Parse(string(n))
		if err != nil || again != n {
			t.Fatalf("Parse(%q) = %q, %v; a parsed name must parse to itself", n, again, err)
		}
		if n.Compare(again) != 0 {
			t.Fatalf("%q differs from itself", n)
		}
	})
}
