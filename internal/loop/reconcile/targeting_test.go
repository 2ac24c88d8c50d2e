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

	"nafuda.io/nafuda/internal/feed"
	"nafuda.io/nafuda/internal/loop/reconcile"
	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/fact"
	"nafuda.io/nafuda/test/feedtest"
)

// wan says from now on what our public address is; see resolved.
func (o *seer) wan(addresses string) {
	o.mu.Lock()
	o.at[fact.OfWAN()] = resolved(addresses)
	o.mu.Unlock()
	o.tells <- fact.News{Key: fact.OfWAN(), Value: resolved(addresses)}
	synctest.Wait()
}

// atWAN is ask for an object that has the annotation.
func atWAN(names ...string) *thing {
	t := ask(names...)
	t.WAN = true
	return t
}

// home is a loop whose view replaces private addresses by our public one.
func home(t *testing.T, f func(*rig, *seer)) {
	in(t, func(r *rig) {
		o := newSeer()
		r.facts = o
		r.view.PrivateTargets, r.view.TargetFrom, r.view.TargetAnnotation = "replace", []string{"wan"}, true
		f(r, o)
	})
}

const (
	wan7, marker7 = "a.example.com A 198.51.100.7", "x-a-a.example.com TXT me:d/a"
	wan6, marker6 = "a.example.com AAAA 2001:db8::7", "x-aaaa-a.example.com TXT me:d/a"
)

// TestProofAnUnknownAddressIsHeld: whatever is said of our public address, nothing is taken away that isn't replaced.
func TestProofAnUnknownAddressIsHeld(t *testing.T) {
	for name, object := range map[string]*thing{
		"rule":       ask("a.example.com=192.168.10.51,fd00::1"),
		"annotation": atWAN("a.example.com=hold"),
	} {
		t.Run(name, func(t *testing.T) {
			home(t, func(r *rig, o *seer) {
				r.start()
				r.synced(delta("d/a", object))
				r.want("example.com") // nothing is known yet
				o.wan("198.51.100.7 2001:db8::7")
				r.settle()
				published := []string{wan7, marker7, wan6, marker6}
				r.want("example.com", slices.Clone(published)...)
				o.wan("A? AAAA?")
				r.everythingAgain()
				r.want("example.com", slices.Clone(published)...)
				o.wan("198.51.100.8 AAAA?") // that family alone
				r.settle()
				r.want("example.com", "a.example.com A 198.51.100.8", marker7, wan6, marker6)
				o.wan("A? 2001:db8::8")
				r.everythingAgain()
				r.want("example.com", "a.example.com A 198.51.100.8", marker7, "a.example.com AAAA 2001:db8::8", marker6)
				o.wan("2001:db8::8") // there is no IPv4, and that is known
				r.settle()
				r.want("example.com", "a.example.com AAAA 2001:db8::8", marker6)
				r.put("d/a", nil)
				r.settle()
				r.want("example.com")
			})
		})
	}
}

// TestProofRestartBeforeTheAddressIsKnown: what is published stays as it is, and isn't written again once the address comes.
func TestProofRestartBeforeTheAddressIsKnown(t *testing.T) {
	home(t, func(r *rig, o *seer) {
		objects := []feed.Delta{delta("d/a", ask("a.example.com=192.168.10.51")), delta("d/b", atWAN("b.example.com=hold"))}
		o.at[fact.OfWAN()] = resolved("198.51.100.7")
		r.start()
		r.synced(objects...)
		published := r.zone("example.com")
		if len(published) != 4 {
			t.Fatalf("published %q", published)
		}
		r.stop()
		delete(o.at, fact.OfWAN())
		r.feed = make(feedtest.Script)
		r.start()
		r.synced(objects...)
		r.everythingAgain()
		o.wan("A? AAAA?")
		r.everythingAgain()
		o.wan("198.51.100.7")
		r.everythingAgain()
		r.want("example.com", published...)
		if n := r.memory.Calls().Apply; n != 1 {
			t.Errorf("%d writes, want 1", n)
		}
	})
}

