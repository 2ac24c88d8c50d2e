// SPDX-License-Identifier: Apache-2.0

package zonedb_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/serve/zonedb"
)

func set(name dnsname.Name, t record.Type, values ...string) record.Set {
	return record.Set{Key: record.Key{Name: name, Type: t}, TTL: 300, Values: values}
}

func hosted(id string, name dnsname.Name) zone.Zone {
	return zone.Zone{Key: zone.Key{Provider: "test", ID: id}, Name: name}
}

func TestFind(t *testing.T) {
	db := zonedb.New()
	private := hosted("P", "example.com")
	private.Private = true
	for _, z := range []zone.Zone{private, hosted("B", "example.com"), hosted("C", "sub.example.com"), hosted("D", "example.net")} {
		db.Put(z, nil)
	}
	for name, tc := range map[string]struct {
		why  string
		in   dnsname.Name
		want string
	}{
		"apex":      {why: "a zone holds its own name; public comes before private", in: "example.com", want: "B"},
		"below":     {why: "several labels down", in: "a.b.example.com", want: "B"},
		"longest":   {why: "the delegated zone is nearer", in: "x.sub.example.com", want: "C"},
		"sibling":   {why: "a suffix of characters isn't a suffix of labels", in: "notexample.com", want: ""},
		"none":      {why: "no zone at all", in: "example.org", want: ""},
		"parent":    {why: "the zone's parent isn't in it", in: "com", want: ""},
		"elsewhere": {why: "another tree", in: "www.example.net", want: "D"},
	} {
		t.Run(name, func(t *testing.T) {
			got := ""
			if z, ok := db.Find(tc.in); ok {
				got = z.ID
			}
			if got != tc.want {
				t.Errorf("Find(%s) = %q, want %q (%s)", tc.in, got, tc.want, tc.why)
			}
		})
	}
	var ids []string
	for _, z := range db.Zones() {
		ids = append(ids, z.ID)
	}
	if diff := cmp.Diff([]string{"B", "P", "C", "D"}, ids); diff != "" {
		t.Errorf("Zones (-want +got):\n%s", diff)
	}
	db.Remove("B")
	if z, ok := db.Find("www.example.com"); !ok || z.ID != "P" {
		t.Error("after the public zone is gone, the private one should answer")
	}
	db.Remove("absent")
	if n := len(db.Zones()); n != 3 {
		t.Errorf("removing an absent zone left %d zones, want 3", n)
	}
}

func TestBelow(t *testing.T) {
	db := zonedb.New()
	db.Put(hosted("Z", "example.com"), []record.Set{
		set("example.com", record.A, "192.0.2.1"), set("www.a.b.example.com", record.A, "192.0.2.1"), set("b-x.example.com", record.A, "192.0.2.1"),
		set("*.wild.example.com", record.A, "192.0.2.1"),
	})
	z, _ := db.Zone("Z")
	for name, want := range map[dnsname.Name]bool{
		"example.com": true, "b.example.com": true, "a.b.example.com": true, "www.a.b.example.com": false, "b-x.example.com": false,
		"absent.example.com": false, "wild.example.com": true, "*.wild.example.com": false, "": true, "zzz.example.com": false,
	} {
		if got := z.Below(name); got != want {
			t.Errorf("Below(%q) = %t, want %t", name, got, want)
		}
	}
}

