// SPDX-License-Identifier: Apache-2.0

package wan

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"nafuda.io/nafuda/internal/model/reason"
)

// Rules are what judge needs to know beside the answers.
type Rules struct {
	Quorum  int            // independent answers that have to agree
	Allowed []netip.Prefix // ranges that count as public
	Host    netip.Addr     // the last 64 bits of our IPv6 address; invalid: what the interface has
}

// Verdict is what is believed of one family: an address, or why there is none.
type Verdict struct {
	Addr netip.Addr    `json:"address,omitzero"`
	Why  reason.Reason `json:"why,omitzero"` // why there is no address
}

// Known reports whether there is an address.
func (v Verdict) Known() bool { return v.Addr.IsValid() }

// same reports whether two verdicts make no difference to anybody.
func (v Verdict) same(o Verdict) bool { return v.Addr == o.Addr && v.Why.Code == o.Why.Code }

// judge makes a verdict of answers, whatever their order.
func judge(f Family, said []Said, r Rules) Verdict {
	if v, ok := judgeRouter(said, r); ok {
		return v
	}
	votes := ballot(f, said, r)
	var won []netip.Prefix
	for _, p := range votes.lines() {
		if independent(votes[p]) >= r.Quorum {
			won = append(won, p)
		}
	}
	switch {
	case len(won) == 0 && len(votes) == 0:
		return Verdict{Why: reason.New(reason.WANUnknown, "no method gives a public %s address", f)}
	case len(won) == 0 && len(votes) == 1:
		p := votes.lines()[0]
		return Verdict{Why: reason.New(reason.WANUnknown, "%s is given by %d independent methods of the %d that it takes", name(p), independent(votes[p]), r.Quorum)}
	case len(won) != 1:
		return Verdict{Why: reason.New(reason.WANDisagree, "the methods don't agree: %s", votes)}
	}
	if p, ok := routerElse(votes, won[0]); ok {
		return Verdict{Why: reason.New(reason.WANDisagree, "the router has %s, and the world sees %s: there is another router behind it, or the two take different ways", name(p), name(won[0]))}
	}
	return pick(f, won[0], votes[won[0]], r)
}

// judgeRouter is the verdict where what the options say, or a router that isn't the last one, decides alone.
func judgeRouter(said []Said, r Rules) (Verdict, bool) {
	for _, s := range said {
		if s.By.Kind == Static && len(s.Addrs) > 0 {
			return Verdict{Addr: s.first()}, true
		}
	}
	for _, s := range said {
		if s.By.Kind != Router || len(s.Addrs) == 0 {
			continue
		}
		if c := classify(s.first(), r.Allowed); c.behindNAT() {
			return Verdict{Why: reason.New(reason.WANPrivate, "the router's own address is %s (%s): it has no public one, so that nobody outside reaches what is behind it", s.first(), c)}, true
		}
	}
	return Verdict{}, false
}

// votes are the answers that count, by line: the address, or for IPv6 its /64.
type votes map[netip.Prefix][]Said

func ballot(f Family, said []Said, r Rules) votes {
	out := make(votes)
	for _, s := range said {
		for _, a := range s.Addrs {
			if f.has(a) && classify(a, r.Allowed) == Public {
				one := s
				one.Addrs = []netip.Addr{a}
				out[f.same(a)] = append(out[f.same(a)], one)
			}
		}
	}
	return out
}

func (v votes) lines() []netip.Prefix {
	return slices.SortedFunc(maps.Keys(v), netip.Prefix.Compare)
}

func (v votes) String() string {
	var out []string
	for _, p := range v.lines() {
		var by []string
		for _, s := range v[p] {
			by = append(by, fmt.Sprintf("%s by %s", s.By.Kind, s.By.Operator))
		}
		slices.Sort(by)
		out = append(out, fmt.Sprintf("%s (%s)", name(p), strings.Join(slices.Compact(by), ", ")))
	}
	return strings.Join(out, ", ")
}

// name writes a line as a person does.
func name(p netip.Prefix) string {
	if p.IsSingleIP() {
		return p.Addr().String()
	}
	return p.String()
}

// routerElse is the line that a router gives, where that is another one.
func routerElse(v votes, than netip.Prefix) (netip.Prefix, bool) {
	for _, p := range v.lines() {
		if p != than && slices.ContainsFunc(v[p], func(s Said) bool { return s.By.Kind == Router }) {
			return p, true
		}
	}
	return netip.Prefix{}, false
}

// independent is how many answers can be chosen so that no two have a kind or an operator in common: the largest matching of kinds and
// operators, by augmenting paths.
func independent(said []Said) int {
	edges := make(map[Kind]map[string]bool)
	for _, s := range said {
		if edges[s.By.Kind] == nil {
			edges[s.By.Kind] = make(map[string]bool)
		}
		edges[s.By.Kind][s.By.Operator] = true
	}
	taken := make(map[string]Kind)
	var place func(k Kind, tried map[string]bool) bool
	place = func(k Kind, tried map[string]bool) bool {
		for op := range edges[k] {
			if tried[op] {
				continue
			}
			tried[op] = true
			if other, ok := taken[op]; !ok || place(other, tried) {
				taken[op] = k
				return true
			}
		}
		return false
	}
	n := 0
	for k := range edges {
		if place(k, make(map[string]bool)) {
			n++
		}
	}
	return n
}

// pick chooses the address of a line that is ours.
func pick(f Family, line netip.Prefix, said []Said, r Rules) Verdict {
	if f == V4 {
		return Verdict{Addr: line.Addr()}
	}
	if r.Host.IsValid() {
		b, host := line.Addr().As16(), r.Host.As16()
		copy(b[8:], host[8:])
		return Verdict{Addr: netip.AddrFrom16(b)}
	}
	seen := make(map[netip.Addr]bool)
	for _, s := range said {
		if s.By.Kind == Interface || s.By.Kind == Node { // the first is the steady one
			return Verdict{Addr: s.first()}
		}
		seen[s.first()] = true
	}
	if len(seen) > 1 {
		return Verdict{Why: reason.New(reason.WANDisagree, "the world sees several addresses of %s, and no interface here has one: --wan-ipv6-host says which is ours", line)}
	}
	return Verdict{Addr: said[0].first()}
}
