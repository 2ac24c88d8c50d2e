// SPDX-License-Identifier: Apache-2.0

package wan

import (
	"context"
	"net/netip"
	"time"
)

// Kind is a way to ask.
type Kind string

// The kinds. Static is what the options say.
const (
	Router    Kind = "router"
	Interface Kind = "interface"
	STUN      Kind = "stun"
	DNS       Kind = "dns"
	HTTPS     Kind = "https"
	Node      Kind = "node" // asked only where it is named
	Static    Kind = "static"
)

// local reports whether no stranger hears of a question.
func (k Kind) local() bool { return k == Router || k == Interface || k == Node || k == Static }

// Source is who says something, and how. Two with the same kind, or the same operator, aren't independent.
type Source struct {
	Kind     Kind   `json:"kind"`
	Operator string `json:"operator"`
	Endpoint string `json:"endpoint"` // as a person would write it
}

// A Method asks one party for our public addresses of one family.
type Method interface {
	Source() Source
	// Ask returns at least one address of the family, or an error. It is safe for concurrent use and returns soon after the context ends.
	Ask(ctx context.Context, f Family) ([]netip.Addr, error)
}

// A PortLooker is a Method that can tell, too, whether our IPv4 address is shared with other lines.
type PortLooker interface {
	Method
	// Ports asks where each of some of our sockets is seen, all of them open at the same time. Sockets without an answer are left out. It
	// returns soon after the context ends.
	Ports(ctx context.Context) []Mapped
}

// Mapped is a port of ours and what a server saw of it.
type Mapped struct {
	From uint16
	At   netip.AddrPort
}

// Said is what came of one question.
type Said struct {
	By    Source        `json:"by"`
	Addrs []netip.Addr  `json:"addresses,omitempty"`
	Class Class         `json:"class,omitempty"` // of the first address
	Err   string        `json:"error,omitempty"` // why there is no address
	Took  time.Duration `json:"took"`            // in nanoseconds
	At    time.Time     `json:"at,omitzero"`     // when it came
}

// Outcome says in a word what came of a question.
type Outcome string

// The outcomes.
const (
	Addressed Outcome = "address"  // a public address
	Unusable  Outcome = "unusable" // another address
	Failed    Outcome = "failed"   // none
	Dropped   Outcome = "dropped"  // it wasn't waited for, since others had answered
)

// outcome is what came of it, if it was waited for.
func (s Said) outcome() Outcome {
	switch {
	case len(s.Addrs) == 0:
		return Failed
	case s.Class == Public:
		return Addressed
	}
	return Unusable
}

// first is the first address; the zero address where there is none.
func (s Said) first() netip.Addr {
	if len(s.Addrs) == 0 {
		return netip.Addr{}
	}
	return s.Addrs[0]
}
