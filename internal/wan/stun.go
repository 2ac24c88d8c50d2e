// SPDX-License-Identifier: Apache-2.0

package wan

import (
	"context"
	"crypto/rand"
	"fmt"
	"net"
	"net/netip"
	"time"
)

const stunWait = 500 * time.Millisecond // RFC 8489 section 6.2.1

// stun asks a STUN server.
type stun struct{ operator, address string }

func (s stun) Source() Source { return Source{Kind: STUN, Operator: s.operator, Endpoint: s.address} }

func (s stun) Ask(ctx context.Context, f Family) ([]netip.Addr, error) {
	conn, err := (&net.Dialer{Timeout: timeout}).DialContext(ctx, f.network("udp"), s.address)
	if err != nil {
		return nil, fmt.Errorf("reach the server: %w", err)
	}
	defer conn.Close()
	m, err := mapping(ctx, conn)
	if err != nil {
		return nil, err
	}
	if !f.has(m.Addr()) {
		return nil, fmt.Errorf("the answer has an address of the other family: %s", m.Addr())
	}
	return []netip.Addr{m.Addr()}, nil
}

// mapping asks the server at the other end where it sees the socket.
func mapping(ctx context.Context, conn net.Conn) (netip.AddrPort, error) {
	var id [12]byte
	_, _ = rand.Read(id[:]) // it never fails
	return exchange(ctx, conn, stunRequest(id), stunWait, func(in []byte) (netip.AddrPort, bool, error) { return readSTUN(in, id) })
}

// ports is how many sockets a look at the ports takes.
const ports = 16

// Ports implements PortLooker with 16 sockets.
func (s stun) Ports(ctx context.Context) []Mapped {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	found := make(chan Mapped)
	for range ports {
		go func() {
			conn, err := (&net.Dialer{}).DialContext(ctx, V4.network("udp"), s.address)
			if err != nil {
				found <- Mapped{}
				return
			}
			at, err := mapping(ctx, conn)
			if err != nil {
				at = netip.AddrPort{}
			}
			from, _ := netip.ParseAddrPort(conn.LocalAddr().String())
			defer conn.Close() // not before the answer has been taken: a port that is free again would be given out twice
			found <- Mapped{from.Port(), at}
		}()
	}
	var out []Mapped
	for range ports {
		if m := <-found; m.At.IsValid() {
			out = append(out, m)
		}
	}
	return out
}
