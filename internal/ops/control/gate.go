// SPDX-License-Identifier: Apache-2.0

package control

import (
	"errors"
	"io"
	"log/slog"
	"net"
	"os"
	"sync"
)

// mostConnections are served at once; others wait their turn.
const mostConnections = 8

// gate lets in few at once, and only this user and root.
type gate struct {
	*net.UnixListener
	lock   io.Closer // of the socket's file
	log    *slog.Logger
	slots  chan struct{}
	closed chan struct{}
	once   sync.Once
	err    error
	warned bool // Accept has one caller
}

func newGate(l *net.UnixListener, lock io.Closer, log *slog.Logger) *gate {
	return &gate{UnixListener: l, lock: lock, log: log, slots: make(chan struct{}, mostConnections), closed: make(chan struct{})}
}

// Accept waits for a slot, then for a peer that may come in.
func (g *gate) Accept() (net.Conn, error) {
	select {
	case g.slots <- struct{}{}:
	case <-g.closed:
		return nil, net.ErrClosed
	}
	for {
		c, err := g.AcceptUnix()
		if err != nil {
			<-g.slots
			return nil, err
		}
		uid, err := peer(c)
		if err == nil && (uid == os.Getuid() || uid == 0) {
			return &guest{Conn: c, leave: sync.OnceFunc(func() { <-g.slots })}, nil
		}
		_ = c.Close() // nothing was said on it
		level := slog.LevelDebug
		if !g.warned {
			g.warned, level = true, slog.LevelWarn
		}
		g.log.Log(nil, level, "refused a connection to the control socket: only this user and root may", "socket", g.Addr().String(), "uid", uid, "err", err) //nolint:staticcheck // slog takes a nil context
	}
}

// Close ends listening, and then lets others have the address. Closing again does nothing.
func (g *gate) Close() error {
	g.once.Do(func() {
		close(g.closed)
		g.err = g.UnixListener.Close()
		if g.lock != nil {
			g.err = errors.Join(g.err, g.lock.Close())
		}
	})
	return g.err
}

// guest is a connection that has a slot.
type guest struct {
	net.Conn
	leave func()
}

func (g *guest) Close() error {
	defer g.leave()
	return g.Conn.Close()
}
