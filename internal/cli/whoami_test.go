// SPDX-License-Identifier: Apache-2.0

package cli_test

import (
	"fmt"
	"net"
	"net/http"

	"github.com/miekg/dns"
	"github.com/rogpeppe/go-internal/testscript"
)

// whoami starts a name server at $WHOAMI0 that says the first address to whoever asks who he is, and pages at $WHOAMI1 and so on that say the
// others.
func whoami(ts *testscript.TestScript, _ bool, addrs []string) {
	conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
	ts.Check(err)
	s := &dns.Server{PacketConn: conn, Handler: dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
		r := new(dns.Msg).SetReply(q)
		r.Answer = append(r.Answer, &dns.A{Hdr: dns.RR_Header{Name: q.Question[0].Name, Rrtype: dns.TypeA, Class: dns.ClassINET}, A: net.ParseIP(addrs[0])})
		_ = w.WriteMsg(r)
	})}
	started, done := make(chan struct{}), make(chan struct{})
	s.NotifyStartedFunc = func() { close(started) }
	go func() {
		defer close(done)
		_ = s.ActivateAndServe()
	}()
	<-started
	ts.Defer(func() {
		_ = s.Shutdown()
		<-done
	})
	ts.Setenv("WHOAMI0", "udp://"+conn.LocalAddr().String()+"?name=whoami.example.com")
	for i, a := range addrs[1:] {
		ts.Setenv(fmt.Sprintf("WHOAMI%d", i+1), serve(ts, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, a) })))
	}
}
