// SPDX-License-Identifier: Apache-2.0

package nameserver

import (
	"testing"

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
