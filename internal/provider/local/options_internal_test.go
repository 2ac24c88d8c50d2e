// SPDX-License-Identifier: Apache-2.0

package local

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/serve/nameserver"
)

// TestZoneNames: prefixes become reverse zones at the next whole label.
func TestZoneNames(t *testing.T) {
	for in, want := range map[string]string{
		"Home.Example.com.":             "home.example.com",
		"168.192.in-addr.arpa":          "168.192.in-addr.arpa",
		"192.168.10.0/24":               "10.168.192.in-addr.arpa",
		"192.168.0.0/16":                "168.192.in-addr.arpa",
		"10.0.0.0/8":                    "10.in-addr.arpa",
		"172.16.0.0/14":                 "16.172.in-addr.arpa 17.172.in-addr.arpa 18.172.in-addr.arpa 19.172.in-addr.arpa",
		"192.168.10.0/23":               "10.168.192.in-addr.arpa 11.168.192.in-addr.arpa",
		"2001:db8::/32":                 "8.b.d.0.1.0.0.2.ip6.arpa",
		"2001:db8:0:a000::/51":          "a.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa b.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa",
		"fd00::/8":                      "d.f.ip6.arpa",
		"192.168.10.1/24":               "error: write 192.168.10.0/24",
		"192.168.10.0/25":               "error: from /8 to /24",
		"0.0.0.0/0":                     "error: from /8 to /24",
		"::ffff:192.0.2.0/120":          "error: from /4 to /124",
		"*.example.com":                 "error: wildcard",
		"":                              "error: empty",
		"exa mple.com":                  "error: character",
		strings.Repeat("a.", 110) + "b": "error: more than 200",
	} {
		names, err := zoneNames(in)
		if reason, bad := strings.CutPrefix(want, "error: "); bad {
			if err == nil || !strings.Contains(err.Error(), reason) {
				t.Errorf("%q: %v, want an error with %q", in, err, reason)
			}
			continue
		}
		if got := strings.Trim(fmt.Sprint(names), "[]"); err != nil || got != want {
			t.Errorf("%q makes %s (%v), want %s", in, got, err, want)
		}
	}
}

func TestCheck(t *testing.T) {
	o := Options{Zones: []string{"*.example.com", "192.168.10.0/25"}, NS: []string{"ns_1.example.com", "not a name"}}
	err := o.Check()
	if err == nil {
		t.Fatal("no error")
	}
	var got []string
	for line := range strings.Lines(err.Error()) {
		flag, _, _ := strings.Cut(line, ": ")
		got = append(got, flag)
	}
	want := []string{
		"--dns-zone=*.example.com", "--dns-zone=192.168.10.0/25", "--dns-ns=not a name",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if err := (Options{}).Complete(); err == nil || !strings.Contains(err.Error(), "--dns-zone") {
		t.Error(err)
	}
}

// TestApex: what a zone has from us.
func TestApex(t *testing.T) {
	for name, tc := range map[string]struct {
		o    Options
		want []string
	}{
		"nothing said": {Options{Server: nameserver.Options{Addresses: []string{":53"}}}, []string{
			"example.com NS 300 [ns.example.com]", "example.com SOA 300 [ns.example.com. hostmaster.example.com. 1 7200 900 1209600 30]",
		}},
		"addresses": {Options{Server: nameserver.Options{Addresses: []string{"192.0.2.53:53", "192.0.2.53:5353", "[2001:db8::53]:53", "127.0.0.1:53", "[fe80::1%eth0]:53"}}}, []string{
			"example.com NS 300 [ns.example.com]", "example.com SOA 300 [ns.example.com. hostmaster.example.com. 1 7200 900 1209600 30]",
			"ns.example.com A 300 [192.0.2.53]", "ns.example.com AAAA 300 [2001:db8::53]",
		}},
		"names": {Options{Server: nameserver.Options{Addresses: []string{"192.0.2.53:53"}}, NS: []string{"z.example.net", "A.example.net", "z.example.net"}}, []string{
			"example.com NS 300 [a.example.net z.example.net]", "example.com SOA 300 [z.example.net. hostmaster.example.com. 1 7200 900 1209600 30]",
		}},
	} {
		var got []string
		for _, s := range tc.o.apex(dnsname.Name("example.com")) {
			got = append(got, fmt.Sprintf("%s %d %v", s.Key, s.TTL, s.Values))
		}
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
