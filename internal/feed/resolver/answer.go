// SPDX-License-Identifier: Apache-2.0

package resolver

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"

	"nafuda.io/nafuda/internal/model/fact"
	"nafuda.io/nafuda/internal/model/reason"
)

// answer is what the resolver said of one family: addresses, or that there are none, or nothing that could be used.
type answer struct {
	addrs   []netip.Addr
	failure string // why it is neither addresses nor none; empty: it is one of them
}

// read reads what a lookup of a network returned.
func read(network string, addrs []netip.Addr, err error) answer {
	if err != nil {
		if notThere(err) {
			return answer{}
		}
		return answer{failure: failure(err)}
	}
	var out []netip.Addr
	for _, a := range addrs {
		if a = a.Unmap().WithZone(""); a.IsValid() && a.Is4() == (network == "ip4") {
			out = append(out, a)
		}
	}
	slices.SortFunc(out, netip.Addr.Compare)
	out = slices.Compact(out)
	if len(out) > mostAddrs {
		return answer{failure: "it has too many addresses"}
	}
	return answer{addrs: out}
}

// notThere reports whether an error says that there are no addresses: NXDOMAIN, an empty answer, or only some of the other family.
func notThere(err error) bool {
	if d, ok := errors.AsType[*net.DNSError](err); ok {
		return d.IsNotFound && !d.IsTimeout && !d.IsTemporary
	}
	_, ok := errors.AsType[*net.AddrError](err)
	return ok
}

// failure says what is wrong, in words that stay the same from one attempt to the next: the resolver's own name a port of ours.
func failure(err error) string {
	if d, ok := errors.AsType[*net.DNSError](err); errors.Is(err, context.DeadlineExceeded) || ok && d.IsTimeout {
		return "the resolver doesn't answer in time"
	}
	return "the resolver fails"
}

// judge makes a value of the answers for both families. A family without addresses is known to have none only where the other has
// some: then the name is there.
func judge(host string, four, six answer, v4, v6 *window) fact.Value {
	family := func(a, other answer, w *window) fact.Family {
		switch {
		case a.failure != "":
			return fact.Family{Why: reason.New(reason.HostUnknown, "%s can't be resolved: %s", host, a.failure)}
		case len(a.addrs) == 0 && len(other.addrs) == 0:
			why := reason.New(reason.HostNotFound, "%s doesn't exist or has no address", host)
			if other.failure != "" {
				why = reason.New(reason.HostUnknown, "%s can't be resolved: %s", host, other.failure)
			}
			return fact.Family{Why: why}
		}
		addrs, ok := w.add(a.addrs)
		if !ok {
			return fact.Family{Why: reason.New(reason.HostUnknown, "%s can't be resolved: its addresses change too fast", host)}
		}
		return fact.Family{Known: true, Addrs: addrs}
	}
	return fact.Value{V4: family(four, six, v4), V6: family(six, four, v6)}
}

// mostMissed is how many answers in a row an address may be missing from and still counts.
const mostMissed = 4

// window is what the answers of the last minutes had: a name that gives another part of its addresses each time has all of
// them. An address that answers bring counts at once; it has gone once it is missing from more than mostMissed of them in a row. The
// zero value is empty.
type window struct{ missed map[netip.Addr]int }

// add enters an answer and returns the addresses that count, sorted; false: there are too many.
func (w *window) add(addrs []netip.Addr) ([]netip.Addr, bool) {
	seen := make(map[netip.Addr]int, len(addrs))
	for _, a := range addrs {
		seen[a] = 0
	}
	for a, n := range w.missed {
		if _, again := seen[a]; !again && n < mostMissed {
			seen[a] = n + 1
		}
	}
	w.missed = seen
	out := make([]netip.Addr, 0, len(seen))
	for a := range seen {
		out = append(out, a)
	}
	slices.SortFunc(out, netip.Addr.Compare)
	return out, len(out) <= mostAddrs
}
