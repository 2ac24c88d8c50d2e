// SPDX-License-Identifier: Apache-2.0

package dnsname

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// Reverse is the name that PTR record sets of an address stand at: below in-addr.arpa (RFC 1035 section 3.5) for IPv4, an IPv4-mapped
// address included, and below ip6.arpa (RFC 3596 section 2.5) for IPv6. An address with a zone, and one that isn't valid, has none.
func Reverse(addr netip.Addr) (n Name, ok bool) {
	if !addr.IsValid() || addr.Zone() != "" {
		return "", false
	}
	var b strings.Builder
	if addr = addr.Unmap(); addr.Is4() {
		octets := addr.As4()
		for i := range octets {
			b.WriteString(strconv.Itoa(int(octets[len(octets)-1-i])))
			b.WriteByte('.')
		}
		return Name(b.String() + "in-addr.arpa"), true
	}
	const digits = "0123456789abcdef"
	octets := addr.As16()
	for i := range octets {
		octet := octets[len(octets)-1-i]
		b.Write([]byte{digits[octet&15], '.', digits[octet>>4], '.'})
	}
	return Name(b.String() + "ip6.arpa"), true
}

// Reversed is the address whose name Reverse gives; false: it is no address's.
func Reversed(n Name) (addr netip.Addr, ok bool) {
	if text, is := strings.CutSuffix(string(n), ".in-addr.arpa"); is {
		labels := strings.Split(text, ".")
		slices.Reverse(labels)
		addr, _ = netip.ParseAddr(strings.Join(labels, "."))
	} else if text, is := strings.CutSuffix(string(n), ".ip6.arpa"); is {
		var b strings.Builder
		labels := strings.Split(text, ".")
		for i := range labels {
			if i > 0 && i%4 == 0 {
				b.WriteByte(':')
			}
			b.WriteString(labels[len(labels)-1-i])
		}
		addr, _ = netip.ParseAddr(b.String())
	}
	again, ok := Reverse(addr)
	return addr, ok && again == n
}
