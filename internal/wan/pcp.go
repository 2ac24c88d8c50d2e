// SPDX-License-Identifier: Apache-2.0

package wan

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
)

// errNoLine is the answer of a router that isn't connected.
var errNoLine = errors.New("the router has no address at present")

const (
	pcpVersion  = 2
	pcpMap      = 1 // RFC 6887 section 11
	pcpResponse = 0x80
	pcpLength   = 60
	pcpUDP      = 17
	pcpLifetime = 30 // seconds, if it can't be taken back
)

// pcp asks the router for its outer address. PCP has no question for it (RFC 6887 section 11.6), so a mapping is made for the very port that
// we ask from, where nothing but us listens, and taken back at once.
type pcp struct{ router at }

func (p pcp) Source() Source { return Source{Kind: Router, Operator: routerName, Endpoint: "pcp"} }

func (p pcp) Ask(ctx context.Context, f Family) ([]netip.Addr, error) {
	if f != V4 {
		return nil, errFamily
	}
	conn, err := dialRouter(ctx, p.router)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	from, err := netip.ParseAddrPort(conn.LocalAddr().String())
	if err != nil {
		return nil, fmt.Errorf("read our own address: %w", err)
	}
	var nonce [12]byte
	_, _ = rand.Read(nonce[:]) // it never fails
	a, err := exchange(ctx, conn, pcpRequest(from, nonce, pcpLifetime), routerWait, func(in []byte) (netip.Addr, bool, error) { return readPCP(in, nonce) })
	_, _ = conn.Write(pcpRequest(from, nonce, 0)) // what isn't taken back ends by itself
	if err != nil {
		return nil, err
	}
	return []netip.Addr{a}, nil
}

// pcpRequest asks for a mapping of a UDP port for so many seconds; 0 takes it back.
func pcpRequest(from netip.AddrPort, nonce [12]byte, seconds uint32) []byte {
	own := from.Addr().As16()
	b := []byte{pcpVersion, pcpMap, 0, 0}
	b = binary.BigEndian.AppendUint32(b, seconds)
	b = append(b, own[:]...)
	b = append(b, nonce[:]...)
	b = append(b, pcpUDP, 0, 0, 0)
	b = binary.BigEndian.AppendUint16(b, from.Port())
	b = binary.BigEndian.AppendUint16(b, 0) // any outer port
	any4 := netip.AddrFrom4([4]byte{}).As16()
	return append(b, any4[:]...) // and any outer address of IPv4
}

// readPCP reads the answer to a mapping.
func readPCP(in []byte, nonce [12]byte) (netip.Addr, bool, error) {
	switch {
	case len(in) < 4 || in[0] == 0: // NAT-PMP's
		if len(in) >= 4 && in[1] >= pcpResponse {
			return netip.Addr{}, true, errors.New("the router knows only NAT-PMP")
		}
		return netip.Addr{}, false, nil
	case in[0] != pcpVersion || in[1] != pcpResponse|pcpMap:
		return netip.Addr{}, false, nil
	case in[3] != 0:
		return netip.Addr{}, true, fmt.Errorf("the router refuses with code %d", in[3])
	case len(in) < pcpLength || !bytes.Equal(in[24:36], nonce[:]):
		return netip.Addr{}, false, nil
	}
	a := netip.AddrFrom16([16]byte(in[44:60])).Unmap()
	if !a.Is4() {
		return netip.Addr{}, true, errors.New("the router gives no IPv4 address")
	}
	return outer(a)
}
