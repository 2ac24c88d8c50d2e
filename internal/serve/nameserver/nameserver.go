// SPDX-License-Identifier: Apache-2.0

package nameserver

import (
	"context"
	"fmt"
	"net"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"

	"nafuda.io/nafuda/internal/serve/zonedb"
)

// Server answers from a database.
type Server struct {
	db        *zonedb.DB
	opts      Options
	keys      keyring
	allowed   allowed
	limiter   *limiter // nil: no limit
	transfers *semaphore.Weighted
	idle      time.Duration // how long a connection may be
	rest      time.Duration // how long the rest of a query may take whose length is there
	stats     counters
}

// New returns a server of the zones in db, which may change at any time: each answer is made from their current versions. Options with
// keys come from Load; without it nobody has a key. Check tells which options aren't right: such ones count as not given.
func New(db *zonedb.DB, opts Options) *Server {
	opts = opts.withDefaults()
	s := &Server{db: db, opts: opts, keys: opts.keys, allowed: opts.allow(), transfers: semaphore.NewWeighted(maxTransfers), idle: idleTimeout, rest: readTimeout}
	if opts.RateLimit > 0 {
		s.limiter = newLimiter(opts.RateLimit, outside)
	}
	return s
}

// Serve answers until ctx ends, which isn't an error, or a socket fails. It closes both sockets; either may be nil. The first is a
// *net.UDPConn. It may be called for several pairs of sockets at the same time.
func (s *Server) Serve(ctx context.Context, udp net.PacketConn, tcp net.Listener) error {
	g, ctx := errgroup.WithContext(ctx)
	if udp != nil {
		g.Go(func() error { return s.serveUDP(ctx, udp) })
	}
	if tcp != nil {
		g.Go(func() error { return s.serveTCP(ctx, tcp) })
	}
	if err := g.Wait(); err != nil {
		return fmt.Errorf("serve DNS: %w", err)
	}
	return nil
}

// Run serves every socket and tells the secondaries of each new version of a zone, until ctx ends, which isn't an error, or a socket
// fails. It closes the sockets.
func (s *Server) Run(ctx context.Context, all []Sockets) error {
	g, ctx := errgroup.WithContext(ctx)
	for _, one := range all {
		g.Go(func() error { return s.Serve(ctx, one.UDP, one.TCP) })
	}
	g.Go(func() error { s.Announce(ctx); return nil })
	return g.Wait()
}
