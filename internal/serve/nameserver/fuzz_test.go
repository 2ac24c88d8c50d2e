// SPDX-License-Identifier: Apache-2.0

package nameserver

import (
	"bytes"
	"testing"
	"time"

	"github.com/miekg/dns"

	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/serve/zonedb"
)

// Any packet that parses has an answer that fits, or none where it is a response.
func FuzzPacket(f *testing.F) {
	for _, c := range questions {
		q := ask(f, c.ask)
		for range 2 {
			out, err := q.Pack()
			if err != nil {
				f.Fatal(err)
			}
			f.Add(out)
			q.SetEdns0(4096, true)
		}
	}
	db := testDB(f)
	f.Fuzz(func(t *testing.T, packet []byte) {
		q := new(dns.Msg)
		if q.Unpack(packet) != nil {
			return
		}
		r := Answer(db, q, Options{})
		if (r == nil) != q.Response {
			t.Fatalf("a reply to a response, or none to a query: %v", r)
		}
		if r == nil {
			return
		}
		if r.Id != q.Id || r.RecursionAvailable || r.Opcode != q.Opcode {
			t.Fatalf("header %+v", r.MsgHdr)
		}
		size := limit(q)
		r.Truncate(size)
		out, err := r.Pack()
		if err != nil {
			t.Fatal(err)
		}
		if len(out) > size {
			t.Fatalf("%d bytes, more than %d", len(out), size)
		}
	})
}

// Any bytes are answered in time, with messages that parse, fit, and give no zone away to one who has no key, however they are signed.
func FuzzExchange(f *testing.F) {
	opts, err := Options{Keys: []string{keyName + ":hmac-sha256:" + keyFile(f)}, Transfer: []string{"key:" + keyName}, RateLimit: 10}.Load()
	if err != nil {
		f.Fatal(err)
	}
	for _, m := range []*dns.Msg{
		ask(f, "www.example.com. A"), new(dns.Msg).SetAxfr("example.com."), new(dns.Msg).SetIxfr("example.com.", 3, "ns.example.com.", "h.example.com."),
		new(dns.Msg).SetNotify("example.com."), new(dns.Msg).SetUpdate("example.com."),
	} {
		out, err := m.Pack()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(out, false)
		m.SetEdns0(4096, true)
		for _, secret := range []string{"bm90IGl0", "YW5vdGhlcg=="} {
			signed, _ := signedQuery(f, m.Copy(), keyName, dns.HmacSHA256, secret, time.Now())
			f.Add(signed, true)
		}
	}
	s := New(testDB(f), opts)
	f.Fuzz(func(t *testing.T, packet []byte, tcp bool) {
		before, counted := append([]byte{}, packet...), total(s)
		answers := 0
		err := s.exchange(query{packet: packet, tcp: tcp, from: loopback, buf: make([]byte, payload), send: func(b []byte) error {
			answers++
			if !tcp && len(b) > payload {
				t.Fatalf("a datagram of %d bytes", len(b))
			}
			m := new(dns.Msg)
			if err := m.Unpack(b); err != nil {
				t.Fatalf("our own answer doesn't parse: %v", err)
			}
			if !m.Response || m.RecursionAvailable || m.Id != uint16(packet[0])<<8|uint16(packet[1]) {
				t.Fatalf("header %+v", m.MsgHdr)
			}
			return nil
		}})
		if err != nil || answers > 1 || s.Stats().Transfers+s.Stats().Incremental > 0 {
			t.Fatalf("%d answers, %+v: %v", answers, s.Stats(), err)
		}
		if got := total(s) - counted; got != uint64(answers) {
			t.Fatalf("%d answers, %d counted", answers, got)
		}
		if !bytes.Equal(before, packet) {
			t.Fatal("the packet was changed")
		}
	})
}

// A signed query with any key name, time and MAC: only the right one is good.
func FuzzSignature(f *testing.F) {
	opts, err := Options{Keys: []string{keyName + ":hmac-sha256:" + keyFile(f)}}.Load()
	if err != nil {
		f.Fatal(err)
	}
	s := New(testDB(f), opts)
	f.Add(keyName, dns.HmacSHA256, uint16(0), uint16(32), "00")
	f.Add("x", "a.b.", uint16(17), uint16(0), "")
	f.Fuzz(func(t *testing.T, name, algorithm string, wrong, fudge uint16, mac string) {
		m := ask(t, "www.example.com. A")
		m.Extra = append(m.Extra, &dns.TSIG{
			Hdr: dns.RR_Header{Name: dns.Fqdn(name), Rrtype: dns.TypeTSIG, Class: dns.ClassANY}, Algorithm: dns.Fqdn(algorithm), TimeSigned: uint64(time.Now().Unix()),
			Fudge: fudge, MACSize: uint16(len(mac) / 2), MAC: mac, OrigId: m.Id, Error: wrong,
		})
		packet, err := m.Pack()
		if err != nil {
			return
		}
		for _, r := range messages(t, s, query{packet: packet, from: loopback, buf: make([]byte, payload)}) {
			if r.Rcode == dns.RcodeSuccess {
				t.Fatalf("a made-up signature is good: %s", text(r))
			}
		}
	})
}

// No value of a record set can break an answer or make another record.
func FuzzValue(f *testing.F) {
	for _, v := range []string{"192.0.2.1", "::1", `"a" "b`, "\\", "0 issue x\nexample.com. A 192.0.2.1", "$INCLUDE x", "10 mail", "a..b", `10 20 "u" "" "" .`, ""} {
		for _, t := range []string{"A", "AAAA", "CAA", "CNAME", "DNAME", "MX", "NAPTR", "NS", "PTR", "SOA", "SRV", "TXT", "?"} {
			f.Add(t, v)
		}
	}
	f.Fuzz(func(t *testing.T, typ, value string) {
		db := zonedb.New()
		db.Put(zone.Zone{Key: zone.Key{ID: "Z"}, Name: "example.com"}, []record.Set{set("x.example.com", record.Type(typ), 60, value)})
		for _, name := range []string{"x.example.com.", "y.x.example.com."} {
			qtype, ok := dns.StringToType[typ]
			if !ok {
				qtype = dns.TypeA
			}
			r := Answer(db, new(dns.Msg).SetQuestion(name, qtype), Options{})
			out, err := r.Pack()
			if err != nil {
				continue // the server answers with a failure
			}
			if err := new(dns.Msg).Unpack(out); err != nil {
				t.Fatalf("%s %q: our own answer doesn't parse: %v", typ, value, err)
			}
			for _, rr := range r.Answer {
				if len(r.Answer) > maxChain*2 || rr.Header().Rrtype != qtype && rr.Header().Rrtype != dns.TypeCNAME && rr.Header().Rrtype != dns.TypeDNAME && qtype != dns.TypeANY {
					t.Fatalf("%s %q: %v", typ, value, rr)
				}
			}
		}
	})
}
