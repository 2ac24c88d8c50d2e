// SPDX-License-Identifier: Apache-2.0

package rfc2136_test

import (
	"sync/atomic"
	"testing"

	"github.com/miekg/dns"

	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/provider/rfc2136"
)

// changed reports of which zones a listing says that somebody else has changed them.
func changed(t *testing.T, p *rfc2136.Provider) map[string]bool {
	t.Helper()
	zones, err := p.Zones(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	out := make(map[string]bool)
	for _, z := range zones {
		out[z.ID] = z.Changed
	}
	return out
}

// TestQuietDriftShowsInTheSerial: what somebody else changes is found by one question a zone, and what we change ourselves isn't taken for
// it.
func TestQuietDriftShowsInTheSerial(t *testing.T) {
	for name, start := range starters() {
		t.Run(name, func(t *testing.T) {
			s := start(t, plan{zones: 2})
			z, other := s.fresh(t), s.fresh(t)
			var serials, transfers int
			var meanwhile func()
			o := s.options()
			o.Hosts = []string{between{
				question: func(raw []byte, m *dns.Msg) []byte {
					switch {
					case m.Opcode == dns.OpcodeQuery && m.Question[0].Qtype == dns.TypeAXFR:
						transfers++
					case m.Opcode == dns.OpcodeQuery && m.Question[0].Qtype == dns.TypeSOA:
						serials++
						if meanwhile != nil {
							meanwhile()
							meanwhile = nil
						}
					}
					return raw
				},
			}.listen(t, s.at)}
			p := open(t, o)
			want := func(moved bool, why string) {
				t.Helper()
				if got := changed(t, p); got[z.ID] != moved || got[other.ID] {
					t.Errorf("%s: changed are %v, want that of the zone %v and of the other none", why, got, moved)
				}
			}
			want(false, "nothing has been read yet")
			if serials != 0 {
				t.Errorf("%d questions about zones that nobody has read", serials)
			}
			holds(t, p, z)
			holds(t, p, other)
			want(false, "it is as it was read")
			www := set(z, "www", record.A, "192.0.2.1")
			apply := func(label string) {
				t.Helper()
				if _, err := p.Apply(t.Context(), z, batch(create(set(z, label, record.A, "192.0.2.1")))); err != nil {
					t.Fatal(err)
				}
			}
			apply("www")
			apply("www2")
			want(false, "we have changed it ourselves")
			s.somebody(t, z, www.Name.FQDN()+" 300 A 198.51.100.1")
			want(true, "somebody has")
			want(true, "and it hasn't been read since")
			apply("www3")
			want(true, "our own update doesn't hide that")
			holds(t, p, z)
			want(false, "it has been read")
			meanwhile = func() { s.somebody(t, z, "meanwhile."+z.Name.FQDN()+" 300 A 198.51.100.1") }
			apply("www4")
			want(true, "somebody was there between our update and our question")
			holds(t, p, z)
			want(false, "it has been read")
			if transfers != 4 {
				t.Errorf("%d transfers, want those four that were asked for", transfers)
			}
		})
	}
}

// TestQuietSerialThatNobodyTells has a server that is gone, or doesn't tell: the zones are listed all the same.
func TestQuietSerialThatNobodyTells(t *testing.T) {
	s := startBIND(t, plan{zones: 1})
	z := s.fresh(t)
	var mute atomic.Bool
	o := s.options()
	o.Hosts = []string{between{answer: func(_ int, raw []byte, m *dns.Msg) []byte {
		if mute.Load() && m.Opcode == dns.OpcodeQuery && m.Question[0].Qtype == dns.TypeSOA {
			return nil
		}
		return raw
	}}.listen(t, s.at)}
	p := open(t, o)
	holds(t, p, z)
	mute.Store(true)
	if got := changed(t, p); got[z.ID] {
		t.Error("a server that doesn't answer has told of a change")
	}
	if _, err := p.Apply(t.Context(), z, batch(create(set(z, "www", record.A, "192.0.2.1")))); err != nil {
		t.Errorf("an update that was made fails for want of a serial: %v", err)
	}
	mute.Store(false)
	if got := changed(t, p); !got[z.ID] {
		t.Error("it isn't known which version our update made, and the zone isn't read again")
	}
}
