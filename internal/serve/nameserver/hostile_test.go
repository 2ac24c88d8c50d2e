// SPDX-License-Identifier: Apache-2.0

package nameserver

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"
)

// A client that sends slowly, or nothing, is let go, and others are answered meanwhile.
func TestSlowClients(t *testing.T) {
	s := New(testDB(t), Options{})
	s.idle, s.rest = 300*time.Millisecond, 100*time.Millisecond
	udp, tcp := listen(t)
	run(t, s, udp, tcp)
	at := tcp.Addr().String()
	for name, bytes := range map[string][]byte{"cut frame": {0}, "cut query": {0, 40, 1}, "a promise of the most": {0xff, 0xff, 1}} {
		t.Run(name, func(t *testing.T) {
			conn, err := net.Dial("tcp", at)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			if _, err := conn.Write(bytes); err != nil {
				t.Fatal(err)
			}
			if got := exchange(t, "tcp", at, ask(t, "www.example.com. A")); len(got.Answer) != 2 {
				t.Errorf("beside it: %s", text(got))
			}
			if err := conn.SetReadDeadline(time.Now().Add(30 * time.Second)); err != nil {
				t.Fatal(err)
			}
			var timeout net.Error
			if _, err := conn.Read(make([]byte, 1)); err == nil || errors.As(err, &timeout) && timeout.Timeout() {
				t.Errorf("the connection is still open: %v", err)
			}
		})
	}
}

// One address has its share of connections and no more.
func TestCrowd(t *testing.T) {
	at := serve(t, testDB(t), Options{})
	var conns []net.Conn
	for range maxFromOne {
		conn, err := net.Dial("tcp", at)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		c := &dns.Conn{Conn: conn}
		if err := errors.Join(conn.SetDeadline(time.Now().Add(10*time.Second)), c.WriteMsg(ask(t, "www.example.com. A"))); err != nil {
			t.Fatal(err)
		}
		if _, err := c.ReadMsg(); err != nil {
			t.Fatalf("connection %d: %v", len(conns), err)
		}
		conns = append(conns, conn)
	}
	conn, err := net.Dial("tcp", at)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Read(make([]byte, 1)); !errors.Is(err, io.EOF) && (err == nil || !strings.Contains(err.Error(), "reset")) {
		t.Errorf("one connection too many: %v", err)
	}
	conns[0].Close()
	eventually(t, "a place that was given back isn't free", func() bool {
		c := &dns.Client{Net: "tcp", Timeout: 5 * time.Second}
		r, _, err := c.Exchange(ask(t, "www.example.com. A"), at)
		return err == nil && len(r.Answer) == 2
	})
}

func TestCrowdForgets(t *testing.T) {
	c := &crowd{of: map[netip.Addr]int{}}
	for range 3 {
		if !c.enter(loopback) {
			t.Fatal("refused")
		}
	}
	for range 3 {
		c.leave(loopback)
	}
	if len(c.of) != 0 {
		t.Errorf("%v is left", c.of)
	}
}

// A socket that is open at every address answers from the one that was asked.
func TestAnswerComesFromWhereTheQueryWent(t *testing.T) {
	for _, listen := range []string{":0", "0.0.0.0:0"} {
		all, err := Options{Addresses: []string{listen}}.Listen(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		_, port, err := net.SplitHostPort(all[0].UDP.LocalAddr().String())
		if err != nil {
			t.Fatal(err)
		}
		primary(t, testDB(t), Options{}, all[0])
		for _, to := range []string{"127.0.0.1", "127.0.0.2"} { // from an unbound source, the system would answer the second from the first
			// A connected socket hears only the address that it asked.
			if got := exchange(t, "udp", net.JoinHostPort(to, port), ask(t, "www.example.com. A")); len(got.Answer) != 2 {
				t.Errorf("%s: %s", to, text(got))
			}
		}
	}
}

func TestListen(t *testing.T) {
	all, err := Options{Addresses: []string{"127.0.0.1:0", "127.0.0.2:0"}}.Listen(t.Context())
	if err != nil || len(all) != 2 {
		t.Fatalf("%d addresses: %v", len(all), err)
	}
	for _, one := range all {
		defer one.TCP.Close()
		defer one.UDP.Close()
		if one.TCP.Addr().String() != one.UDP.LocalAddr().String() {
			t.Errorf("TCP at %v, UDP at %v", one.TCP.Addr(), one.UDP.LocalAddr())
		}
	}
	taken := all[0].TCP.Addr().String()
	if _, err := (Options{Addresses: []string{"127.0.0.1:0", taken}}).Listen(t.Context()); err == nil || !strings.Contains(err.Error(), "--dns-listen="+taken) {
		t.Errorf("an address that is taken: %v", err)
	}
}
