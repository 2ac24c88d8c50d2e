// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"cmp"
	"slices"
)

// The memory keeps so many entries, and fewer where they are large; the last one always.
const (
	mostEntries = 1000
	mostChanges = 20_000
)

// recent is the journal that has no directory.
type recent struct {
	entries []Entry // by ID
	changes int     // of all entries
}

func (r *recent) begin(id ID, in Intent) error {
	in.Time = in.Time.UTC()
	r.entries = append(r.entries, Entry{ID: id, Intent: in})
	r.changes += weight(in)
	drop := 0
	for ; len(r.entries)-drop > 1 && (len(r.entries)-drop > mostEntries || r.changes > mostChanges); drop++ {
		r.changes -= weight(r.entries[drop].Intent)
	}
	r.entries = slices.Delete(r.entries, 0, drop) // clears what it drops
	return nil
}

func weight(in Intent) int {
	n := 0
	for _, g := range in.Batch.Groups {
		n += len(g.Changes)
	}
	return n
}

func (r *recent) end(id ID, out Outcome) error {
	i, ok := slices.BinarySearchFunc(r.entries, id, func(e Entry, id ID) int { return cmp.Compare(e.ID, id) })
	if ok { // else it has been dropped meanwhile
		r.entries[i].Outcome = out
	}
	return nil
}

func (r *recent) newest(wants func(ID) bool) sequence {
	entries := slices.Clone(r.entries)
	return sequence{done: func() {}, all: func(yield func(Entry, error) bool) {
		for _, e := range slices.Backward(entries) {
			if wants(e.ID) && !yield(e, nil) {
				return
			}
		}
	}}
}

func (r *recent) close() error { return nil }
