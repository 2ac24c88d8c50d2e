// SPDX-License-Identifier: Apache-2.0

package wan

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"time"
)

const (
	portMapping = "5351"                 // of NAT-PMP and PCP
	routerWait  = 250 * time.Millisecond // RFC 6886 section 3.1
	routerName  = "router"               // whatever it is asked with, it is one
)

// at says where the router is: what --wan-gateway says, or the default gateway's port.
type at func() (string, error)

// natpmp asks the router for its outer address (RFC 6886 section 3.2).
type natpmp struct{ router at }

func (n natpmp) Source() Source {
	return Source{Kind: Router, Operator: routerName, Endpoint: "nat-pmp"}
}

func (n natpmp) Ask(ctx context.Context, f Family) ([]netip.Addr, error) {
	if f != V4 {
		return nil, errFamily
	}
	conn, err := dialRouter(ctx, n.router)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	a, err := exchange(ctx, conn, []byte{0, 0}, routerWait, readNATPMP)
	if err != nil {
		return nil, err
	}
	return []netip.Addr{a}, nil
}

// dialRouter connects a socket, so that only the router's answers arrive.
func dialRouter(ctx context.Context, router at) (net.Conn, error) {
	address, err := router()
	if err != nil {
		return nil, err
	}
	conn, err := new(net.Dialer).DialContext(ctx, "udp4", address)
	if err != nil {
		return nil, fmt.Errorf("reach the router: %w", err)
	}
	return conn, nil
}

// readNATPMP reads an answer: version 0, 128 and the opcode, a result code, the router's time, the address.
func readNATPMP(in []byte) (netip.Addr, bool, error) {
	switch {
	case len(in) < 4 || in[0] != 0 || in[1] != 128:
		return netip.Addr{}, false, nil
	case in[2] != 0 || in[3] != 0:
		return netip.Addr{}, true, fmt.Errorf("the router refuses with code %d", int(in[2])<<8|int(in[3]))
	case len(in) < 12:
		return netip.Addr{}, false, nil
	}
	return outer(netip.AddrFrom4([4]byte(in[8:12])))
}

// outer is the outer address that a router gave; one without a line gives zeros.
func outer(a netip.Addr) (netip.Addr, bool, error) {
	if a.IsUnspecified() {
		return netip.Addr{}, true, errNoLine
	}
	return a, true, nil
}
