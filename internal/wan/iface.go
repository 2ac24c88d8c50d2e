// SPDX-License-Identifier: Apache-2.0

package wan

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// mostOwn is how many addresses of interfaces are looked at.
const mostOwn = 64

// own reads the addresses of our interfaces. Those that are public come first to last as they suit: steady ones before temporary ones
// (RFC 8981), then in their order.
type own struct {
	names []string // interfaces; empty: all
	list  func() ([]Address, error)
}

// Address is one of an interface.
type Address struct {
	Interface string
	Addr      netip.Addr
	Fleeting  bool // temporary, deprecated, or not usable yet
}

func (o own) Source() Source {
	shown := strings.Join(o.names, ",")
	if shown == "" {
		shown = "all"
	}
	return Source{Kind: Interface, Operator: "host", Endpoint: shown}
}

func (o own) Ask(_ context.Context, f Family) ([]netip.Addr, error) {
	all, err := o.list()
	if err != nil {
		return nil, fmt.Errorf("read the interfaces: %w", err)
	}
	var steady []netip.Addr
	for _, a := range all {
		if f.has(a.Addr) && a.Addr.IsGlobalUnicast() && !a.Addr.IsPrivate() && !a.Fleeting && (len(o.names) == 0 || slices.Contains(o.names, a.Interface)) {
			steady = append(steady, a.Addr)
		}
	}
	slices.SortFunc(steady, netip.Addr.Compare)
	if steady = slices.Compact(steady); len(steady) == 0 {
		return nil, errors.New("no interface has a steady public address")
	}
	return steady[:min(len(steady), mostOwn)], nil
}

// interfaces lists the addresses of this machine.
func interfaces() ([]Address, error) {
	list, err := net.Interfaces()
	if err != nil {
		return nil, err
	}
	var out []Address
	fleeting := fleetingAddrs(readSmall("/proc/net/if_inet6"))
	for _, i := range list {
		addrs, err := i.Addrs()
		if err != nil || i.Flags&net.FlagUp == 0 || i.Flags&net.FlagLoopback != 0 {
			continue // one that is going away right now is none of ours
		}
		for _, a := range addrs {
			if p, err := netip.ParsePrefix(a.String()); err == nil {
				addr := p.Addr().Unmap().WithZone("")
				out = append(out, Address{i.Name, addr, fleeting[addr]})
			}
		}
	}
	return out, nil
}

// fleetingAddrs reads Linux's /proc/net/if_inet6, whose fifth column has the flags of linux/if_addr.h: those that are temporary,
// deprecated, tentative or refused as duplicates aren't to be published.
func fleetingAddrs(table string) map[netip.Addr]bool {
	const temporary, duplicate, deprecated, tentative = 0x01, 0x08, 0x20, 0x40
	out := make(map[netip.Addr]bool)
	for line := range strings.Lines(table) {
		f := strings.Fields(line)
		if len(f) < 5 || len(f[0]) != 32 {
			continue
		}
		flags, err := strconv.ParseUint(f[4], 16, 32)
		var parts []string
		for i := 0; i < 32; i += 4 {
			parts = append(parts, f[0][i:i+4])
		}
		a, bad := netip.ParseAddr(strings.Join(parts, ":"))
		if err == nil && bad == nil && flags&(temporary|duplicate|deprecated|tentative) != 0 {
			out[a] = true
		}
	}
	return out
}
