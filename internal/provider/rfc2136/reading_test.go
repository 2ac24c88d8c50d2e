// SPDX-License-Identifier: Apache-2.0

package rfc2136_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/miekg/dns"

	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/provider/rfc2136"
)

// odd is what a person may have in a zone.
const odd = `
*.wild     60 A 192.0.2.1
*.wild     60 TXT "x"
real.wild  60 A 192.0.2.1
sub        60 NS ns.sub
sub        60 NS ns.example.net.
ns.sub     60 A 192.0.2.53
tree       60 DNAME elsewhere.example.net.
alias      60 CNAME real.wild
UPPER      60 CNAME Some.Host.Example.NET.
cut        60 TXT "one" " text in " "pieces"
long       60 TXT "semi;colon" "say \"hello\" \\ \009"
mixed      60 A 192.0.2.2
mixed      60 AAAA 2001:db8:0:0::2
mixed      60 SSHFP 4 2 00112233445566778899AABBCCDDEEFF00112233445566778899AABBCCDDEEFF
mail       60 MX 10 Mail.Example.NET.
null       60 MX 0 .
sip        60 NAPTR 100 50 "s" "SIPS+D2T" "" _sips._tcp
ca         60 CAA 0 issue "ca.example.net;policy=ev"
a\.b       60 TXT "escaped"
0/25       60 NS ns.example.net.
deep.empty.between 60 A 192.0.2.4
`

// TestNamesAreWhatStandsThere reads names that answers are made up for, that are delegated, or that are spelt in their own way.
func TestNamesAreWhatStandsThere(t *testing.T) {
	for name, start := range starters() {
		t.Run(name, func(t *testing.T) {
			s := start(t, plan{content: odd})
			z := s.fresh(t)
			transfers := 0
			o := s.options()
			o.Hosts = []string{between{question: func(raw []byte, m *dns.Msg) []byte {
				if m.Question[0].Qtype == dns.TypeAXFR {
					transfers++
				}
				return raw
			}}.listen(t, s.at)}
			p := open(t, o)
			page, err := p.Records(t.Context(), z, "")
			if err != nil {
				t.Fatal(err)
			}
			for why, tc := range map[string]struct {
				labels    string
				want      string // of the first name
				transfers int
			}{
				"below a wildcard":                  {"made.wild other.wild", "", 0},
				"below a wildcard, and there":       {"real.wild made.wild", "real.wild.ZONE A 60 192.0.2.1", 0},
				"the wildcard":                      {"*.wild", "*.wild.ZONE A 60 192.0.2.1\n*.wild.ZONE TXT 60 \"x\"", 0},
				"below a DNAME":                     {"x.tree", "", 0},
				"the DNAME":                         {"tree", "tree.ZONE DNAME 60 elsewhere.example.net", 0},
				"a delegation":                      {"sub", "sub.ZONE NS 60 ns.example.net, ns.sub.ZONE", 1},
				"below a delegation, and there":     {"ns.sub", "ns.sub.ZONE A 60 192.0.2.53", 1},
				"below a delegation":                {"x.sub", "", 1},
				"a CNAME":                           {"alias", "alias.ZONE CNAME 60 real.wild.ZONE", 0},
				"in capitals":                       {"upper", "upper.ZONE CNAME 60 some.host.example.net", 0},
				"a text in pieces":                  {"cut", `cut.ZONE TXT 60 "one text in pieces"`, 0},
				"a text with everything":            {"long", `long.ZONE TXT 60 "semi;colonsay \"hello\" \\ \009"`, 0},
				"types we don't know":               {"mixed", "mixed.ZONE A 60 192.0.2.2\nmixed.ZONE AAAA 60 2001:db8::2", 0},
				"no mail":                           {"null", "null.ZONE MX 60 0 .", 0},
				"an empty name between":             {"empty.between", "", 0},
				"its own SOA and NS":                {"", "", 0},
				"many at once, delegated ones too":  {"mail sip ca sub x.tree made.wild nothing", "mail.ZONE MX 60 10 mail.example.net", 1},
				"many at once, made up ones too":    {"ca sip x.tree made.wild real.wild", "ca.ZONE CAA 60 0 issue \"ca.example.net;policy=ev\"", 0},
				"a name that is another's, escaped": {"a.b", "", 0},
			} {
				t.Run(why, func(t *testing.T) {
					var names []dnsname.Name
					for _, l := range strings.Split(tc.labels, " ") {
						names = append(names, set(z, l, record.A).Name)
					}
					transfers = 0
					got, err := p.Names(t.Context(), z, names)
					if err != nil {
						t.Fatal(err)
					}
					if transfers != tc.transfers {
						t.Errorf("%d transfers, want %d", transfers, tc.transfers)
					}
					want := slices.DeleteFunc(slices.Clone(page.Sets), func(s record.Set) bool { return !slices.Contains(names, s.Name) })
					if diff := cmp.Diff(texts(want), texts(got)); diff != "" {
						t.Errorf("(-transferred +asked for):\n%s", diff)
					}
					first := strings.Join(texts(slices.DeleteFunc(got, func(s record.Set) bool { return s.Name != names[0] })), "\n")
					if tc.labels != "" && first != in(z, tc.want)[0] {
						t.Errorf("%s\nwant %s", first, in(z, tc.want)[0])
					}
				})
			}
			changesOdd(t, p, s, page.Sets)
		})
	}
}

// changesOdd replaces and deletes every record set that a person has made, however it is spelt.
func changesOdd(t *testing.T, p *rfc2136.Provider, s *server, sets []record.Set) {
	t.Helper()
	z := zoneOf(zoneName(0))
	ours := slices.DeleteFunc(sets, func(s record.Set) bool {
		return s.Name == z.Name || strings.Contains(string(s.Name), "/")
	})
	var updates, deletes []change.Change
	for _, s := range ours {
		after := s
		after.TTL = 77
		after.Stored = nil
		updates = append(updates, change.Change{Before: &s, After: &after})
	}
	if _, err := p.Apply(t.Context(), z, batch(updates...)); err != nil {
		t.Error(err)
	}
	page, err := p.Records(t.Context(), z, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range page.Sets {
		if s.Name != z.Name && s.Type != record.NS {
			if s.TTL != 77 {
				t.Errorf("%s has the TTL %d", s.Key, s.TTL)
			}
			deletes = append(deletes, change.Change{Before: &s})
		}
	}
	if _, err := p.Apply(t.Context(), z, batch(deletes...)); err != nil {
		t.Error(err)
	}
	for _, left := range holds(t, p, z) {
		if !strings.Contains(left, " NS ") {
			t.Errorf("left: %s", left)
		}
	}
}
