// SPDX-License-Identifier: Apache-2.0

package guard_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"nafuda.io/nafuda/internal/decide/guard"
	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
)

func TestStateIsSmallHoweverMuchWent(t *testing.T) {
	o := guard.Options{MaxDeletes: 1_000_000, MaxDeletePercent: 100, MaxUpdatePercent: 100}
	g := zoneOf(o, 20000)
	for i := range 18000 {
		at := start.Add(time.Duration(i) * 200 * time.Millisecond)
		goes(t, g, at, remove(i))
		goes(t, g, at, move(18000+i%2000, []string{fmt.Sprintf("192.0.2.%d", i%250)}, []string{fmt.Sprintf("198.51.%d.%d", i/250, i%250)}))
	}
	data := g.State().Encode()
	if len(data) > guard.MaxStateBytes/2 {
		t.Errorf("%d bytes, want half of %d at most", len(data), guard.MaxStateBytes)
	}
	s, err := guard.DecodeState(data)
	if err != nil {
		t.Fatal(err)
	}
	sum := 0
	for _, b := range s.Deletes {
		sum += b.Spent
	}
	if sum != 18000 {
		t.Errorf("%d deletes are stored, want 18000", sum)
	}
	if diff := cmp.Diff(g.State(), s); diff != "" {
		t.Errorf("what is read isn't what was written: %s", diff)
	}
}

func TestStateThatCannotBe(t *testing.T) {
	for what, text := range map[string]string{
		"no JSON":           `deletes`,
		"a name":            `{"deletes":["web"]}`,
		"a minute only":     `{"deletes":[[1]]}`,
		"three numbers":     `{"deletes":[[1,2,3]]}`,
		"less than nothing": `{"deletes":[[1,-5]]}`,
		"nothing":           `{"updates":[[1,0]]}`,
		"too many":          `{"updates":[[1,99999999999]]}`,
		"before time":       `{"updates":[[-1,1]]}`,
		"after time":        `{"updates":[[99999999999,1]]}`,
		"a long hour":       `{"deletes":[` + strings.Repeat("[1,1],", 62) + `[1,1]]}`,
		"a long text":       `{"deletes":[[1,1]]` + strings.Repeat(" ", guard.MaxStateBytes) + `}`,
	} {
		if s, err := guard.DecodeState([]byte(text)); err == nil {
			t.Errorf("%s: read as %+v, want an error", what, s)
		}
	}
}

func FuzzDecodeState(f *testing.F) {
	for _, seed := range []string{`{}`, `{"deletes":[[29866320,10]],"updates":[[29866321,1]],"strict":1795000000}`, `{"strict":-1}`, `null`, `{"deletes":[[0,10000000]]}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := guard.DecodeState(data)
		if err != nil {
			return
		}
		again, err := guard.DecodeState(s.Encode())
		if err != nil || !bytes.Equal(again.Encode(), s.Encode()) {
			t.Fatalf("%+v is read back as %+v: %v", s, again, err)
		}
		g := guard.NewZone(start, example, defaults, &s)
		if l := g.Level(start.Add(time.Hour + time.Minute)); l.Deletes != 0 || l.Updates != 0 || l.Strict {
			t.Fatalf("%+v, want everything forgotten an hour and a minute after the start", l)
		}
		if out := g.State().Encode(); len(out) > guard.MaxStateBytes {
			t.Fatalf("%d bytes are written", len(out))
		}
	})
}

func TestHashTellsChangesApart(t *testing.T) {
	n := name(1)
	a := func(edit func(*record.Set)) change.Change {
		s := set(n, record.A, "", "192.0.2.1", "192.0.2.2")
		edit(s)
		return change.Change{Before: s}
	}
	alias := func(edit func(*record.Alias)) change.Change {
		x := record.Alias{Target: "lb.example.com", Zone: "Z2"}
		edit(&x)
		return a(func(s *record.Set) { s.Values, s.TTL, s.Alias = nil, 0, &x })
	}
	different := map[string][]change.Change{
		"a delete":          {a(func(*record.Set) {})},
		"its inverse":       {a(func(*record.Set) {}).Inverse()},
		"another name":      {a(func(s *record.Set) { s.Name = dnsname.Name("x.example.com") })},
		"another type":      {a(func(s *record.Set) { s.Type = record.TXT })},
		"an identifier":     {a(func(s *record.Set) { s.ID = "blue" })},
		"another TTL":       {a(func(s *record.Set) { s.TTL = 60 })},
		"one value":         {a(func(s *record.Set) { s.Values = []string{"192.0.2.1 192.0.2.2"} })},
		"quotes in a value": {a(func(s *record.Set) { s.Values = []string{`192.0.2.1" "192.0.2.2`} })},
		"a property":        {a(func(s *record.Set) { s.Props = []record.Prop{{Name: "aws/weight", Value: "1"}} })},
		"an alias":          {alias(func(*record.Alias) {})},
		"alias's target":    {alias(func(x *record.Alias) { x.Target = "lb2.example.com" })},
		"alias's zone":      {alias(func(x *record.Alias) { x.Zone = "Z3" })},
		"alias's health":    {alias(func(x *record.Alias) { x.EvaluateHealth = true })},
		"two":               {a(func(*record.Set) {}), a(func(s *record.Set) { s.ID = "blue" })},
		"none":              nil,
	}
	by := make(map[string]string)
	for what, changes := range different {
		h := guard.Hash(example.Key, changes)
		if other, taken := by[h]; taken {
			t.Errorf("%s has the hash of %s", what, other)
		}
		by[h] = what
	}
	two := different["two"]
	reversed := slices.Clone(two)
	slices.Reverse(reversed)
	if guard.Hash(example.Key, two) != guard.Hash(example.Key, reversed) {
		t.Error("the order of changes matters")
	}
	if guard.Hash(example.Key, two) == guard.Hash(zone.Key{Provider: "aws", Account: "main", ID: "Z2"}, two) {
		t.Error("the zone doesn't matter")
	}
	spelled := a(func(s *record.Set) { s.Stored = []string{"192.0.2.1", "192.0.2.2"} })
	spelled.Resource, spelled.View = "service/default/web", "main"
	if guard.Hash(example.Key, []change.Change{spelled}) != guard.Hash(example.Key, different["a delete"]) {
		t.Error("the provider's spelling, or the object, matters")
	}
	if got, want := guard.Hash(example.Key, two), "1cb7e07e56e2e3c07a938ca3"; got != want {
		t.Errorf("hash %q, want %q: what a person copied from one process, another must know", got, want)
	}
}

// BenchmarkAsk shows that a name costs the same however many the zone has.
func BenchmarkAsk(b *testing.B) {
	for _, owned := range []int{100, 10_000, 100_000} {
		b.Run(fmt.Sprint(owned), func(b *testing.B) {
			g := zoneOf(defaults, owned)
			e := make([]guard.Effect, 100)
			for i := range e {
				e[i] = remove(i)
			}
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				g.Ask(start, e[i%100])
				g.Next()
			}
		})
	}
}
