// SPDX-License-Identifier: Apache-2.0

package wan

import (
	"math/rand/v2"
	"net/netip"
	"testing"

	"pgregory.net/rapid"
)

// A nat gives out an outer port for each inner one; n is how many it has given out before.
type nat func(r *rand.Rand, n int, from uint16) uint16

// mape gives out the ports of a port set (RFC 7597 section 5.1), in a random order.
func mape(offset, length int, psid uint16) nat {
	return func(r *rand.Rand, _ int, _ uint16) uint16 {
		low := 16 - offset - length
		a := 1 + r.Uint32N(1<<offset-1)
		return uint16(a<<(16-offset)) | psid<<low | uint16(r.Uint32N(1<<low))
	}
}

// nats are kinds of NAT, and what their ports say. The random number makes them differ, not their kinds.
func nats(r *rand.Rand) map[string]struct {
	nat  nat
	want Sharing
} {
	base := uint16(1024 + r.Uint32N(50000))
	return map[string]struct {
		nat  nat
		want Sharing
	}{
		"keeps":            {func(_ *rand.Rand, _ int, from uint16) uint16 { return from }, Own},
		"any":              {func(r *rand.Rand, _ int, _ uint16) uint16 { return uint16(1024 + r.Uint32N(64512)) }, Own},
		"counts":           {func(_ *rand.Rand, n int, _ uint16) uint16 { return base + uint16(n) }, CannotTell},
		"MAP-E of 4 and 8": {mape(4, 8, base&255), Shared},
		"MAP-E of 6 and 6": {mape(6, 6, base&63), Shared},
		"AFTR":             {func(r *rand.Rand, _ int, _ uint16) uint16 { return base&^1023 + uint16(r.Uint32N(1024)) }, Shared},
	}
}

// looked is what a server sees of 16 sockets behind a NAT, which gives no port twice.
func looked(r *rand.Rand, give nat) []Mapped {
	var look []Mapped
	seen := make(map[uint16]bool)
	for len(look) < ports {
		from := uint16(40000 + 997*len(look)%20000)
		if port := give(r, len(look), from); !seen[port] {
			seen[port] = true
			look = append(look, Mapped{from, netip.AddrPortFrom(netip.MustParseAddr("192.0.2.1"), port)})
		}
	}
	return look
}

func TestShared(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		for name, c := range nats(r) {
			look := looked(r, c.nat)
			if got, sign := shared(look); got != c.want {
				t.Fatalf("%s: got %s (%s), want %s: %v", name, got, sign, c.want, look)
			}
		}
	})
}

func TestSharedSigns(t *testing.T) {
	at := func(addr string, port uint16) Mapped {
		return Mapped{1, netip.AddrPortFrom(netip.MustParseAddr(addr), port)}
	}
	var pool, few []Mapped
	for i := range uint16(ports) {
		pool = append(pool, at([]string{"192.0.2.1", "192.0.2.2"}[i%2], 1024+4001*i))
		if i < fewest-1 {
			few = append(few, at("192.0.2.1", 1024+4001*i))
		}
	}
	for name, c := range map[string]struct {
		look []Mapped
		want Sharing
		why  string
	}{
		"pool":    {pool, Shared, "a provider's NAT has several addresses"},
		"few":     {few, CannotTell, "too few answers"},
		"nothing": {nil, CannotTell, "none"},
	} {
		if got, _ := shared(c.look); got != c.want {
			t.Errorf("%s: got %s, want %s: %s", name, got, c.want, c.why)
		}
	}
}
