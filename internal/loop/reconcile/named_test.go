// SPDX-License-Identifier: Apache-2.0

package reconcile_test

import (
	"errors"
	"testing"
	"time"

	"nafuda.io/nafuda/internal/decide/guard"
	"nafuda.io/nafuda/internal/feed"
	"nafuda.io/nafuda/internal/loop/reconcile"
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

// TestOnePathTheClaimSaysWhoHasAName: of two objects the one that the marker names keeps the name, though the other is older, and whichever is
// read first.
func TestOnePathTheClaimSaysWhoHasAName(t *testing.T) {
	older, newer := ask("a.example.com=old.example.org"), ask("a.example.com=www.example.org")
	newer.Created = newer.Created.Add(time.Hour)
	for why, objects := range map[string][]feed.Delta{
		"the older first": {delta("d/1", older), delta("d/2", newer)},
		"the newer first": {delta("d/2", newer), delta("d/1", older)},
	} {
		t.Run(why, func(t *testing.T) {
			in(t, func(r *rig) {
				cname := set("a.example.com", "CNAME", "www.example.org")
				r.memory.Put("example.com", cname, marker("x-cname-a.example.com", "me", "ingress/d/2"))
				r.start()
				r.synced(objects...)
				r.want("example.com", "a.example.com CNAME www.example.org", "x-cname-a.example.com TXT me:d/2")
			})
		})
	}
}

// TestWhyANameHasNoZoneThoughTheZonesComeLate: that no zone holds a name is told once the zones are known, though the object came before them.
func TestWhyANameHasNoZoneThoughTheZonesComeLate(t *testing.T) {
	in(t, func(r *rig) {
		r.flaky.Fail(providertest.OpZones, providertest.Fault{Err: &provider.Error{Class: provider.Unavailable, Err: errors.New("down")}, Times: 2})
		r.start()
		r.synced(delta("d/1", ask("a.elsewhere.example=192.0.2.1")))
		time.Sleep(time.Minute)
		told := false
		for _, e := range r.seen() {
			d, ok := e.(reconcile.Decided)
			told = told || ok && d.Name == "a.elsewhere.example" && len(d.Decisions) > 0 && d.Decisions[0].Why.Code == reason.NoZone
		}
		if !told {
			t.Error("nobody is told that no zone holds the name")
		}
	})
}
