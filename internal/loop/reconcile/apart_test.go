// SPDX-License-Identifier: Apache-2.0

package reconcile_test

import (
	"context"
	"errors"
	"fmt"
	"math/bits"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"nafuda.io/nafuda/internal/feed"
	"nafuda.io/nafuda/internal/loop/reconcile"
	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/provider"
	"nafuda.io/nafuda/internal/provider/providertest"
)

func nth(i int) dnsname.Name { return dnsname.Name(fmt.Sprintf("n%03d.example.com", i)) }

// many are n objects with a name each.
func many(n int) []feed.Delta {
	var ds []feed.Delta
	for i := range n {
		ds = append(ds, delta(fmt.Sprintf("d/n%03d", i), ask(string(nth(i))+"=192.0.2.1")))
	}
	return ds
}

// bad picks batches that have one of the names.
func bad(names ...int) func(zone.Zone, change.Batch) bool {
	return func(_ zone.Zone, b change.Batch) bool {
		return slices.ContainsFunc(b.Groups, func(g change.Group) bool {
			return slices.ContainsFunc(names, func(i int) bool { return g.Name == nth(i) })
		})
	}
}

func all(n int) []int {
	var out []int
	for i := range n {
		out = append(out, i)
	}
	return out
}

// parkings are the names that were parked, and why, without repetitions.
func (r *rig) parkings() map[dnsname.Name]reason.Code {
	out := make(map[dnsname.Name]reason.Code)
	for _, e := range r.seen() {
		if p, ok := e.(reconcile.Parked); ok {
			out[p.Name] = p.Why.Code
		}
	}
	return out
}

// published counts the names that stand in the zone with their marker.
func (r *rig) published() int { return len(r.zone("example.com")) / 2 }

// writes counts the calls that were to change something, refused ones too.
func (r *rig) writes() int {
	n := 0
	for _, e := range r.seen() {
		if c, ok := e.(reconcile.Called); ok && c.Operation == "apply" {
			n++
		}
	}
	return n
}

// TestApartRefusedNames: however many names of a batch are bad, the others land, the bad ones are parked, and the calls are bounded.
func TestApartRefusedNames(t *testing.T) {
	for name, c := range map[string]struct {
		why  string
		n    int
		bad  []int
		most int // calls
	}{
		"two in one half":    {"each costs one bisection", 64, []int{3, 4}, 2*(bits.Len(64)+1) + 2},
		"two in both halves": {"each costs one bisection", 64, []int{3, 60}, 2*(bits.Len(64)+1) + 2},
		"five":               {"batches get smaller", 100, []int{0, 20, 21, 70, 99}, 60},
		"every second":       {"each bad name costs a call or two", 64, []int{0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30, 32, 34, 36, 38, 40, 42, 44, 46, 48, 50, 52, 54, 56, 58, 60, 62}, 128},
		"all":                {"each costs a call", 64, all(64), 64 + 2*bits.Len(64) + 6},
	} {
		t.Run(name, func(t *testing.T) {
			in(t, func(r *rig) {
				r.opts.Rate, r.opts.Burst = 1000, 1000
				fault := providertest.Fails(provider.Rejected, errors.New("bad value"))
				fault.Times, fault.When = -1, bad(c.bad...)
				r.flaky.Fail(providertest.OpApply, fault)
				r.start()
				r.synced(many(c.n)...)
				if got := r.published(); got != c.n-len(c.bad) {
					t.Errorf("%d names are published, want %d: %s", got, c.n-len(c.bad), c.why)
				}
				parked := r.parkings()
				for _, i := range c.bad {
					if parked[nth(i)] != reason.Rejected {
						t.Errorf("%s isn't parked as rejected: %v", nth(i), parked[nth(i)])
					}
				}
				if len(parked) != len(c.bad) {
					t.Errorf("%d names are parked, want %d", len(parked), len(c.bad))
				}
				if n := r.writes(); n > c.most {
					t.Errorf("%d calls, want at most %d: %s", n, c.most, c.why)
				} else {
					t.Logf("%d calls", n)
				}
				r.flaky.Heal(providertest.OpApply)
				time.Sleep(20 * time.Second)
				r.settle()
				if got := r.published(); got != c.n {
					t.Errorf("%d names are published after the provider relented, want %d", got, c.n)
				}
			})
		})
	}
}

// TestApartInterruptedBisection: an outage in the midst of a bisection loses no name of the parts that weren't in flight.
func TestApartInterruptedBisection(t *testing.T) {
	for name, class := range map[string]provider.Class{"throttled": provider.Throttled, "unavailable": provider.Unavailable, "uncertain": provider.Uncertain, "stale": provider.Stale} {
		t.Run(name, func(t *testing.T) {
			in(t, func(r *rig) {
				refuses := providertest.Fails(provider.Rejected, errors.New("bad value"))
				refuses.Times, refuses.When = 2, bad(5) // the batch, and the half with the culprit
				r.flaky.Fail(providertest.OpApply, refuses, providertest.Fails(class, errors.New("in the midst")))
				again := providertest.Fails(provider.Rejected, errors.New("bad value"))
				again.Times, again.When = -1, bad(5)
				r.flaky.Fail(providertest.OpApply, again)
				r.start()
				r.synced(many(16)...)
				time.Sleep(20 * time.Second)
				r.settle()
				if got := r.published(); got != 15 {
					t.Errorf("%d names are published, want 15", got)
				}
			})
		})
	}
}

