// SPDX-License-Identifier: Apache-2.0

package reconcile_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"nafuda.io/nafuda/internal/decide/view"
	"nafuda.io/nafuda/internal/feed"
	"nafuda.io/nafuda/internal/loop/reconcile"
	"nafuda.io/nafuda/test/feedtest"
)

// modelOfHome is what a zone holds whose view replaces private addresses by our public one: values by "name type".
func modelOfHome(objects map[string]*thing, v4, v6 string) map[string]bool {
	values := make(map[string][]string)
	for _, o := range objects {
		for name, targets := range o.Names {
			if o.WAN {
				targets = []string{v4, v6}
			}
			for _, target := range targets {
				typ, ours := "A", v4
				if strings.Contains(target, ":") {
					typ, ours = "AAAA", v6
				}
				for _, prefix := range []string{"192.168.", "10.", "fd00:", "fe80:"} {
					if strings.HasPrefix(target, prefix) {
						target = ours
					}
				}
				values[name+" "+typ] = append(values[name+" "+typ], target)
			}
		}
	}
	out := make(map[string]bool)
	for key, list := range values {
		name, typ, _ := strings.Cut(key, " ")
		slices.Sort(list)
		out[key+" "+strings.Join(slices.Compact(list), " ")] = true
		out["x-"+strings.ToLower(typ)+"-"+name+" TXT"] = true
	}
	return out
}

// brought lists the private addresses that batches have brought into the zone.
func brought(r *rig) (out []string) {
	for _, e := range r.seen() {
		applied, is := e.(reconcile.Applied)
		if !is {
			continue
		}
		for _, c := range applied.Batch.Changes() {
			if c.After == nil {
				continue
			}
			for _, v := range c.After.Values {
				if view.Private(v) && (c.Before == nil || !slices.Contains(c.Before.Values, v)) {
					out = append(out, fmt.Sprintf("%s %s", c.Key(), v))
				}
			}
		}
	}
	return out
}

// TestNoPrivateAddressIsSent to a public zone whose view has another rule, whatever objects ask for and whatever is known of our public
// address; and once it is known, the zone is as a naive model has it, and a fresh start plans nothing.
func TestNoPrivateAddressIsSent(t *testing.T) {
	targets := []string{"192.168.10.51", "192.168.10.52", "10.0.0.1", "192.0.2.1", "fd00::1", "fe80::1", "2001:db8::1"}
	rapid.Check(t, func(rt *rapid.T) {
		type step struct {
			at     string
			object *thing
			wan    string
			pause  time.Duration
		}
		var steps []step
		for range rapid.IntRange(1, 12).Draw(rt, "steps") {
			s := step{pause: rapid.SampledFrom([]time.Duration{0, 50 * time.Millisecond, 2 * time.Second, 6 * time.Minute}).Draw(rt, "pause")}
			switch rapid.IntRange(0, 3).Draw(rt, "what") {
			case 0:
				s.wan = rapid.SampledFrom([]string{"198.51.100.7 2001:db8::7", "198.51.100.8 AAAA?", "A? 2001:db8::8", "A? AAAA?", "198.51.100.9"}).Draw(rt, "wan")
			case 1:
				s.at = rapid.SampledFrom(someObjects).Draw(rt, "gone")
			default:
				s.at, s.object = rapid.SampledFrom(someObjects).Draw(rt, "object"), ask()
				s.object.WAN = rapid.Bool().Draw(rt, "annotated")
				for _, n := range rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"a.example.com", "b.example.com", "c.b.example.com"}), 1, 2, rapid.ID[string]).Draw(rt, "names") {
					s.object.Names[n] = rapid.SliceOfNDistinct(rapid.SampledFrom(targets), 1, 3, rapid.ID[string]).Draw(rt, "targets")
				}
			}
			steps = append(steps, s)
		}
		synctest.Test(t, func(t *testing.T) {
			r, o := newRig(t, "example.com"), newSeer()
			r.facts = o
			r.view.PrivateTargets, r.view.TargetFrom, r.view.TargetAnnotation = "replace", []string{"wan"}, true
			objects := make(map[string]*thing)
			r.start()
			r.synced()
			for _, s := range steps {
				switch {
				case s.wan != "":
					o.wan(s.wan)
				case s.object != nil:
					objects[s.at] = s.object
					r.put(s.at, s.object)
				default:
					delete(objects, s.at)
					r.put(s.at, nil)
				}
				time.Sleep(s.pause)
			}
			o.wan("198.51.100.9 2001:db8::9")
			r.settle()
			if got := brought(r); got != nil {
				rt.Errorf("sent %q", got)
			}
			want, got := modelOfHome(objects, "198.51.100.9", "2001:db8::9"), withoutResource(r.zone("example.com"))
			if diff := cmp.Diff(want, got); diff != "" {
				rt.Errorf("the zone (-want +got):\n%s", diff)
			}
			r.stop()
			writes := r.memory.Calls().Apply
			r.feed = make(feedtest.Script)
			r.start()
			var ds []feed.Delta
			for at, object := range objects {
				ds = append(ds, delta(at, object))
			}
			r.synced(ds...)
			r.settle()
			if n := r.memory.Calls().Apply - writes; n != 0 {
				rt.Errorf("a fresh start wrote %d times", n)
			}
			r.stop()
		})
	})
}
