// SPDX-License-Identifier: Apache-2.0

package probe

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"

	"github.com/miekg/dns"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
)

// answering serves DNS with a handler over UDP until the test ends, and returns a resolver that asks it and its port.
func answering(t testing.TB, h dns.HandlerFunc) (*net.Resolver, string) {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	started, done := make(chan struct{}), make(chan error, 1)
	s := &dns.Server{PacketConn: conn, Handler: h, NotifyStartedFunc: func() { close(started) }}
	go func() { done <- s.ActivateAndServe() }()
	<-started
	t.Cleanup(func() {
		if err := s.Shutdown(); err != nil {
			t.Error(err)
		}
		<-done
	})
	at := conn.LocalAddr().String()
	_, port, _ := net.SplitHostPort(at)
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", at)
	}}, port
}

// TestDelegationIsBounded has a parent's server say all sorts of things about example.com; what the resolver needs is answered well.
func TestDelegationIsBounded(t *testing.T) {
	rr := func(format string, args ...any) dns.RR {
		out, err := dns.NewRR(fmt.Sprintf(format, args...))
		if err != nil {
			panic(err)
		}
		return out
	}
	for why, tt := range map[string]struct {
		say  func(r *dns.Msg)
		want []string
		err  string
	}{
		"a referral":                    {func(r *dns.Msg) { r.Ns = []dns.RR{rr("EXAMPLE.com. 60 NS A.example.net.")} }, []string{"A.example.net"}, ""},
		"an answer, for it serves both": {func(r *dns.Msg) { r.Answer = []dns.RR{rr("example.com. 60 NS a.example.net.")} }, []string{"a.example.net"}, ""},
		"another zone's servers":        {func(r *dns.Msg) { r.Ns = []dns.RR{rr("com. 60 NS a.example.net.")} }, nil, ""},
		"no such name":                  {func(r *dns.Msg) { r.Rcode = dns.RcodeNameError }, nil, ""},
		"a refusal":                     {func(r *dns.Msg) { r.Rcode = dns.RcodeRefused }, nil, "ns.test answers REFUSED"},
		"a flood": {func(r *dns.Msg) {
			for i := range 50 {
				r.Ns = append(r.Ns, rr("example.com. 60 NS n%d.example.net.", i))
			}
		}, nil, "16"},
	} {
		t.Run(why, func(t *testing.T) {
			resolver, port := answering(t, func(w dns.ResponseWriter, q *dns.Msg) {
				r := new(dns.Msg).SetReply(q)
				r.Authoritative = true
				switch name, typ := strings.ToLower(q.Question[0].Name), q.Question[0].Qtype; {
				case name == "com." && typ == dns.TypeNS:
					r.Answer = []dns.RR{rr("com. 60 NS ns.test.")}
				case name == "ns.test." && typ == dns.TypeA:
					r.Answer = []dns.RR{rr("ns.test. 60 A 127.0.0.1")}
				case name == "example.com.":
					tt.say(r)
				}
				_ = w.WriteMsg(r) // the client may be gone
			})
			got, err := New(Options{Rate: 1000}).Delegation(t.Context(), resolver, port, "example.com")
			switch {
			case tt.err == "16":
				if len(got) != mostServers || err != nil {
					t.Errorf("%d servers, %v", len(got), err)
				}
			case tt.err != "" && (err == nil || !strings.Contains(err.Error(), tt.err)), tt.err == "" && (err != nil || !slices.Equal(got, tt.want)):
				t.Errorf("%v, %v", got, err)
			}
		})
	}
}

// TestDelegationBelowNoZone has a name between the zone and its parent that is no zone: the zone above it is the parent.
func TestDelegationBelowNoZone(t *testing.T) {
	at := serve(t, set("a.b.example.com", record.NS, "ns.example.net"), set("ns.example.com", record.A, "127.0.0.1"))
	_, port, _ := net.SplitHostPort(at)
	resolver := &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, at)
	}}
	got, err := New(Options{Rate: 1000}).Delegation(t.Context(), resolver, port, dnsname.Name("a.b.example.com"))
	if err != nil || !slices.Equal(got, []string{"ns.example.net"}) {
		t.Errorf("%v, %v", got, err)
	}
}