// crowd is objects for n names of each zone, with addresses of their own each.
func crowd(n int, zones ...string) (objects []feed.Delta) {
	for _, z := range zones {
		for i := range n {
			object := ask(fmt.Sprintf("n%d.%s=192.168.%d.%d", i, z, i/250, i%250+1))
			if i%2 == 0 {
				object = atWAN(fmt.Sprintf("n%d.%s=hold", i, z))
			}
			object.TTL = uint32(60 + i%3)
			objects = append(objects, delta(fmt.Sprintf("d/%s-%d", strings.ReplaceAll(z, ".", "-"), i), object))
		}
	}
	return objects
}

// TestBrakeCountsAMoveOfTheAddressOnce: all names follow it in one batch a zone, and nothing holds them.
func TestBrakeCountsAMoveOfTheAddressOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, "example.com", "example.net")
		o := newSeer()
		r.facts, r.guard = o, careful
		r.memory.Limits = change.Limits{Changes: 10_000, Values: 10_000, Chars: 320_000} // Route 53's are enough for half as many names with their markers
		r.view.PrivateTargets, r.view.TargetFrom, r.view.TargetAnnotation = "replace", []string{"wan"}, true
		o.at[fact.OfWAN()] = resolved("198.51.100.7 2001:db8::7")
		r.start()
		defer func() { r.stop() }()
		r.synced(crowd(200, "example.com", "example.net")...)
		for range 10 {
			r.settle()
		}
		calls := r.memory.Calls().Apply
		for n, addresses := range []string{"198.51.100.8 2001:db8::7", "198.51.100.9 2001:db8::9", "198.51.100.9 AAAA?", "198.51.100.10 AAAA?"} {
			o.wan(addresses)
			for range 5 {
				r.settle()
			}
			want := calls + []int{2, 4, 4, 6}[n]
			if got := r.memory.Calls().Apply; got != want {
				t.Errorf("%d batches after the address is %s, want %d", got-calls, addresses, want-calls)
			}
		}
		for _, z := range []string{"example.com", "example.net"} {
			moved := 0
			for _, line := range r.zone(z) {
				if strings.HasSuffix(line, " A 198.51.100.10") {
					moved++
				}
			}
			if moved != 200 {
				t.Errorf("%d names of %s have moved, want 200", moved, z)
			}
		}
		if _, n := last[reconcile.BrakeHeld](r); n != 0 {
			t.Errorf("the brake held something %d times", n)
		}
	})
}

// TestBrakeHoldsARuleThatIsSwitchedOn: many names with addresses of their own that all get another one are a mass change, once; what a rule
// drops is a mass delete.
func TestBrakeHoldsARuleThatIsSwitchedOn(t *testing.T) {
	for rule, held := range map[string]int{"replace": 40, "drop": 40} {
		home(t, func(r *rig, o *seer) {
			r.kept()
			o.at[fact.OfWAN()] = resolved("198.51.100.7")
			rules := r.view
			r.view.PrivateTargets, r.view.TargetFrom = "publish", nil
			var objects []feed.Delta
			for i := range held {
				objects = append(objects, numbered(i, fmt.Sprintf("192.168.10.%d", i)))
			}
			r.start()
			r.synced(objects...)
			r.holds(held, "published as they are")
			before := r.zone("example.com")
			r.stop()
			if r.guard, r.view.PrivateTargets = careful, rule; rule == "replace" {
				r.view = rules
			}
			r.feed = make(feedtest.Script)
			l := r.start()
			r.synced(objects...)
			time.Sleep(time.Minute)
			synctest.Wait()
			r.want("example.com", before...)
			b, err := l.Braked(r.t.Context())
			if err != nil || len(b) != 1 || len(b[0].Updates)+len(b[0].Deletes) != held {
				t.Fatalf("%s: %+v, %v", rule, b, err)
			}
			if _, err := l.Approve(r.t.Context(), b[0].Hash); err != nil {
				t.Fatal(err)
			}
			r.settle()
			for _, line := range r.zone("example.com") {
				if strings.Contains(line, "192.168.") {
					t.Errorf("%s: after the approval there is still %s", rule, line)
				}
			}
		})
	}
}

