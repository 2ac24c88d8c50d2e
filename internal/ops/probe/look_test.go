// SPDX-License-Identifier: Apache-2.0

package probe

import (
	"context"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/miekg/dns"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/test/dnsserver"
)

// TestLook: all that an answer says is seen, and what it says of others isn't.
func TestLook(t *testing.T) {
	seconds := func(n uint32) *uint32 { return &n }
	const soa = "example.com. 3600 IN SOA ns.example.com. hostmaster.example.com. 1 7200 900 1209600 900"
	for name, tc := range map[string]struct {
		why    string
		answer func(q *dns.Msg) *dns.Msg
		typ    record.Type
		rd     bool
		want   Seen
	}{
		"values": {why: "sorted, with the flag AA", typ: record.A, want: Seen{Code: "NOERROR", Authority: true, Values: []string{"192.0.2.1", "192.0.2.2"}, TTL: 300}, answer: func(q *dns.Msg) *dns.Msg {
			return reply(q, "www.example.com. 60 IN A 192.0.2.2", right)
		}},
		"chain": {why: "in whatever order it comes", typ: record.A, rd: true, want: Seen{Code: "NOERROR", Recursion: true, Chain: []dnsname.Name{"a.example.net", "b.example.net"}, Values: []string{"192.0.2.1"}, TTL: 60}, answer: func(q *dns.Msg) *dns.Msg {
			r := reply(q, "b.example.net. 60 IN A 192.0.2.1", "a.example.net. 60 IN CNAME b.example.net.", "www.example.com. 60 IN CNAME a.example.net.")
			r.Authoritative, r.RecursionAvailable = false, true
			return r
		}},
		"ring": {why: "it ends", typ: record.A, want: Seen{Code: "NOERROR", Authority: true, Chain: []dnsname.Name{"a.example.net", "www.example.com"}}, answer: func(q *dns.Msg) *dns.Msg {
			return reply(q, "www.example.com. 60 IN CNAME a.example.net.", "a.example.net. 60 IN CNAME www.example.com.")
		}},
		"CNAME": {why: "asked for itself", typ: record.CNAME, want: Seen{Code: "NOERROR", Authority: true, Values: []string{"a.example.net"}, TTL: 60}, answer: func(q *dns.Msg) *dns.Msg {
			return reply(q, "www.example.com. 60 IN CNAME a.example.net.")
		}},
		"absent": {why: "the lesser of the SOA's TTL and minimum", typ: record.A, want: Seen{Code: "NXDOMAIN", Authority: true, Absent: seconds(900)}, answer: func(q *dns.Msg) *dns.Msg {
			r := reply(q)
			r.Rcode = dns.RcodeNameError
			rr, _ := dns.NewRR(soa)
			r.Ns = []dns.RR{rr}
			return r
		}},
		"blocked": {why: "RFC 8914", typ: record.A, want: Seen{Code: "NOERROR", Authority: true, Blocked: true}, answer: func(q *dns.Msg) *dns.Msg {
			r := reply(q)
			r.SetEdns0(payload, false)
			r.IsEdns0().Option = []dns.EDNS0{&dns.EDNS0_EDE{InfoCode: dns.ExtendedErrorCodeBlocked}}
			return r
		}},
		"other error": {why: "a stale answer isn't blocked", typ: record.A, want: Seen{Code: "NOERROR", Authority: true, Values: []string{"192.0.2.1"}, TTL: 300}, answer: func(q *dns.Msg) *dns.Msg {
			r := reply(q, right)
			r.SetEdns0(payload, false)
			r.IsEdns0().Option = []dns.EDNS0{&dns.EDNS0_EDE{InfoCode: dns.ExtendedErrorCodeStaleAnswer}}
			return r
		}},
		"referral": {why: "of a server of the zone", typ: record.A, want: Seen{Code: "NOERROR", Referred: "www.example.com"}, answer: func(q *dns.Msg) *dns.Msg {
			r := reply(q)
			r.Authoritative = false
			rr, _ := dns.NewRR("www.example.com. 60 IN NS ns.example.net.")
			r.Ns = []dns.RR{rr}
			return r
		}},
		"no referral": {why: "a resolver that names servers beside an empty answer doesn't refer", typ: record.A, rd: true, want: Seen{Code: "NOERROR"}, answer: func(q *dns.Msg) *dns.Msg {
			r := reply(q)
			r.Authoritative = false
			rr, _ := dns.NewRR("www.example.com. 60 IN NS ns.example.net.")
			r.Ns = []dns.RR{rr}
			return r
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			asked := make(chan bool, 4)
			at := dnsserver.Answer(t, func(w dns.ResponseWriter, q *dns.Msg) {
				asked <- q.RecursionDesired
				_ = w.WriteMsg(tc.answer(q))
			})
			s := New(Options{Rate: 1000}).Look(t.Context(), []string{closed(t), at}, Ask{Zone: "example.com", Name: "www.example.com", Type: tc.typ, Recurse: tc.rd})
			if <-asked != tc.rd {
				t.Errorf("recursion isn't %v in the question", tc.rd)
			}
			tc.want.At = at
			if diff := cmp.Diff(tc.want, s, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("%s: -want +got:\n%s", tc.why, diff)
			}
		})
	}
}

// TestLookInVain: nobody answers.
func TestLookInVain(t *testing.T) {
	p := New(Options{Rate: 1000})
	if s := p.Look(t.Context(), []string{closed(t)}, Ask{Name: "example.com", Type: record.A}); s.Answered() {
		t.Errorf("%+v", s)
	}
	mute := dnsserver.Answer(t, func(dns.ResponseWriter, *dns.Msg) {})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan Seen)
	go func() { done <- p.Look(ctx, []string{mute}, Ask{Name: "example.com", Type: record.A}) }()
	cancel()
	if s := <-done; s.Answered() {
		t.Errorf("%+v", s)
	}
}

// FuzzSeen: any message is read within bounds, and the same each time.
func FuzzSeen(f *testing.F) {
	q := new(dns.Msg).SetQuestion("www.example.com.", dns.TypeA)
	for _, lines := range [][]string{{right}, {"www.example.com. 60 IN CNAME a.example.net.", "a.example.net. 60 IN CNAME www.example.com."}, {}} {
		b, err := reply(q, lines...).Pack()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add(loop(1))
	f.Fuzz(func(t *testing.T, message []byte) {
		r := new(dns.Msg)
		if r.Unpack(message) != nil {
			return
		}
		a := Ask{Zone: "example.com", Name: "www.example.com", Type: record.A}
		s := seen("192.0.2.53:53", r, a)
		if len(s.Chain) > maxChain || !slices.IsSorted(s.Values) {
			t.Fatalf("%+v", s)
		}
		if diff := cmp.Diff(s, seen("192.0.2.53:53", r, a)); diff != "" {
			t.Fatal(diff)
		}
	})
}
