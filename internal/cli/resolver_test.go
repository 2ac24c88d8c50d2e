// SPDX-License-Identifier: Apache-2.0

package cli_test

import (
	"context"
	"net"
	"slices"

	"github.com/miekg/dns"
	"github.com/rogpeppe/go-internal/testscript"

	"nafuda.io/nafuda/internal/serve/nameserver"
	"nafuda.io/nafuda/internal/serve/zonedb"
)

// resolvers are the ways of a resolver to pass an answer on; nil: nobody listens any more.
func resolvers() map[string]func(*dns.Msg) *dns.Msg {
	return map[string]func(*dns.Msg) *dns.Msg{
		"honest": func(r *dns.Msg) *dns.Msg { return r },
		"strips": func(r *dns.Msg) *dns.Msg { // as Unbound does with private-address
			r.Answer = slices.DeleteFunc(r.Answer, func(rr dns.RR) bool {
				a, ok := rr.(*dns.A)
				return ok && a.A.IsPrivate()
			})
			return r
		},
		"forgets": func(r *dns.Msg) *dns.Msg { // as if it had been asked before the name was there
			if r.Question[0].Qtype != dns.TypeA {
				return r
			}
			r.Rcode, r.Answer = dns.RcodeNameError, nil
			soa, _ := dns.NewRR("example.com. 612 IN SOA ns.example.com. hostmaster.example.com. 1 7200 900 1209600 900")
			r.Ns = []dns.RR{soa}
			return r
		},
		"stale": func(r *dns.Msg) *dns.Msg {
			for _, rr := range r.Answer {
				if a, ok := rr.(*dns.A); ok {
					a.A, a.Hdr.Ttl = net.IPv4(198, 51, 100, 66), 41
				}
			}
			return r
		},
		"dead": nil,
	}
}

func resolver(ts *testscript.TestScript, _ bool, args []string) {
	way, ok := resolvers()[args[0]]
	if !ok {
		ts.Fatalf("no resolver is %s", args[0])
	}
	server := ts.Getenv("SERVER")
	udp, tcp := listenDNS(ts)
	ts.Check(tcp.Close())
	ts.Setenv("RESOLVER", udp.LocalAddr().String())
	if way == nil {
		ts.Check(udp.Close())
		return
	}
	srv := &dns.Server{PacketConn: udp, Handler: dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
		r, _, err := (&dns.Client{Net: "tcp"}).Exchange(q, server)
		if err != nil {
			return
		}
		r.Authoritative, r.RecursionAvailable = false, true
		_ = w.WriteMsg(way(r))
	})}
	done, started := make(chan error, 1), make(chan struct{})
	srv.NotifyStartedFunc = func() { close(started) }
	go func() { done <- srv.ActivateAndServe() }()
	<-started
	ts.Defer(func() {
		_ = srv.Shutdown()
		<-done
	})
}

// serveZones answers for zones until the script ends.
func serveZones(ts *testscript.TestScript, db *zonedb.DB) string {
	udp, tcp := listenDNS(ts)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- nameserver.New(db, nameserver.Options{}).Serve(ctx, udp, tcp) }()
	ts.Defer(func() {
		cancel()
		<-done
	})
	return tcp.Addr().String()
}

// listenDNS opens UDP and TCP on one free port of the loopback address.
func listenDNS(ts *testscript.TestScript) (net.PacketConn, net.Listener) {
	for range 20 {
		tcp, err := net.Listen("tcp", "127.0.0.1:0")
		ts.Check(err)
		if udp, err := net.ListenPacket("udp", tcp.Addr().String()); err == nil {
			return udp, tcp
		}
		_ = tcp.Close()
	}
	ts.Fatalf("no port is free for UDP and TCP")
	return nil, nil
}
