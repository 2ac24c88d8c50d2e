// SPDX-License-Identifier: Apache-2.0

package wan

import "net/netip"

// Class says what kind of address an answer gave.
type Class string

// The classes. Only Public may be published.
const (
	Public   Class = "public"
	Private  Class = "private"         // RFC 1918, RFC 4193
	CGNAT    Class = "cgnat"           // RFC 6598
	DSLite   Class = "ds-lite"         // RFC 6333
	Local    Class = "link-local"      // RFC 3927, RFC 4291
	Special  Class = "special-purpose" // the rest of IANA's tables, and what isn't unicast
	Provider Class = "provider"        // a network whose addresses are a proxy's or a resolver's, never a line's
)

// behindNAT reports whether a router with such an address isn't the last one before the Internet.
func (c Class) behindNAT() bool { return c == Private || c == CGNAT || c == DSLite || c == Local }

// ranges are read in order: the first that has an address says its class. IANA's IPv4 and IPv6 Special-Purpose Address Registries (RFC 6890; as
// of October 2025), and RFC 5771 for multicast. Ranges of relays and anycast services (6to4, AS112, AMT) count as special, though they
// are reached globally. Tailscale's addresses are among CGNAT (100.64.0.0/10) and private ones (fd7a:115c:a1e0::/48).
//
// The ranges of clouds (such as AWS's ip-ranges.json) aren't here: a cluster may well be reached there.
var ranges = []struct { //nolint:gochecknoglobals // a constant in spirit
	class    Class
	prefixes []netip.Prefix
}{
	{Private, parse("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")},
	{CGNAT, parse("100.64.0.0/10")},
	{DSLite, parse("192.0.0.0/29")},
	{Local, parse("169.254.0.0/16", "fe80::/10")},
	{Special, parse("0.0.0.0/8", "127.0.0.0/8", "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.175.48.0/24",
		"198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3")},
	{Special, parse("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20")},
	// Cloudflare's proxies (www.cloudflare.com/ips) and the resolvers of Cloudflare, Google, Quad9 and OpenDNS: echoes behind a proxy, and
	// DNS that is answered by somebody in between, give these.
	{Provider, parse("173.245.48.0/20", "103.21.244.0/22", "103.22.200.0/22", "103.31.4.0/22", "141.101.64.0/18", "108.162.192.0/18", "190.93.240.0/20",
		"188.114.96.0/20", "197.234.240.0/22", "198.41.128.0/17", "162.158.0.0/15", "104.16.0.0/13", "104.24.0.0/14", "172.64.0.0/13", "131.0.72.0/22",
		"2400:cb00::/32", "2606:4700::/32", "2803:f800::/32", "2405:b500::/32", "2405:8100::/32", "2a06:98c0::/29", "2c0f:f248::/32")},
	// Where Cloudflare's WARP and Apple's Private Relay leave Cloudflare's network, of its geofeed api.cloudflare.com/local-ip-ranges.csv: a
	// device with these sees them as its own, and nobody reaches it there. (The first is no longer among www.cloudflare.com/ips.)
	{Provider, parse("104.28.0.0/14", "2a09:bac0::/29", "2606:54c0::/30")},
	{Provider, parse("1.0.0.0/24", "1.1.1.0/24", "8.8.4.0/24", "8.8.8.0/24", "9.9.9.0/24", "149.112.112.0/24", "208.67.220.0/24", "208.67.222.0/24",
		"2001:4860:4860::/48", "2620:fe::/48", "2620:119:35::/48", "2620:119:53::/48")},
	{Public, parse("0.0.0.0/0", "2000::/3")}, // of IPv6, only this is global unicast as yet
}

func parse(list ...string) []netip.Prefix {
	out := make([]netip.Prefix, 0, len(list))
	for _, text := range list {
		out = append(out, netip.MustParsePrefix(text))
	}
	return out
}

// classify says what kind of address it is; one in an allowed range is Public.
func classify(a netip.Addr, allowed []netip.Prefix) Class {
	a = a.Unmap().WithZone("")
	for _, p := range allowed {
		if p.Contains(a) {
			return Public
		}
	}
	for _, r := range ranges {
		for _, p := range r.prefixes {
			if p.Contains(a) {
				return r.class
			}
		}
	}
	return Special
}