func TestEdit(t *testing.T) {
	db := zonedb.New()
	apex, www := set("example.com", record.A, "192.0.2.1"), set("www.example.com", record.A, "192.0.2.2")
	db.Put(hosted("Z", "example.com"), []record.Set{apex, www})
	before, _ := db.Zone("Z")

	if err := db.Edit("absent", func(*zonedb.Tx) error { return nil }); !errors.Is(err, zonedb.ErrNoZone) {
		t.Errorf("editing an absent zone: %v", err)
	}
	refused := errors.New("refused")
	if err := db.Edit("Z", func(tx *zonedb.Tx) error {
		tx.Delete(www.Key)
		return refused
	}); !errors.Is(err, refused) {
		t.Errorf("the function's error is lost: %v", err)
	}
	if err := db.Edit("Z", func(tx *zonedb.Tx) error {
		tx.Delete(record.Key{Name: "absent.example.com", Type: record.A})
		return nil
	}); err != nil {
		t.Error(err)
	}
	if now, _ := db.Zone("Z"); now != before {
		t.Error("a refused edit, or one that edits nothing, made a new version")
	}

	moved := set("www.example.com", record.A, "192.0.2.3")
	if err := db.Edit("Z", func(tx *zonedb.Tx) error {
		tx.Set(moved)
		tx.Set(set("www.example.com", record.AAAA, "2001:db8::1"))
		tx.Delete(apex.Key)
		if got := tx.Zone().At("example.com"); len(got) != 1 {
			t.Errorf("the zone before the edit lost its apex: %v", got)
		}
		if got := tx.At("example.com"); len(got) != 0 || tx.Len() != 2 {
			t.Errorf("the edit doesn't see itself: %v, %d sets", got, tx.Len())
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	after, _ := db.Zone("Z")
	if after.Serial != before.Serial+1 || after.Len() != 2 {
		t.Errorf("serial %d → %d, %d sets", before.Serial, after.Serial, after.Len())
	}
	if diff := cmp.Diff([]record.Set{apex, www}, slices.Collect(before.From(""))); diff != "" {
		t.Errorf("the old version changed (-want +got):\n%s", diff)
	}
	db.Put(hosted("Z", "example.com"), nil)
	if z, _ := db.Zone("Z"); z.Serial != after.Serial+1 || z.Len() != 0 {
		t.Errorf("replaced zone: serial %d, want %d; %d sets", z.Serial, after.Serial+1, z.Len())
	}
}

// TestModel compares random edits with a plain map, and checks that versions taken on the way stay as they were.
func TestModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		db := zonedb.New()
		model := map[record.Key]record.Set{}
		for i := range rapid.SampledFrom([]int{0, 200}).Draw(t, "start") { // 200 names make a tree of two levels
			s := set(dnsname.Name(fmt.Sprintf("n%d.a.example.com", i)), record.A, "192.0.2.1")
			model[s.Key] = s
		}
		db.Put(hosted("Z", "example.com"), sorted(model))
		type kept struct {
			zone *zonedb.Zone
			want []record.Set
		}
		var versions []kept
		label := rapid.OneOf(rapid.SampledFrom([]string{"a", "b", "a-b", "*", "b.a", "x.y.a", "_t", "0"}),
			rapid.Map(rapid.IntRange(0, 199), func(i int) string { return fmt.Sprintf("n%d.a", i) }))
		for range rapid.IntRange(1, 12).Draw(t, "edits") {
			if err := db.Edit("Z", func(tx *zonedb.Tx) error {
				for range rapid.IntRange(0, 6).Draw(t, "changes") {
					s := set(dnsname.Name(label.Draw(t, "label")+".example.com"), rapid.SampledFrom([]record.Type{record.A, record.TXT}).Draw(t, "type"))
					s.ID = rapid.SampledFrom([]string{"", "x", "y"}).Draw(t, "id")
					s.TTL = rapid.Uint32Range(0, 9).Draw(t, "ttl")
					if rapid.Bool().Draw(t, "delete") {
						tx.Delete(s.Key)
						delete(model, s.Key)
					} else {
						tx.Set(s)
						model[s.Key] = s
					}
				}
				return nil
			}); err != nil {
				t.Fatal(err)
			}
			z, _ := db.Zone("Z")
			versions = append(versions, kept{z, sorted(model)})
		}
		for i, v := range versions {
			check(t, i, v.zone, v.want)
		}
	})
}

func sorted(model map[record.Key]record.Set) []record.Set {
	out := make([]record.Set, 0, len(model))
	for _, s := range model {
		out = append(out, s)
	}
	slices.SortFunc(out, record.Compare)
	return out
}

