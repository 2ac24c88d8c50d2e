// SPDX-License-Identifier: Apache-2.0

package rfc2136

import (
	"slices"
	"strings"
	"testing"

	"github.com/miekg/dns"

	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
)

func TestDesired(t *testing.T) {
	for why, tc := range map[string]struct {
		minTTL uint32
		in     record.Set
		want   string // values and TTL
		err    string
	}{
		"as it is":                 {0, record.Set{Key: key1(record.A), TTL: 60, Values: []string{"192.0.2.1"}}, "192.0.2.1 60", ""},
		"no TTL":                   {0, record.Set{Key: key1(record.A), Values: []string{"192.0.2.1"}}, "192.0.2.1 300", ""},
		"no TTL, and a least one":  {30, record.Set{Key: key1(record.A), Values: []string{"192.0.2.1"}}, "192.0.2.1 30", ""},
		"under the least TTL":      {120, record.Set{Key: key1(record.A), TTL: 60, Values: []string{"192.0.2.1"}}, "192.0.2.1 120", ""},
		"over it":                  {30, record.Set{Key: key1(record.A), TTL: 60, Values: []string{"192.0.2.1"}}, "192.0.2.1 60", ""},
		"properties mean nothing":  {0, record.Set{Key: key1(record.CNAME), TTL: 60, Values: []string{"A.example.net."}, Props: []record.Prop{{Name: "alias", Value: "true"}}}, "a.example.net 60", ""},
		"a set identifier":         {0, record.Set{Key: record.Key{Name: "www.example.com", Type: record.A, ID: "one"}, Values: []string{"192.0.2.1"}}, "", "leave the annotation out"},
		"an alias":                 {0, record.Set{Key: key1(record.A), Alias: &record.Alias{Target: "a.example.net"}}, "", "use a CNAME"},
		"an SOA":                   {0, record.Set{Key: key1(record.SOA), Values: []string{"a. b. 1 2 3 4 5"}}, "", "no type SOA"},
		"two CNAMEs":               {0, record.Set{Key: key1(record.CNAME), Values: []string{"a.example.net", "b.example.net"}}, "", "one target"},
		"nothing":                  {0, record.Set{Key: key1(record.A)}, "", "no values"},
		"more lines":               {0, record.Set{Key: key1(record.CAA), Values: []string{"0 issue \"x\"\nwww.example.org. 60 IN A 192.0.2.1"}}, "", "printable"},
		"another type":             {0, record.Set{Key: key1(record.CAA), Values: []string{"192.0.2.1"}}, "", "zone file"},
		"a directive":              {0, record.Set{Key: record.Key{Name: "$INCLUDE", Type: record.CAA}, Values: []string{"/etc/passwd"}}, "", "plain spelling"},
		"a CAA with spaces":        {0, record.Set{Key: key1(record.CAA), TTL: 60, Values: []string{"0  issue  ca.example.net"}}, `0 issue "ca.example.net" 60`, ""},
		"a TTL that is no TTL":     {0, record.Set{Key: key1(record.A), TTL: 1 << 31, Values: []string{"192.0.2.1"}}, "", "RFC 2181"},
		"too many values":          {0, record.Set{Key: key1(record.TXT), Values: numbered(mostSetValues + 1)}, "", "leave some out"},
		"a text longer than a set": {0, record.Set{Key: key1(record.TXT), Values: []string{strings.Repeat("x", 70000)}}, "", "too long"},
	} {
		t.Run(why, func(t *testing.T) {
			got, err := (&Provider{minTTL: tc.minTTL}).Desired(tc.in)
			if tc.err != "" {
				if err == nil || !strings.Contains(err.Error(), tc.err) {
					t.Errorf("%v, %v; want %q", got, err, tc.err)
				}
				return
			}
			if err != nil || len(got) != 1 || text(got[0]) != tc.want || got[0].Props != nil {
				t.Errorf("%v, %v; want %q", got, err, tc.want)
			}
		})
	}
}

func text(s record.Set) string {
	rrs, err := records(&s)
	if err != nil || len(rrs) != len(s.Values) {
		return "no records"
	}
	return strings.Join(s.Values, " ") + " " + strings.Fields(rrs[0].Header().String())[1]
}

func key1(t record.Type) record.Key { return record.Key{Name: "www.example.com", Type: t} }

func numbered(n int) []string {
	var out []string
	for i := range n {
		out = append(out, strings.Repeat("x", i))
	}
	return out
}

