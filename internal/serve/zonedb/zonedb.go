// SPDX-License-Identifier: Apache-2.0

// Package zonedb holds the data of zones that we serve ourselves, in versions: a reader keeps a version that never changes, while
// writers make the next one. Versions share what they have in common, so that an edit costs only what it touches. A version knows
// the last edits that led to it, for secondaries that have an earlier one (RFC 1995).
package zonedb

import (
	"cmp"
	"errors"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/tidwall/btree"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
)

// ErrNoZone is returned for a zone id that the database doesn't have.
var ErrNoZone = errors.New("no such zone")

// DB is a set of zones. All its methods may be called at the same time.
type DB struct {
	write   sync.Mutex // held by writers, one at a time
	now     atomic.Pointer[version]
	signals []chan struct{} // of subscribers; written with write held
}

type version struct {
	byID   *btree.BTreeG[*Zone]
	byName *btree.BTreeG[*Zone] // public zones before private ones of the same name
}

// New returns an empty database.
func New() *DB {
	db := &DB{}
	unlocked := btree.Options{NoLocks: true} // versions are never written once published, and writers hold the DB's own lock
	db.now.Store(&version{
		byID:   btree.NewBTreeGOptions(func(a, b *Zone) bool { return a.ID < b.ID }, unlocked),
		byName: btree.NewBTreeGOptions(func(a, b *Zone) bool { return compareForFind(a, b) < 0 }, unlocked),
	})
	return db
}

func compareForFind(a, b *Zone) int {
	return cmp.Or(a.Name.Compare(b.Name), cmp.Compare(public(b), public(a)), a.Key.Compare(b.Key))
}

func public(z *Zone) int {
	if z.Private {
		return 0
	}
	return 1
}

// Zones returns every zone, sorted by name and key.
func (db *DB) Zones() []*Zone {
	zs := db.now.Load().byName.Items()
	slices.SortFunc(zs, func(a, b *Zone) int { return zone.Compare(a.Zone, b.Zone) })
	return zs
}

// Zone returns the current version of a zone by its id.
func (db *DB) Zone(id string) (*Zone, bool) { return db.now.Load().zone(id) }

func (v *version) zone(id string) (*Zone, bool) {
	return v.byID.Get(&Zone{Zone: zone.Zone{Key: zone.Key{ID: id}}})
}

// Find returns the current version of the zone with the longest name that n is in, a public one before a private one.
func (db *DB) Find(n dnsname.Name) (*Zone, bool) {
	v := db.now.Load()
	for at := n; ; at = at.Parent() {
		var found *Zone
		v.byName.Ascend(&Zone{Zone: zone.Zone{Name: at}}, func(z *Zone) bool {
			found = z
			return false
		})
		if found != nil && found.Name == at {
			return found, true
		}
		if at == "" {
			return nil, false
		}
	}
}

// Put adds a zone with its first record sets, at serial 1, or replaces the one with its id, at the next serial and without a memory
// of earlier versions.
func (db *DB) Put(z zone.Zone, sets []record.Set) { db.Restore(z, sets, 0) }

// Restore is Put at a serial of at least the one given, in the arithmetic of RFC 1982: one past the last that secondaries may have
// seen. 0 asks for none.
func (db *DB) Restore(z zone.Zone, sets []record.Set, serial uint32) {
	db.write.Lock()
	defer db.write.Unlock()
	next := &Zone{Zone: z, Serial: max(serial, 1), names: newNames()}
	if old, ok := db.Zone(z.ID); ok {
		next.Serial = following(old.Serial)
		if serial != 0 && Newer(serial, next.Serial) {
			next.Serial = serial
		}
	}
	for _, s := range sets {
		next.replace(s.Name, with(next.At(s.Name), s))
	}
	db.publish(z.ID, next)
}

// Remove removes a zone.
func (db *DB) Remove(id string) {
	db.write.Lock()
	defer db.write.Unlock()
	db.publish(id, nil)
}

// Edit makes the next version of a zone. f sees a transaction on the current one; where it returns an error, or changes nothing,
// nothing changes. It returns f's error or ErrNoZone. Writers wait for each other, readers don't wait.
func (db *DB) Edit(id string, f func(*Tx) error) error {
	db.write.Lock()
	defer db.write.Unlock()
	old, ok := db.Zone(id)
	if !ok {
		return ErrNoZone
	}
	next := &Zone{Zone: old.Zone, Serial: following(old.Serial), Filling: old.Filling, names: old.names.Copy(), count: old.count, aliases: old.aliases}
	tx := &Tx{old: old, next: next, touched: make(map[record.Key]struct{})}
	if err := f(tx); err != nil {
		return err
	}
	if e := tx.edit(); !e.empty() {
		next.past = old.past.with(e)
		db.publish(id, next)
	}
	return nil
}

// SetFilling says whether a zone is still being filled; its serial stays. One that Put or Restore adds isn't. A zone that there isn't is left
// alone.
func (db *DB) SetFilling(id string, filling bool) {
	db.write.Lock()
	defer db.write.Unlock()
	old, ok := db.Zone(id)
	if !ok || old.Filling == filling {
		return
	}
	next := *old
	next.Filling = filling
	db.publish(id, &next)
}

// publish makes the next version of the database and tells the subscribers. The caller holds write.
func (db *DB) publish(id string, z *Zone) {
	old := db.now.Load()
	next := &version{byID: old.byID.Copy(), byName: old.byName.Copy()}
	if was, ok := old.zone(id); ok {
		next.byID.Delete(was)
		next.byName.Delete(was)
	}
	if z != nil {
		next.byID.Set(z)
		next.byName.Set(z)
	}
	db.now.Store(next)
	for _, s := range db.signals {
		select {
		case s <- struct{}{}:
		default: // it hasn't looked since the last one, and will see both
		}
	}
}

// Subscribe returns a channel that gets a value after zones were added, edited or removed: one for all that happened since the last
// was taken, so that a slow subscriber holds up nobody. It looks at the zones' serials for what is new. The channel isn't closed;
// cancel ends the subscription, and may be called more than once.
func (db *DB) Subscribe() (changed <-chan struct{}, cancel func()) {
	s := make(chan struct{}, 1)
	db.write.Lock()
	defer db.write.Unlock()
	db.signals = append(db.signals, s)
	return s, func() {
		db.write.Lock()
		defer db.write.Unlock()
		db.signals = slices.DeleteFunc(db.signals, func(c chan struct{}) bool { return c == s })
	}
}
