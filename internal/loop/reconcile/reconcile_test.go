// SPDX-License-Identifier: Apache-2.0

package reconcile_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"nafuda.io/nafuda/internal/feed"
	"nafuda.io/nafuda/internal/loop/reconcile"
	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/provider"
	"nafuda.io/nafuda/internal/provider/providertest"
)

// in runs a test inside a bubble, with a rig for the zone example.com.
func in(t *testing.T, f func(*rig)) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, "example.com")
		r.stop = func() {}
		defer func() { r.stop() }()
		f(r)
	})
}

func TestObjectBecomesRecordAndGoes(t *testing.T) {
	in(t, func(r *rig) {
		r.start()
		r.synced(delta("d/a", ask("a.example.com=192.0.2.1")))
		r.want("example.com", "a.example.com A 192.0.2.1", "x-a-a.example.com TXT me:d/a")
		before := r.memory.Calls()
		r.put("d/a", ask("a.example.com=192.0.2.2"))
		r.settle()
		r.want("example.com", "a.example.com A 192.0.2.2", "x-a-a.example.com TXT me:d/a")
		after := r.memory.Calls()
		if after.Apply != before.Apply+1 || after.Records != before.Records || after.Zones != before.Zones {
			t.Errorf("one change took calls %+v, before it %+v; want one apply more and nothing else", after, before)
		}
		r.put("d/a", nil)
		r.settle()
		r.want("example.com")
	})
}

func TestTypeChangeIsOneBatch(t *testing.T) {
	in(t, func(r *rig) {
		r.view.Policy = "upsert-only"
		r.start()
		r.synced(delta("d/a", ask("a.example.com=192.0.2.1")))
		for _, tc := range []struct{ target, want, marker string }{
			{"b.example.net", "a.example.com CNAME b.example.net", "x-cname-a.example.com TXT me:d/a"},
			{"192.0.2.1", "a.example.com A 192.0.2.1", "x-a-a.example.com TXT me:d/a"},
		} {
			before := r.memory.Calls().Apply
			r.put("d/a", ask("a.example.com="+tc.target))
			r.settle()
			r.want("example.com", tc.want, tc.marker)
			if n := r.memory.Calls().Apply - before; n != 1 {
				t.Errorf("change to %s took %d calls, want 1", tc.target, n)
			}
		}
	})
}

// TestNameIsNoCNAMEOfItself has an Ingress that is given its own host as target keep the address it has.
func TestNameIsNoCNAMEOfItself(t *testing.T) {
	in(t, func(r *rig) {
		r.start()
		r.synced(delta("d/a", ask("a.example.com=192.0.2.1")))
		r.put("d/a", ask("a.example.com=A.example.com.", "b.example.com=a.example.com"))
		r.settle()
		r.want("example.com", "a.example.com A 192.0.2.1", "x-a-a.example.com TXT me:d/a",
			"b.example.com CNAME a.example.com", "x-cname-b.example.com TXT me:d/a")
	})
}

func TestUpsertOnlyLeavesWhatIsGone(t *testing.T) {
	in(t, func(r *rig) {
		r.view.Policy = "upsert-only"
		r.start()
		r.synced(delta("d/a", ask("a.example.com=192.0.2.1")))
		r.put("d/a", nil)
		r.settle()
		r.want("example.com", "a.example.com A 192.0.2.1", "x-a-a.example.com TXT me:d/a")
	})
}

func TestNothingIsDeletedBeforeTheSourceIsRead(t *testing.T) {
	in(t, func(r *rig) {
		r.put2("a.example.com", "192.0.2.1", "d/a")
		r.start()
		r.settle()
		r.say(feed.Event{State: feed.Failing, Err: errors.New("no answer")})
		r.settle()
		r.want("example.com", "a.example.com A 192.0.2.1", "x-a-a.example.com TXT me:d/a")
		r.synced()
		r.want("example.com")
	})
}

