// SPDX-License-Identifier: Apache-2.0

package rfc2136

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"
)

var testKey = newKey(Options{KeyName: "Key.Example", Secret: "c2VjcmV0"})

// signer signs messages by RFC 8945's letters, apart from the code under test.
type signer struct {
	mac     []byte // the last one
	later   bool
	pending []byte // messages since
}

func message1(id uint16, rrs int) *dns.Msg {
	m := &dns.Msg{MsgHdr: dns.MsgHdr{Id: id, Response: true}}
	for i := range rrs {
		rr, err := dns.NewRR(fmt.Sprintf("n%d.example.com. 60 A 192.0.2.1", i))
		if err != nil {
			panic(err)
		}
		m.Answer = append(m.Answer, rr)
	}
	return m
}

func (s *signer) plain(m *dns.Msg) []byte {
	raw, err := m.Pack()
	if err != nil {
		panic(err)
	}
	s.pending = append(s.pending, raw...)
	return raw
}

func (s *signer) signed(m *dns.Msg, at time.Time) []byte {
	s.plain(m)
	when := binary.BigEndian.AppendUint64(nil, uint64(at.Unix()))[2:]
	text := binary.BigEndian.AppendUint16(nil, uint16(len(s.mac)))
	text = append(append(text, s.mac...), s.pending...)
	if !s.later {
		text = append(text, "\x03key\x07example\x00\x00\xff\x00\x00\x00\x00\x0bhmac-sha256\x00"...)
	}
	text = append(append(text, when...), 300>>8, 300&0xff)
	if !s.later {
		text = append(text, 0, 0, 0, 0)
	}
	sum := hmac.New(sha256.New, []byte("secret"))
	_, _ = sum.Write(text)
	s.mac, s.later, s.pending = sum.Sum(nil), true, nil
	m = m.Copy()
	m.Extra = append(m.Extra, &dns.TSIG{
		Hdr: dns.RR_Header{Name: "KEY.example.", Rrtype: dns.TypeTSIG, Class: dns.ClassANY}, Algorithm: "HMAC-sha256.", TimeSigned: uint64(at.Unix()), Fudge: 300,
		MACSize: uint16(len(s.mac)), MAC: hex.EncodeToString(s.mac), OrigId: m.Id,
	})
	raw, err := m.Pack()
	if err != nil {
		panic(err)
	}
	return raw
}

// TestChain has answers whose messages are signed, or aren't, or not well.
func TestChain(t *testing.T) {
	request := []byte("the signature of the question")
	type step struct {
		raw  []byte
		last bool
		err  error
	}
	now := time.Now()
	for why, steps := range map[string]func(s *signer) []step{
		"one message": func(s *signer) []step { return []step{{s.signed(message1(1, 1), now), true, nil}} },
		"each of many": func(s *signer) []step {
			return []step{{s.signed(message1(1, 1), now), false, nil}, {s.signed(message1(1, 2), now), false, nil}, {s.signed(message1(1, 3), now), true, nil}}
		},
		"every hundredth": func(s *signer) (out []step) {
			out = append(out, step{s.signed(message1(1, 1), now), false, nil})
			for range 2 {
				for i := range mostUnsigned {
					out = append(out, step{s.plain(message1(1, i%3)), false, nil})
				}
				out = append(out, step{s.signed(message1(1, 2), now), false, nil})
			}
			out[len(out)-1].last = true
			return out
		},
		"too few": func(s *signer) (out []step) {
			out = append(out, step{s.signed(message1(1, 1), now), false, nil})
			for range mostUnsigned {
				out = append(out, step{s.plain(message1(1, 1)), false, nil})
			}
			return append(out, step{s.plain(message1(1, 1)), false, errUnsigned})
		},
		"the first isn't": func(s *signer) []step { return []step{{s.plain(message1(1, 1)), false, errUnsigned}} },
		"the last isn't": func(s *signer) []step {
			return []step{{s.signed(message1(1, 1), now), false, nil}, {s.plain(message1(1, 1)), true, errUnsigned}}
		},
		"one between is another": func(s *signer) []step {
			first := s.signed(message1(1, 1), now)
			s.plain(message1(1, 2))
			other := (&signer{}).plain(message1(1, 3))
			return []step{{first, false, nil}, {other, false, nil}, {s.signed(message1(1, 1), now), true, errSignature}}
		},
		"one between is left out": func(s *signer) []step {
			first := s.signed(message1(1, 1), now)
			s.plain(message1(1, 2))
			return []step{{first, false, nil}, {s.signed(message1(1, 1), now), true, errSignature}}
		},
		"an answer to another question": func(s *signer) []step {
			s.mac = []byte("another signature")
			return []step{{s.signed(message1(1, 1), now), true, errSignature}}
		},
		"too old": func(s *signer) []step {
			return []step{{s.signed(message1(1, 1), now.Add(-301*time.Second)), true, errClocks}}
		},
		"too early": func(s *signer) []step {
			return []step{{s.signed(message1(1, 1), now.Add(310*time.Second)), true, errClocks}}
		},
		"old enough": func(s *signer) []step {
			return []step{{s.signed(message1(1, 1), now.Add(-290*time.Second)), true, nil}}
		},
	} {
		t.Run(why, func(t *testing.T) {
			c := testKey.chain(request)
			for i, st := range steps(&signer{mac: request}) {
				m := new(dns.Msg)
				if err := m.Unpack(st.raw); err != nil {
					t.Fatal(err)
				}
				if err := c.check(st.raw, m, st.last); !errors.Is(err, st.err) {
					t.Fatalf("message %d: %v, want %v", i, err, st.err)
				}
			}
		})
	}
}

// TestKeyIsNotPrinted holds the invariant secret where somebody prints what has a key.
func TestKeyIsNotPrinted(t *testing.T) {
	p := &Provider{key: testKey}
	for _, form := range []string{"%v", "%+v", "%#v", "%s"} {
		for _, what := range []any{p.key, *p.key} {
			if text := fmt.Sprintf(form, what); strings.Contains(text, "secret:") || strings.Contains(text, "115") {
				t.Errorf("%s: %s", form, text)
			}
		}
	}
}

// FuzzLastRecord compares where a message's last record begins with what the library finds.
func FuzzLastRecord(f *testing.F) {
	s := &signer{}
	f.Add(s.signed(message1(1, 3), time.Now()))
	f.Add(s.plain(message1(7, 0)))
	f.Add([]byte("\x00\x00\x80\x00\x00\x00\x00\x01\x00\x00\x00\x00\xc0\x0c"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		m := new(dns.Msg)
		err := m.Unpack(raw)
		at, found := lastRecord(raw)
		if found != nil {
			return
		}
		if at < 12 || at >= len(raw) {
			t.Fatalf("at %d of %d", at, len(raw))
		}
		if err != nil {
			return
		}
		last := append(append(append([]dns.RR{}, m.Answer...), m.Ns...), m.Extra...)
		rr, end, err := dns.UnpackRR(raw, at)
		if err != nil || end != len(raw) || len(last) == 0 || rr.String() != last[len(last)-1].String() {
			t.Fatalf("%v, %v, of %v", rr, err, last)
		}
		_ = testKey.chain(nil).check(raw, m, true)
	})
}
