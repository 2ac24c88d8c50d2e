// SPDX-License-Identifier: Apache-2.0

package wan

import "net/netip"

// Family is IPv4 or IPv6.
type Family string

// The families.
const (
	V4 Family = "ipv4"
	V6 Family = "ipv6"
)

// network is a network of package net for the family only.
func (f Family) network(transport string) string {
	if f == V6 {
		return transport + "6"
	}
	return transport + "4"
}

// has reports whether an address is of the family.
func (f Family) has(a netip.Addr) bool { return a.IsValid() && a.Unmap().Is4() == (f == V4) }

// same is what two addresses of the family have in common where they are those of one line.
func (f Family) same(a netip.Addr) netip.Prefix {
	bits := 32
	if f == V6 {
		bits = 64
	}
	p, err := a.Prefix(bits)
	if err != nil {
		return netip.Prefix{}
	}
	return p
}