// put2 puts an owned record set and its marker into the zone.
func (r *rig) put2(name, value, resource string) {
	r.memory.Put("example.com",
		record.Set{Key: record.Key{Name: dnsname.Name(name), Type: record.A}, TTL: 300, Values: []string{value}},
		record.Set{Key: record.Key{Name: dnsname.Name("x-a-" + name), Type: record.TXT}, TTL: 300, Values: []string{
			`"heritage=external-dns,external-dns/owner=me,external-dns/resource=ingress/` + resource + `"`,
		}})
}

func TestHoldKeeps(t *testing.T) {
	in(t, func(r *rig) {
		r.start()
		r.synced(delta("d/a", ask("a.example.com=192.0.2.1")))
		r.put("d/a", ask("a.example.com=hold"))
		r.settle()
		r.want("example.com", "a.example.com A 192.0.2.1", "x-a-a.example.com TXT me:d/a")
	})
}

func TestFailingKindHoldsItsNamesOnly(t *testing.T) {
	in(t, func(r *rig) {
		r.put2("a.example.com", "192.0.2.1", "d/a")
		r.start()
		r.say(feed.Event{Replace: true, State: feed.Forbidden, Err: errors.New("forbidden")})
		r.settle()
		r.want("example.com", "a.example.com A 192.0.2.1", "x-a-a.example.com TXT me:d/a")
	})
}

func TestOneBadNameDelaysNoOther(t *testing.T) {
	for _, n := range []int{1, 2, 3, 8, 33} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			in(t, func(r *rig) {
				r.flaky.Fail(providertest.OpApply, providertest.Fault{
					Err: &provider.Error{Class: provider.Rejected, Err: errors.New("bad value")}, Times: -1,
					When: touches("n1.example.com"),
				})
				var ds []feed.Delta
				for i := 1; i <= n; i++ {
					ds = append(ds, delta(fmt.Sprintf("d/n%d", i), ask(fmt.Sprintf("n%d.example.com=192.0.2.1", i))))
				}
				r.start()
				r.synced(ds...)
				if got := len(r.zone("example.com")); got != 2*(n-1) {
					t.Errorf("%d record sets are there, want %d: one bad name must not stop the rest", got, 2*(n-1))
				}
				log2 := 0
				for 1<<log2 < n {
					log2++
				}
				if calls := r.memory.Calls().Apply + r.refusals(); calls > log2+2 {
					t.Errorf("%d calls for one bad name in %d, want at most %d", calls, n, log2+2)
				}
				parked := 0
				for _, e := range r.seen() {
					if p, ok := e.(reconcile.Parked); ok {
						parked++
						if p.Name != "n1.example.com" {
							t.Errorf("%s is parked, but n1 is the culprit", p.Name)
						}
					}
				}
				if parked == 0 {
					t.Error("the culprit isn't parked")
				}
				r.flaky.Heal(providertest.OpApply)
				time.Sleep(10 * time.Second)
				r.settle()
				if got := len(r.zone("example.com")); got != 2*n {
					t.Errorf("%d record sets after the provider relented, want %d", got, 2*n)
				}
			})
		})
	}
}

// touches picks batches that have a name.
func touches(n dnsname.Name) func(zone.Zone, change.Batch) bool {
	return func(_ zone.Zone, b change.Batch) bool {
		return slices.ContainsFunc(b.Groups, func(g change.Group) bool { return g.Name == n })
	}
}

// refusals counts calls that the flaky wrapper refused before they reached the memory.
func (r *rig) refusals() int {
	n := 0
	for _, e := range r.seen() {
		if c, ok := e.(reconcile.Called); ok && c.Operation == "apply" && c.Class != "" {
			n++
		}
	}
	return n
}

func TestLostAnswerIsReadNotResent(t *testing.T) {
	in(t, func(r *rig) {
		r.flaky.Fail(providertest.OpApply, providertest.Fault{
			Err: &provider.Error{Class: provider.Uncertain, Err: errors.New("connection lost")}, Late: true,
		})
		r.start()
		r.synced(delta("d/a", ask("a.example.com=192.0.2.1")))
		time.Sleep(time.Minute) // the zone rests for some seconds
		synctest.Wait()
		r.want("example.com", "a.example.com A 192.0.2.1", "x-a-a.example.com TXT me:d/a")
		if n := r.memory.Calls().Apply; n != 1 {
			t.Errorf("%d writes, want 1: what was applied isn't sent again", n)
		}
	})
}

