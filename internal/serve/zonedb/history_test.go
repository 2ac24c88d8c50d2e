// SPDX-License-Identifier: Apache-2.0

package zonedb_test

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/serve/zonedb"
)

func edit(t testing.TB, db *zonedb.DB, f func(*zonedb.Tx)) *zonedb.Zone {
	t.Helper()
	if err := db.Edit("Z", func(tx *zonedb.Tx) error { f(tx); return nil }); err != nil {
		t.Fatal(err)
	}
	z, _ := db.Zone("Z")
	return z
}

func TestChanged(t *testing.T) {
	db := zonedb.New()
	a1, a2, b, c := set("a.example.com", record.A, "192.0.2.1"), set("a.example.com", record.A, "192.0.2.2"), set("b.example.com", record.A, "192.0.2.3"), set("c.example.com", record.A, "192.0.2.4")
	db.Put(hosted("Z", "example.com"), []record.Set{a1})
	edit(t, db, func(tx *zonedb.Tx) { tx.Set(a2); tx.Set(c) })                 // 1 → 2
	edit(t, db, func(tx *zonedb.Tx) { tx.Set(b); tx.Delete(c.Key) })           // 2 → 3
	z := edit(t, db, func(tx *zonedb.Tx) { tx.Set(a1); tx.Delete(b.Key) })     // 3 → 4
	same := edit(t, db, func(tx *zonedb.Tx) { tx.Delete(a1.Key); tx.Set(a1) }) // changes nothing
	if same != z {
		t.Errorf("an edit that changes nothing made serial %d", same.Serial)
	}
	for name, tc := range map[string]struct {
		why            string
		from           uint32
		removed, added []record.Set
		ok             bool
	}{
		"now":       {why: "the secondary has this version", from: 4, ok: true},
		"one":       {why: "one edit", from: 3, removed: []record.Set{a2, b}, added: []record.Set{a1}, ok: true},
		"two":       {why: "b came and went in between", from: 2, removed: []record.Set{a2, c}, added: []record.Set{a1}, ok: true},
		"all":       {why: "a is as it was, b and c came and went", from: 1, ok: true},
		"before":    {why: "older than what is known", from: 0},
		"in future": {why: "never given out", from: 5},
	} {
		t.Run(name, func(t *testing.T) {
			removed, added, ok := z.Changed(tc.from)
			if ok != tc.ok {
				t.Errorf("%s: ok %t", tc.why, ok)
			}
			if diff := cmp.Diff([][]record.Set{tc.removed, tc.added}, [][]record.Set{removed, added}); diff != "" {
				t.Errorf("%s (-want +got)\n%s", tc.why, diff)
			}
		})
	}
	db.Put(hosted("Z", "example.com"), nil)
	if now, _ := db.Zone("Z"); now.Serial != 5 {
		t.Errorf("a replaced zone has serial %d", now.Serial)
	} else if _, _, ok := now.Changed(4); ok {
		t.Error("a replaced zone remembers what was before")
	}
}

// What is remembered has bounds, in edits and in bytes, and a version that is too old isn't taken for a known one.
func TestHistoryIsBounded(t *testing.T) {
	for name, tc := range map[string]struct {
		why   string
		text  int // bytes of each set's value
		edits int
		least int // how far back is known
		most  int
	}{
		"edits": {why: "1024 small ones", text: 1, edits: 1100, least: 1024, most: 1024},
		"bytes": {why: "a mebibyte, counted twice an edit: before and after", text: 10_000, edits: 120, least: 40, most: 53},
	} {
		t.Run(name, func(t *testing.T) {
			db := zonedb.New()
			db.Put(hosted("Z", "example.com"), []record.Set{set("a.example.com", record.TXT, strings.Repeat("x", tc.text))})
			var z *zonedb.Zone
			for i := range tc.edits {
				z = edit(t, db, func(tx *zonedb.Tx) {
					tx.Set(set("a.example.com", record.TXT, fmt.Sprint(i)+strings.Repeat("x", tc.text)))
				})
			}
			known := 0
			for ; known < tc.edits; known++ {
				if _, _, ok := z.Changed(z.Serial - uint32(known) - 1); !ok {
					break
				}
			}
			if known < tc.least || known > tc.most {
				t.Errorf("%s: %d edits are known, want %d to %d", tc.why, known, tc.least, tc.most)
			}
		})
	}
}

func TestSerials(t *testing.T) {
	for name, tc := range map[string]struct {
		why  string
		old  uint32 // 0: the zone is new
		give uint32
		want uint32
	}{
		"new":          {why: "the first", want: 1},
		"new, known":   {why: "goes on from where it was", give: 42, want: 42},
		"there, lower": {why: "never back", old: 100, give: 42, want: 101},
		"there, ahead": {why: "at least what is asked for", old: 100, give: 200, want: 200},
		"there, none":  {why: "a far serial isn't taken for older than none", old: 1<<31 + 5, want: 1<<31 + 6},
		"around":       {why: "RFC 1982: 5 comes after 2^32-5", old: math.MaxUint32 - 4, give: 5, want: 5},
		"wraps":        {why: "0 is left out", old: math.MaxUint32, want: 1},
	} {
		t.Run(name, func(t *testing.T) {
			db := zonedb.New()
			if tc.old != 0 {
				db.Restore(hosted("Z", "example.com"), nil, tc.old)
			}
			db.Restore(hosted("Z", "example.com"), nil, tc.give)
			if z, _ := db.Zone("Z"); z.Serial != tc.want {
				t.Errorf("%s: serial %d, want %d", tc.why, z.Serial, tc.want)
			}
		})
	}
	db := zonedb.New()
	db.Restore(hosted("Z", "example.com"), nil, math.MaxUint32)
	z := edit(t, db, func(tx *zonedb.Tx) { tx.Set(set("a.example.com", record.A, "192.0.2.1")) })
	if _, added, ok := z.Changed(math.MaxUint32); z.Serial != 1 || !ok || len(added) != 1 {
		t.Errorf("an edit past the end: serial %d, %v, %t", z.Serial, added, ok)
	}
}

