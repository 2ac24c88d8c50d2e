// SPDX-License-Identifier: Apache-2.0

package reconcile_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"nafuda.io/nafuda/internal/feed"
	"nafuda.io/nafuda/internal/provider/providertest"
)

// pointers is the naive model of the reverse zone: for each address of it, the names that have it, and a marker beside.
func pointers(objects map[string]*thing) []string {
	names := make(map[string]map[string]bool)
	for _, t := range objects {
		for name, targets := range t.Names {
			for _, target := range targets {
				host, in := strings.CutPrefix(target, "192.0.2.")
				if !in || strings.HasPrefix(name, "*") {
					continue
				}
				if names[host] == nil {
					names[host] = make(map[string]bool)
				}
				names[host][name] = true
			}
		}
	}
	var out []string
	for host, list := range names {
		at := host + "." + reverseZone
		out = append(out, at+" PTR "+strings.Join(slices.Sorted(maps.Keys(list)), " "), "x-ptr-"+at+" TXT")
	}
	slices.Sort(out)
	return out
}

// TestOnePathOfReverseNames: whatever the order of deltas, with names held on the way, the reverse zone ends as the naive model says; while
// a name is held it loses none of its pointers; and a fresh start plans nothing.
func TestOnePathOfReverseNames(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		objects := make(map[string]*thing)
		steps := rapid.IntRange(1, 10).Draw(rt, "steps")
		var drawn []struct {
			at    string
			thing *thing
			hold  bool
			pause time.Duration
		}
		for range steps {
			drawn = append(drawn, struct {
				at    string
				thing *thing
				hold  bool
				pause time.Duration
			}{
				rapid.SampledFrom(someObjects).Draw(rt, "object"), drawThing(rt), rapid.Bool().Draw(rt, "hold"),
				rapid.SampledFrom([]time.Duration{0, 50 * time.Millisecond, 3 * time.Second}).Draw(rt, "pause"),
			})
		}
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, "example.com")
			r.memory.AddZone(providertest.MemoryZone(reverseZone))
			r.view.ManagedTypes, r.view.CreatePTR = []string{"A,AAAA,CNAME,PTR"}, true
			r.view.MergeNamespaces = true
			r.start()
			defer func() { r.stop() }()
			r.synced()
			for _, s := range drawn {
				if s.hold && objects[s.at] != nil {
					r.settle()
					held := ask()
					for name := range objects[s.at].Names {
						held.Names[name] = []string{"hold"}
					}
					before := withoutResource(r.zone(reverseZone))
					r.put(s.at, held)
					r.settle()
					if diff := cmp.Diff(before, withoutResource(r.zone(reverseZone))); diff != "" {
						rt.Errorf("invariant proof: %s is held, and the zone changes (-before +after):\n%s", s.at, diff)
					}
				}
				objects[s.at] = s.thing
				r.put(s.at, s.thing)
				time.Sleep(s.pause)
			}
			r.settle()
			r.settle()
			want := pointers(objects)
			if diff := cmp.Diff(want, slices.Sorted(maps.Keys(withoutResource(r.zone(reverseZone))))); diff != "" {
				rt.Errorf("invariant one path (-the model +the zone):\n%s", diff)
			}
			r.stop()
			writes := r.memory.Calls().Apply
			r.start()
			var all []feed.Delta
			for _, at := range slices.Sorted(maps.Keys(objects)) {
				all = append(all, delta(at, objects[at]))
			}
			r.synced(all...)
			if n := r.memory.Calls().Apply - writes; n != 0 {
				rt.Errorf("invariant one path: a fresh start writes %d times", n)
			}
		})
	})
}
