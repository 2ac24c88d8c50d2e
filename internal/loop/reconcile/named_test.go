// SPDX-License-Identifier: Apache-2.0

package reconcile_test

import (
	"errors"
	"testing"
	"time"

	"nafuda.io/nafuda/internal/decide/guard"
	"nafuda.io/nafuda/internal/feed"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/provider"
	"nafuda.io/nafuda/internal/provider/providertest"
)

// TestApartNamedCulpritCostsOneCall: where the provider says which name it refuses, it isn't looked for.
func TestApartNamedCulpritCostsOneCall(t *testing.T) {
	in(t, func(r *rig) {
		culprit := record.Key{Name: nth(40), Type: record.A}
		r.flaky.Fail(providertest.OpApply, providertest.Fault{
			Err: &provider.Error{Class: provider.Rejected, Keys: []record.Key{culprit}, Guardrail: true, Err: errors.New("the name is protected")}, Times: -1, When: bad(40),
		})
		r.start()
		r.synced(many(64)...)
		if got := r.published(); got != 63 || r.writes() != 2 {
			t.Errorf("%d names are published with %d calls, want 63 with 2", got, r.writes())
		}
		if why := r.parkings()[nth(40)]; why != reason.Guardrail {
			t.Errorf("the name waits because of %q, want %q", why, reason.Guardrail)
		}
	})
}

// TestApartParkedNameIsntSentWithTheRest: a name that was refused sits its pause out, whatever else makes it dirty.
func TestApartParkedNameIsntSentWithTheRest(t *testing.T) {
	in(t, func(r *rig) {
		r.flaky.Fail(providertest.OpApply, providertest.Fault{Err: &provider.Error{Class: provider.Rejected, Err: errors.New("bad value")}, Times: -1, When: bad(1)})
		r.start()
		r.synced(many(2)...)
		time.Sleep(time.Hour) // pauses are minutes by now
		before := r.writes()
		r.say(feed.Event{State: feed.Failing, Err: errors.New("down")})
		r.settle()
		r.say(feed.Event{State: feed.Synced}) // every name is dirty
		r.settle()
		if n := r.writes() - before; n > 0 {
			t.Errorf("the name was sent %d times within its pause", n)
		}
	})
}

// TestBrakeCountsAMassDeleteWholeWithoutGrace: names that go at once are counted before the first is sent; not even as many as may go do.
func TestBrakeCountsAMassDeleteWholeWithoutGrace(t *testing.T) {
	in(t, func(r *rig) {
		r.guard = guard.Options{MaxDeletes: 10, MaxDeletePercent: 30}
		objects := r.own(50)
		r.start()
		r.synced(objects...)
		r.synced(objects[:10]...)
		r.holds(50, "40 of 50 would go")
		if n := r.writes(); n > 0 {
			t.Errorf("%d writes, want none", n)
		}
	})
}
