// SPDX-License-Identifier: Apache-2.0

package wan

import (
	"cmp"
	"net/netip"
	"slices"

	"nafuda.io/nafuda/internal/model/reason"
)

const seldom = 8 // beats from one stranger to the next where somebody local bears witness; and from one that isn't trusted to the next

// turns are the times at which strangers were asked.
type turns struct {
	beats int
	asked map[int]int // by place: the beat in which it was asked last
	last  Source      // who was
}

// places are whom to ask in between: the interfaces, the router over the first protocol in which it answered, or over each in turn where it
// doesn't, and a stranger, seldom where somebody local has said what is believed. Strangers that agree with what was found come before
// others, of which one is asked seldom so that it can come back. While nothing is believed two are asked, whoever they are.
func (f *follower) places() []int {
	t := &f.turns
	t.beats++
	out, witness := f.near()
	good, rest := f.strangers()
	if unsure(f.state.told) {
		all := slices.Concat(good, rest)
		out = append(append(out, f.pick(all)...), f.pick(all)...)
		slices.Sort(out)
		return slices.Compact(out)
	}
	if !witness || t.beats%seldom == 0 {
		out = append(out, f.pick(good)...)
	}
	if t.beats%seldom == seldom/2 {
		out = append(out, f.pick(rest)...)
	}
	slices.Sort(out)
	return out
}

// near are whom of the local ones to ask, and whether one of them bears witness to what is believed.
func (f *follower) near() (out []int, witness bool) {
	var routers []int
	for i, m := range f.methods {
		k := m.Source().Kind
		if !k.local() {
			continue
		}
		witness = witness || f.agrees(i) || f.answered(i) && behind(f.state.told)
		if k == Router {
			routers = append(routers, i)
			continue
		}
		out = append(out, i)
	}
	if i := slices.IndexFunc(routers, f.answered); i >= 0 {
		out = append(out, routers[i])
	} else if len(routers) > 0 {
		out = append(out, routers[f.turns.beats%len(routers)])
	}
	return out, witness
}

// strangers are those that agree, or all where none does, and the rest.
func (f *follower) strangers() (good, rest []int) {
	for i, m := range f.methods {
		switch {
		case m.Source().Kind.local():
		case f.agrees(i):
			good = append(good, i)
		default:
			rest = append(rest, i)
		}
	}
	if len(good) == 0 {
		return rest, nil
	}
	return good, rest
}

func (f *follower) answered(i int) bool { return len(f.last[i].Addrs) > 0 }

// agrees reports whether a method said last what the last round found that could tell; where none could as yet, a public address.
func (f *follower) agrees(i int) bool {
	addrs := f.last[i].Addrs
	if !f.found.IsValid() {
		return len(addrs) > 0 && f.last[i].Class == Public
	}
	return slices.ContainsFunc(addrs, func(a netip.Addr) bool { return f.family.same(a) == f.family.same(f.found) })
}

// pick chooses the stranger that wasn't asked for longest, of another kind and operator than the one before, if there is one: so two that
// are picked one after the other don't both say what one operator, or somebody on one way through the network, has kept from before.
func (f *follower) pick(list []int) []int {
	if len(list) == 0 {
		return nil
	}
	t := &f.turns
	if t.asked == nil {
		t.asked = make(map[int]int)
	}
	rank := func(i int) int {
		by := f.methods[i].Source()
		switch {
		case by.Operator == t.last.Operator:
			return 2
		case by.Kind == t.last.Kind:
			return 1
		}
		return 0
	}
	i := slices.MinFunc(list, func(a, b int) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(t.asked[a], t.asked[b]), cmp.Compare(a, b))
	})
	t.asked[i], t.last = t.beats, f.methods[i].Source()
	return []int{i}
}

// behind reports whether what is believed is that somebody else's NAT is between us and the world.
func behind(v Verdict) bool {
	return v.Why.Code == reason.WANPrivate || v.Why.Code == reason.WANShared
}
