// SPDX-License-Identifier: Apache-2.0

package reconcile_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"nafuda.io/nafuda/internal/decide/view"
	"nafuda.io/nafuda/internal/loop/reconcile"
	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/provider/providertest"
	"nafuda.io/nafuda/internal/registry/txt"
)

// overlap is a view of one zone that others use too, and that has objects with them.
type overlap struct {
	name, owner, policy, account string
	objects                      []string
}

func (o overlap) view() reconcile.View {
	opts := view.Options{Policy: o.policy, ManagedTypes: []string{"A,AAAA,CNAME"}}
	return reconcile.View{
		Spec:     opts.Spec(o.name, "memory", func(l map[string]string) bool { return slices.Contains(o.objects, l["name"]) }, nil),
		Registry: txt.New(txt.Options{Owner: o.owner, Prefix: "x-", Format: "typed"}), Accounts: []string{o.account},
	}
}

var (
	overlapViews   = []string{"one", "two", "three"}
	overlapObjects = []string{"x", "y", "z"}
	overlapNames   = []string{"a.example.com", "b.example.com", "c.example.com"}
)

func drawOverlap(t *rapid.T) []overlap {
	var out []overlap
	for _, name := range rapid.Permutation(overlapViews).Draw(t, "order")[rapid.IntRange(0, 2).Draw(t, "fewer"):] {
		out = append(out, overlap{
			name: name, owner: rapid.SampledFrom([]string{"me", "me", "you"}).Draw(t, "owner"),
			policy:  rapid.SampledFrom([]string{"sync", "sync", "sync", "upsert-only", "create-only"}).Draw(t, "policy"),
			account: rapid.SampledFrom([]string{"default", "default", "other"}).Draw(t, "account"),
			objects: rapid.SliceOfNDistinct(rapid.SampledFrom(overlapObjects), 0, 3, rapid.ID[string]).Draw(t, "objects"),
		})
	}
	return out
}

func drawOverlapping(t *rapid.T, address string) *thing {
	out := ask()
	for _, n := range overlapNames {
		if target := rapid.SampledFrom([]string{"", "", address, address, "hold", "target.example.net", "2001:db8::1"}).Draw(t, n); target != "" {
			out.Names[n] = []string{target}
		}
	}
	if len(out.Names) == 0 {
		return nil
	}
	return out
}

// overlapStep is what happens next: other views, or an object asks for something else.
type overlapStep struct {
	views  []overlap // nil: they stay
	object string
	asks   *thing
	pause  time.Duration
}

func drawOverlapSteps(t *rapid.T) []overlapStep {
	var out []overlapStep
	for i := range rapid.IntRange(2, 14).Draw(t, "steps") {
		s := overlapStep{pause: rapid.SampledFrom([]time.Duration{0, 50 * time.Millisecond, 5 * time.Second, 10 * time.Minute}).Draw(t, "pause")}
		if i == 0 || rapid.IntRange(0, 3).Draw(t, "step") == 0 {
			s.views = drawOverlap(t)
		} else {
			s.object = rapid.SampledFrom(overlapObjects).Draw(t, "object")
			s.asks = drawOverlapping(t, fmt.Sprintf("192.0.2.%d", i))
		}
		out = append(out, s)
	}
	return out
}

// overlapping is a rig with what its views and objects are at the moment.
type overlapping struct {
	*rig
	views       []overlap
	objects     map[string]*thing
	faults, log []string
}

func newOverlapping(t *testing.T) *overlapping {
	r := &overlapping{rig: newRig(t), objects: make(map[string]*thing)}
	z := providertest.MemoryZone("example.com")
	z.Place = "there"
	r.memory.AddZone(z)
	r.opts.Rate, r.opts.Burst = 1000, 1000
	r.apart = []reconcile.Account{{Name: "other", Provider: door{providertest.NewFlaky(r.memory), "other"}}}
	r.adjust = func(c *reconcile.Config) {
		hear := c.Observe
		c.Observe = func(e reconcile.Event) {
			hear(e)
			if a, ok := e.(reconcile.Applied); ok {
				r.judge(a)
			}
		}
	}
	return r
}

func (r *overlapping) say(format string, args ...any) {
	r.log = append(r.log, fmt.Sprintf(format, args...))
}

func (r *overlapping) fault(format string, args ...any) {
	r.faults = append(r.faults, fmt.Sprintf(format, args...))
}

