// SPDX-License-Identifier: Apache-2.0

package nameserver

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/net/netutil"
)

// Bounds on what clients can hold (RFC 7766 section 6.2).
const (
	maxConns      = 256
	maxFromOne    = 64 // connections from one address
	maxPerConn    = 1000
	readTimeout   = 2 * time.Second  // for the rest of a query of which the length is there
	idleTimeout   = 10 * time.Second // until the next query
	writeTimeout  = 10 * time.Second // for one message
	lengthOfFrame = 2                // RFC 1035 section 4.2.2
)

// serveTCP answers connections until ctx ends or the listener is closed, and waits for those that are open: they are closed too.
func (s *Server) serveTCP(ctx context.Context, l net.Listener) error {
	ctx, cancel := context.WithCancel(ctx)
	var conns sync.WaitGroup
	defer conns.Wait()
	defer cancel()
	context.AfterFunc(ctx, func() { l.Close() })
	limited := netutil.LimitListener(l, maxConns)
	crowd := &crowd{of: make(map[netip.Addr]int)}
	for {
		conn, err := limited.Accept()
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, net.ErrClosed):
			return err
		case err != nil: // such as too many open files: it may pass
			if wait(ctx, errorWait) != nil {
				return nil
			}
			continue
		}
		conns.Go(func() {
			defer conn.Close()
			defer context.AfterFunc(ctx, func() { conn.Close() })()
			from := remote(conn)
			if crowd.enter(from) {
				defer crowd.leave(from)
				s.converse(conn, from)
			}
		})
	}
}

func remote(conn net.Conn) netip.Addr {
	if a, ok := conn.RemoteAddr().(*net.TCPAddr); ok {
		return a.AddrPort().Addr().Unmap()
	}
	return netip.Addr{}
}

// converse answers the queries of one connection, one after the other, until it ends, is idle or has had its share.
func (s *Server) converse(conn net.Conn, from netip.Addr) {
	frame := make([]byte, lengthOfFrame)
	for range maxPerConn {
		if conn.SetReadDeadline(time.Now().Add(idleTimeout)) != nil {
			return
		}
		if _, err := io.ReadFull(conn, frame); err != nil {
			return
		}
		packet := make([]byte, binary.BigEndian.Uint16(frame))
		if conn.SetReadDeadline(time.Now().Add(readTimeout)) != nil {
			return
		}
		if _, err := io.ReadFull(conn, packet); err != nil {
			return
		}
		if s.exchange(query{packet: packet, from: from, tcp: true, send: func(msg []byte) error { return writeFrame(conn, msg) }}) != nil {
			return // a client that is gone, or doesn't read, is no concern of ours
		}
	}
}

func writeFrame(conn net.Conn, msg []byte) error {
	if err := conn.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
		return err
	}
	_, err := conn.Write(append(binary.BigEndian.AppendUint16(make([]byte, 0, lengthOfFrame+len(msg)), uint16(len(msg))), msg...))
	return err
}

// crowd counts the connections from each address, so that one client can't take all of them.
type crowd struct {
	mu sync.Mutex
	of map[netip.Addr]int
}

func (c *crowd) enter(from netip.Addr) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.of[from] >= maxFromOne {
		return false
	}
	c.of[from]++
	return true
}

func (c *crowd) leave(from netip.Addr) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.of[from]--; c.of[from] == 0 {
		delete(c.of, from)
	}
}
