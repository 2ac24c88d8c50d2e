// SPDX-License-Identifier: Apache-2.0

package view

import (
	"net/netip"
	"slices"

	"nafuda.io/nafuda/internal/model/endpoint"
	"nafuda.io/nafuda/internal/model/record"
)

// shared is the space between a provider's NAT and its customers (RFC 6598); nobody outside reaches an address of it.
var shared = netip.PrefixFrom(netip.AddrFrom4([4]byte{100, 64}), 10) //nolint:gochecknoglobals // a constant in spirit

// Private reports whether a target is an address that means nothing to the world: of a private network (RFC 1918, RFC 6598), unique-local
// (RFC 4193), link-local (RFC 3927, RFC 4291 section 2.5.6) or loopback. An IPv4-mapped address is its IPv4 address. What isn't an address isn't
// private, for nobody here knows where a host name leads.
func Private(target string) bool {
	addr, err := netip.ParseAddr(target)
	return err == nil && private(addr)
}

func private(addr netip.Addr) bool {
	addr = addr.Unmap()
	return addr.IsPrivate() || addr.IsLinkLocalUnicast() || addr.IsLoopback() || shared.Contains(addr)
}

// PrivateTarget returns a private address that endpoints have, and the endpoint; empty: they have none.
func PrivateTarget(eps []endpoint.Endpoint) (endpoint.Endpoint, string) {
	for _, e := range eps {
		if i := slices.IndexFunc(e.Targets, Private); addressed(e.Type) && i >= 0 {
			return e, e.Targets[i]
		}
	}
	return endpoint.Endpoint{}, ""
}

// addressed reports whether record sets of a type say where a name leads.
func addressed(t record.Type) bool { return t == record.A || t == record.AAAA || t == record.CNAME }
