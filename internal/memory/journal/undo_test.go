// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"errors"
	"fmt"
	"maps"
	"testing"

	"pgregory.net/rapid"

	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
)

// step is an entry of a test: what it did to app.example.com, from one address to another; 0 is none.
type step struct {
	from, to int
	state    State
}

func (s step) intent() Intent {
	return intent(group("app.example.com", change.Change{Before: address(s.from), After: address(s.to), Resource: "service/shop/app", View: "default"}))
}

func address(n int) *record.Set {
	if n == 0 {
		return nil
	}
	return set("app.example.com", record.A, fmt.Sprintf("192.0.2.%d", n))
}

func TestInverse(t *testing.T) {
	for name, c := range map[string]struct {
		why      string
		steps    []step
		undo     []ID
		from, to int // equal: nothing
		later    []ID
	}{
		"create":          {"undone, it is gone", []step{{0, 1, Applied}}, []ID{1}, 1, 0, nil},
		"delete":          {"undone, it is back", []step{{0, 1, Applied}, {1, 0, Applied}}, []ID{2}, 0, 1, nil},
		"several":         {"back to before the oldest in one change", []step{{0, 1, Applied}, {1, 2, Applied}, {2, 3, Applied}}, []ID{3, 2}, 3, 1, nil},
		"changed since":   {"from what is there now, and later ones are told", []step{{0, 1, Applied}, {1, 2, Applied}, {2, 3, Applied}}, []ID{2}, 3, 1, []ID{3}},
		"with a gap":      {"an entry between two chosen ones is undone too, and told", []step{{0, 1, Applied}, {1, 2, Applied}, {2, 3, Applied}}, []ID{1, 3}, 3, 0, []ID{2}},
		"back already":    {"nothing to do", []step{{0, 1, Applied}, {1, 2, Applied}, {2, 1, Applied}}, []ID{2}, 1, 1, nil},
		"refused":         {"it did nothing", []step{{0, 1, Applied}, {1, 2, Refused}}, []ID{2}, 1, 1, nil},
		"refused since":   {"a refused one is no later change", []step{{0, 1, Applied}, {1, 2, Refused}}, []ID{1}, 1, 0, nil},
		"uncertain":       {"taken for applied", []step{{0, 1, Applied}, {1, 2, Uncertain}}, []ID{2}, 2, 1, nil},
		"unknown":         {"taken for applied", []step{{0, 1, Applied}, {1, 2, Unknown}}, []ID{2}, 2, 1, nil},
		"asked for twice": {"counts once", []step{{0, 1, Applied}}, []ID{1, 1}, 1, 0, nil},
	} {
		t.Run(name, func(t *testing.T) {
			both(t, func(t *testing.T, j *Journal) {
				for _, s := range c.steps {
					if id := mustBegin(t, j, s.intent()); s.state != Unknown {
						mustEnd(t, j, id, s.state)
					}
				}
				got, err := j.Inverse(c.undo...)
				if err != nil {
					t.Fatal(err)
				}
				var want []Restore
				if c.from != c.to {
					want = []Restore{{Zone: exampleZone(), ZoneName: "example.com", Groups: step{c.from, c.to, ""}.intent().Batch.Groups, Later: [][]ID{c.later}}}
				}
				wantEqual(t, c.why, want, got)
			})
		})
	}
}

// TestInverseOfAnotherObject has what only named another object, as rows of a table do, make no marker of a record set.
func TestInverseOfAnotherObject(t *testing.T) {
	both(t, func(t *testing.T, j *Journal) {
		keep := change.Change{Before: address(1), After: address(1), Marker: true, Resource: "service/shop/other", View: "default"}
		for _, i := range []Intent{step{0, 1, ""}.intent(), intent(group("app.example.com", keep)), step{1, 0, ""}.intent()} {
			mustEnd(t, j, mustBegin(t, j, i), Applied)
		}
		for _, ids := range [][]ID{{2, 3}, {2}} {
			got, err := j.Inverse(ids...)
			if err != nil || len(got) != 1 || len(got[0].Groups[0].Changes) != 1 {
				t.Fatalf("%+v, %v", got, err)
			}
			if c := got[0].Groups[0].Changes[0]; c.Marker || c.Before != nil || c.After == nil {
				t.Errorf("undo of %v is %+v", ids, c)
			}
		}
	})
}

