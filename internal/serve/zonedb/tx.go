// SPDX-License-Identifier: Apache-2.0

package zonedb

import (
	"maps"
	"slices"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
)

// Tx edits one zone. It is used only within the function that got it.
type Tx struct {
	old, next *Zone
	touched   map[record.Key]struct{}
}

// Zone is the zone as it was before the transaction.
func (tx *Tx) Zone() *Zone { return tx.old }

// At returns the sets at a name as the transaction has left them, sorted by key. Callers don't change them.
func (tx *Tx) At(n dnsname.Name) []record.Set { return tx.next.At(n) }

// Len is the number of record sets as the transaction has left them.
func (tx *Tx) Len() int { return tx.next.count }

// Set adds a set or replaces the one with its key.
func (tx *Tx) Set(s record.Set) {
	tx.touched[s.Key] = struct{}{}
	tx.next.replace(s.Name, with(tx.At(s.Name), s))
}

// Delete removes the set with a key, if it's there.
func (tx *Tx) Delete(k record.Key) {
	sets := tx.At(k.Name)
	if i, found := find(sets, k); found {
		tx.touched[k] = struct{}{}
		tx.next.replace(k.Name, slices.Concat(sets[:i], sets[i+1:]))
	}
}

// edit is what the transaction changed in the end.
func (tx *Tx) edit() edit {
	e := edit{from: tx.old.Serial}
	for _, k := range slices.SortedFunc(maps.Keys(tx.touched), record.Key.Compare) {
		before, after := tx.old.At(k.Name), tx.next.At(k.Name)
		i, was := find(before, k)
		j, is := find(after, k)
		if was && is && before[i].Equal(after[j]) && slices.Equal(before[i].Stored, after[j].Stored) {
			continue
		}
		if was {
			e.removed = append(e.removed, before[i])
		}
		if is {
			e.added = append(e.added, after[j])
		}
	}
	e.size = size(e.removed) + size(e.added)
	return e
}
