// SPDX-License-Identifier: Apache-2.0

package wan

import (
	"bytes"
	"encoding/binary"
	"errors"
	"net/netip"
)

// Of STUN (RFC 8489) we need one request and one attribute.
const (
	stunCookie     = 0x2112A442 // section 5
	bindingRequest = 0x0001
	bindingSuccess = 0x0101
	bindingError   = 0x0111
	xorMapped      = 0x0020 // section 14.2
	stunHeader     = 20
)

// stunRequest is a Binding request; id is its transaction.
func stunRequest(id [12]byte) []byte {
	b := binary.BigEndian.AppendUint16(nil, bindingRequest)
	b = binary.BigEndian.AppendUint16(b, 0)
	b = binary.BigEndian.AppendUint32(b, stunCookie)
	return append(b, id[:]...)
}

// readSTUN reads a response; false: it isn't one to the transaction. MAPPED-ADDRESS isn't read: routers rewrite it on its way.
func readSTUN(in []byte, id [12]byte) (netip.AddrPort, bool, error) {
	if len(in) < stunHeader || binary.BigEndian.Uint32(in[4:]) != stunCookie || !bytes.Equal(in[8:stunHeader], id[:]) {
		return netip.AddrPort{}, false, nil
	}
	switch kind := binary.BigEndian.Uint16(in); {
	case kind == bindingError:
		return netip.AddrPort{}, true, errors.New("the server refuses")
	case kind != bindingSuccess:
		return netip.AddrPort{}, false, nil
	}
	rest := in[stunHeader:]
	if n := int(binary.BigEndian.Uint16(in[2:])); n <= len(rest) {
		rest = rest[:n]
	}
	for len(rest) >= 4 {
		kind, n := binary.BigEndian.Uint16(rest), int(binary.BigEndian.Uint16(rest[2:]))
		if rest = rest[4:]; n > len(rest) {
			break
		}
		if kind == xorMapped {
			return unxor(rest[:n], in[4:stunHeader])
		}
		rest = rest[min((n+3)&^3, len(rest)):]
	}
	return netip.AddrPort{}, true, errors.New("the answer has no address")
}

// unxor reads the value of XOR-MAPPED-ADDRESS; mask is the cookie and the transaction.
func unxor(v, mask []byte) (netip.AddrPort, bool, error) {
	if len(v) < 4 {
		return netip.AddrPort{}, true, errors.New("the address in the answer is cut")
	}
	port := binary.BigEndian.Uint16(v[2:]) ^ stunCookie>>16
	raw := bytes.Clone(v[4:])
	for i := range min(len(raw), len(mask)) {
		raw[i] ^= mask[i]
	}
	family := map[byte]int{1: 4, 2: 16}[v[1]]
	addr, ok := netip.AddrFromSlice(raw)
	if !ok || len(raw) != family {
		return netip.AddrPort{}, true, errors.New("the address in the answer isn't one")
	}
	return netip.AddrPortFrom(addr, port), true, nil
}
