// SPDX-License-Identifier: Apache-2.0

package wan

import (
	"fmt"
	"net/netip"
	"slices"
)

// Sharing says whether a line has an IPv4 address to itself.
type Sharing string

// What can be known of it.
const (
	Own        Sharing = "own"
	Shared     Sharing = "shared"
	CannotTell Sharing = "unknown"
)

const (
	fewest    = 8    // mapped ports that say something
	blockSpan = 4096 // ports: more than a line gets where addresses are shared in blocks
	runSpan   = 4    // times as many ports as were looked at: a NAT that counts upwards leaves such gaps
)

// shared tells from the ports that a server saw whether the address is shared, and by what sign.
//
// MAP-E (RFC 7597 section 5.1) gives a line those ports whose bits from offset a on, its PSID, are one number; the offset is 4 or 6 on
// Japanese lines. A CGNAT or a DS-Lite AFTR (RFC 6333) gives it one range. A NAT of one's own keeps the port where it can, or takes any,
// or counts upwards. So: ports that are kept say "own"; several addresses, or ports whose PSID is always the same in several ranges, or
// ports scattered in one range, say "shared". Ports that count upwards say nothing.
func shared(look []Mapped) (Sharing, string) {
	if len(look) < fewest {
		return CannotTell, fmt.Sprintf("the STUN server saw %d of %d sockets", len(look), ports)
	}
	addrs := make(map[netip.Addr]bool)
	var seen []uint16
	kept := 0
	for _, m := range look {
		addrs[m.At.Addr()] = true
		seen = append(seen, m.At.Port())
		if m.From == m.At.Port() {
			kept++
		}
	}
	slices.Sort(seen)
	span := int(seen[len(seen)-1]-seen[0]) + 1
	switch {
	case len(addrs) > 1:
		return Shared, fmt.Sprintf("%d sockets are seen under %d addresses", len(look), len(addrs))
	case kept*2 > len(look):
		return Own, "ports are kept"
	case samePSID(seen):
		return Shared, "all ports are of one port set, as with MAP-E"
	case span > blockSpan:
		return Own, "ports are taken from the whole range"
	case span <= runSpan*len(seen):
		return CannotTell, "ports are given out one after the other"
	default:
		return Shared, fmt.Sprintf("all ports are within %d, as with a provider's NAT", span)
	}
}

// samePSID reports whether ports are of several ranges and have the same bits below the range's number, for an offset in use and a PSID
// of at least 4 bits. By chance, 16 ports are so once in 2^60 times.
func samePSID(list []uint16) bool {
	const bits = 4
	for _, offset := range []int{4, 6} {
		groups, psids := make(map[uint16]bool), make(map[uint16]bool)
		for _, p := range list {
			groups[p>>(16-offset)] = true
			psids[p<<offset>>(16-bits)] = true
		}
		if len(groups) > 1 && len(psids) == 1 {
			return true
		}
	}
	return false
}
