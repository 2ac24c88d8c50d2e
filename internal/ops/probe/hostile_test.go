// SPDX-License-Identifier: Apache-2.0

package probe

import (
	"bytes"
	"encoding/binary"
	"net"
	"strings"
	"testing"

	"github.com/miekg/dns"

	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/test/dnsserver"
)

// reply makes an answer with the records of zone text.
func reply(q *dns.Msg, lines ...string) *dns.Msg {
	r := new(dns.Msg).SetReply(q)
	r.Authoritative = true
	for _, l := range lines {
		rr, err := dns.NewRR(l)
		if err != nil {
			panic(err)
		}
		r.Answer = append(r.Answer, rr)
	}
	return r
}

const right = "www.example.com. 300 IN A 192.0.2.1"

// Servers that break, or try to break us. None of them can make us believe an answer that isn't one.
func TestHostile(t *testing.T) {
	send := func(w dns.ResponseWriter, r *dns.Msg) { _ = w.WriteMsg(r) }
	raw := func(w dns.ResponseWriter, b []byte) { _, _ = w.Write(b) }
	code := func(rcode int) dns.HandlerFunc {
		return func(w dns.ResponseWriter, q *dns.Msg) { send(w, new(dns.Msg).SetRcode(q, rcode)) }
	}
	overUDP := func(w dns.ResponseWriter) bool { return w.LocalAddr().Network() == "udp" }
	for name, tc := range map[string]struct {
		why    string
		answer dns.HandlerFunc
		want   reason.Code // empty: as planned
		text   string
	}{
		"right": {why: "it can be believed", answer: func(w dns.ResponseWriter, q *dns.Msg) { send(w, reply(q, right)) }},
		"wrong id, then right": {why: "what isn't ours is passed over", answer: func(w dns.ResponseWriter, q *dns.Msg) {
			r := reply(q, "www.example.com. 300 IN A 192.0.2.66")
			r.Id++
			send(w, r)
			send(w, reply(q, right))
		}},
		"wrong question, then right": {why: "an answer to something else", answer: func(w dns.ResponseWriter, q *dns.Msg) {
			r := reply(q, "www.example.com. 300 IN A 192.0.2.66")
			r.Question = []dns.Question{{Name: "www.example.net.", Qtype: dns.TypeA, Qclass: dns.ClassINET}}
			send(w, r)
			send(w, reply(q, right))
		}},
		"question, then right": {why: "no response at all", answer: func(w dns.ResponseWriter, q *dns.Msg) {
			send(w, q)
			send(w, reply(q, right))
		}},
		"garbage, then right": {why: "broken datagrams are passed over", answer: func(w dns.ResponseWriter, q *dns.Msg) {
			raw(w, []byte{})
			raw(w, []byte{byte(q.Id >> 8), byte(q.Id), 0x84, 0, 0, 1, 0xff, 0xff, 0, 0, 0, 0, 0xc0})
			raw(w, loop(q.Id))
			send(w, reply(q, right))
		}},
		"a flood": {why: "it ends", want: reason.DNSUnreachable, answer: func(w dns.ResponseWriter, q *dns.Msg) {
			r := reply(q)
			r.Id++
			for range 2 * mostStrange {
				send(w, r)
			}
		}},
		"other owner":  {why: "only the name's own records count", want: reason.AnswersDiffer, text: "no such record set", answer: func(w dns.ResponseWriter, q *dns.Msg) { send(w, reply(q, "web.example.com. 300 IN A 192.0.2.1")) }},
		"other class":  {why: "only those of the Internet", want: reason.AnswersDiffer, text: "no such record set", answer: func(w dns.ResponseWriter, q *dns.Msg) { send(w, reply(q, "www.example.com. 300 CH A 192.0.2.1")) }},
		"SERVFAIL":     {why: "told", want: reason.AnswersDiffer, text: "SERVFAIL", answer: code(dns.RcodeServerFailure)},
		"lame":         {why: "told", want: reason.AnswersDiffer, text: "REFUSED", answer: code(dns.RcodeRefused)},
		"strange code": {why: "told by its number", want: reason.AnswersDiffer, text: "the code 13", answer: code(13)},
		"no question": {why: "refusals may leave it out", want: reason.AnswersDiffer, text: "REFUSED", answer: func(w dns.ResponseWriter, q *dns.Msg) {
			r := new(dns.Msg).SetRcode(q, dns.RcodeRefused)
			r.Question = nil
			send(w, r)
		}},
		"no EDNS": {why: "it is asked again without", answer: func(w dns.ResponseWriter, q *dns.Msg) {
			if q.IsEdns0() != nil {
				send(w, new(dns.Msg).SetRcode(q, dns.RcodeFormatError))
				return
			}
			send(w, reply(q, right))
		}},
		"cut, whole over TCP": {why: "the answer comes over TCP", answer: func(w dns.ResponseWriter, q *dns.Msg) {
			r := reply(q, right)
			if overUDP(w) {
				r.Answer, r.Truncated = nil, true
			}
			send(w, r)
		}},
		"cut, garbage over TCP": {why: "no answer", want: reason.DNSUnreachable, answer: func(w dns.ResponseWriter, q *dns.Msg) {
			r := reply(q)
			r.Truncated = true
			if overUDP(w) {
				send(w, r)
				return
			}
			raw(w, bytes.Repeat([]byte{0xff}, 60000))
		}},
		"cut, nothing over TCP": {why: "half a message isn't waited for without end", want: reason.DNSUnreachable, answer: func(w dns.ResponseWriter, q *dns.Msg) {
			r := reply(q)
			r.Truncated = true
			if overUDP(w) {
				send(w, r)
				return
			}
			w.Hijack()
			_ = w.(interface{ Close() error }).Close()
		}},
		"cut for ever": {why: "what came is compared", want: reason.AnswersDiffer, text: "no such record set", answer: func(w dns.ResponseWriter, q *dns.Msg) {
			r := reply(q)
			r.Truncated = true
			send(w, r)
		}},
		"huge": {why: "what is told of it is short", want: reason.AnswersDiffer, text: "and 1996 more", answer: func(w dns.ResponseWriter, q *dns.Msg) {
			r := reply(q)
			if overUDP(w) {
				r.Truncated = true
				send(w, r)
				return
			}
			for i := range 2000 {
				r.Answer = append(r.Answer, &dns.A{
					Hdr: dns.RR_Header{Name: q.Question[0].Name, Rrtype: dns.TypeA, Class: dns.ClassINET, Ttl: 300}, A: net.IPv4(198, 51, byte(i>>8), byte(i)),
				})
			}
			r.Compress = true
			send(w, r)
		}},
		"silence": {why: "two seconds are all", want: reason.DNSUnreachable, answer: func(dns.ResponseWriter, *dns.Msg) {}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := verify(t, []string{dnsserver.Answer(t, tc.answer)}, "www.example.com", []record.Set{set("www.example.com", record.A, "192.0.2.1")})
			if a.As != (tc.want == "") || a.Why.Code != tc.want || !strings.Contains(a.Why.Text, tc.text) || len(a.Why.Text) > 600 || a.Never {
				t.Errorf("%+v, want %s %q (%s)", a, tc.want, tc.text, tc.why)
			}
		})
	}
}

