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

	"golang.org/x/sync/errgroup"

	"nafuda.io/nafuda/internal/serve/nameserver"
)

// Listener is what answers questions about the zones.
type Listener struct {
	served  *Served
	sockets []socket
}

// socket is one address, for both transports.
type socket struct {
	udp net.PacketConn
	tcp net.Listener
}

// Listen opens the addresses of --dns-listen. The error says what to do about one that can't be opened; then none is.
func (s *Served) Listen(ctx context.Context) (*Listener, error) {
	l := &Listener{served: s}
	for _, address := range s.opts.Listen {
		opened, err := open(ctx, address)
		if err != nil {
			l.Close()
			return nil, fmt.Errorf("listen on --dns-listen=%s: %w%s", address, err, advice(err))
		}
		l.sockets = append(l.sockets, opened)
	}
	s.log.Info("answering DNS questions", "addresses", strings.Join(l.Addresses(), " "), "zones", len(s.zones))
	return l, nil
}

func open(ctx context.Context, address string) (s socket, err error) {
	var c net.ListenConfig
	if s.tcp, err = c.Listen(ctx, "tcp", address); err != nil {
		return s, err
	}
	if _, port, _ := net.SplitHostPort(address); port == "0" { // the system chose one for TCP: UDP has the same
		address = s.tcp.Addr().String()
	}
	if s.udp, err = c.ListenPacket(ctx, "udp", address); err != nil {
		_ = s.tcp.Close()
	}
	return s, err
}

// advice is what to do where an address can't be opened.
func advice(err error) string {
	switch {
	case errors.Is(err, syscall.EACCES):
		return "; a port below 1024 needs the capability NET_BIND_SERVICE: add it, or use a port such as 5353 behind a Service or a hostPort of 53"
	case errors.Is(err, syscall.EADDRINUSE):
		return "; something answers there already (on 127.0.0.53 it is systemd-resolved, on other addresses often dnsmasq): name an address of " +
			"this machine that is free, or stop the other one"
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return "; this machine has no such address: name one of its own, or none, as in :53"
	}
	return ""
}

// Addresses are where this machine reaches us: what is listened on, with the port that the system chose where 0 was asked for, and
// loopback where every address was.
func (l *Listener) Addresses() []string {
	out := make([]string, 0, len(l.sockets))
	for _, s := range l.sockets {
		at := s.tcp.Addr().String()
		if p, err := netip.ParseAddrPort(at); err == nil && p.Addr().IsUnspecified() {
			at = netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), p.Port()).String()
		}
		out = append(out, at)
	}
	return out
}

// Serve answers until the context ends, which isn't an error, or a socket fails. It closes the sockets.
func (l *Listener) Serve(ctx context.Context) error {
	opts := l.served.opts.Server
	opts.Log = l.served.log
	server := nameserver.New(l.served.db, opts)
	group, ctx := errgroup.WithContext(ctx)
	for _, s := range l.sockets {
		group.Go(func() error { return server.Serve(ctx, s.udp, s.tcp) })
	}
	return group.Wait()
}

// Close closes the sockets of a Listener that doesn't serve.
func (l *Listener) Close() {
	for _, s := range l.sockets {
		_, _ = s.udp.Close(), s.tcp.Close()
	}
}