// FuzzValue makes records of values of any kind, as objects and their annotations may have them. What is taken makes the same value
// again when it is read, and never a record elsewhere or of another type.
func FuzzValue(f *testing.F) {
	for i, v := range []string{
		"192.0.2.1", "2001:db8::1", `0 issue "ca.example.net"`, "a.example.net", "a.example.net", "10 mail", `100 50 "s" "SIPS+D2T" "" _sips._tcp.example.com.`, "ns", "ptr",
		"1 2 3 a.example.net", `"a" "b\"c\\ \200" ; x`, "( 1\n)", `\# 4 0A000001`, "@", "", " ; ", "$ORIGIN x.", "\x00",
	} {
		f.Add(v, uint8(i))
	}
	p := &Provider{}
	f.Fuzz(func(t *testing.T, value string, kind uint8) {
		k := key1(writable[int(kind)%len(writable)])
		sets, err := p.Desired(record.Set{Key: k, TTL: 60, Values: []string{value}})
		if err != nil {
			return
		}
		rrs, err := records(&sets[0])
		if err != nil {
			t.Fatalf("%q is desired as %q, which makes no record: %v", value, sets[0].Values, err)
		}
		wire := make([]byte, dns.MaxMsgSize)
		n, err := dns.PackRR(rrs[0], wire, 0, nil, false)
		if err != nil {
			t.Fatal(err)
		}
		rr, _, err := dns.UnpackRR(wire[:n], 0)
		if err != nil {
			t.Fatalf("%q: %v", value, err)
		}
		back := make(collector)
		back.add(rr)
		if got := back.sets(); len(got) != 1 || !same(got[0], sets[0]) || got[0].Key != k {
			t.Fatalf("%q is desired as %q and read as %v", value, sets[0].Values, got)
		}
	})
}

// FuzzTransfer takes messages that pretend to be a transfer.
func FuzzTransfer(f *testing.F) {
	soa, err := dns.NewRR("example.com. 60 SOA a. b. 1 2 3 4 5")
	if err != nil {
		f.Fatal(err)
	}
	m := message1(1, 3)
	m.Answer = slices.Concat([]dns.RR{soa}, m.Answer, []dns.RR{soa})
	f.Add((&signer{}).plain(m))
	f.Add((&signer{}).plain(message1(1, 3)))
	f.Fuzz(func(t *testing.T, raw []byte) {
		m := new(dns.Msg)
		if m.Unpack(raw) != nil {
			return
		}
		in := incoming{zone: zone.Zone{Name: "example.com"}, out: make(collector)}
		if in.take(m.Answer) != nil {
			return
		}
		sets := in.out.sets()
		if in.soa == nil || !slices.IsSortedFunc(sets, record.Compare) {
			t.Fatalf("%v", sets)
		}
		for _, s := range sets {
			if !s.Name.In("example.com") || len(s.Values) == 0 {
				t.Fatalf("%v", s)
			}
		}
	})
}

// TestTransferEnds has transfers that aren't one, or too long.
func TestTransferEnds(t *testing.T) {
	rr := func(text string) dns.RR {
		out, err := dns.NewRR(text)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	first, last, www := rr("example.com. 60 SOA a. b. 1 2 3 4 5"), rr("EXAMPLE.com. 60 SOA a. b. 1 2 3 4 5"), rr("www.example.com. 60 A 192.0.2.1")
	for why, tc := range map[string]struct {
		answer []dns.RR
		done   bool
		err    string
	}{
		"whole":                   {[]dns.RR{first, www, last}, true, ""},
		"the beginning":           {[]dns.RR{first, www}, false, ""},
		"nothing":                 {nil, false, "isn't one"},
		"no SOA first":            {[]dns.RR{www, first}, false, "isn't one"},
		"something after the end": {[]dns.RR{first, last, www}, true, "isn't one"},
		"another zone's SOA":      {[]dns.RR{rr("example.net. 60 SOA a. b. 1 2 3 4 5")}, false, "isn't one"},
		"a name outside":          {[]dns.RR{first, rr("www.notexample.com. 60 A 192.0.2.1")}, false, "isn't one"},
		"another serial":          {[]dns.RR{first, www, rr("example.com. 60 SOA a. b. 2 2 3 4 5")}, false, "from 1 to 2"},
	} {
		t.Run(why, func(t *testing.T) {
			in := incoming{zone: zone.Zone{Name: "example.com"}, out: make(collector)}
			err := in.take(tc.answer)
			if in.done != tc.done || (err == nil) != (tc.err == "") || err != nil && !strings.Contains(err.Error(), tc.err) {
				t.Errorf("%v, %v", in.done, err)
			}
		})
	}
	in := incoming{zone: zone.Zone{Name: "example.com"}, out: make(collector), soa: first.(*dns.SOA), count: mostRecords}
	if err := in.take([]dns.RR{www}); err == nil || !strings.Contains(err.Error(), "more than") {
		t.Errorf("it doesn't end: %v", err)
	}
}