// A wildcard is asked for by names that aren't there, another one each time: the name "*" itself may be answered from elsewhere.
func TestWildcardIsAskedBelow(t *testing.T) {
	names := make(chan string, 2)
	addr := dnsserver.Answer(t, func(w dns.ResponseWriter, q *dns.Msg) {
		name := q.Question[0].Name
		names <- name
		_ = w.WriteMsg(reply(q, name+" 300 IN A 192.0.2.1"))
	})
	for range 2 {
		if a := verify(t, []string{addr}, "*.example.com", []record.Set{set("*.example.com", record.A, "192.0.2.1")}); !a.As {
			t.Errorf("%+v, want as planned", a)
		}
	}
	if a, b := <-names, <-names; a == b || strings.HasPrefix(a, "*") || !strings.HasSuffix(a, ".example.com.") {
		t.Errorf("asked for %s and %s", a, b)
	}
}

// What is told of long values is short.
func TestShown(t *testing.T) {
	if s := shown([]string{strings.Repeat("é", 5000)}); len(s) > 300 {
		t.Errorf("%d bytes are shown", len(s))
	}
}

// loop is an answer whose name is a compression pointer to itself.
func loop(id uint16) []byte {
	b := []byte{0, 0, 0x84, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0xc0, 12, 0, 1, 0, 1, 0xc0, 18, 0, 1, 0, 1}
	binary.BigEndian.PutUint16(b, id)
	return b
}