func TestStaleMirrorIsReadAgain(t *testing.T) {
	in(t, func(r *rig) {
		r.start()
		r.synced(delta("d/a", ask("a.example.com=192.0.2.1")))
		r.put2("a.example.com", "198.51.100.9", "d/a") // someone edits our record set
		r.put("d/a", ask("a.example.com=192.0.2.2"))
		r.settle()
		r.want("example.com", "a.example.com A 192.0.2.2", "x-a-a.example.com TXT me:d/a")
	})
}

func TestUpdateIsConditionalOnItsMarker(t *testing.T) {
	in(t, func(r *rig) {
		r.start()
		r.synced(delta("d/a", ask("a.example.com=192.0.2.1")))
		r.memory.Put("example.com", record.Set{Key: record.Key{Name: "x-a-a.example.com", Type: record.TXT}, TTL: 300, Values: []string{
			`"heritage=external-dns,external-dns/owner=other,external-dns/resource=ingress/d/a"`,
		}}) // another owner takes the name, and leaves its value
		r.put("d/a", ask("a.example.com=192.0.2.2"))
		r.settle()
		r.want("example.com", "a.example.com A 192.0.2.1", `x-a-a.example.com TXT "heritage=external-dns,external-dns/owner=other,external-dns/resource=ingress/d/a`)
	})
}

func TestThrottlingAndOutagesPass(t *testing.T) {
	for name, class := range map[string]provider.Class{"throttled": provider.Throttled, "unavailable": provider.Unavailable, "denied": provider.Denied} {
		t.Run(name, func(t *testing.T) {
			in(t, func(r *rig) {
				fault := providertest.Fault{Err: &provider.Error{Class: class, Err: errors.New(name)}, Times: 2}
				for _, op := range []providertest.Op{providertest.OpZones, providertest.OpRecords, providertest.OpApply} {
					r.flaky.Fail(op, fault)
				}
				r.start()
				r.synced(delta("d/a", ask("a.example.com=192.0.2.1")))
				time.Sleep(5 * time.Minute)
				synctest.Wait()
				r.want("example.com", "a.example.com A 192.0.2.1", "x-a-a.example.com TXT me:d/a")
			})
		})
	}
}

func TestDriftIsFoundByCount(t *testing.T) {
	in(t, func(r *rig) {
		r.start()
		r.synced(delta("d/a", ask("a.example.com=192.0.2.1")))
		r.memory.Remove("example.com", record.Key{Name: "a.example.com", Type: record.A})
		time.Sleep(r.opts.Interval + time.Minute)
		r.settle()
		r.want("example.com", "a.example.com A 192.0.2.1", "x-a-a.example.com TXT me:d/a")
	})
}

func TestDriftIsFoundByTheRollingRead(t *testing.T) {
	in(t, func(r *rig) {
		r.start()
		r.synced(delta("d/a", ask("a.example.com=192.0.2.1")))
		r.put2("a.example.com", "198.51.100.9", "d/a")
		time.Sleep(r.opts.Resync + time.Minute)
		r.settle()
		r.want("example.com", "a.example.com A 192.0.2.1", "x-a-a.example.com TXT me:d/a")
	})
}

func TestQuietHour(t *testing.T) {
	in(t, func(r *rig) {
		var ds []feed.Delta
		for i := range 1000 {
			ds = append(ds, delta(fmt.Sprintf("d/n%d", i), ask(fmt.Sprintf("n%d.example.com=192.0.2.1", i))))
		}
		r.start()
		r.synced(ds...)
		time.Sleep(time.Minute)
		before := r.memory.Calls()
		time.Sleep(time.Hour)
		synctest.Wait()
		after := r.memory.Calls()
		if after.Apply != before.Apply {
			t.Errorf("%d writes in an idle hour", after.Apply-before.Apply)
		}
		if n := after.Records + after.Zones - before.Records - before.Zones; n > 20 {
			t.Errorf("%d reads in an idle hour of 2,000 record sets, want at most 12 counts and 4 pages and some slack", n)
		}
	})
}

