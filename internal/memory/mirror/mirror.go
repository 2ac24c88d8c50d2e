// SPDX-License-Identifier: Apache-2.0

// Package mirror is our memory of the observed side: what a hosted zone last said it holds, corrected by what we wrote since.
package mirror

import (
	"iter"
	"slices"

	"github.com/tidwall/btree"

	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
)

// Zone mirrors one hosted zone. It isn't safe for use by several goroutines: one owns it.
type Zone struct {
	tree  *btree.BTreeG[*node] // pointers: a tree that is filled in order has twice the room it needs
	count int
	clock uint64 // counts commits
	probe node   // what a look-up compares with; a new one for each would be a large part of what a plan allocates
}

// node is what one name holds. It is replaced rather than changed.
type node struct {
	name      dnsname.Name
	sets      []record.Set // sorted by key; empty where the name was emptied by a commit
	committed uint64
}

// New returns an empty mirror.
func New() *Zone {
	return &Zone{tree: btree.NewBTreeGOptions(func(a, b *node) bool { return a.name.Compare(b.name) < 0 }, btree.Options{NoLocks: true})}
}

// Clone returns a mirror that holds the same and goes its own way. It costs little: the two share what neither changes.
func (z *Zone) Clone() *Zone {
	return &Zone{tree: z.tree.IsoCopy(), count: z.count, clock: z.clock}
}

// At returns the record sets at a name, sorted by key. Callers don't change them.
func (z *Zone) At(n dnsname.Name) []record.Set {
	z.probe.name = n
	if found, ok := z.tree.Get(&z.probe); ok {
		return found.sets
	}
	return nil
}

// node returns what a name holds, an empty node where nothing is known of it.
func (z *Zone) node(n dnsname.Name) *node {
	z.probe.name = n
	if found, ok := z.tree.Get(&z.probe); ok {
		return found
	}
	return &node{name: n}
}

// Len is the number of record sets.
func (z *Zone) Len() int { return z.count }

// Now is the mirror's clock: ask for it before a page is read and give it to Replace with the page.
func (z *Zone) Now() uint64 { return z.clock }

// All yields every record set in listing order. The mirror must not change meanwhile.
func (z *Zone) All() iter.Seq[record.Set] {
	return func(yield func(record.Set) bool) {
		z.tree.Scan(func(n *node) bool {
			for _, s := range n.sets {
				if !yield(s) {
					return false
				}
			}
			return true
		})
	}
}

// Names yields every name that has record sets, in listing order. The mirror must not change meanwhile.
func (z *Zone) Names() iter.Seq[dnsname.Name] {
	return func(yield func(dnsname.Name) bool) {
		z.tree.Scan(func(n *node) bool { return len(n.sets) == 0 || yield(n.name) })
	}
}

// Commit enters a batch that was applied.
func (z *Zone) Commit(b change.Batch) {
	z.clock++
	for _, c := range b.Changes() {
		k := c.Key()
		sets := without(z.At(k.Name), k)
		if c.After != nil {
			sets = append(sets, *c.After)
		}
		z.put(&node{k.Name, sets, z.clock})
	}
}

func without(sets []record.Set, k record.Key) []record.Set {
	out := make([]record.Set, 0, len(sets)+1)
	for _, s := range sets {
		if s.Key != k {
			out = append(out, s)
		}
	}
	return out
}

// put enters a node, whose sets are its own.
func (z *Zone) put(n *node) {
	slices.SortFunc(n.sets, record.Compare)
	if cap(n.sets) > len(n.sets) {
		n.sets = append(make([]record.Set, 0, len(n.sets)), n.sets...)
	}
	old := z.node(n.name)
	for i := range n.sets {
		n.sets[i].Name = n.name // each came with a copy of its own
	}
	z.tree.Set(n)
	z.count += len(n.sets) - len(old.sets)
}

// Replace enters a page that was read: the record sets of every name from from up to, not including, until; an empty bound is
// the zone's end. Names committed after asked keep what was committed. It returns every name of the range, and those of them at which
// something else was read than the mirror had, both sorted.
func (z *Zone) Replace(sets []record.Set, from, until dnsname.Name, asked uint64) (names, changed []dnsname.Name) {
	read := make(map[dnsname.Name][]record.Set)
	for _, s := range sets {
		read[s.Name] = append(read[s.Name], s)
	}
	names = z.between(from, until)
	for n := range read {
		names = append(names, n)
	}
	slices.SortFunc(names, dnsname.Name.Compare)
	names = slices.Compact(names)
	for _, n := range names {
		if z.enter(n, read[n], asked) {
			changed = append(changed, n)
		}
	}
	return names, changed
}

// Reread enters names that were read one by one, as Replace does.
func (z *Zone) Reread(names []dnsname.Name, sets []record.Set, asked uint64) {
	for _, n := range names {
		var at []record.Set
		for _, s := range sets {
			if s.Name == n {
				at = append(at, s)
			}
		}
		z.enter(n, at, asked)
	}
}

// enter enters what was read at a name, which is the mirror's own then, and reports whether it is something else than before.
func (z *Zone) enter(n dnsname.Name, sets []record.Set, asked uint64) bool {
	old := z.node(n)
	if old.committed > asked {
		return false
	}
	slices.SortFunc(sets, record.Compare)
	same := slices.EqualFunc(old.sets, sets, func(a, b record.Set) bool { return a.Equal(b) && slices.Equal(a.Stored, b.Stored) })
	switch {
	case len(sets) == 0:
		z.tree.Delete(old)
		z.count -= len(old.sets)
	case !same: // else what is known stays, for others may share its texts
		z.put(&node{n, sets, old.committed})
	}
	return !same
}

func (z *Zone) between(from, until dnsname.Name) []dnsname.Name {
	var out []dnsname.Name
	z.tree.Ascend(&node{name: from}, func(n *node) bool {
		if until != "" && n.name.Compare(until) >= 0 {
			return false
		}
		out = append(out, n.name)
		return true
	})
	return out
}
