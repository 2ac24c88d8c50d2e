// SPDX-License-Identifier: Apache-2.0

package rfc2136_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/miekg/dns"

	"nafuda.io/nafuda/internal/provider"
)

// many is zone text with n names.
func many(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "name-number-%05d 300 IN TXT \"a text that makes the zone long enough for many messages %d\"\n", i, i)
	}
	return b.String()
}

// TestTransferIsSignedAllAlong changes one message of a long transfer on its way: nothing of it is believed.
func TestTransferIsSignedAllAlong(t *testing.T) {
	for name, start := range starters() {
		s := start(t, plan{content: many(5000), zones: 1})
		z := zoneOf(zoneName(0))
		for why, spoil := range map[string]func(i int, raw []byte, m *dns.Msg) []byte{
			"nothing": func(_ int, raw []byte, _ *dns.Msg) []byte { return raw },
			"a letter of the first message": func(i int, raw []byte, _ *dns.Msg) []byte {
				return replaced(raw, i == 0)
			},
			"a letter of the third message": func(i int, raw []byte, _ *dns.Msg) []byte {
				return replaced(raw, i == 2)
			},
			"no signature on the last message": func(_ int, raw []byte, m *dns.Msg) []byte {
				if len(m.Answer) > 0 && m.Answer[len(m.Answer)-1].Header().Rrtype == dns.TypeSOA {
					m.Extra = nil
					return packed(m)
				}
				return raw
			},
			"no signature on the first message": func(i int, raw []byte, m *dns.Msg) []byte {
				if i == 0 {
					m.Extra = nil
					return packed(m)
				}
				return raw
			},
			"no signature at all": func(_ int, _ []byte, m *dns.Msg) []byte {
				m.Extra = nil
				return packed(m)
			},
		} {
			t.Run(name+"/"+why, func(t *testing.T) {
				messages := 0
				o := s.options()
				o.Hosts = []string{between{answer: func(i int, raw []byte, m *dns.Msg) []byte {
					messages = i + 1
					return spoil(i, raw, m)
				}}.listen(t, s.at)}
				page, err := open(t, o).Records(t.Context(), z, "")
				if why == "nothing" {
					if err != nil || len(page.Sets) != 5002 || messages < 4 {
						t.Errorf("%d sets in %d messages, %v", len(page.Sets), messages, err)
					}
					return
				}
				if err == nil || len(page.Sets) != 0 {
					t.Fatalf("it is believed: %d sets", len(page.Sets))
				}
				if e := failure(t, err); e.Class != provider.Unavailable || !strings.Contains(err.Error(), "sign") {
					t.Error(err)
				}
			})
		}
	}
}

func replaced(raw []byte, yes bool) []byte {
	if yes {
		copy(raw[strings.Index(string(raw), "long enough"):], "LONG ENOUGH")
	}
	return raw
}

func packed(m *dns.Msg) []byte {
	m.Compress = true
	out, err := m.Pack()
	if err != nil {
		panic(err)
	}
	return out
}