// TestApartDeniedName: credentials that allow some names of a zone and not others park those that they don't allow.
func TestApartDeniedName(t *testing.T) {
	for name, c := range map[string]struct {
		why  string
		n    int
		bad  []int
		wait time.Duration
	}{
		"first half":  {"the second half is taken", 16, []int{2}, 0},
		"second half": {"the first half is taken", 16, []int{13}, 0},
		"of two":      {"each half is a name", 2, []int{0}, 0},
		"same half":   {"the rest is taken apart again", 16, []int{2, 3}, 2 * time.Minute},
		"both halves": {"a single name shows that the zone isn't closed", 16, []int{2, 13}, 3 * time.Minute},
		"most":        {"the same", 8, []int{0, 1, 2, 4, 5, 6, 7}, 10 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			in(t, func(r *rig) {
				fault := providertest.Fault{Err: &provider.Error{Class: provider.Denied, Action: "dns:Change", Err: errors.New("not allowed")}, Times: -1, When: bad(c.bad...)}
				r.flaky.Fail(providertest.OpApply, fault)
				l := r.start()
				r.synced(many(c.n)...)
				time.Sleep(c.wait)
				synctest.Wait()
				if got := r.published(); got != c.n-len(c.bad) {
					t.Errorf("%d names are published, want %d: %s", got, c.n-len(c.bad), c.why)
				}
				parked := r.parkings()
				if len(parked) == 0 {
					t.Error("nothing is parked")
				}
				if c.wait > 0 { // whatever is denied, a name that is allowed doesn't wait for it
					r.put("d/late", ask("late.example.com=192.0.2.1"))
					r.settle()
					if got := r.published(); got != c.n-len(c.bad)+1 {
						t.Errorf("%d names are published, want one more: what is denied has stopped the zone", got)
					}
				}
				for n, code := range parked {
					if code != reason.Denied || !slices.ContainsFunc(c.bad, func(i int) bool { return nth(i) == n }) {
						t.Errorf("%s is parked: %s", n, code)
					}
				}
				s, err := l.Status(context.Background())
				if err != nil {
					t.Fatal(err)
				}
				for _, n := range s.Names {
					if n.Verdict == reconcile.Parking && !strings.Contains(n.Reason.Text, "dns:Change") {
						t.Errorf("%q doesn't say which permission is missing", n.Reason.Text)
					}
				}
			})
		})
	}
}

// TestApartDeniedZone: credentials that don't allow a zone at all cost it a few calls a minute, and other zones nothing.
func TestApartDeniedZone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, "example.com", "example.net")
		denies := providertest.Fault{Err: &provider.Error{Class: provider.Denied, Err: errors.New("not allowed")}, Times: -1, When: func(z zone.Zone, _ change.Batch) bool { return z.Name == "example.com" }}
		r.flaky.Fail(providertest.OpApply, denies)
		r.start()
		r.synced(append(many(20), delta("d/other", ask("a.example.net=192.0.2.1")))...)
		r.want("example.net", "a.example.net A 192.0.2.1", "x-a-a.example.net TXT me:d/other")
		time.Sleep(time.Hour)
		synctest.Wait()
		if n := r.writes(); n > 300 {
			t.Errorf("%d calls in an hour", n)
		} else {
			t.Logf("%d calls", n)
		}
		if p := r.parkings(); len(p) > 0 {
			t.Errorf("%v are parked, but the whole zone is denied", p)
		}
		r.flaky.Heal(providertest.OpApply)
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if got := r.published(); got != 20 {
			t.Errorf("%d names are published after the permission came, want 20", got)
		}
		r.flaky.Fail(providertest.OpApply, denies)
		r.synced(delta("d/other", ask("a.example.net=192.0.2.1")))
		time.Sleep(time.Hour)
		synctest.Wait()
		if n := len(r.parkings()); n > 8 {
			t.Errorf("%d names are parked one by one, but the whole zone is denied again", n)
		}
		r.stop()
	})
}

// TestApartParking: the pauses of a bad name grow from 5 s to 15 min, with jitter, and end when its object changes.
func TestApartParking(t *testing.T) {
	in(t, func(r *rig) {
		fault := providertest.Fails(provider.Rejected, errors.New("bad value"), record.Key{Name: nth(0), Type: record.A})
		fault.Times, fault.When = -1, bad(0)
		r.flaky.Fail(providertest.OpApply, fault)
		r.start()
		r.synced(many(2)...)
		time.Sleep(6 * time.Hour)
		synctest.Wait()
		var last time.Time
		var pauses []time.Duration
		for _, e := range r.seen() {
			if p, ok := e.(reconcile.Parked); ok {
				if !last.IsZero() {
					pauses = append(pauses, p.Until.Sub(last))
				}
				last = p.Until
			}
		}
		for i, p := range pauses {
			full := min(5*time.Second<<min(i+1, 10), 15*time.Minute)
			if p < full/2 || p > full+time.Second {
				t.Errorf("the pause %d is %s, want from %s to %s", i+1, p, full/2, full)
			}
		}
		if len(pauses) < 20 {
			t.Errorf("%d tries in six hours", len(pauses))
		}
		if got := pauses[len(pauses)-6:]; len(slices.Compact(slices.Clone(got))) < 2 {
			t.Errorf("the pauses %v have no jitter", got)
		}
		before := len(r.seen())
		r.put("d/n000", ask(string(nth(0))+"=192.0.2.2"))
		r.settle()
		tried := false
		for _, e := range r.seen()[before:] {
			if p, ok := e.(reconcile.Parked); ok {
				tried = true
				if pause := time.Until(p.Until); pause > 5*time.Second {
					t.Errorf("after the object has changed the pause is %s: it begins anew", pause)
				}
			}
		}
		if !tried {
			t.Error("the change of the object wasn't tried")
		}
	})
}