// TestPolicyAndRules: what a rule leaves nothing of goes as anything else that nobody asks for, where the policy lets it.
func TestPolicyAndRules(t *testing.T) {
	for policy, want := range map[string][]string{
		"sync":        {"b.example.com A 192.0.2.1", "x-a-b.example.com TXT me:d/b"},
		"upsert-only": {"a.example.com A 192.168.10.51", marker7, "b.example.com A 192.0.2.1", "x-a-b.example.com TXT me:d/b"},
	} {
		home(t, func(r *rig, _ *seer) {
			r.view.PrivateTargets, r.view.TargetFrom = "publish", nil
			objects := []feed.Delta{delta("d/a", ask("a.example.com=192.168.10.51")), delta("d/b", ask("b.example.com=192.0.2.1,192.168.10.51"))}
			r.start()
			r.synced(objects...)
			r.stop()
			r.view.PrivateTargets, r.view.Policy = "drop", policy
			r.feed = make(feedtest.Script)
			r.start()
			r.synced(objects...)
			r.want("example.com", want...)
		})
	}
}

// TestQuietAnAddressThatFlapsInsideTheWindow: nothing is written, for nothing has changed by then.
func TestQuietAnAddressThatFlapsInsideTheWindow(t *testing.T) {
	home(t, func(r *rig, o *seer) {
		o.at[fact.OfWAN()] = resolved("198.51.100.7")
		r.start()
		r.synced(delta("d/a", ask("a.example.com=192.168.10.51")))
		for _, address := range []string{"198.51.100.8", "A?", "198.51.100.9", "198.51.100.7"} {
			o.wan(address)
			time.Sleep(50 * time.Millisecond)
		}
		r.settle()
		r.want("example.com", wan7, marker7)
		if n := r.memory.Calls().Apply; n != 1 {
			t.Errorf("%d writes, want 1", n)
		}
	})
}

// TestQuietTheAddressIsAskedForAsLongAsANameNeedsIt: not before, and not after the name or its private address is gone.
func TestQuietTheAddressIsAskedForAsLongAsANameNeedsIt(t *testing.T) {
	home(t, func(r *rig, o *seer) {
		r.start()
		r.synced(delta("d/a", ask("a.example.com=192.0.2.1")), delta("d/z", ask("a.example.org=192.168.10.51")))
		step := func(at string, object *thing, want ...string) {
			t.Helper()
			r.put(at, object)
			r.settle()
			if diff := cmp.Diff(want, o.wanted()); diff != "" {
				t.Errorf("wanted (-want +got):\n%s", diff)
			}
		}
		step("d/b", ask("b.example.com=192.0.2.1"))
		step("d/b", ask("b.example.com=192.168.10.51"), "address")
		step("d/a", atWAN("a.example.com=192.0.2.1"), "address")
		step("d/b", nil, "address")
		step("d/a", ask("a.example.com=192.0.2.1"), "address", "no address")
		step("d/a", atWAN("a.example.com=192.0.2.1"), "address", "no address", "address")
	})
}

