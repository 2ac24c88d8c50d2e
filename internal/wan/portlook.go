// SPDX-License-Identifier: Apache-2.0

package wan

import (
	"context"
	"net/netip"
	"slices"
	"time"

	"nafuda.io/nafuda/internal/model/reason"
)

const (
	lookTime  = 4 * time.Second // for all servers
	lookAgain = time.Hour
	lookSoon  = 10 * time.Minute // where the ports said nothing
	mostLooks = 3                // servers that the time is divided among
)

// portLook is what the ports said of the last address. The zero value has no address.
type portLook struct {
	of    netip.Addr
	is    Sharing
	sign  string
	until time.Time
}

// enter says in a state whether its IPv4 address is shared, and takes the address away where that isn't allowed. It looks anew where the
// address is another one or the last look is old. Nobody looks at an address that a person has said, or that an interface of ours has.
func (p *portLook) enter(ctx context.Context, methods []Method, s *State, allowed bool) {
	if s.Family != V4 || !s.Verdict.Known() || slices.ContainsFunc(s.Said, func(o Said) bool {
		return (o.By.Kind == Interface || o.By.Kind == Static) && slices.Contains(o.Addrs, s.Verdict.Addr)
	}) {
		return
	}
	if p.of != s.Verdict.Addr || !time.Now().Before(p.until) {
		servers := portServers(methods, s)
		if len(servers) == 0 {
			return
		}
		p.look(ctx, servers, s.Verdict.Addr)
	}
	s.Sharing, s.Sign = p.is, p.sign
	if s.Sharing == Shared && !allowed {
		s.Verdict = Verdict{Why: reason.New(reason.WANShared, "%s is shared with other lines: %s", s.Verdict.Addr, s.Sign)}
	}
}

// look asks servers until one can tell. What was known of the same address stays where none can.
func (p *portLook) look(ctx context.Context, servers []PortLooker, addr netip.Addr) {
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	is, sign := CannotTell, ""
	for i, server := range servers {
		end, _ := ctx.Deadline()
		share := min(len(servers)-i, mostLooks)
		one, done := context.WithTimeout(ctx, time.Until(end)/time.Duration(share)) // one that hangs leaves time for the next
		seen := server.Ports(one)
		done()
		if !slices.ContainsFunc(seen, func(m Mapped) bool { return m.At.Addr() == addr }) {
			is, sign = CannotTell, "no STUN server sees the address"
			continue
		}
		if is, sign = shared(seen); is != CannotTell {
			break
		}
	}
	if is == CannotTell {
		p.until = time.Now().Add(lookSoon)
		if p.of == addr && p.is != CannotTell {
			return
		}
	} else {
		p.until = time.Now().Add(lookAgain)
	}
	p.of, p.is, p.sign = addr, is, sign
}

// portServers are the STUN servers that see the address, and then those that haven't said anything.
func portServers(methods []Method, s *State) []PortLooker {
	var see, silent []PortLooker
	for _, m := range methods {
		server, ok := m.(PortLooker)
		if !ok {
			continue
		}
		i := slices.IndexFunc(s.Said, func(o Said) bool { return o.By == server.Source() })
		switch {
		case i >= 0 && s.Said[i].first() == s.Verdict.Addr:
			see = append(see, server)
		case i < 0 || !s.Said[i].first().IsValid():
			silent = append(silent, server)
		}
	}
	return append(see, silent...)
}
