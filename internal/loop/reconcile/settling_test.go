// SPDX-License-Identifier: Apache-2.0

package reconcile_test

import (
	"errors"
	"slices"
	"testing"
	"testing/synctest"

	"nafuda.io/nafuda/internal/feed"
	"nafuda.io/nafuda/internal/loop/reconcile"
	"nafuda.io/nafuda/internal/provider"
	"nafuda.io/nafuda/internal/provider/providertest"
)

// settledZones lists the zones that are settled, and with how many record sets applied before.
func (r *rig) settledZones() (ids []string, applied []int) {
	n := make(map[string]int)
	for _, e := range r.seen() {
		switch e := e.(type) {
		case reconcile.Applied:
			n[e.Zone.ID] += len(e.Batch.Changes())
		case reconcile.ZoneSettled:
			ids, applied = append(ids, e.Zone.ID), append(applied, n[e.Zone.ID])
		}
	}
	return ids, applied
}

// TestZoneSettled: a zone is settled once what the objects ask for is in it, and a zone that nobody asks anything of, too.
func TestZoneSettled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, "example.com")
		lan(r, "home.example.com")
		r.start()
		defer func() { r.stop() }()
		r.settle()
		r.say(feed.Event{State: feed.Failing, Err: errors.New("the server can't be reached")})
		r.settle()
		if ids, _ := r.settledZones(); len(ids) > 0 {
			t.Fatalf("%q are settled, though nothing has been read", ids)
		}
		r.synced(delta("d/a", ask("a.home.example.com=192.0.2.1", "b.home.example.com=192.0.2.2")))
		ids, applied := r.settledZones()
		slices.Sort(ids)
		if !slices.Equal(ids, []string{"example.com", "home.example.com"}) || !slices.Contains(applied, 4) {
			t.Errorf("settled: %q, after %v changes; want both, one after all four", ids, applied)
		}
		r.put("d/a", ask("a.home.example.com=192.0.2.1", "c.home.example.com=192.0.2.3"))
		r.settle()
		r.say(feed.Event{State: feed.Failing, Err: errors.New("for a moment")})
		r.synced(delta("d/a", nil))
		if again, _ := r.settledZones(); len(again) != len(ids) {
			t.Errorf("it is told again: %q", again)
		}
	})
}

// TestApartSettled: a zone is settled though another can't be read, the provider refuses a name of its own, or a kind may not be read.
func TestApartSettled(t *testing.T) {
	for name, state := range map[string]feed.State{"synced": feed.Synced, "forbidden": feed.Forbidden, "absent": feed.Absent} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, "example.com")
				_, flaky := lan(r, "home.example.com")
				r.flaky.Fail(providertest.OpRecords, providertest.Fault{Err: errors.New("down"), Times: -1})
				never := providertest.Fails(provider.Rejected, errors.New("never"))
				never.Times = -1
				flaky.Fail(providertest.OpApply, never)
				r.start()
				defer func() { r.stop() }()
				r.say(feed.Event{Replace: true, State: state, Deltas: []feed.Delta{delta("d/a", ask("a.home.example.com=192.0.2.1"))}})
				r.settle()
				if ids, _ := r.settledZones(); !slices.Equal(ids, []string{"home.example.com"}) {
					t.Errorf("settled: %q, want home.example.com alone", ids)
				}
			})
		})
	}
}
