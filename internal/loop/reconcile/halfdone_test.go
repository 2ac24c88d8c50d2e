// SPDX-License-Identifier: Apache-2.0

package reconcile_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/provider"
	"nafuda.io/nafuda/internal/provider/providertest"
)

// TestApartHalfDone: a batch of which a provider could do only a part delays the names that it says aren't finished, and no other;
// they go on by themselves.
func TestApartHalfDone(t *testing.T) {
	in(t, func(r *rig) {
		fault := providertest.Fails(provider.Partial, errors.New("it takes a while"), record.Key{Name: nth(0), Type: record.A})
		fault.Times, fault.When = 2, bad(0)
		r.flaky.Fail(providertest.OpApply, fault)
		r.start()
		r.synced(many(3)...)
		if n := r.published(); n != 2 {
			t.Errorf("apart: %d names are published at once, want the two others", n)
		}
		if got := r.parkings(); len(got) != 1 || got[nth(0)] != reason.Half {
			t.Errorf("why: the parked names are %v", got)
		}
		r.put("d/n001", ask(string(nth(1))+"=192.0.2.2"))
		r.settle()
		if sets := r.zone("example.com"); len(sets) == 0 || sets[0] != string(nth(1))+" A 192.0.2.2" {
			t.Errorf("apart: the zone rests: %v", sets)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if n := r.published(); n != 3 {
			t.Errorf("%d names are published in the end, want all three", n)
		}
	})
}
