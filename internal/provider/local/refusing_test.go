// SPDX-License-Identifier: Apache-2.0

package local_test

import (
	"fmt"
	"log/slog"
	"net"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/provider"
	"nafuda.io/nafuda/internal/provider/local"
	"nafuda.io/nafuda/internal/serve/nameserver"
)

func open(t *testing.T, o local.Options) *local.Provider {
	t.Helper()
	s, err := local.Open(o, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return local.New(s, provider.Filter{})
}

func set(name string, t record.Type, values ...string) record.Set {
	return record.Set{Key: record.Key{Name: dnsname.Name(name), Type: t}, TTL: 60, Values: values}
}

// TestRefuses: what can't be answered with isn't stored, and the error says why.
func TestRefuses(t *testing.T) {
	p := open(t, local.Options{Zones: []string{"example.com"}, Server: nameserver.Options{Addresses: []string{"192.0.2.53:53", "[2001:db8::53]:53"}}})
	weighted := set("www.example.com", record.A, "192.0.2.1")
	weighted.ID = "one"
	alias := set("www.example.com", record.A)
	alias.Alias = &record.Alias{Target: "x.example.com"}
	long := set("www.example.com", record.A, "192.0.2.1")
	long.TTL = 1 << 31
	var many []string
	for i := range 400 {
		many = append(many, record.Quote(strings.Repeat("x", 200)+fmt.Sprint(i)))
	}
	for why, tc := range map[string]struct {
		set  record.Set
		want string
	}{
		"a set identifier":         {weighted, "set identifiers"},
		"an alias":                 {alias, "aliases"},
		"a type that isn't ours":   {set("example.com", record.SOA, "a b 1 1 1 1 1"), "no type SOA"},
		"a TTL that DNS has not":   {long, "TTL"},
		"our own name":             {set("ns.example.com", record.A, "192.0.2.1"), "--dns-ns"},
		"our own name, IPv6":       {set("ns.example.com", record.AAAA, "2001:db8::1"), "--dns-ns"},
		"the apex's NS":            {set("example.com", record.NS, "ns1.example.com"), "--dns-ns"},
		"no values":                {set("www.example.com", record.A), "no values"},
		"two targets":              {set("www.example.com", record.CNAME, "a.example.com", "b.example.com"), "one target"},
		"a CNAME at the apex":      {set("example.com", record.CNAME, "a.example.com"), "own name"},
		"a loop of one":            {set("www.example.com", record.CNAME, "WWW.example.com."), "itself"},
		"no address":               {set("www.example.com", record.A, "2001:db8::1"), "2001:db8::1"},
		"a label of 64":            {set("www.example.com", record.CNAME, strings.Repeat("a", 64)+".example.com"), "64"},
		"a name of 255":            {set("www.example.com", record.CNAME, strings.Repeat("abcdefg.", 32)+"com"), "253"},
		"a text for no message":    {set("www.example.com", record.TXT, record.Quote(strings.Repeat("x", 65000))), "message"},
		"a huge text":              {set("www.example.com", record.TXT, record.Quote(strings.Repeat("x", 1<<20))), "message"},
		"texts for no message":     {set("www.example.com", record.TXT, many...), "message"},
		"an MX without a number":   {set("www.example.com", record.MX, "mail.example.com"), "MX"},
		"a port that isn't one":    {set("www.example.com", record.SRV, "1 1 70000 a.example.com"), "SRV"},
		"an NAPTR that is no such": {set("www.example.com", record.NAPTR, "hello"), "NAPTR"},
		"two records in a value":   {set("www.example.com", record.CAA, "0 issue \"a\"\nwww A 192.0.2.1"), "line break"},
	} {
		_, err := p.Desired(tc.set)
		if err == nil || !strings.Contains(err.Error(), tc.want) || !strings.Contains(err.Error(), string(tc.set.Name)) {
			t.Errorf("%s: %v, want it to say %q", why, err, tc.want)
		}
	}
}

// TestOwnStandsAside: what a zone has from us is answered, but isn't told, so that nobody takes it for theirs (foreign).
func TestOwnStandsAside(t *testing.T) {
	s, err := local.Open(local.Options{Zones: []string{"example.com"}, Server: nameserver.Options{Addresses: []string{"192.0.2.53:53", "127.0.0.1:53", ":53", "[2001:db8::53]:53"}}}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	p := local.New(s, provider.Filter{})
	zones, err := p.Zones(t.Context())
	if err != nil || len(zones) != 1 || zones[0].Records != 2 {
		t.Fatalf("%v %v", zones, err)
	}
	page, err := p.Records(t.Context(), zones[0], "")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range page.Sets {
		got = append(got, s.Key.String())
	}
	if diff := cmp.Diff([]string{"example.com NS", "example.com SOA"}, got); diff != "" {
		t.Error(diff)
	}
	if sets, err := p.Names(t.Context(), zones[0], []dnsname.Name{"ns.example.com"}); err != nil || len(sets) != 0 {
		t.Errorf("%v %v", sets, err)
	}
	for _, k := range []record.Key{{Name: "example.com", Type: record.NS}, {Name: "ns.example.com", Type: record.A}} {
		was := set(string(k.Name), k.Type, "192.0.2.53")
		b := change.Batch{Groups: []change.Group{{Name: k.Name, Changes: []change.Change{{Before: &was}}}}}
		if _, err := p.Apply(t.Context(), zones[0], b); provider.ClassOf(err) != provider.Rejected {
			t.Errorf("%s: %v", k, err)
		}
	}
}

// TestFilters: a zone that we serve is published to where its names pass.
func TestFilters(t *testing.T) {
	s, err := local.Open(local.Options{Zones: []string{"example.com", "example.net"}}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	for why, f := range map[string]provider.Filter{
		"by name": {Match: func(n dnsname.Name) bool { return n == "example.com" }},
		"by id":   {IDs: []string{"example.com"}},
	} {
		used, skipped, err := local.New(s, f).ExplainZones(t.Context())
		if err != nil || len(used) != 1 || used[0].Name != "example.com" || len(skipped) != 1 || skipped[0].Why.None() {
			t.Errorf("%s: %v %v %v", why, used, skipped, err)
		}
	}
	_, err = local.New(s, provider.Filter{}).Records(t.Context(), zone.Zone{Key: zone.Key{ID: "example.org"}}, "")
	if provider.ClassOf(err) != provider.Rejected || !strings.Contains(err.Error(), "--dns-zone") {
		t.Error(err)
	}
}

// TestListenSays what to do where an address can't be had.
func TestListenSays(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	udp, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer udp.Close()
	for why, tc := range map[string]struct{ address, want string }{
		"taken":           {taken.Addr().String(), "systemd-resolved"},
		"taken over UDP":  {udp.LocalAddr().String(), "systemd-resolved"},
		"another machine": {"192.0.2.53:53", "no such address"},
	} {
		s, err := local.Open(local.Options{Zones: []string{"example.com"}, Server: nameserver.Options{Addresses: []string{"127.0.0.1:0", tc.address}}}, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Listen(t.Context()); err == nil || !strings.Contains(err.Error(), "--dns-listen="+tc.address) || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v", why, err)
		}
	}
}

// TestWhatIsStoredIsAnswered: Desired and the server agree about what can be written.
func TestWhatIsStoredIsAnswered(t *testing.T) {
	p := open(t, local.Options{Zones: []string{"example.com"}})
	for _, s := range []record.Set{
		set("t.example.com", record.TXT, `"a \"b\" \\"`), set("n.example.com", record.NAPTR, `100 50 "s" "SIPS+D2T" "" _sips._tcp.example.com.`),
		set("c.example.com", record.CAA, `0 issue "ca.example.com"`), set("d.example.com", record.DNAME, "x.example.net"),
	} {
		out, err := p.Desired(s)
		if err != nil {
			t.Error(err)
			continue
		}
		if err := nameserver.Writable(out[0]); err != nil {
			t.Error(err)
		}
	}
}
