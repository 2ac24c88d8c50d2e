// SPDX-License-Identifier: Apache-2.0

package reconcile_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"nafuda.io/nafuda/internal/decide/view"
	"nafuda.io/nafuda/internal/feed"
	"nafuda.io/nafuda/internal/loop/reconcile"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/registry/txt"
)

// layout is a drawn set of views: which of them has which part of the names, and how each publishes.
type layout struct {
	parts  map[string][]string // domains by view
	owners map[string]string
	policy map[string]string
	types  map[string][]string
	zones  map[string][]string // ids; none: all
}

var (
	layoutViews = []string{"one", "two", "three"}
	layoutParts = []string{"a.example.com", "b.example.com", "a-b.example.com", "sub.example.com"}
)

func drawLayout(t *rapid.T, at string) layout {
	l := layout{make(map[string][]string), make(map[string]string), make(map[string]string), make(map[string][]string), make(map[string][]string)}
	for _, p := range layoutParts {
		if v := rapid.SampledFrom(append(layoutViews, "", "one")).Draw(t, at+" view of "+p); v != "" {
			l.parts[v] = append(l.parts[v], p)
		}
	}
	for _, v := range layoutViews {
		l.owners[v] = rapid.SampledFrom([]string{"me", "me", "you"}).Draw(t, at+" owner")
		l.policy[v] = rapid.SampledFrom([]string{"sync", "sync", "upsert-only", "create-only"}).Draw(t, at+" policy")
		l.types[v] = rapid.SampledFrom([][]string{{"A,AAAA,CNAME"}, {"A"}}).Draw(t, at+" types")
		l.zones[v] = rapid.SampledFrom([][]string{nil, nil, {"example.com"}, {"sub.example.com"}}).Draw(t, at+" zones")
	}
	return l
}

func (l layout) views() []reconcile.View {
	out := []reconcile.View{}
	for _, name := range layoutViews {
		if l.parts[name] == nil {
			continue
		}
		o := view.Options{Policy: l.policy[name], ManagedTypes: l.types[name], DomainFilter: l.parts[name]}
		v := reconcile.View{
			Spec: o.Spec(name, "memory", nil, nil), Accounts: []string{"default"},
			Registry: txt.New(txt.Options{Owner: l.owners[name], Prefix: "x-", Format: "typed"}),
		}
		if ids := l.zones[name]; ids != nil {
			v.Zones = func(z zone.Zone) bool { return slices.Contains(ids, z.ID) }
		}
		out = append(out, v)
	}
	return out
}

// TestOnePathReplace: after Replace the zones end as they would have with a loop that had begun with those views, and wherever it comes
// in between, another start finds nothing to do and what isn't ours is as it was.
func TestOnePathReplace(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		before, after := drawLayout(rt, "before"), drawLayout(rt, "after")
		s := scene{start: make(map[string][]record.Set)}
		objects, late := make(map[string]*thing), make(map[string]*thing)
		for _, at := range sceneObjects {
			objects[at], late[at] = s.draw(rt), s.draw(rt)
		}
		foreign := rapid.Bool().Draw(rt, "foreign")
		pause := rapid.SampledFrom([]time.Duration{0, 50 * time.Millisecond, 150 * time.Millisecond, time.Second}).Draw(rt, "pause")
		synctest.Test(t, func(t *testing.T) {
			// replaced starts with the views before, replaced or not, and returns the rig with what its zones hold.
			run := func(first, then layout, replaced bool, in [][]record.Set, objects map[string]*thing, meanwhile func(*rig)) *rig {
				r := newRig(t, sceneZones...)
				for i, sets := range in {
					r.memory.Put(sceneZones[i], sets...)
				}
				r.fixed = first.views()
				l := r.start()
				r.synced(deltas(objects)...)
				if replaced {
					if meanwhile != nil {
						meanwhile(r)
					}
					r.fixed = then.views()
					r.replace(l)
				}
				r.settle()
				r.stop()
				return r
			}
			var start []record.Set
			if foreign {
				start = append(start, set("b.example.com", "A", "203.0.113.9"), set("x.a.example.com", "A", "203.0.113.9"))
			}
			settled := run(before, before, false, [][]record.Set{start, nil}, objects, nil).holding()
			got := run(before, after, true, settled, objects, nil).holding()
			want := run(after, after, false, settled, objects, nil).holding()
			if fmt.Sprint(got) != fmt.Sprint(want) {
				rt.Errorf("replaced, the zones end as\n%v\nstarted so, as\n%v\nfrom\n%v", got, want, settled)
			}
			r := run(before, after, true, [][]record.Set{start, nil}, objects, func(r *rig) {
				for _, at := range slices.Sorted(maps.Keys(late)) {
					r.put(at, late[at])
					time.Sleep(pause)
				}
			})
			for _, set := range start {
				if !slices.ContainsFunc(r.memory.Sets("example.com"), set.Equal) {
					rt.Errorf("foreign: %s was changed", set.Key)
				}
			}
			end := r.holding()
			if again := run(after, after, false, end, late, nil).holding(); fmt.Sprint(end) != fmt.Sprint(again) {
				rt.Errorf("another start makes\n%v\nof\n%v", again, end)
			}
		})
	})
}

func deltas(objects map[string]*thing) []feed.Delta {
	var out []feed.Delta
	for _, at := range slices.Sorted(maps.Keys(objects)) {
		out = append(out, delta(at, objects[at]))
	}
	return out
}

// holding is what the zones of a scene hold.
func (r *rig) holding() [][]record.Set {
	var out [][]record.Set
	for _, z := range sceneZones {
		out = append(out, r.memory.Sets(z))
	}
	return out
}
