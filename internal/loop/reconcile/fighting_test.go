// SPDX-License-Identifier: Apache-2.0

package reconcile_test

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"nafuda.io/nafuda/internal/loop/reconcile"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/provider"
	"nafuda.io/nafuda/internal/provider/providertest"
)

func TestFightIsLeftAlone(t *testing.T) {
	for name, tc := range map[string]struct {
		why  string
		turn func(r *rig, i int)
	}{
		"seen by the rolling read": {"nothing of ours changes", func(r *rig, _ int) {
			r.put2("a.example.com", "198.51.100.9", "d/1")
			time.Sleep(r.opts.Resync)
		}},
		"seen by refusals": {"what we think is there isn't", func(r *rig, i int) {
			r.put2("a.example.com", "198.51.100.9", "d/1")
			r.put("d/1", ask(fmt.Sprintf("a.example.com=192.0.2.%d", i+2)))
			time.Sleep(time.Minute)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			in(t, func(r *rig) {
				r.opts.Resync = 8 * time.Minute
				r.start()
				r.synced(delta("d/1", ask("a.example.com=192.0.2.1")))
				for i := range 6 {
					tc.turn(r, i)
					r.settle()
				}
				synctest.Wait()
				time.Sleep(12 * time.Minute)
				if _, n := last[reconcile.Applied](r); n != 3 {
					t.Errorf("%d writes (%s), want ours, and two that undo what the other did", n, tc.why)
				}
				p, _ := last[reconcile.Parked](r)
				if p.Name != dnsname.Name("a.example.com") || p.Why.Code != reason.Fight {
					t.Errorf("parked last: %+v", p)
				}
				if set := r.zone("example.com")[0]; set != "a.example.com A 198.51.100.9" {
					t.Errorf("the zone has %s, want what the other one wrote", set)
				}
				time.Sleep(time.Hour)
				synctest.Wait()
				if set := r.zone("example.com")[0]; set == "a.example.com A 198.51.100.9" {
					t.Errorf("the zone has %s an hour later, want ours", set)
				}
			})
		})
	}
}

func TestLostAnswersAreNoFight(t *testing.T) {
	in(t, func(r *rig) {
		r.start()
		r.synced(delta("d/1", ask("a.example.com=192.0.2.1")))
		for i := range 8 {
			if i%2 == 0 {
				r.flaky.Fail(providertest.OpApply, providertest.Fault{Err: &provider.Error{Class: provider.Uncertain, Err: errors.New("lost")}, Late: true})
			}
			r.put("d/1", ask(fmt.Sprintf("a.example.com=192.0.2.%d", i+2)))
			time.Sleep(time.Minute)
		}
		synctest.Wait()
		if p, n := last[reconcile.Parked](r); n > 0 {
			t.Errorf("parked: %+v", p)
		}
	})
}
