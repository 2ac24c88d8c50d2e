// SPDX-License-Identifier: Apache-2.0

// Package rows is the registry whose claims are rows of a store, such as a DynamoDB table, as they were last read.
//
// A row is written before its record set is made and removed after that has gone, so that a record set of ours always has its row. What
// may stand between the two, when the process is killed, is told by the row itself: until the write of the record set is known to have
// ended, a label says which content the row is for, so that a record set which somebody else makes meanwhile isn't taken for ours.
//
//	label of a row                 says
//	resource                       the object that the record set is for, as ExternalDNS has it
//	nafuda/zones                   ids of the hosted zones whose record set the row claims, with blanks between them; without it: of any
//	nafuda/writing/ID              in the zone ID, the row claims only a record set with this digest
//
// ExternalDNS reads and keeps labels that it doesn't know until it changes the row; a row without ours is a claim in every zone, as it
// takes it.
package rows

import (
	"slices"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/registry"
)

// Book holds the rows of a store in memory. It isn't safe for use by several goroutines.
type Book struct {
	owner string
	rows  map[record.Key]registry.Row
}

var _ registry.Registry = (*Book)(nil)

// New returns an empty book for an owner.
func New(owner string) *Book { return &Book{owner, make(map[record.Key]registry.Row)} }

// Owner is our owner id.
func (b *Book) Owner() string { return b.owner }

// Subjects is empty: no record set says anything about another.
func (b *Book) Subjects(dnsname.Name, zone.Zone) []dnsname.Name { return nil }

// Row returns the row of a record set; nil: there is none.
func (b *Book) Row(k record.Key) *registry.Row {
	if r, ok := b.rows[k]; ok {
		return &r
	}
	return nil
}

// Len is how many rows there are, and how many of them are ours.
func (b *Book) Len() (all, ours int) {
	for _, r := range b.rows {
		if r.Owner == b.owner {
			ours++
		}
	}
	return len(b.rows), ours
}

// Ours lists our rows, sorted by key.
func (b *Book) Ours() []registry.Row {
	var out []registry.Row
	for _, r := range b.rows {
		if r.Owner == b.owner {
			out = append(out, r)
		}
	}
	slices.SortFunc(out, func(a, b registry.Row) int { return a.Key.Compare(b.Key) })
	return out
}

// Enter says what a row is now; nil: it isn't there. It reports whether that is news.
func (b *Book) Enter(k record.Key, r *registry.Row) bool {
	if registry.Same(b.Row(k), r) {
		return false
	}
	if r == nil {
		delete(b.rows, k)
	} else {
		b.rows[k] = *r
	}
	return true
}

// Replace says what all rows are now. It returns the names whose claims that changes, sorted. Rows that keep says are in doubt, because
// they were written while the store was read, stay as they are.
func (b *Book) Replace(all []registry.Row, keep func(record.Key) bool) []dnsname.Name {
	var names []dnsname.Name
	there := make(map[record.Key]bool, len(all))
	for _, r := range all {
		there[r.Key] = true
		if !keep(r.Key) && b.Enter(r.Key, &r) {
			names = append(names, r.Key.Name)
		}
	}
	for k := range b.rows {
		if !there[k] && !keep(k) {
			delete(b.rows, k)
			names = append(names, k.Name)
		}
	}
	slices.SortFunc(names, dnsname.Name.Compare)
	return slices.Compact(names)
}

// Open reads the claims at a name.
func (b *Book) Open(_ dnsname.Name, z zone.Zone, _ registry.Look, _ registry.Asks) registry.Ledger {
	return ledger{b, z}
}
