// SPDX-License-Identifier: Apache-2.0

// Package nameserver answers DNS questions about the zones that we serve ourselves, over UDP and TCP. It is authoritative
// only: it asks nobody else.
package nameserver

import (
	"context"
	"fmt"
	"net"
	"time"

	"github.com/miekg/dns"
	"golang.org/x/net/netutil"
	"golang.org/x/sync/errgroup"

	"nafuda.io/nafuda/internal/serve/zonedb"
)

// Bounds on what clients can hold (RFC 7766 section 6.2).
const (
	maxConns     = 256
	maxPerConn   = 1000
	readTimeout  = 2 * time.Second
	idleTimeout  = 10 * time.Second
	writeTimeout = 2 * time.Second
	stopTimeout  = 3 * time.Second
)

// Server answers from a database.
type Server struct {
	db   *zonedb.DB
	opts Options
}

// New returns a server of the zones in db, which may change at any time: each answer is made from their current versions.
func New(db *zonedb.DB, opts Options) *Server {
	return &Server{db: db, opts: opts.withDefaults()}
}

// Serve answers until ctx ends, which isn't an error, or a socket fails. It closes both sockets; either may be nil.
func (s *Server) Serve(ctx context.Context, udp net.PacketConn, tcp net.Listener) error {
	g, ctx := errgroup.WithContext(ctx)
	if udp != nil {
		s.start(ctx, g, &dns.Server{PacketConn: udp, UDPSize: payload, Handler: handler{s, limit}})
	}
	if tcp != nil {
		l := netutil.LimitListener(tcp, maxConns)
		s.start(ctx, g, &dns.Server{Listener: l, MaxTCPQueries: maxPerConn, Handler: handler{s, func(*dns.Msg) int { return dns.MaxMsgSize }}})
	}
	if err := g.Wait(); err != nil {
		return fmt.Errorf("serve DNS: %w", err)
	}
	return nil
}

func (s *Server) start(ctx context.Context, g *errgroup.Group, srv *dns.Server) {
	started, stopped := make(chan struct{}), make(chan struct{})
	srv.MsgAcceptFunc = accept
	srv.ReadTimeout, srv.WriteTimeout = readTimeout, writeTimeout
	srv.IdleTimeout = func() time.Duration { return idleTimeout }
	srv.NotifyStartedFunc = func() { close(started) }
	g.Go(func() error {
		defer close(stopped)
		return srv.ActivateAndServe()
	})
	g.Go(func() error {
		select {
		case <-started: // Shutdown is an error before
		case <-stopped:
			return nil
		}
		select {
		case <-ctx.Done():
		case <-stopped:
			return nil
		}
		limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
		defer cancel()
		return srv.ShutdownContext(limited)
	})
}

// accept looks at the header of a message. Responses are dropped, for answering them could make two servers talk for ever.
func accept(h dns.Header) dns.MsgAcceptAction {
	const response = 1 << 15
	switch {
	case h.Bits&response != 0:
		return dns.MsgIgnore
	case h.Qdcount > 1:
		return dns.MsgReject
	}
	return dns.MsgAccept
}

// handler answers on one transport, within the size that limit gives for a query.
type handler struct {
	s     *Server
	limit func(*dns.Msg) int
}

// ServeDNS writes the answer to one query.
func (h handler) ServeDNS(w dns.ResponseWriter, q *dns.Msg) {
	r := h.s.reply(q)
	if r == nil {
		return
	}
	r.Truncate(h.limit(q))
	out, err := r.Pack()
	if err != nil {
		h.s.opts.Log.Warn("write an answer", "err", err)
		if out, err = failure(q).Pack(); err != nil {
			return
		}
	}
	// A client that is gone is no concern of ours.
	_, _ = w.Write(out)
}

// reply is Answer that survives a mistake of ours: one question must not end the process.
func (s *Server) reply(q *dns.Msg) (r *dns.Msg) {
	defer func() {
		if p := recover(); p != nil {
			s.opts.Log.Error("panic while answering; please report it", "panic", fmt.Sprint(p))
			r = failure(q)
		}
	}()
	return Answer(s.db, q, s.opts)
}

func failure(q *dns.Msg) *dns.Msg {
	return new(dns.Msg).SetRcode(q, dns.RcodeServerFailure)
}