func TestNewer(t *testing.T) {
	for name, tc := range map[string]struct {
		a, b uint32
		want bool
	}{
		"next": {2, 1, true}, "same": {7, 7, false}, "older": {1, 2, false}, "around": {0, math.MaxUint32, true},
		"most ahead": {1<<31 - 1, 0, true}, "half": {1 << 31, 0, false}, "half, the other way": {0, 1 << 31, false}, "behind": {1<<31 + 1, 0, false},
	} {
		if got := zonedb.Newer(tc.a, tc.b); got != tc.want {
			t.Errorf("%s: Newer(%d, %d) = %t", name, tc.a, tc.b, got)
		}
	}
}

func TestSubscribe(t *testing.T) {
	db := zonedb.New()
	changed, cancel := db.Subscribe()
	waiting := func() bool {
		select {
		case <-changed:
			return true
		default:
			return false
		}
	}
	if waiting() {
		t.Error("a signal before anything changed")
	}
	for i := range 3 {
		db.Put(hosted(fmt.Sprint(i), "example.com"), nil) // nobody takes the signals: writers don't wait
	}
	if !waiting() || waiting() {
		t.Error("three changes are to be one signal")
	}
	if err := db.Edit("0", func(*zonedb.Tx) error { return errors.New("no") }); err == nil || waiting() {
		t.Error("a signal for an edit that failed")
	}
	if err := db.Edit("0", func(tx *zonedb.Tx) error { tx.Set(set("a.example.com", record.A, "192.0.2.1")); return nil }); err != nil || !waiting() {
		t.Error("no signal for an edit")
	}
	if db.Remove("0"); !waiting() {
		t.Error("no signal for a zone that is gone")
	}
	cancel()
	cancel()
	if db.Put(hosted("4", "example.com"), nil); waiting() {
		t.Error("a signal after the end")
	}
}

func TestAliases(t *testing.T) {
	db := zonedb.New()
	alias := record.Set{Key: record.Key{Name: "a.example.com", Type: record.A}, Alias: &record.Alias{Target: "b.example.com"}}
	db.Put(hosted("Z", "example.com"), []record.Set{alias, set("b.example.com", record.A, "192.0.2.1")})
	if z, _ := db.Zone("Z"); z.Aliases() != 1 {
		t.Errorf("%d aliases, want 1", z.Aliases())
	}
	if z := edit(t, db, func(tx *zonedb.Tx) { tx.Set(set("a.example.com", record.A, "192.0.2.1")) }); z.Aliases() != 0 {
		t.Errorf("%d aliases after the last went", z.Aliases())
	}
}

// TestChangedModel applies what Changed says to each earlier version, and must have the present one.
func TestChangedModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		db := zonedb.New()
		db.Put(hosted("Z", "example.com"), []record.Set{set("a.example.com", record.A, "192.0.2.0")})
		first, _ := db.Zone("Z")
		versions := []*zonedb.Zone{first}
		for range rapid.IntRange(1, 10).Draw(t, "edits") {
			if err := db.Edit("Z", func(tx *zonedb.Tx) error {
				for range rapid.IntRange(0, 4).Draw(t, "changes") {
					s := set(dnsname.Name(rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "label")+".example.com"), rapid.SampledFrom([]record.Type{record.A, record.TXT}).Draw(t, "type"),
						rapid.SampledFrom([]string{"192.0.2.0", "192.0.2.1"}).Draw(t, "value"))
					if rapid.Bool().Draw(t, "delete") {
						tx.Delete(s.Key)
					} else {
						tx.Set(s)
					}
				}
				return nil
			}); err != nil {
				t.Fatal(err)
			}
			z, _ := db.Zone("Z")
			versions = append(versions, z)
		}
		now := versions[len(versions)-1]
		for _, old := range versions {
			removed, added, ok := now.Changed(old.Serial)
			if !ok {
				t.Fatalf("serial %d isn't known", old.Serial)
			}
			sets := map[record.Key]record.Set{}
			for s := range old.From("") {
				sets[s.Key] = s
			}
			for _, s := range removed {
				if was, ok := sets[s.Key]; !ok || !was.Equal(s) {
					t.Fatalf("removed %v, which isn't in version %d", s, old.Serial)
				}
				delete(sets, s.Key)
			}
			for _, s := range added {
				if _, there := sets[s.Key]; there {
					t.Fatalf("added %v, which is in version %d already", s, old.Serial)
				}
				sets[s.Key] = s
			}
			if diff := cmp.Diff(slices.Collect(now.From("")), sorted(sets), cmpopts.EquateEmpty()); diff != "" {
				t.Fatalf("from %d to %d (-want +got)\n%s", old.Serial, now.Serial, diff)
			}
		}
	})
}
