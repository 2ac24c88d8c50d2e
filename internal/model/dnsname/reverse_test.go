// SPDX-License-Identifier: Apache-2.0

package dnsname_test

import (
	"net/netip"
	"testing"

	"github.com/miekg/dns"
	"pgregory.net/rapid"

	"nafuda.io/nafuda/internal/model/dnsname"
)

func TestReverse(t *testing.T) {
	for addr, want := range map[string]dnsname.Name{
		"192.0.2.1":        "1.2.0.192.in-addr.arpa",
		"::ffff:192.0.2.1": "1.2.0.192.in-addr.arpa",
		"2001:db8::a1":     "1.a.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa",
		"fe80::1%eth0":     "",
	} {
		got, ok := dnsname.Reverse(netip.MustParseAddr(addr))
		if got != want || ok != (want != "") {
			t.Errorf("the reverse name of %s is %q, %v; want %q", addr, got, ok, want)
		}
		if _, err := dnsname.Parse(string(got)); ok && err != nil {
			t.Errorf("%s isn't a name: %v", got, err)
		}
	}
	if n, ok := dnsname.Reverse(netip.Addr{}); ok {
		t.Errorf("no address has the reverse name %q", n)
	}
}

// TestReverseAsOthersHaveIt compares with another implementation.
func TestReverseAsOthersHaveIt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.SampledFrom([]int{4, 16}).Draw(t, "size")
		addr, _ := netip.AddrFromSlice(rapid.SliceOfN(rapid.Byte(), size, size).Draw(t, "octets"))
		want, err := dns.ReverseAddr(addr.String())
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := dnsname.Reverse(addr); !ok || got.FQDN() != want {
			t.Errorf("the reverse name of %s is %q, want %q", addr, got, want)
		}
		n, _ := dnsname.Reverse(addr)
		if back, ok := dnsname.Reversed(n); !ok || back != addr.Unmap() {
			t.Errorf("%s is the reverse name of %s, want %s", n, back, addr)
		}
	})
}

func TestReversedOfOtherNames(t *testing.T) {
	for n, why := range map[dnsname.Name]string{
		"example.com":                    "it isn't below arpa",
		"in-addr.arpa":                   "it is all addresses'",
		"2.0.192.in-addr.arpa":           "it is a network's",
		"x.2.0.192.in-addr.arpa":         "a label isn't a number",
		"01.2.0.192.in-addr.arpa":        "Reverse writes no zero in front",
		"1.2.0.192.ip6.arpa":             "it is too short",
		"a.b.c.d.e.f.0.1.in-addr.arpa":   "it has too many labels",
		"4.3.2.1.192.0.2.1.in-addr.arpa": "it has too many numbers",
	} {
		if addr, ok := dnsname.Reversed(n); ok {
			t.Errorf("%s is taken for the reverse name of %s, though %s", n, addr, why)
		}
	}
}
