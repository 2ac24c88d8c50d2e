// SPDX-License-Identifier: Apache-2.0

package wan

import (
	"context"
	"net"
	"slices"

	"nafuda.io/nafuda/internal/model/reason"
)

// orAbsent is the verdict, or that the line has no IPv6 at all: this machine has no way to it, and nobody has ever given an address. That is
// unknown all the same, so that nothing published goes: what was before this process isn't known.
func (f *follower) orAbsent(ctx context.Context, v Verdict, said []Said) Verdict {
	f.ever = f.ever || slices.ContainsFunc(said, func(s Said) bool { return len(s.Addrs) > 0 })
	if f.family != V6 || v.Why.Code != reason.WANUnknown || f.ever || f.route == nil || f.route(ctx, f.family) {
		return v
	}
	return Verdict{Why: reason.New(reason.WANAbsent, "this machine has no way to the IPv6 Internet, and nobody gives a public IPv6 address")}
}

// routed asks the system for a way to an address that anybody could have. Connecting a UDP socket sends nothing.
func routed(ctx context.Context, f Family) bool {
	to := "192.0.2.1:9"
	if f == V6 {
		to = "[2001:db8::1]:9"
	}
	c, err := new(net.Dialer).DialContext(ctx, f.network("udp"), to)
	if err != nil {
		return false
	}
	return c.Close() == nil
}
