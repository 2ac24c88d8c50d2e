// SPDX-License-Identifier: Apache-2.0

package nameserver

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"runtime"
	"time"

	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"
	"golang.org/x/sync/errgroup"
)

const (
	batchSize = 32   // datagrams that one system call reads or writes, where the system can
	maxQuery  = 4096 // bytes; a signed query has some hundred
	maxLoops  = 4
	errorWait = 10 * time.Millisecond // so that a socket that keeps failing doesn't take the processor
)

// serveUDP answers datagrams until ctx ends or the socket is closed. As many loops share the socket as there are processors: an
// answer takes less time than handing it to another goroutine.
func (s *Server) serveUDP(ctx context.Context, socket net.PacketConn) error {
	conn, ok := socket.(*net.UDPConn)
	if !ok {
		return fmt.Errorf("a %T isn't a UDP socket", socket)
	}
	end := func() { _ = conn.Close() } // the second time it's closed already
	defer end()
	defer context.AfterFunc(ctx, end)()
	wildcard := false
	if at, ok := conn.LocalAddr().(*net.UDPAddr); ok && at.IP.IsUnspecified() {
		wildcard = true
		tellDestination(conn)
	}
	var g errgroup.Group
	for loop := range min(runtime.GOMAXPROCS(0), maxLoops) {
		g.Go(func() error { return s.datagrams(ctx, loop, newDatagrams(conn, wildcard)) })
	}
	err := g.Wait()
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// tellDestination asks the system for the address that each query came to, so that the answer can come from there. A system that
// can't tell still answers, from the address of its route.
func tellDestination(conn *net.UDPConn) {
	_ = ipv6.NewPacketConn(conn).SetControlMessage(ipv6.FlagDst|ipv6.FlagInterface, true) // one of the two isn't of the socket's family
	_ = ipv4.NewPacketConn(conn).SetControlMessage(ipv4.FlagDst|ipv4.FlagInterface, true)
}

// datagrams are the buffers of one loop.
type datagrams struct {
	conn    *ipv4.PacketConn // its batches carry either family
	in, out []ipv4.Message
}

func newDatagrams(conn *net.UDPConn, wildcard bool) *datagrams {
	d := &datagrams{conn: ipv4.NewPacketConn(conn), in: make([]ipv4.Message, batchSize), out: make([]ipv4.Message, batchSize)}
	const control = 128 // room for both families' packet information
	for i := range d.in {
		d.in[i].Buffers = [][]byte{make([]byte, maxQuery)}
		d.out[i].Buffers = [][]byte{make([]byte, payload)}
		if wildcard {
			d.in[i].OOB = make([]byte, control)
		}
	}
	return d
}

func (s *Server) datagrams(ctx context.Context, loop int, d *datagrams) error {
	for {
		n, err := d.conn.ReadBatch(d.in, 0)
		switch {
		case errors.Is(err, net.ErrClosed):
			return err
		case err != nil:
			if err := wait(ctx, errorWait); err != nil {
				return err
			}
			continue
		}
		answers := 0
		for i := range d.in[:n] {
			if s.datagram(loop, &d.in[i], &d.out[answers]) {
				answers++
			}
		}
		d.write(d.out[:answers])
	}
}

// datagram makes the answer to one query and reports whether there is one.
func (s *Server) datagram(loop int, in, out *ipv4.Message) bool {
	from, ok := in.Addr.(*net.UDPAddr)
	if !ok {
		return false
	}
	buf, said := out.Buffers[0][:payload], false
	_ = s.exchange(query{packet: in.Buffers[0][:in.N], from: unmapped(from), loop: loop, buf: buf, send: func(msg []byte) error {
		out.Buffers[0] = append(buf[:0], msg...) // most often it is there already
		said = true
		return nil
	}}) // send returns no error
	// The control message that came with the query goes back with the answer: its destination becomes our source.
	out.Addr, out.OOB = in.Addr, in.OOB[:in.NN]
	return said
}

func unmapped(a *net.UDPAddr) netip.Addr {
	addr, _ := netip.AddrFromSlice(a.IP)
	return addr.Unmap()
}

// write sends answers. One that can't be sent is left out: its client asks again.
func (d *datagrams) write(ms []ipv4.Message) {
	for len(ms) > 0 {
		n, err := d.conn.WriteBatch(ms, 0)
		if err != nil {
			n = max(n, 0) + 1
		}
		ms = ms[min(n, len(ms)):]
	}
}

// wait lets some time pass, or returns why it didn't.
func wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
