// SPDX-License-Identifier: Apache-2.0

package zonedb

import (
	"maps"
	"slices"

	"nafuda.io/nafuda/internal/model/record"
)

// Bounds on what a zone remembers of its edits. A secondary that is further behind takes the whole zone, and so it should: RFC 1995
// section 5 lets go of differences that are larger than the zone.
const (
	maxEdits = 1024
	maxBytes = 1 << 20
)

// edit is what led from one version of a zone to the next.
type edit struct {
	from           uint32 // the serial before it
	removed, added []record.Set
	size           int // bytes, about
}

func (e edit) empty() bool { return len(e.removed)+len(e.added) == 0 }

// history is the last edits, oldest first. It never changes.
type history struct {
	edits []edit
	size  int
}

// with returns the history after one more edit. Versions share the array: each is made once from its predecessor, and reads no
// further than its own end.
func (h history) with(e edit) history {
	next := history{edits: append(h.edits, e), size: h.size + e.size}
	for len(next.edits) > maxEdits || next.size > maxBytes {
		next.size -= next.edits[0].size
		next.edits = next.edits[1:]
	}
	return next
}

// size is about what sets hold in memory, in bytes.
func size(sets []record.Set) (n int) {
	const fixed = 128 // the struct itself
	for _, s := range sets {
		n += fixed + len(s.Name) + len(s.ID)
		for _, v := range s.Values {
			n += 16 + len(v)
		}
		for _, p := range s.Props {
			n += 32 + len(p.Name) + len(p.Value)
		}
	}
	return n
}

// Changed returns what differs between the version with an earlier serial and this one: the sets that are gone or were otherwise, as
// they were, and those that are new or otherwise, as they are, each sorted by key. What came and went in between isn't told. It is
// not ok where the zone doesn't remember that version. It costs as much as the edits in between.
func (z *Zone) Changed(from uint32) (removed, added []record.Set, ok bool) {
	if from == z.Serial {
		return nil, nil, true
	}
	i := slices.IndexFunc(z.past.edits, func(e edit) bool { return e.from == from })
	if i < 0 {
		return nil, nil, false
	}
	was, is := make(map[record.Key]record.Set), make(map[record.Key]record.Set)
	for _, e := range z.past.edits[i:] {
		for _, s := range e.removed {
			if _, ours := is[s.Key]; ours { // it came in between
				delete(is, s.Key)
				continue
			}
			was[s.Key] = s
		}
		for _, s := range e.added {
			is[s.Key] = s
		}
	}
	for k, s := range is {
		if before, ok := was[k]; ok && before.Equal(s) {
			delete(was, k)
			delete(is, k)
		}
	}
	return slices.SortedFunc(maps.Values(was), record.Compare), slices.SortedFunc(maps.Values(is), record.Compare), true
}

// Newer reports whether serial a comes after b in the arithmetic of RFC 1982 section 3.2. Of two that are half the circle apart, which
// the RFC leaves open, neither does.
func Newer(a, b uint32) bool { return a != b && a-b < 1<<31 }

// following is the next serial. Some secondaries take 0 for "none", so that it is left out.
func following(serial uint32) uint32 { return max(serial+1, 1) }