// A server of the zone that answers from a cache doesn't prove what the zone has.
func TestAuthority(t *testing.T) {
	q := new(dns.Msg).SetQuestion("www.example.com.", dns.TypeA)
	r := reply(q, right)
	r.Authoritative = false
	s := set("www.example.com", record.A, "192.0.2.1")
	e := expected{zone: "example.com", name: s.Name, asked: s.Name, typ: record.A, set: &s, server: server{name: "ns.example.com"}}
	if a := judge(e, r); !a.As {
		t.Errorf("%+v: who is named by hand needs no authority", a)
	}
	e.server.authority = true
	if a := judge(e, r); a.As || !strings.Contains(a.Why.Text, "without authority") {
		t.Errorf("%+v, want that it lacks authority", a)
	}
}

// FuzzJudge feeds messages of any content to the comparison: what it says doesn't depend on the order of records, and it never
// takes for planned what isn't.
func FuzzJudge(f *testing.F) {
	q := new(dns.Msg).SetQuestion("www.example.com.", dns.TypeA)
	for _, lines := range [][]string{{right}, {right, "www.example.com. 60 IN A 192.0.2.2"}, {`www.example.com. 1 IN TXT "a\"\\\255" "b"`}, {"www.example.com. 1 IN CNAME lb.example.net."}, {"www.example.com. 1 IN MX 10 m.example.net."}, {}} {
		b, err := reply(q, lines...).Pack()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b, "A", "192.0.2.1")
		f.Add(b, "TXT", `"a\"\\\255b"`)
		f.Add(b, "MX", "10 m.example.net")
	}
	f.Add(loop(1), "CAA", `0 issue "ca.example.net"`)
	f.Fuzz(func(t *testing.T, message []byte, typ, planned string) {
		r := new(dns.Msg)
		if r.Unpack(message) != nil {
			return
		}
		typed := record.Type(typ)
		s := record.Set{Key: record.Key{Name: "www.example.com", Type: typed}, TTL: 300, Values: []string{planned}}
		e := expected{zone: "example.com", name: s.Name, asked: s.Name, typ: typed, set: &s}
		a := judge(e, r)
		if a.As != a.Why.None() {
			t.Fatalf("%+v", a)
		}
		of := 0
		for _, rr := range r.Answer {
			if strings.EqualFold(rr.Header().Name, "www.example.com.") && dns.Type(rr.Header().Rrtype).String() == typ {
				of++
			}
		}
		if a.As && of == 0 {
			t.Fatalf("nothing of type %q is answered, and it counts as planned", typ)
		}
		for i := range r.Answer[:len(r.Answer)/2] {
			j := len(r.Answer) - 1 - i
			r.Answer[i], r.Answer[j] = r.Answer[j], r.Answer[i]
		}
		if again := judge(e, r); again.As != a.As {
			t.Fatalf("in another order: %+v, before: %+v", again, a)
		}
		e.set = nil
		if gone := judge(e, r); gone.As && of > 0 && r.Rcode == dns.RcodeSuccess && dns.StringToType[typ] != 0 && internet(r, typ) {
			t.Fatalf("%d records are answered, and it counts as gone", of)
		}
	})
}

// internet reports whether a record of the name and type is of the class IN.
func internet(r *dns.Msg, typ string) bool {
	for _, rr := range r.Answer {
		h := rr.Header()
		if strings.EqualFold(h.Name, "www.example.com.") && h.Class == dns.ClassINET && h.Rrtype == dns.StringToType[typ] {
			return true
		}
	}
	return false
}
