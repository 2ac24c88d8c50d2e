// SPDX-License-Identifier: Apache-2.0

package reconcile_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"nafuda.io/nafuda/internal/feed"
)

// oracle is the naive model of what the zone must hold: for each name and address family the union of what objects ask for, or
// else a CNAME; a marker beside each; and whatever stood there before that isn't ours. It knows nothing of the engine.
func oracle(objects map[string]*thing, foreign map[string]bool) map[string]bool {
	values := make(map[string]map[string]bool) // "name TYPE" -> values
	for _, t := range objects {
		for name, targets := range t.Names {
			for _, target := range targets {
				typ := "CNAME"
				switch {
				case strings.Contains(target, ":"):
					typ = "AAAA"
				case strings.Contains("0123456789", target[:1]):
					typ = "A"
				}
				key := name + " " + typ
				if values[key] == nil {
					values[key] = make(map[string]bool)
				}
				values[key][target] = true
			}
		}
	}
	out := make(map[string]bool)
	for key, targets := range values {
		name, typ, _ := strings.Cut(key, " ")
		if typ == "CNAME" && (values[name+" A"] != nil || values[name+" AAAA"] != nil) || foreign[name] {
			continue
		}
		out[key+" "+strings.Join(slices.Sorted(maps.Keys(targets)), " ")] = true
		out["x-"+strings.ToLower(typ)+"-"+name+" TXT"] = true
	}
	return out
}

// withoutResource drops what depends on history: which of several askers a marker names.
func withoutResource(lines []string) map[string]bool {
	out := make(map[string]bool)
	for _, l := range lines {
		if marker, _, ok := strings.Cut(l, " TXT me:"); ok {
			l = marker + " TXT"
		}
		out[l] = true
	}
	return out
}

var (
	someNames   = []string{"a.example.com", "b.example.com", "c.b.example.com", "*.example.com", "example.com", "a-b.example.com"}
	someTargets = []string{"192.0.2.1", "192.0.2.2", "198.51.100.1", "2001:db8::1", "2001:db8::2", "cname"}
	someObjects = []string{"d/1", "d/2", "d/3", "d/4"}
)

func drawThing(t *rapid.T) *thing {
	out := ask()
	for _, n := range rapid.SliceOfNDistinct(rapid.SampledFrom(someNames), 0, 3, rapid.ID[string]).Draw(t, "names") {
		targets := rapid.SliceOfNDistinct(rapid.SampledFrom(someTargets), 1, 3, rapid.ID[string]).Draw(t, "targets")
		for i, target := range targets {
			if target == "cname" { // one for each name: which of several wins depends on who came first
				targets[i] = "lb-" + strings.ReplaceAll(strings.ReplaceAll(n, ".", "-"), "*", "star") + ".example.net"
			}
		}
		out.Names[n] = targets
	}
	return out
}

// TestOnePath: whatever the order of deltas and however they are spread over time, the zone ends as the naive model says, and a
// fresh start over the same objects and that zone plans nothing.
func TestOnePath(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		objects := make(map[string]*thing)
		type step struct {
			object string
			thing  *thing
			pause  time.Duration
		}
		var steps []step
		for i := range rapid.IntRange(1, 15).Draw(rt, "steps") {
			s := step{object: rapid.SampledFrom(someObjects).Draw(rt, fmt.Sprint("object", i))}
			if rapid.IntRange(0, 3).Draw(rt, "delete") > 0 {
				s.thing = drawThing(rt)
			}
			s.pause = rapid.SampledFrom([]time.Duration{0, 50 * time.Millisecond, 2 * time.Second, 6 * time.Minute}).Draw(rt, "pause")
			steps = append(steps, s)
		}
		foreign := rapid.Bool().Draw(rt, "foreign")
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, "example.com")
			r.txt.Prefix = "x-"
			taken := make(map[string]bool)
			if foreign {
				r.memory.Put("example.com", set("b.example.com", "A", "203.0.113.9"))
				taken["b.example.com"] = true
			}
			r.start()
			r.synced()
			for _, s := range steps {
				r.put(s.object, s.thing)
				if s.thing == nil {
					delete(objects, s.object)
				} else {
					objects[s.object] = s.thing
				}
				time.Sleep(s.pause)
			}
			r.settle()
			got := withoutResource(r.zone("example.com"))
			want := oracle(objects, taken)
			if foreign {
				want["b.example.com A 203.0.113.9"] = true
			}
			if foldApex(want); !maps.Equal(got, want) {
				rt.Errorf("the zone holds\n\t%s\nwant\n\t%s", strings.Join(slices.Sorted(maps.Keys(got)), "\n\t"), strings.Join(slices.Sorted(maps.Keys(want)), "\n\t"))
			}
			r.stop()
			writes := r.memory.Calls().Apply
			r.start()
			var ds []feed.Delta
			for at, o := range objects {
				ds = append(ds, delta(at, o))
			}
			r.synced(ds...)
			if n := r.memory.Calls().Apply - writes; n != 0 {
				rt.Errorf("a fresh start over the same objects wrote %d times", n)
			}
			r.stop()
		})
	})
}

// foldApex moves the apex's markers inside the zone, where ours go.
func foldApex(want map[string]bool) {
	for _, typ := range []string{"a", "aaaa", "cname"} {
		if outside := "x-" + typ + "-example.com TXT"; want[outside] {
			delete(want, outside)
			want[typ+"-x-.example.com TXT"] = true
		}
	}
}
