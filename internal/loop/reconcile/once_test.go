// SPDX-License-Identifier: Apache-2.0

package reconcile_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"nafuda.io/nafuda/internal/feed"
	"nafuda.io/nafuda/internal/loop/reconcile"
	"nafuda.io/nafuda/internal/provider"
	"nafuda.io/nafuda/internal/provider/providertest"
)

// once runs a loop with --once over one event, and returns what Run returned.
func once(t *testing.T, arrange func(*rig), e feed.Event) (r *rig, err error) {
	synctest.Test(t, func(t *testing.T) {
		r = newRig(t, "example.com")
		r.opts.Once = true
		if arrange != nil {
			arrange(r)
		}
		done := make(chan error)
		go func() { done <- r.loop().Run(context.Background()) }()
		e.Kind = "ingress"
		r.feed <- e
		err = <-done
	})
	return r, err
}

func TestOnce(t *testing.T) {
	all := feed.Event{Replace: true, State: feed.Synced, Deltas: []feed.Delta{
		delta("d/a", ask("a.example.com=192.0.2.1")), delta("d/b", ask("b.example.com=192.0.2.1")),
	}}
	no := func(c provider.Class) *provider.Error { return &provider.Error{Class: c, Err: errors.New("no")} }
	for name, tc := range map[string]struct {
		why     string
		arrange func(*rig)
		event   feed.Event
		sets    int
		want    error // nil: none; reconcile.ErrIncomplete: that; errAny: any
	}{
		"all well":          {why: "everything is published before it ends", event: all, sets: 4},
		"nothing asked for": {why: "an empty cluster is no error", event: feed.Event{Replace: true, State: feed.Synced}},
		"no answer":         {why: "what can't be read can't be planned", event: feed.Event{State: feed.Failing, Err: errors.New("refused")}, want: errAny},
		"forbidden":         {why: "what we may not read holds its names; the rest is done", event: feed.Event{State: feed.Forbidden, Err: errors.New("forbidden")}},
		"one bad name": {
			why: "the others are published, and the status tells of it", event: all, sets: 2, want: reconcile.ErrIncomplete,
			arrange: func(r *rig) {
				r.flaky.Fail(providertest.OpApply, providertest.Fault{Err: no(provider.Rejected), Times: -1, When: touches("b.example.com")})
			},
		},
		"zones denied": {
			why: "it ends with the error rather than never", event: all, want: errAny,
			arrange: func(r *rig) {
				r.flaky.Fail(providertest.OpZones, providertest.Fault{Err: no(provider.Denied), Times: -1})
			},
		},
		"an outage that passes": {
			why: "two failures are tried again", event: all, sets: 4,
			arrange: func(r *rig) {
				r.flaky.Fail(providertest.OpRecords, providertest.Fault{Err: no(provider.Unavailable), Times: 2})
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := once(t, tc.arrange, tc.event)
			if (err == nil) != (tc.want == nil) || errors.Is(tc.want, reconcile.ErrIncomplete) && !errors.Is(err, reconcile.ErrIncomplete) {
				t.Errorf("ended with %v, want %v (%s)", err, tc.want, tc.why)
			}
			if n := len(r.zone("example.com")); n != tc.sets {
				t.Errorf("%d record sets are there, want %d (%s)", n, tc.sets, tc.why)
			}
		})
	}
}

var errAny = errors.New("any")

// A zone whose next page of a rolling read would be due isn't looked at in a run with --once: the loop sleeps until something happens.
func TestOnceSleepsWhileAnotherZoneIsRead(t *testing.T) {
	r, err := once(t, func(r *rig) {
		r.opts.Rate, r.opts.Burst, r.opts.Resync = 0.1, 1, time.Minute
		for i := range 9 {
			r.memory.AddZone(providertest.MemoryZone(fmt.Sprintf("z%d.example.com", i)))
		}
	}, feed.Event{Replace: true, State: feed.Synced})
	if err != nil || r.memory.Calls().Records != 10 {
		t.Errorf("%v, %+v; want one read of each zone", err, r.memory.Calls())
	}
}