// TestDeltaAMoveOfTheAddressConcernsItsNames, and nobody else, however many there are.
func TestDeltaAMoveOfTheAddressConcernsItsNames(t *testing.T) {
	after := func(others int) (spent cost) {
		home(t, func(r *rig, o *seer) {
			p := &counted{Flaky: r.flaky}
			r.provider = p
			o.at[fact.OfWAN()] = resolved("198.51.100.7")
			ds := []feed.Delta{delta("d/a", ask("a.example.com=192.168.10.51")), delta("d/b", atWAN("b.example.com=192.0.2.9"))}
			for i := range others {
				ds = append(ds, numbered(i, "192.0.2.1"))
			}
			r.start()
			r.synced(ds...)
			r.settle()
			spent = r.spent(p, func() {
				o.wan("198.51.100.7") // the same
				o.wan("198.51.100.8")
			})
		})
		return spent
	}
	few, many := after(10), after(500)
	if diff := cmp.Diff(few, many); diff != "" || few != (cost{few.Desired, 0, few.Planned, 2, 1}) {
		t.Errorf("a changed address costs %+v among ten names; among 500 (-ten +500):\n%s", few, diff)
	}
}

// TestSharedWithOneWithout: who has the annotation brings our address to a name, and who hasn't its own.
func TestSharedWithOneWithout(t *testing.T) {
	home(t, func(r *rig, o *seer) {
		const byB = "x-a-a.example.com TXT me:d/b" // which has an address before ours is known
		o.at[fact.OfWAN()] = resolved("198.51.100.7")
		r.start()
		r.synced(delta("d/a", atWAN("a.example.com=192.0.2.1")), delta("d/b", ask("a.example.com=192.0.2.2")))
		r.want("example.com", "a.example.com A 192.0.2.2 198.51.100.7", byB)
		o.wan("A? AAAA?")
		r.put("d/b", ask("a.example.com=192.0.2.3"))
		r.settle()
		r.want("example.com", "a.example.com A 192.0.2.2 192.0.2.3 198.51.100.7", byB) // a hold may grow
		o.wan("198.51.100.8")
		r.settle()
		r.want("example.com", "a.example.com A 192.0.2.3 198.51.100.8", byB)
		r.put("d/a", nil)
		r.settle()
		r.want("example.com", "a.example.com A 192.0.2.3", byB)
	})
}

// TestUndoOfAMove: an undone name stays as it was, whatever our address becomes; the others go on.
func TestUndoOfAMove(t *testing.T) {
	home(t, func(r *rig, o *seer) {
		r.keepJournal("")
		o.at[fact.OfWAN()] = resolved("198.51.100.7")
		l := r.start()
		r.synced(delta("d/a", ask("a.example.com=192.168.10.51")))
		o.wan("198.51.100.8")
		r.settle()
		r.want("example.com", "a.example.com A 198.51.100.8", marker7)
		r.undo(l, r.last())
		r.want("example.com", wan7, marker7)
		r.put("d/b", ask("b.example.com=192.168.10.52"))
		o.wan("198.51.100.9")
		r.everythingAgain()
		r.want("example.com", wan7, marker7, "b.example.com A 198.51.100.9", "x-a-b.example.com TXT me:d/b")
		if !r.held(l, "a.example.com") {
			t.Error("the status doesn't say that the name is undone")
		}
	})
}

// TestHoldForLeavesNamesAlone: that an object has no address of its own for long doesn't matter where it is to have our public one.
func TestHoldForLeavesNamesAlone(t *testing.T) {
	for name, tc := range map[string]struct {
		object *thing
		stays  bool
	}{"annotated": {atWAN("a.example.com=hold"), true}, "not": {ask("a.example.com=hold"), false}} {
		home(t, func(r *rig, o *seer) {
			o.at[fact.OfWAN()] = resolved("198.51.100.7")
			r.guard = free
			r.guard.HoldFor = time.Hour
			r.start()
			r.synced(delta("d/a", ask("a.example.com=192.168.10.51")))
			r.put("d/a", tc.object)
			time.Sleep(3 * time.Hour)
			r.settle()
			if got := len(r.zone("example.com")) > 0; got != tc.stays {
				t.Errorf("%s: published %v, want %v", name, got, tc.stays)
			}
		})
	}
}
