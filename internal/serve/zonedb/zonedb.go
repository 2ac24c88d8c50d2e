// SPDX-License-Identifier: Apache-2.0

// Package zonedb holds the data of zones that we serve ourselves, in versions: a reader keeps a version that never changes, while
// writers make the next one.
package zonedb

import (
	"errors"
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
)

// ErrNoZone is returned for a zone id that the database doesn't have.
var ErrNoZone = errors.New("no such zone")

// DB is a set of zones. All its methods may be called at the same time.
type DB struct {
	write sync.Mutex // held by writers, one at a time
	now   atomic.Pointer[version]
}

type version struct {
	zones  map[string]*Zone         // by id
	byName map[dnsname.Name][]*Zone // sorted by id
}

// Zone is one version of a zone. It never changes.
type Zone struct {
	zone.Zone
	Serial uint32
	names  map[dnsname.Name][]record.Set // sorted by key; an empty list is an empty non-terminal
	count  int
}

// New returns an empty database.
func New() *DB {
	db := &DB{}
	db.now.Store(&version{})
	return db
}

// Zones returns every zone, sorted by name and id.
func (db *DB) Zones() []*Zone {
	return slices.SortedFunc(maps.Values(db.now.Load().zones), func(a, b *Zone) int { return zone.Compare(a.Zone, b.Zone) })
}

// Zone returns the current version of a zone by its id.
func (db *DB) Zone(id string) (*Zone, bool) {
	z, ok := db.now.Load().zones[id]
	return z, ok
}

// Find returns the current version of the zone with the longest name that n is in, a public one before a private one.
func (db *DB) Find(n dnsname.Name) (*Zone, bool) {
	v := db.now.Load()
	for at := n; ; at = at.Parent() {
		if zs := v.byName[at]; len(zs) > 0 {
			return zs[0], true
		}
		if at == "" {
			return nil, false
		}
	}
}

// Put adds a zone with its first record sets, or replaces the one with its id.
func (db *DB) Put(z zone.Zone, sets []record.Set) {
	db.write.Lock()
	defer db.write.Unlock()
	next := &Zone{Zone: z, Serial: 1, names: make(map[dnsname.Name][]record.Set)}
	for _, s := range sets {
		next.set(s)
	}
	db.publish(z.ID, next)
}

// Remove removes a zone.
func (db *DB) Remove(id string) {
	db.write.Lock()
	defer db.write.Unlock()
	db.publish(id, nil)
}

// Edit makes the next version of a zone. f sees a transaction on the current one; where it returns an error nothing changes.
// Writers wait for each other, readers don't wait.
func (db *DB) Edit(id string, f func(*Tx) error) error {
	db.write.Lock()
	defer db.write.Unlock()
	old, ok := db.Zone(id)
	if !ok {
		return ErrNoZone
	}
	tx := &Tx{old: old, edits: make(map[dnsname.Name][]record.Set)}
	if err := f(tx); err != nil {
		return err
	}
	next := &Zone{Zone: old.Zone, Serial: old.Serial + 1, names: maps.Clone(old.names), count: old.count}
	for name, sets := range tx.edits {
		next.replace(name, sets)
	}
	db.publish(id, next)
	return nil
}

// publish makes the next version of the database. The caller holds write.
func (db *DB) publish(id string, z *Zone) {
	old := db.now.Load()
	next := &version{zones: maps.Clone(old.zones), byName: make(map[dnsname.Name][]*Zone)}
	if next.zones == nil {
		next.zones = make(map[string]*Zone)
	}
	delete(next.zones, id)
	if z != nil {
		next.zones[id] = z
	}
	for _, z := range next.zones {
		next.byName[z.Name] = append(next.byName[z.Name], z)
	}
	for _, zs := range next.byName {
		slices.SortFunc(zs, func(a, b *Zone) int {
			if a.Private != b.Private {
				if a.Private {
					return 1
				}
				return -1
			}
			return a.Key.Compare(b.Key)
		})
	}
	db.now.Store(next)
}

// Tx edits one zone.
type Tx struct {
	old   *Zone
	edits map[dnsname.Name][]record.Set
}

// Zone is the zone as it was before the transaction.
func (tx *Tx) Zone() *Zone { return tx.old }

// At returns the sets at a name as the transaction has left them.
func (tx *Tx) At(n dnsname.Name) []record.Set {
	if sets, ok := tx.edits[n]; ok {
		return sets
	}
	return tx.old.names[n]
}

// Set adds a set or replaces the one with its key.
func (tx *Tx) Set(s record.Set) {
	tx.edits[s.Name] = append(without(tx.At(s.Name), s.Key), s)
}

// Delete removes the set with a key.
func (tx *Tx) Delete(k record.Key) { tx.edits[k.Name] = without(tx.At(k.Name), k) }

func without(sets []record.Set, k record.Key) []record.Set {
	out := make([]record.Set, 0, len(sets)+1)
	for _, s := range sets {
		if s.Key != k {
			out = append(out, s)
		}
	}
	return out
}

func (z *Zone) set(s record.Set) { z.replace(s.Name, append(without(z.names[s.Name], s.Key), s)) }

func (z *Zone) replace(name dnsname.Name, sets []record.Set) {
	z.count += len(sets) - len(z.names[name])
	slices.SortFunc(sets, record.Compare)
	if len(sets) == 0 {
		delete(z.names, name)
		return
	}
	z.names[name] = sets
}

// At returns the record sets at a name. Callers don't change them.
func (z *Zone) At(n dnsname.Name) []record.Set { return z.names[n] }

// Len is the number of record sets.
func (z *Zone) Len() int { return z.count }

// Names returns every name that has record sets, in listing order.
func (z *Zone) Names() []dnsname.Name {
	return slices.SortedFunc(maps.Keys(z.names), dnsname.Name.Compare)
}
