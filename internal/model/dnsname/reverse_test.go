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
	})
}