func TestInverseKeepsTogether(t *testing.T) {
	both(t, func(t *testing.T, j *Journal) {
		second := published(1)
		second.Zone.ID = "Z1EXAMPLE"
		mustEnd(t, j, mustBegin(t, j, second), Applied)
		mustEnd(t, j, mustBegin(t, j, published(1)), Applied)
		got, err := j.Inverse(1, 2)
		if err != nil {
			t.Fatal(err)
		}
		if len(got) != 2 || got[0].Zone != exampleZone() || got[1].Zone != second.Zone {
			t.Fatalf("two zones of one name are mixed: %v", got)
		}
		for _, r := range got {
			if len(r.Groups) != 1 || len(r.Groups[0].Changes) != 2 || !r.Groups[0].Changes[0].Marker {
				t.Errorf("the record set and its marker aren't in one group: %v", r.Groups)
			}
		}
	})
}

func TestInverseOfWhatIsGone(t *testing.T) {
	both(t, func(t *testing.T, j *Journal) {
		mustBegin(t, j, published(1))
		if got, err := j.Inverse(1, 2); err == nil {
			t.Errorf("entry 2 is undone by %v", got)
		}
		if got, err := j.Inverse(); got != nil || err != nil {
			t.Errorf("nothing is undone by %v, %v", got, err)
		}
	})
}

func TestInverseTellsDamage(t *testing.T) {
	dir := t.TempDir()
	j := mustOpen(t, dir, Options{})
	for n := range 3 {
		mustEnd(t, j, mustBegin(t, j, step{n, n + 1, ""}.intent()), Applied)
	}
	mustClose(t, j)
	file := content(t, dir, firstName())
	file[len(file)/2] ^= 1 // in entry 2
	put(t, dir, firstName(), file)
	j = mustOpen(t, dir, Options{})
	got, err := j.Inverse(1)
	if _, ok := errors.AsType[*Damage](err); !ok || len(got) != 1 {
		t.Fatalf("%v, %v: want the damage beside a result", got, err)
	}
	if _, err := j.Inverse(2); err == nil {
		t.Fatal("a damaged entry is undone")
	}
}

// TestUndoBringsBack plays random batches on zones of a few names, undoes the newest entries, and compares every record set
// with how it was. A batch that was refused didn't happen; of an uncertain one nobody knows, so here it did.
func TestUndoBringsBack(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		j := mustOpen(t, "", Options{})
		now := make(map[place]*record.Set)
		history := []map[place]*record.Set{nil} // by ID, before the entry
		for range rapid.IntRange(1, 12).Draw(rt, "entries") {
			z := zone.Key{ID: rapid.SampledFrom([]string{"Z1", "Z2"}).Draw(rt, "zone")}
			in := intent()
			in.Zone = z
			after := maps.Clone(now)
			for _, name := range []string{"a.example.com", "b.example.com", "c.example.com"} {
				p := place{z, record.Key{Name: set(name, record.A).Name, Type: record.A}}
				var to *record.Set
				if n := rapid.IntRange(-1, 2).Draw(rt, name); n > 0 {
					to = set(name, record.A, fmt.Sprintf("192.0.2.%d", n))
				} else if n < 0 || now[p] == nil {
					continue
				}
				in.Batch.Groups = append(in.Batch.Groups, group(name, change.Change{Before: now[p], After: to}))
				after[p] = to
			}
			if len(in.Batch.Groups) == 0 {
				continue
			}
			history = append(history, maps.Clone(now))
			id := mustBegin(t, j, in)
			s := rapid.SampledFrom([]State{Unknown, Applied, Refused, Uncertain}).Draw(rt, "state")
			if s != Unknown {
				mustEnd(t, j, id, s)
			}
			if s != Refused {
				now = after
			}
		}
		if len(history) == 1 {
			return
		}
		from := rapid.IntRange(1, len(history)-1).Draw(rt, "undo from")
		var undo []ID
		for id := from; id < len(history); id++ {
			undo = append(undo, ID(id))
		}
		restores, err := j.Inverse(undo...)
		if err != nil {
			rt.Fatal(err)
		}
		for _, r := range restores {
			for _, c := range (change.Batch{Groups: r.Groups}).Changes() {
				p := place{r.Zone, c.Key()}
				wantEqual(t, "what is there", now[p], c.Before)
				now[p] = c.After
			}
		}
		for p := range now {
			wantEqual(t, p.key.String(), history[from][p], now[p])
		}
	})
}