func TestDryRunWritesNothing(t *testing.T) {
	in(t, func(r *rig) {
		r.opts.DryRun = true
		r.start()
		r.synced(delta("d/a", ask("a.example.com=192.0.2.1")))
		r.want("example.com")
		planned := 0
		for _, e := range r.seen() {
			if p, ok := e.(reconcile.Planned); ok {
				planned += len(p.Group.Changes)
			}
		}
		if planned != 2 {
			t.Errorf("%d changes planned, want the record and its marker", planned)
		}
	})
}

func TestNewZoneTakesTheNamesBelowIt(t *testing.T) {
	in(t, func(r *rig) {
		r.start()
		r.synced(delta("d/a", ask("a.sub.example.com=192.0.2.1", "b.example.org=192.0.2.1")))
		r.want("example.com", "a.sub.example.com A 192.0.2.1", "x-a-a.sub.example.com TXT me:d/a")
		r.memory.AddZone(providertest.MemoryZone("sub.example.com"))
		r.memory.AddZone(providertest.MemoryZone("example.org"))
		time.Sleep(r.opts.Interval)
		r.settle()
		r.want("sub.example.com", "a.sub.example.com A 192.0.2.1", "x-a-a.sub.example.com TXT me:d/a")
		r.want("example.org", "b.example.org A 192.0.2.1", "x-a-b.example.org TXT me:d/a")
		r.want("example.com")
	})
}

func TestVanishedZoneIsAHold(t *testing.T) {
	in(t, func(r *rig) {
		r.start()
		r.synced(delta("d/a", ask("a.example.com=192.0.2.1")))
		r.memory.RemoveZone("example.com")
		time.Sleep(r.opts.Interval)
		r.put("d/a", ask("a.example.com=192.0.2.2"))
		r.settle()
		if n := r.memory.Calls().Apply; n != 1 {
			t.Errorf("%d writes, want none to a zone that isn't listed", n-1)
		}
	})
}

func TestReceiptsAreAskedForAtMostThreeTimes(t *testing.T) {
	for name, tc := range map[string]struct {
		why       string
		syncAfter int
		denied    bool
		calls     int
		want      string
	}{
		"at once":   {why: "the first question is answered", calls: 1, want: "in sync"},
		"late":      {why: "two questions come too early", syncAfter: 2, calls: 3, want: "in sync"},
		"never":     {why: "three questions are all that a batch may cost", syncAfter: 100, calls: 3},
		"forbidden": {why: "what is denied is warned of once and not asked again", denied: true, calls: 0, want: "unpermitted"},
	} {
		t.Run(name, func(t *testing.T) {
			in(t, func(r *rig) {
				r.memory.SyncAfter = tc.syncAfter
				if tc.denied {
					r.flaky.Fail(providertest.OpInSync, providertest.Fault{Err: &provider.Error{Class: provider.Denied, Action: "x:Get", Err: errors.New("no")}, Times: -1})
				}
				r.start()
				r.synced(delta("d/a", ask("a.example.com=192.0.2.1")))
				time.Sleep(3 * time.Minute)
				if tc.denied {
					r.put("d/a", ask("a.example.com=192.0.2.2"))
					time.Sleep(3 * time.Minute)
				}
				synctest.Wait()
				var got []string
				for _, e := range r.seen() {
					switch e.(type) {
					case reconcile.InSync:
						got = append(got, "in sync")
					case reconcile.Unpermitted:
						got = append(got, "unpermitted")
					}
				}
				if s := strings.Join(got, ","); s != tc.want || r.memory.Calls().InSync != tc.calls {
					t.Errorf("heard %q after %d calls, want %q after %d (%s)", s, r.memory.Calls().InSync, tc.want, tc.calls, tc.why)
				}
			})
		})
	}
}