func check(t *rapid.T, version int, z *zonedb.Zone, want []record.Set) {
	got := slices.AppendSeq([]record.Set{}, z.From(""))
	if diff := cmp.Diff(want, got); diff != "" || z.Len() != len(want) {
		t.Fatalf("version %d has %d sets (-want +got):\n%s", version, z.Len(), diff)
	}
	var names []dnsname.Name
	for _, s := range want {
		names = append(names, s.Name)
	}
	if diff := cmp.Diff(append([]dnsname.Name{}, slices.Compact(names)...), z.Names()); diff != "" {
		t.Fatalf("version %d: names (-want +got):\n%s", version, diff)
	}
	for _, n := range []dnsname.Name{"a.example.com", "b.example.com", "n77.a.example.com", "x.y.a.example.com", "y.a.example.com", "zz.example.com", ""} {
		i, _ := slices.BinarySearchFunc(want, n, func(s record.Set, n dnsname.Name) int { return s.Name.Compare(n) })
		if diff := cmp.Diff(append([]record.Set{}, want[i:]...), slices.AppendSeq([]record.Set{}, z.From(n))); diff != "" {
			t.Fatalf("version %d from %q (-want +got):\n%s", version, n, diff)
		}
		below := slices.ContainsFunc(want, func(s record.Set) bool { return n == "" || strings.HasSuffix(string(s.Name), "."+string(n)) })
		if z.Below(n) != below {
			t.Fatalf("version %d: Below(%q) = %t", version, n, !below)
		}
	}
}

// TestReadersKeepVersions has readers walk versions while a writer makes more; the race detector watches.
func TestReadersKeepVersions(t *testing.T) {
	db := zonedb.New()
	var sets []record.Set
	for i := range 500 {
		sets = append(sets, set(dnsname.Name(fmt.Sprintf("n%d.example.com", i)), record.A, "192.0.2.1"))
	}
	db.Put(hosted("Z", "example.com"), sets)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 50 {
				z, _ := db.Zone("Z")
				n := 0
				for range z.From("") {
					n++
				}
				if n != z.Len() {
					t.Errorf("walked %d sets of %d", n, z.Len())
				}
			}
		})
	}
	for i := range 200 {
		if err := db.Edit("Z", func(tx *zonedb.Tx) error {
			tx.Delete(sets[i].Key)
			tx.Set(set(dnsname.Name(fmt.Sprintf("m%d.example.com", i)), record.A, "192.0.2.2"))
			return nil
		}); err != nil {
			t.Error(err)
		}
	}
	wg.Wait()
}

func BenchmarkEdit(b *testing.B) {
	for _, n := range []int{1_000, 200_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			db := zonedb.New()
			sets := make([]record.Set, 0, n)
			for i := range n {
				sets = append(sets, set(dnsname.Name(fmt.Sprintf("n%d.example.com", i)), record.A, "192.0.2.1"))
			}
			db.Put(hosted("Z", "example.com"), sets)
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				s := sets[i*7919%n]
				s.TTL = uint32(i)
				if err := db.Edit("Z", func(tx *zonedb.Tx) error { tx.Set(s); return nil }); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// TestFilling: whether a zone is being filled is of its versions, and no edit changes it.
func TestFilling(t *testing.T) {
	db := zonedb.New()
	db.Put(hosted("A", "example.com"), nil)
	before, _ := db.Zone("A")
	db.SetFilling("A", true)
	db.SetFilling("none", true)
	if err := db.Edit("A", func(tx *zonedb.Tx) error { tx.Set(set("www.example.com", record.A, "192.0.2.1")); return nil }); err != nil {
		t.Fatal(err)
	}
	edited, _ := db.Zone("A")
	db.SetFilling("A", false)
	filled, _ := db.Find("www.example.com")
	if before.Filling || !edited.Filling || filled.Filling {
		t.Errorf("filling: %v at first, %v after an edit, %v at last", before.Filling, edited.Filling, filled.Filling)
	}
	if filled.Serial != before.Serial+1 || filled.Len() != 1 {
		t.Errorf("one edit goes from serial %d to %d with %d sets", before.Serial, filled.Serial, filled.Len())
	}
	if n := len(db.Zones()); n != 1 {
		t.Errorf("there are %d zones", n)
	}
}
