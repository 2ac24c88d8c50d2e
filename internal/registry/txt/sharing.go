// SPDX-License-Identifier: Apache-2.0

package txt

import (
	"slices"
	"strings"

	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/registry"
)

// everyType is what a marker says that could be for any type.
func everyType() registry.Heritage {
	var list []string
	for _, t := range markable {
		list = append(list, string(t))
	}
	return registry.Heritage{Types: types(list)}
}

// types writes a list of types as a marker has it.
func types(list []string) string {
	list = slices.Clone(list)
	slices.Sort(list)
	return strings.Join(slices.Compact(list), "+")
}

// untypedAt is the name of the marker of a name without a type.
func (r *Registry) untypedAt(n dnsname.Name) dnsname.Name {
	head, rest := r.head(n)
	return r.affix.untyped(head, rest)
}

// migrates reports whether markers are to be brought into their form though nothing else changes. Under auto they have their form, and
// only another affix is left behind.
func (a *attachment) migrates() bool {
	if !a.r.migrate || a.r.format != auto {
		return a.r.migrate
	}
	return slices.ContainsFunc(a.after, func(o registry.Owned) bool {
		return slices.ContainsFunc(a.r.placesOf(o.Set, a.zone), func(p place) bool {
			_, ours := a.have[slot{p.at, o.Set.ID}]
			return p.moved && ours
		})
	})
}

// keepListed keeps in markers the types of record sets that are there and aren't planned now, because their type isn't managed any more:
// without the list they would be nobody's.
func (a *attachment) keepListed() {
	for s, before := range a.have {
		h := said(before)
		var stays []string
		for t := range strings.SplitSeq(h.Types, "+") {
			if a.unplanned(record.Key{Name: a.name, Type: record.Type(t), ID: s.id}) {
				stays = append(stays, t)
			}
		}
		m, wanted := a.want[s]
		if len(stays) == 0 || wanted && said(m).Types == "" && !slices.Contains(stays, string(record.AAAA)) {
			continue
		}
		o := registry.Owned{Set: record.Set{Props: before.Props}, Resource: h.Resource}
		if wanted {
			o.Resource = resourceOf(m)
		}
		a.lists[s] = append(a.lists[s], stays...)
		a.want[s] = a.set(s, o, types(a.lists[s]))
		a.of[s] = record.Key{Name: a.name, Type: record.Type(stays[0]), ID: s.id}
	}
}

// unplanned reports whether a record set is there and is neither to go nor to stay by plan.
func (a *attachment) unplanned(k record.Key) bool {
	s, there := find(a.look(k.Name), k.Type, k.ID)
	goes := func(c change.Change) bool { return c.After == nil && c.Key() == k }
	return there && !a.IsMarker(s) && !slices.ContainsFunc(a.changes, goes) && !slices.ContainsFunc(a.after, func(o registry.Owned) bool { return o.Set.Key == k })
}

// moved are the changes that bring the markers into their form where nothing else changes. What can't move, would
// leave a text behind, or wouldn't be ours then, stays.
func (a *attachment) moved(refused []registry.Refused) []change.Change {
	if refused != nil {
		return nil
	}
	markers := a.diff()
	if slices.ContainsFunc(markers, leavesText) || !a.proven(markers) {
		return nil
	}
	return markers
}

// leavesText reports whether a marker moves away from a text that stays, and that could be taken then for a record set with a marker of
// its own.
func leavesText(c change.Change) bool {
	if c.Before == nil || c.After == nil {
		return false
	}
	_, was := registry.MarkerOf(*c.Before)
	_, is := registry.MarkerOf(*c.After)
	return was && !is
}

// proven reports whether every record set is still claimed once the markers have changed.
func (a *attachment) proven(markers []change.Change) bool {
	next := *a.ledger
	next.look = func(n dnsname.Name) []record.Set {
		sets := slices.Clone(a.look(n))
		for _, c := range markers {
			if c.Key().Name != n {
				continue
			}
			sets = slices.DeleteFunc(sets, func(s record.Set) bool { return s.Key == c.Key() })
			if c.After != nil {
				sets = append(sets, *c.After)
			}
		}
		return sets
	}
	return !slices.ContainsFunc(a.after, func(o registry.Owned) bool {
		claim, ok, _ := next.Claim(o.Set)
		return !ok || claim.Owner != a.r.owner
	})
}
