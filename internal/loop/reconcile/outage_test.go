// SPDX-License-Identifier: Apache-2.0

package reconcile_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"nafuda.io/nafuda/internal/feed"
	"nafuda.io/nafuda/internal/loop/reconcile"
	"nafuda.io/nafuda/internal/provider"
	"nafuda.io/nafuda/internal/provider/providertest"
)

// missing asks the loop what readiness waits for.
func missing(t *testing.T, l *reconcile.Loop) []string {
	t.Helper()
	m, err := l.Missing(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// TestAliveHourWithoutProvider: a provider that is down for an hour costs few calls, readiness tells, nothing piles up however often objects change, and
// everything converges within the longest pause of its return.
func TestAliveHourWithoutProvider(t *testing.T) {
	in(t, func(r *rig) {
		l := r.start()
		r.synced(many(20)...)
		if m := missing(t, l); len(m) > 0 {
			t.Fatalf("missing %q", m)
		}
		down := providertest.Fault{Err: &provider.Error{Class: provider.Unavailable, Err: errors.New("no answer")}, Delay: 10 * time.Second, Times: -1}
		for _, op := range []providertest.Op{providertest.OpZones, providertest.OpRecords, providertest.OpNames, providertest.OpApply, providertest.OpInSync} {
			r.flaky.Fail(op, down)
		}
		before := len(r.seen())
		began := time.Now()
		for i := 0; time.Since(began) < time.Hour; i++ {
			r.put("d/n000", ask(string(nth(0))+fmt.Sprintf("=192.0.2.%d", i%200+2)))
			time.Sleep(7 * time.Second)
			synctest.Wait()
		}
		m := missing(t, l)
		if len(m) != 2 || !strings.HasPrefix(m[0], "list of zones of account default, failing since ") || !strings.HasPrefix(m[1], "zone example.com, failing since ") {
			t.Errorf("readiness says %q, want the listing and the zone", m)
		}
		s, err := l.Status(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if s.Waiting > 2 || len(s.Names) > 0 { // its marker may wait too; none waits while a call is under way for it
			t.Errorf("%d names wait and %d are told of after an hour, want no more than the one that changed", s.Waiting, len(s.Names))
		}
		calls := 0
		for _, e := range r.seen()[before:] {
			if _, ok := e.(reconcile.Called); ok {
				calls++
			}
		}
		if calls < 100 || calls > 500 {
			t.Errorf("%d calls in the hour: pauses are 30 s at most, and calls took 10 s", calls)
		}
		for _, op := range []providertest.Op{providertest.OpZones, providertest.OpRecords, providertest.OpNames, providertest.OpApply, providertest.OpInSync} {
			r.flaky.Heal(op)
		}
		r.put("d/n000", ask(string(nth(0))+"=198.51.100.1"))
		time.Sleep(45 * time.Second)
		synctest.Wait()
		if !slices.Contains(r.zone("example.com"), string(nth(0))+" A 198.51.100.1") {
			t.Errorf("45 s after the provider's return the zone holds %q", r.zone("example.com"))
		}
		if m := missing(t, l); len(m) > 0 {
			t.Errorf("readiness still waits for %q", m)
		}
	})
}

// TestAliveKindFails: a kind that can't be read for a while is told by readiness, and not for a moment's trouble.
func TestAliveKindFails(t *testing.T) {
	in(t, func(r *rig) {
		l := r.start()
		r.synced(many(2)...)
		r.say(feed.Event{State: feed.Failing, Err: errors.New("connection refused")})
		if m := missing(t, l); len(m) > 0 {
			t.Errorf("at once readiness waits for %q", m)
		}
		time.Sleep(2 * time.Minute)
		if m := missing(t, l); len(m) != 1 || !strings.HasPrefix(m[0], "objects of the kind ingress, failing since ") {
			t.Errorf("readiness says %q, want the kind", m)
		}
		r.say(feed.Event{State: feed.Synced})
		if m := missing(t, l); len(m) > 0 {
			t.Errorf("readiness still waits for %q", m)
		}
	})
}