func TestWhatAnObjectMayStillAskForStays(t *testing.T) {
	for _, unsure := range []string{"unread", "unlisted"} {
		t.Run(unsure, func(t *testing.T) {
			in(t, func(r *rig) {
				r.put2("a.example.com", "192.0.2.1", "d/a") // a name that the object can't list while it is unsure
				r.start()
				r.synced(delta("d/a", ask("b.example.com="+unsure)))
				r.want("example.com", "a.example.com A 192.0.2.1", "x-a-a.example.com TXT me:d/a")
				r.put("d/a", ask("b.example.com=192.0.2.2"))
				r.settle()
				r.want("example.com", "b.example.com A 192.0.2.2", "x-a-b.example.com TXT me:d/a")
			})
		})
	}
}

func TestWritesThatFailArePaced(t *testing.T) {
	for _, class := range []provider.Class{provider.Uncertain, provider.Unavailable, provider.Denied, provider.Stale} {
		t.Run(string(class), func(t *testing.T) {
			in(t, func(r *rig) {
				r.flaky.Fail(providertest.OpApply, providertest.Fault{Err: &provider.Error{Class: class, Err: errors.New("no")}, Times: -1})
				r.start()
				r.synced(delta("d/a", ask("a.example.com=192.0.2.1")))
				time.Sleep(10 * time.Minute)
				synctest.Wait()
				if n := r.refusals(); n < 5 || n > 40 {
					t.Errorf("%d writes in ten minutes of failures, want some, with growing pauses up to a minute", n)
				}
			})
		})
	}
}

func TestZoneThatComesBackIsReadAgain(t *testing.T) {
	in(t, func(r *rig) {
		r.start()
		r.synced(delta("d/a", ask("a.example.com=192.0.2.1")))
		r.memory.RemoveZone("example.com")
		time.Sleep(r.opts.Interval)
		r.memory.AddZone(providertest.MemoryZone("example.com")) // empty
		time.Sleep(r.opts.Interval)
		r.settle()
		r.want("example.com", "a.example.com A 192.0.2.1", "x-a-a.example.com TXT me:d/a")
	})
}

func TestRefusedNameIsReconsideredWhenItsObstacleGoes(t *testing.T) {
	in(t, func(r *rig) {
		// "any" stands for the asterisk, so the two names want the same marker, and the second has to wait for the first.
		r.txt.Wildcard = "any"
		r.start()
		r.synced(delta("d/a", ask("any.example.com=192.0.2.1")))
		r.put("d/b", ask("*.example.com=192.0.2.2"))
		r.settle()
		r.want("example.com", "any.example.com A 192.0.2.1", "x-a-any.example.com TXT me:d/a")
		r.put("d/a", nil)
		r.settle()
		r.want("example.com", "*.example.com A 192.0.2.2", "x-a-any.example.com TXT me:d/b")
	})
}

func TestRollingReadFollowsAZoneThatGrew(t *testing.T) {
	in(t, func(r *rig) {
		r.start() // on an empty zone, which one page reads
		var ds []feed.Delta
		for i := range 1000 {
			ds = append(ds, delta(fmt.Sprintf("d/n%d", i), ask(fmt.Sprintf("n%d.example.com=192.0.2.1", i))))
		}
		r.synced(ds...)
		time.Sleep(time.Minute)
		r.put2("a.example.com", "198.51.100.9", "d/n1") // a change that leaves the count: the next name's marker goes
		r.memory.Remove("example.com", record.Key{Name: "n999.example.com", Type: record.A}, record.Key{Name: "x-a-n999.example.com", Type: record.TXT})
		time.Sleep(r.opts.Resync)
		synctest.Wait()
		if got := len(r.zone("example.com")); got != 2000 {
			t.Errorf("%d record sets two hours later, want 2000: the drift is mended", got)
		}
	})
}

func TestIntervalOfAPoller(t *testing.T) {
	in(t, func(r *rig) {
		r.opts.Interval = time.Second // an argument written for a program that polls
		r.start()
		r.synced()
		before := r.memory.Calls().Zones
		time.Sleep(time.Minute)
		synctest.Wait()
		if n := r.memory.Calls().Zones - before; n > 7 {
			t.Errorf("the zones were listed %d times in a minute, want at most every 10 seconds", n)
		}
	})
}
