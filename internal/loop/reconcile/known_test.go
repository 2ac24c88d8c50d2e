// SPDX-License-Identifier: Apache-2.0

package reconcile_test

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"

	"nafuda.io/nafuda/internal/feed"
	"nafuda.io/nafuda/internal/loop/reconcile"
	"nafuda.io/nafuda/internal/model/dnsname"
)

// TestNamesOfARun: what is asked for, held or left behind is listed, and nothing of others.
func TestNamesOfARun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, "example.com")
		r.opts.Once, r.opts.DryRun = true, true
		r.memory.Put("example.com",
			set("left.example.com", "A", "192.0.2.9"), marker("x-a-left.example.com", "me", "ingress/d/old"),
			set("theirs.example.com", "A", "192.0.2.9"), marker("x-a-theirs.example.com", "you", "ingress/d/x"),
			set("foreign.example.com", "A", "192.0.2.9"),
			set("a.example.com", "A", "192.0.2.1"), marker("x-a-a.example.com", "me", "ingress/d/a"),
		)
		var names []dnsname.Name
		r.settled = func(s reconcile.Settled) { names = s.Names() }
		done := make(chan error)
		go func() { done <- r.loop().Run(context.Background()) }()
		r.feed <- feed.Event{Kind: "ingress", Replace: true, State: feed.Synced, Deltas: []feed.Delta{delta("d/a", ask("a.example.com=192.0.2.1", "new.example.com=192.0.2.1", "h.example.com=hold"))}}
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if want := []dnsname.Name{"a.example.com", "h.example.com", "left.example.com", "new.example.com"}; !slices.Equal(names, want) {
			t.Errorf("%v, want %v", names, want)
		}
	})
}
