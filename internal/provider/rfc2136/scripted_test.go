// SPDX-License-Identifier: Apache-2.0

package rfc2136_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/provider"
)

// TestClasses has a server whose answers to updates and transfers are spoilt on their way: what a real one says only in trouble.
func TestClasses(t *testing.T) {
	s := startKnot(t, plan{zones: 1})
	z := zoneOf(zoneName(0))
	code := func(rcode int) func(m *dns.Msg) []byte {
		return func(m *dns.Msg) []byte {
			m.Rcode, m.Answer, m.Extra = rcode, nil, nil
			return packed(m)
		}
	}
	for why, tc := range map[string]struct {
		answer        func(m *dns.Msg) []byte
		update, reads provider.Class
	}{
		"REFUSED":             {code(dns.RcodeRefused), provider.Denied, provider.Denied},
		"NOTAUTH":             {code(dns.RcodeNotAuth), provider.Denied, provider.Denied},
		"NOTIMP":              {code(dns.RcodeNotImplemented), provider.Denied, provider.Denied},
		"SERVFAIL":            {code(dns.RcodeServerFailure), provider.Unavailable, provider.Unavailable},
		"FORMERR":             {code(dns.RcodeFormatError), provider.Rejected, provider.Rejected},
		"NOTZONE":             {code(dns.RcodeNotZone), provider.Rejected, provider.Rejected},
		"YXRRSET":             {code(dns.RcodeYXRrset), provider.Stale, provider.Stale},
		"NXRRSET":             {code(dns.RcodeNXRrset), provider.Stale, provider.Stale},
		"a code nobody knows": {code(13), provider.Unavailable, provider.Unavailable},
		"success, unsigned":   {code(dns.RcodeSuccess), provider.Uncertain, provider.Unavailable},
		"the end":             {func(*dns.Msg) []byte { return nil }, provider.Uncertain, provider.Unavailable},
		"nonsense":            {func(*dns.Msg) []byte { return []byte("\x00\x01") }, provider.Uncertain, provider.Unavailable},
		"an empty message":    {func(*dns.Msg) []byte { return []byte{} }, provider.Uncertain, provider.Unavailable},
		"a question": {func(m *dns.Msg) []byte {
			m.Response = false
			return packed(m)
		}, provider.Uncertain, provider.Unavailable},
		"an answer to another question": {func(m *dns.Msg) []byte {
			m.Id++
			return packed(m)
		}, provider.Uncertain, provider.Unavailable},
	} {
		t.Run(why, func(t *testing.T) {
			o := s.options()
			o.Hosts = []string{between{
				question: func(raw []byte, m *dns.Msg) []byte {
					if isUpdate(m) {
						return empty(raw)
					}
					return raw
				},
				answer: func(_ int, raw []byte, m *dns.Msg) []byte {
					if m.Opcode == dns.OpcodeUpdate || m.Question[0].Qtype == dns.TypeAXFR {
						return tc.answer(m)
					}
					return raw
				},
			}.listen(t, s.at)}
			p := open(t, o)
			_, err := p.Apply(t.Context(), z, batch(create(set(z, "www", record.A, "192.0.2.1"))))
			if e := failure(t, err); e.Class != tc.update {
				t.Errorf("update: %v, want %s", err, tc.update)
			}
			page, err := p.Records(t.Context(), z, "")
			if e := failure(t, err); e.Class != tc.reads || page.Sets != nil {
				t.Errorf("transfer: %v, want %s", err, tc.reads)
			}
			if _, err := p.Names(t.Context(), z, []dnsname.Name{z.Name}); err == nil {
				t.Error("names are read though nothing says what stands there")
			} else if e := failure(t, err); e.Class != tc.reads && e.Class != provider.Unavailable {
				t.Errorf("names: %v, want %s", err, tc.reads)
			}
		})
	}
}

// empty spoils an update's signature, so that the real server doesn't make it.
func empty(raw []byte) []byte {
	raw[len(raw)-20] ^= 1
	return raw
}

// TestSilence has a server that takes a question and never answers: it isn't waited for longer than for any.
func TestSilence(t *testing.T) {
	s := startKnot(t, plan{zones: 1})
	z := zoneOf(zoneName(0))
	wait := make(chan struct{})
	defer close(wait)
	o := s.options()
	o.Hosts = []string{between{answer: func(int, []byte, *dns.Msg) []byte { <-wait; return nil }}.listen(t, s.at), s.at}
	if got := holds(t, open(t, o), z); len(got) != 0 { // the second host answers
		t.Error(got)
	}
	o.Hosts = o.Hosts[:1]
	_, err := open(t, o).Apply(t.Context(), z, batch(create(set(z, "www", record.A, "192.0.2.1"))))
	if e := failure(t, err); e.Class != provider.Uncertain {
		t.Error(err)
	}
	s.stop()
}

// TestLargeMessage refuses a batch that no message has room for, before anything is sent.
func TestLargeMessage(t *testing.T) {
	s := startBIND(t, plan{zones: 1})
	z := zoneOf(zoneName(0))
	p := open(t, s.options())
	var long []record.Set
	for i := range 490 {
		label := strings.Repeat(string(rune('a'+i%26)), 60) + "." + strings.Repeat(string(rune('a'+i/26)), 60)
		long = append(long, set(z, label, record.A, "192.0.2.1"))
	}
	b := batch()
	for _, l := range long {
		b.Groups = append(b.Groups, batch(create(l)).Groups...)
	}
	_, err := p.Apply(t.Context(), z, b)
	if e := failure(t, err); e.Class != provider.Rejected || !strings.Contains(err.Error(), "bytes") {
		t.Error(err)
	}
	if got := holds(t, p, z); got != nil {
		t.Error(got)
	}
}

// TestDeadline ends with the context's, whatever the server does, and says so.
func TestDeadline(t *testing.T) {
	s := startKnot(t, plan{zones: 1})
	z := zoneOf(zoneName(0))
	wait := make(chan struct{})
	defer close(wait)
	o := s.options()
	o.Hosts = []string{between{answer: func(int, []byte, *dns.Msg) []byte { <-wait; return nil }}.listen(t, s.at)}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := open(t, o).Records(ctx, z, ""); !errors.Is(err, ctx.Err()) || ctx.Err() == nil {
		t.Error(err)
	}
}
