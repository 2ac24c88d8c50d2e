// SPDX-License-Identifier: Apache-2.0

package providertest

import (
	"slices"
	"strings"

	"nafuda.io/nafuda/internal/model/record"
)

// content are the cases of what record sets can hold.
func content() []kase {
	return []kase{
		{name: "apex", test: func(b *bench) {
			b.become(b.set("", record.A, "192.0.2.1"), b.set("", record.TXT, "v=spf1 -all"), b.set("", record.MX, "10 mail.example.com"))
			b.become(b.set("", record.A, "192.0.2.1"))
		}, able: apexes},
		{name: "wildcard", test: func(b *bench) {
			b.become(b.set("*", record.A, "192.0.2.1"), b.set("*.deep", record.A, "192.0.2.2"), b.set("a", record.A, "192.0.2.3"))
			b.become(b.set("*", record.A, "192.0.2.9"))
		}, able: wildcards},
		{name: "texts", test: texts, able: texting},
		{name: "IDNA and case", test: func(b *bench) {
			b.become(b.set("bücher", record.A, "192.0.2.1"), b.set("WWW", record.CNAME, "MÜNCHEN.example.com."))
			b.become()
		}},
		{name: "every type", test: func(b *bench) {
			var sets []record.Set
			for t, values := range examples {
				sets = append(sets, b.set("of-"+strings.ToLower(string(t)), t, values...))
			}
			b.become(b.possible(sets...)...)
			b.become()
		}},
		{name: "underscores and deep names", test: func(b *bench) {
			deep := strings.TrimSuffix(strings.Repeat("abcdefghi.", 15), ".")
			b.become(b.possible(b.set("_acme-challenge.www", record.TXT, "x"), b.set("_dmarc.www", record.CNAME, "www.example.com"),
				b.set(deep, record.A, "192.0.2.1"), b.set("a."+strings.Repeat("l", 63), record.A, "192.0.2.1"))...)
		}},
		{name: "addresses in other spellings", test: func(b *bench) {
			b.become(b.set("www", record.AAAA, "2001:DB8:0:0:0::1", "2001:db8::0:2"))
			b.become(b.set("www", record.AAAA, "2001:db8::1"))
		}},
	}
}

var examples = map[record.Type][]string{
	record.A:     {"192.0.2.1", "192.0.2.10"},
	record.AAAA:  {"2001:db8::1"},
	record.CAA:   {`0 issue "ca.example.com"`},
	record.CNAME: {"www.example.com"},
	record.MX:    {"10 a.example.com", "20 b.example.com"},
	record.NAPTR: {`100 50 "s" "SIPS+D2T" "" _sips._tcp.example.com.`},
	record.NS:    {"ns1.example.com", "ns2.example.com"},
	record.PTR:   {"www.example.com"},
	record.SRV:   {"10 60 5060 sip.example.com"},
	record.TXT:   {"text", "heritage=external-dns,external-dns/owner=me"},
}

func texts(b *bench) {
	for label, text := range map[string]string{
		"plain":     "a text with spaces",
		"quotes":    `say "hello"`,
		"backslash": `C:\dns \065 \"`,
		"long":      strings.Repeat("0123456789", 60),
		"edge":      strings.Repeat("x", 255),
		"over":      strings.Repeat("x", 256),
		"unicode":   "名札 é",
		"control":   "tab\there\x00\x7f",
		"semicolon": "v=DKIM1; k=rsa; p=abc=",
		"bytes":     "\xff\xfe\x80",
	} {
		want := record.Quote(text)
		b.store(record.Set{Key: record.Key{Name: b.name(label), Type: record.TXT}, TTL: 60, Values: []string{want}})
		i := slices.IndexFunc(b.read(b.Zone), func(s record.Set) bool { return s.Name == b.name(label) })
		if i < 0 {
			b.Errorf("%s isn't listed", label)
			continue
		}
		if got := b.read(b.Zone)[i].Values; len(got) != 1 || record.Unquote(got[0]) != text {
			b.Errorf("%s: %q, want %q", label, got, want)
		}
	}
	b.become()
}
