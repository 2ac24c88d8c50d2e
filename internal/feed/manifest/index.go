// SPDX-License-Identifier: Apache-2.0

package manifest

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"nafuda.io/nafuda/internal/feed"
	"nafuda.io/nafuda/internal/model/endpoint"
)

// index knows which files define each object. Of several definitions the last counts, in the order of the files and then in
// that of the file. The work for a change of a file grows with that file, not with all of them.
type index struct {
	wins    map[endpoint.Ref]definition
	lost    map[endpoint.Ref][]definition // those that don't count, in their order; only of objects that have some
	refused map[*file]bool                // files with refusals of their own
	ignored int
	before  map[endpoint.Ref]any // what counted at the last take, nil where nothing did, of the objects defined anew since
	stale   bool                 // the refusals may have changed since the last take
}

// definition is one object in one file.
type definition struct {
	*object
	in *file
}

func newIndex() *index {
	return &index{
		wins: make(map[endpoint.Ref]definition), lost: make(map[endpoint.Ref][]definition),
		refused: make(map[*file]bool), before: make(map[endpoint.Ref]any),
	}
}

// replace enters a file in the place of what it was before. Either may be nil: there was or is none.
func (x *index) replace(old, now *file) {
	if old != nil {
		for i := range old.content.objects {
			x.remove(old.content.objects[i].Ref, old)
		}
		x.ignored -= old.content.ignored
		x.stale = x.stale || x.refused[old]
		delete(x.refused, old)
	}
	if now != nil {
		for i := range now.content.objects {
			x.add(definition{object: &now.content.objects[i], in: now})
		}
		x.ignored += now.content.ignored
		if len(now.content.refusals) > 0 {
			x.refused[now], x.stale = true, true
		}
	}
}

// remove forgets all definitions of an object in a file.
func (x *index) remove(ref endpoint.Ref, in *file) {
	x.note(ref)
	lost, several := x.lost[ref]
	if several {
		x.stale = true
		lost = slices.DeleteFunc(lost, func(d definition) bool { return d.in == in })
	}
	if x.wins[ref].in == in {
		delete(x.wins, ref)
		if last := len(lost) - 1; last >= 0 {
			x.wins[ref], lost = lost[last], lost[:last]
		}
	}
	x.lose(ref, lost)
}

func (x *index) add(d definition) {
	x.note(d.Ref)
	top, several := x.wins[d.Ref]
	if !several {
		x.wins[d.Ref] = d
		return
	}
	x.stale = true
	if d.in.compare(top.in) >= 0 {
		x.wins[d.Ref], d = d, top
	}
	lost := x.lost[d.Ref]
	i, _ := slices.BinarySearchFunc(lost, d, func(a, b definition) int {
		return cmp.Or(a.in.compare(b.in), -1) // behind those of the same file
	})
	x.lose(d.Ref, slices.Insert(lost, i, d))
}

func (x *index) lose(ref endpoint.Ref, lost []definition) {
	if len(lost) == 0 {
		delete(x.lost, ref)
		return
	}
	x.lost[ref] = lost
}

// note remembers what counted before a change.
func (x *index) note(ref endpoint.Ref) {
	if _, noted := x.before[ref]; noted {
		return
	}
	x.before[ref] = nil
	if d, ok := x.wins[ref]; ok {
		x.before[ref] = d.Object
	}
}

// take gives what has changed since the last take, by kind and sorted, and whether the refusals may have.
func (x *index) take() (deltas map[string][]feed.Delta, stale bool) {
	deltas = make(map[string][]feed.Delta)
	for ref, was := range x.before {
		now, is := x.wins[ref]
		switch {
		case !is && was == nil:
		case !is:
			deltas[ref.Kind] = append(deltas[ref.Kind], feed.Delta{Ref: ref})
		case was != nil && same(was, now.Object):
			now.Object = was // others hold it: one copy is enough
		default:
			deltas[ref.Kind] = append(deltas[ref.Kind], now.Delta)
		}
	}
	for _, of := range deltas {
		sortDeltas(of)
	}
	stale = x.stale
	x.before, x.stale = make(map[endpoint.Ref]any), false
	return deltas, stale
}

// all gives every object of a kind that counts, sorted.
func (x *index) all(kind string) []feed.Delta {
	var deltas []feed.Delta
	for ref, d := range x.wins {
		if ref.Kind == kind {
			deltas = append(deltas, d.Delta)
		}
	}
	sortDeltas(deltas)
	return deltas
}

func sortDeltas(deltas []feed.Delta) {
	slices.SortFunc(deltas, func(a, b feed.Delta) int { return a.Ref.Compare(b.Ref) })
}

// refusals gives what couldn't be read, and then the definitions that don't count, both in the order of the files.
func (x *index) refusals() []endpoint.Refusal {
	var out []endpoint.Refusal
	for _, in := range slices.SortedFunc(maps.Keys(x.refused), (*file).compare) {
		out = append(out, in.content.refusals...)
	}
	var lost []definition
	for _, of := range x.lost {
		lost = append(lost, of...)
	}
	slices.SortFunc(lost, func(a, b definition) int {
		return cmp.Or(a.in.compare(b.in), cmp.Compare(a.line, b.line), a.Ref.Compare(b.Ref))
	})
	for _, d := range lost {
		out = append(out, refusal(d.spot(), fmt.Sprintf("%s is defined again at %s, which counts; remove one of them", d.Ref, x.wins[d.Ref].spot())))
	}
	return out
}

func (d definition) spot() spot { return spot{d.in.path, d.line} }
