// SPDX-License-Identifier: Apache-2.0

package verify

import (
	"net"
	"net/netip"
	"slices"
)

// shared is the address space between providers and their customers' routers (RFC 6598).
var shared = netip.MustParsePrefix("100.64.0.0/10") //nolint:gochecknoglobals // a constant in spirit

// private reports whether a value is an address that isn't reached from everywhere: RFC 1918, 4193 and 6598, loopback and link-local.
func private(value string) bool {
	ip, err := netip.ParseAddr(value)
	if err != nil {
		return false
	}
	ip = ip.Unmap()
	return ip.IsPrivate() || ip.IsLoopback() || ip.IsLinkLocalUnicast() || ip.IsUnspecified() || shared.Contains(ip)
}

// blocked reports whether an address is one that block lists answer with.
func blocked(value string) bool {
	ip, err := netip.ParseAddr(value)
	return err == nil && (ip.IsUnspecified() || ip.IsLoopback())
}

// Inside reports whether this machine stands in a private network: of its IPv4 addresses, loopback apart, none is public.
func Inside() bool {
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		return false
	}
	var v4 []string
	for _, a := range addrs {
		if p, err := netip.ParsePrefix(a.String()); err == nil && p.Addr().Is4() && !p.Addr().IsLoopback() {
			v4 = append(v4, p.Addr().String())
		}
	}
	return len(v4) > 0 && !slices.ContainsFunc(v4, func(a string) bool { return !private(a) })
}