// judge looks for what a batch has deleted without need.
func (r *overlapping) judge(a reconcile.Applied) {
	for _, g := range a.Batch.Groups {
		comes := slices.ContainsFunc(g.Changes, func(ch change.Change) bool { return !ch.Marker && ch.After != nil }) // of another type
		for _, ch := range g.Changes {
			if ch.Marker {
				continue
			}
			r.say("  through %s, %s: %s %s", a.Zone.Account, ch.View, ch.Action(), ch.Key())
			if !comes {
				r.deleted(ch)
			}
		}
	}
}

func (r *overlapping) deleted(ch change.Change) {
	i := slices.IndexFunc(r.views, func(v overlap) bool { return v.name == ch.View })
	if i < 0 {
		r.fault("%s, which isn't a view any more, deleted %s", ch.View, ch.Key())
		return
	}
	if r.views[i].policy != "sync" {
		r.fault("%s deleted %s under %s", ch.View, ch.Key(), r.views[i].policy)
	}
	alias := ch.Key()
	alias.Type = record.CNAME
	for _, v := range r.views {
		for _, o := range v.objects {
			if r.objects[o].has(alias) && !r.objects[o].has(ch.Key()) {
				return // the one or the other has the name, and a view that stands behind has neither
			}
		}
	}
	for _, v := range r.views {
		for _, o := range v.objects {
			if v.owner == r.views[i].owner && r.objects[o].has(ch.Key()) {
				r.fault("%s deleted %s, which %s asks for in %s", ch.View, ch.Key(), o, v.name)
			}
		}
	}
}

// has reports whether an object asks for a record set, or holds its name.
func (t *thing) has(k record.Key) bool {
	return t != nil && slices.ContainsFunc(t.Names[string(k.Name)], func(target string) bool { return target == "hold" || record.TypeOf(target) == k.Type })
}

// missing looks for names that are asked for, held by nobody, and at which nothing is published.
func (r *overlapping) missing() {
	for _, n := range overlapNames {
		asked, held := false, false
		for _, v := range r.views {
			for _, o := range v.objects {
				if at := r.objects[o]; at != nil && at.Names[n] != nil {
					asked, held = true, held || slices.Contains(at.Names[n], "hold")
				}
			}
		}
		there := slices.ContainsFunc(r.memory.Sets("example.com"), func(s record.Set) bool { return string(s.Name) == n })
		if asked && !held && !there {
			r.fault("%s is asked for and isn't there", n)
		}
	}
}

func (r *overlapping) enter(l *reconcile.Loop, views []overlap) {
	r.views, r.fixed = views, nil
	for _, v := range views {
		r.fixed = append(r.fixed, v.view())
	}
	if l == nil {
		return
	}
	accounts, list := r.places()
	if err := l.Replace(r.t.Context(), append(accounts, r.apart...), list); err != nil {
		r.t.Fatal(err)
	}
}

func (r *overlapping) do(l *reconcile.Loop, s overlapStep) {
	if s.views != nil {
		r.say("views %+v", s.views)
		r.enter(l, s.views)
	} else {
		r.say("%s asks for %+v", s.object, s.asks)
		r.objects[s.object] = s.asks
		r.put("d/"+s.object, s.asks)
	}
	time.Sleep(s.pause)
	synctest.Wait()
}

// TestViewsThatOverlap: whatever views use a zone together, whatever becomes of them and through whichever account, none deletes what an object
// asks for or holds in a view of the same owner, none deletes against its policy, at rest something is published where one
// asks, and nothing is sent (invariants proof, quiet).
func TestViewsThatOverlap(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		steps := drawOverlapSteps(rt)
		synctest.Test(t, func(t *testing.T) {
			r := newOverlapping(t)
			r.enter(nil, steps[0].views)
			l := r.start()
			r.synced()
			for _, s := range steps {
				r.do(l, s)
			}
			time.Sleep(3 * time.Hour) // what the other account has done is drift, found by the rolling read at the latest
			synctest.Wait()
			sent := r.memory.Calls().Apply
			r.say("at rest")
			time.Sleep(time.Hour)
			r.again()
			if n := r.memory.Calls().Apply - sent; n > 0 {
				r.fault("%d batches were sent at rest", n)
			}
			r.missing()
			r.stop()
			if len(r.faults) > 0 {
				rt.Errorf("%s\n%s\nthe zone holds\n%s", strings.Join(r.faults, "\n"), strings.Join(r.log, "\n"), strings.Join(r.zone("example.com"), "\n"))
			}
		})
	})
}
