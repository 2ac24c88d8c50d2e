// SPDX-License-Identifier: Apache-2.0

// Package dnsserver runs name servers on the loopback interface for tests.
package dnsserver

import (
	"context"
	"net"
	"testing"

	"github.com/miekg/dns"

	"nafuda.io/nafuda/internal/serve/nameserver"
	"nafuda.io/nafuda/internal/serve/zonedb"
)

// Listen opens UDP and TCP on one free port of a loopback address. The port that is free for one may not be for the other, so it tries several.
func Listen(t testing.TB, host string) (net.PacketConn, net.Listener) {
	t.Helper()
	var err error
	for range 20 {
		var tcp net.Listener
		if tcp, err = net.Listen("tcp", net.JoinHostPort(host, "0")); err != nil {
			t.Fatal(err)
		}
		var udp net.PacketConn
		if udp, err = net.ListenPacket("udp", tcp.Addr().String()); err == nil {
			return udp, tcp
		}
		if err := tcp.Close(); err != nil {
			t.Fatal(err)
		}
	}
	t.Fatal(err)
	return nil, nil
}

// Serve runs our own name server over zones until the test ends, and returns its address.
func Serve(t testing.TB, db *zonedb.DB) string {
	t.Helper()
	udp, tcp := Listen(t, "127.0.0.1")
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- nameserver.New(db, nameserver.Options{}).Serve(ctx, udp, tcp) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("serve DNS: %v", err)
		}
	})
	return tcp.Addr().String()
}

// Answer runs a name server that answers as a function says, over UDP and TCP, until the test ends, and returns its address.
func Answer(t testing.TB, answer dns.HandlerFunc) string {
	t.Helper()
	udp, tcp := Listen(t, "127.0.0.1")
	for _, srv := range []*dns.Server{{PacketConn: udp, Handler: answer}, {Listener: tcp, Handler: answer}} {
		done, started := make(chan error, 1), make(chan struct{})
		srv.NotifyStartedFunc = func() { close(started) }
		go func() { done <- srv.ActivateAndServe() }()
		<-started
		t.Cleanup(func() {
			if err := srv.Shutdown(); err != nil {
				t.Error(err)
			}
			if err := <-done; err != nil {
				t.Error(err)
			}
		})
	}
	return tcp.Addr().String()
}
