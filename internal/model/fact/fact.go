// SPDX-License-Identifier: Apache-2.0

// Package fact holds facts: values from outside that decide what is published, such as the addresses of a host name. A fact is known
// or unknown, and unknown is neither "none" nor "as before": who reads it holds what it can't tell.
package fact

import (
	"net/netip"
	"slices"
	"time"

	"nafuda.io/nafuda/internal/model/reason"
)

// Kind says what a fact is about.
type Kind string

// The kinds: the addresses of a host name, and those under which the world sees us.
const (
	Host Kind = "host"
	WAN  Kind = "wan"
)

// Key names a fact.
type Key struct {
	Kind Kind
	Name string // of a Host: in lower case, without the final dot
}

// OfHost is the key of a host name's addresses.
func OfHost(name string) Key { return Key{Host, name} }

// OfWAN is the key of our public addresses: one of each family, where they are known.
func OfWAN() Key { return Key{Kind: WAN, Name: "address"} }

func (k Key) String() string { return string(k.Kind) + " " + k.Name }

// Value is what is known of a fact: addresses of both families, each on its own. The zero Value is unknown for no reason. Nobody
// changes one that has been given away.
type Value struct{ V4, V6 Family }

// Family is what is known of the addresses of one family.
type Family struct {
	Known bool
	Addrs []netip.Addr  // of a known one, sorted, each once; there may be none
	Why   reason.Reason // of an unknown one
	Since time.Time     // since when that has been so, as far as who remembers the fact knows; zero: nobody has said
}

// Unknown is a value of which nothing is known, for the reason given.
func Unknown(why reason.Reason) Value {
	return Value{V4: Family{Why: why}, V6: Family{Why: why}}
}

// Equal reports whether two values say the same, no matter since when.
func (v Value) Equal(o Value) bool { return v.V4.equal(o.V4) && v.V6.equal(o.V6) }

func (f Family) equal(o Family) bool {
	return f.Known == o.Known && f.Why == o.Why && slices.Equal(f.Addrs, o.Addrs)
}

// Want asks whoever brings facts for one, or, with Drop, says that nobody reads it any more.
type Want struct {
	Key  Key
	Drop bool
}

// News is a fact's value from now on.
type News struct {
	Key   Key
	Value Value
}
