// SPDX-License-Identifier: Apache-2.0

package zonedb

import (
	"iter"
	"slices"

	"github.com/tidwall/btree"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
)

// Zone is one version of a zone. It never changes.
type Zone struct {
	zone.Zone
	Serial  uint32 // the next one with each version, in the arithmetic of RFC 1982; never 0
	Filling bool   // not everything is in it yet: what it doesn't hold isn't known to be absent
	names   *btree.BTreeG[owner]
	count   int
	aliases int
	past    history
}

// owner is a name and its record sets, at least one, sorted by key.
type owner struct {
	name dnsname.Name
	sets []record.Set
}

func newNames() *btree.BTreeG[owner] {
	return btree.NewBTreeGOptions(func(a, b owner) bool { return a.name.Compare(b.name) < 0 }, btree.Options{NoLocks: true})
}

// At returns the record sets at a name, sorted by key. Callers don't change them.
func (z *Zone) At(n dnsname.Name) []record.Set {
	o, _ := z.names.Get(owner{name: n})
	return o.sets
}

// From yields the record sets from a name on, itself included, in the order of record.Compare; the empty name yields all.
// Starting costs O(log n), each step O(1).
func (z *Zone) From(n dnsname.Name) iter.Seq[record.Set] {
	return func(yield func(record.Set) bool) {
		z.names.Ascend(owner{name: n}, func(o owner) bool {
			for _, s := range o.sets {
				if !yield(s) {
					return false
				}
			}
			return true
		})
	}
}

// Below reports whether names with record sets exist below a name. A name without record sets for which it's true is an empty
// non-terminal: it exists (RFC 8020), and no wildcard answers for it (RFC 4592 section 2.2.2).
func (z *Zone) Below(n dnsname.Name) bool {
	below := false
	z.names.Ascend(owner{name: n}, func(o owner) bool {
		if o.name == n {
			return true // names below n follow it without a gap
		}
		below = o.name.In(n)
		return false
	})
	return below
}

// Len is the number of record sets.
func (z *Zone) Len() int { return z.count }

// Aliases is the number of record sets that are aliases: what they say can change without an edit of theirs.
func (z *Zone) Aliases() int { return z.aliases }

// Names returns every name that has record sets, in listing order.
func (z *Zone) Names() []dnsname.Name {
	out := make([]dnsname.Name, 0, z.names.Len())
	z.names.Scan(func(o owner) bool {
		out = append(out, o.name)
		return true
	})
	return out
}

// replace puts sets, which nobody else writes, in the place of those at a name. It is used only before the zone is published.
func (z *Zone) replace(name dnsname.Name, sets []record.Set) {
	was := z.At(name)
	z.count += len(sets) - len(was)
	z.aliases += aliases(sets) - aliases(was)
	if len(sets) == 0 {
		z.names.Delete(owner{name: name})
		return
	}
	z.names.Set(owner{name: name, sets: sets})
}

func aliases(sets []record.Set) (n int) {
	for i := range sets {
		if sets[i].Alias != nil {
			n++
		}
	}
	return n
}

// with returns a copy of sets, since versions share them, in which s stands for the one with its key.
func with(sets []record.Set, s record.Set) []record.Set {
	i, found := find(sets, s.Key)
	after := sets[i:]
	if found {
		after = sets[i+1:]
	}
	return slices.Concat(sets[:i], []record.Set{s}, after)
}

func find(sets []record.Set, k record.Key) (int, bool) {
	return slices.BinarySearchFunc(sets, k, func(s record.Set, k record.Key) int { return s.Key.Compare(k) })
}
