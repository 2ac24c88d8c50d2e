// SPDX-License-Identifier: Apache-2.0

package home

import (
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"time"

	"nafuda.io/nafuda/internal/wan"
)

// nat is what is between the router and the world.
type nat string

const (
	none   nat = ""      // the address is the line's own
	cgnat  nat = "cgnat" // the router has 100.64.x.y, and the world sees one range of ports
	mape   nat = "mape"  // the router has the address, and so have other lines
	second nat = "nat"   // another router of ours, say while the first boots
)

// line is what is true at a moment.
type line struct {
	v4     netip.Addr   // under which the world sees us; invalid: it is down
	v6     netip.Prefix // the same of IPv6
	nat    nat
	router string // what it says in place of the truth: "", silent or booting
}

// mood is how somebody answers.
type mood struct {
	how  string // "", slow, hangs, refuses, html, lies
	says map[wan.Family]netip.Addr
}

// house is the line and everybody who can be asked about it.
type house struct {
	mu     sync.Mutex // guards what follows
	line   line
	moods  map[string]mood // by endpoint
	shifty bool            // the router's NAT gives each socket any port
	truths []truth
	log    []string
	begin  time.Time
}

// truth is what is ours from a moment on; an invalid address: none is.
type truth struct {
	from time.Time
	addr map[wan.Family]netip.Addr
}

// hostPart are the last 64 bits of our IPv6 address.
const hostPart = "::1:2:3:4"

// under is our address in a prefix, ending in a host part.
func under(p netip.Prefix, host string) netip.Addr {
	if !p.IsValid() {
		return netip.Addr{}
	}
	b, h := p.Addr().As16(), netip.MustParseAddr(host).As16()
	copy(b[8:], h[8:])
	return netip.AddrFrom16(b)
}

// ours is what of a line is ours to be published.
func (l line) ours() map[wan.Family]netip.Addr {
	out := map[wan.Family]netip.Addr{wan.V6: under(l.v6, hostPart)}
	if l.nat == none {
		out[wan.V4] = l.v4
	}
	return out
}

// change makes the house another one, and notes what is true from now on.
func (h *house) change(what string, f func(*house)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	f(h)
	h.note("%s: %s", what, h.line)
	h.truths = append(h.truths, truth{time.Now(), h.line.ours()})
}

func (l line) String() string {
	return fmt.Sprintf("%v %v %s %s", l.v4, l.v6, l.nat, l.router)
}

// note adds to the log; the mutex is held.
func (h *house) note(format string, args ...any) {
	const most = 60
	h.log = append(h.log, fmt.Sprintf("%10v  ", time.Since(h.begin).Round(100*time.Millisecond))+fmt.Sprintf(format, args...))
	if len(h.log) > 2*most {
		h.log = slices.Clone(h.log[most:])
	}
}

// was reports whether an address was ours at some time of the last while.
func (h *house) was(f wan.Family, a netip.Addr, while time.Duration) bool {
	for i, t := range slices.Backward(h.truths) {
		if t.addr[f] == a {
			return true
		}
		if i < len(h.truths) && time.Since(t.from) > while {
			return false
		}
	}
	return false
}
