// SPDX-License-Identifier: Apache-2.0

package local

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"syscall"

	"nafuda.io/nafuda/internal/serve/nameserver"
)

// Listener answers questions about the zones.
type Listener struct {
	server  *nameserver.Server
	sockets []nameserver.Sockets
}

// Listen opens every address of --dns-listen, or none: the error then says what to do. It reads the TSIG keys.
func (s *Served) Listen(ctx context.Context) (*Listener, error) {
	opts, err := s.opts.Server.Load()
	if err != nil {
		return nil, err
	}
	opts.Log = s.log
	opts.Addresses = s.opts.Addresses()
	sockets, err := opts.Listen(ctx)
	if err != nil {
		return nil, fmt.Errorf("answer questions about our zones: %w%s", err, semicolon(Advice(err)))
	}
	l := &Listener{nameserver.New(s.db, opts), sockets}
	s.log.Info("answering DNS questions", "addresses", strings.Join(l.Addresses(), " "), "zones", len(s.zones))
	return l, nil
}

func semicolon(text string) string {
	if text == "" {
		return ""
	}
	return "; " + text
}

// Advice is what to do where an address of --dns-listen can't be opened; empty where we know none.
func Advice(err error) string {
	switch {
	case errors.Is(err, syscall.EACCES):
		return "a port below 1024 needs the capability NET_BIND_SERVICE: add it, or use a port such as 5353 behind a Service or a hostPort of 53"
	case errors.Is(err, syscall.EADDRINUSE):
		return "something answers there already (on 127.0.0.53 it is systemd-resolved, on other addresses often dnsmasq): name an address of " +
			"this machine that is free, or stop the other one"
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return "this machine has no such address: name one of its own, or none, as in :53"
	}
	return ""
}

// FromHere is an address of --dns-listen as this machine reaches it: loopback in place of every address.
func FromHere(at string) string {
	host, port, err := net.SplitHostPort(at)
	if a, bad := netip.ParseAddr(host); err == nil && (host == "" || bad == nil && a.IsUnspecified()) {
		return net.JoinHostPort("127.0.0.1", port)
	}
	return at
}

// Addresses are where this machine reaches us: what is listened on, with the port that the system chose where 0 was asked for, and
// loopback where every address was.
func (l *Listener) Addresses() []string {
	out := make([]string, 0, len(l.sockets))
	for _, s := range l.sockets {
		out = append(out, FromHere(s.TCP.Addr().String()))
	}
	return out
}

// Serve answers, and tells secondaries of new versions, until the context ends, which isn't an error, or a socket fails. It closes the
// sockets.
func (l *Listener) Serve(ctx context.Context) error { return l.server.Run(ctx, l.sockets) }

// Server is what answers, for what it has counted.
func (l *Listener) Server() *nameserver.Server { return l.server }

// Close closes the sockets of a Listener that doesn't serve.
func (l *Listener) Close() {
	for _, s := range l.sockets {
		_, _ = s.UDP.Close(), s.TCP.Close()
	}
}
