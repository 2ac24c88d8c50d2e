// SPDX-License-Identifier: Apache-2.0

package rfc2136_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/miekg/dns"

	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/provider"
)

// TestForeignIsNotOverwrittenInARace has somebody change the zone after we have looked and before our update arrives.
func TestForeignIsNotOverwrittenInARace(t *testing.T) {
	cases := map[string]struct {
		why     string
		before  []string // what is there when we look
		meant   string   // what they do
		changes func(z zone.Zone) []change.Change
		want    provider.Class
		culprit string
		after   []string
	}{
		"create": {
			why: "the name isn't free any more", meant: "www.ZONE. 60 A 198.51.100.1", want: provider.Stale, culprit: "www.ZONE A", after: []string{"www.ZONE A 60 198.51.100.1"},
			changes: func(z zone.Zone) []change.Change {
				return []change.Change{create(set(z, "www", record.A, "192.0.2.1"))}
			},
		},
		"update": {
			why: "one more value", before: []string{"www.ZONE. 300 A 192.0.2.1"}, meant: "www.ZONE. 300 A 198.51.100.1", want: provider.Stale, culprit: "www.ZONE A",
			after: []string{"www.ZONE A 300 192.0.2.1, 198.51.100.1"},
			changes: func(z zone.Zone) []change.Change {
				before, after := set(z, "www", record.A, "192.0.2.1"), set(z, "www", record.A, "192.0.2.2")
				return []change.Change{{Before: &before, After: &after}}
			},
		},
		"delete": {
			why: "other values", before: []string{"www.ZONE. 300 A 192.0.2.1"}, meant: "www.ZONE. 300 A 198.51.100.1", want: provider.Stale, culprit: "www.ZONE A",
			after: []string{"www.ZONE A 300 192.0.2.1, 198.51.100.1"},
			changes: func(z zone.Zone) []change.Change {
				before := set(z, "www", record.A, "192.0.2.1")
				return []change.Change{{Before: &before}}
			},
		},
		"CNAME beside an address": {
			why: "a server would pass over it in silence", meant: "www.ZONE. 60 A 198.51.100.1", want: provider.Rejected, culprit: "www.ZONE CNAME", after: []string{"www.ZONE A 60 198.51.100.1"},
			changes: func(z zone.Zone) []change.Change {
				return []change.Change{create(set(z, "www", record.CNAME, "a.example.net"))}
			},
		},
		"address beside a CNAME": {
			why: "the same", meant: "www.ZONE. 60 CNAME a.example.net.", want: provider.Rejected, culprit: "www.ZONE A", after: []string{"www.ZONE CNAME 60 a.example.net"},
			changes: func(z zone.Zone) []change.Change {
				return []change.Change{create(set(z, "www", record.A, "192.0.2.1"))}
			},
		},
		"CNAME in place of an address": {
			why: "a text has come beside the address", before: []string{"www.ZONE. 300 A 192.0.2.1"}, meant: "www.ZONE. 60 TXT x", want: provider.Rejected, culprit: "www.ZONE CNAME",
			after: []string{"www.ZONE A 300 192.0.2.1", `www.ZONE TXT 60 "x"`},
			changes: func(z zone.Zone) []change.Change {
				before := set(z, "www", record.A, "192.0.2.1")
				return []change.Change{{Before: &before}, create(set(z, "www", record.CNAME, "a.example.net"))}
			},
		},
		"CNAME beside a type that we don't see": {
			why: "it is there all the same", meant: "www.ZONE. 60 SSHFP 4 2 00112233445566778899AABBCCDDEEFF00112233445566778899AABBCCDDEEFF", want: provider.Rejected, culprit: "www.ZONE CNAME",
			changes: func(z zone.Zone) []change.Change {
				return []change.Change{create(set(z, "www", record.CNAME, "a.example.net"))}
			},
		},
	}
	for name, start := range starters() {
		t.Run(name, func(t *testing.T) {
			s := start(t, plan{zones: len(cases)})
			for why, tc := range cases {
				t.Run(why, func(t *testing.T) {
					z := s.fresh(t)
					if tc.before != nil {
						s.somebody(t, z, in(z, tc.before...)...)
					}
					raced := 0
					o := s.options()
					o.Hosts = []string{between{question: func(raw []byte, m *dns.Msg) []byte {
						if isUpdate(m) {
							raced++
							s.somebody(t, z, in(z, tc.meant)...)
						}
						return raw
					}}.listen(t, s.at)}
					other := create(set(z, "other", record.A, "192.0.2.9"))
					_, err := open(t, o).Apply(t.Context(), z, batch(append(tc.changes(z), other)...))
					if err == nil || raced != 1 {
						t.Fatalf("invariant foreign: %v, after %d races (%s)", err, raced, tc.why)
					}
					e := failure(t, err)
					if e.Class != tc.want || !slices.ContainsFunc(e.Keys, func(k record.Key) bool { return k.String() == in(z, tc.culprit)[0] }) {
						t.Errorf("%v blames %v, want %s of %s (%s)", err, e.Keys, tc.want, in(z, tc.culprit)[0], tc.why)
					}
					if diff := cmp.Diff(in(z, tc.after...), holds(t, open(t, s.options()), z)); diff != "" {
						t.Errorf("invariant foreign: the zone (-want +got):\n%s", diff)
					}
				})
			}
		})
	}
}
