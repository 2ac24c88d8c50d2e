// SPDX-License-Identifier: Apache-2.0

package dnsname

import (
	"net/netip"
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
