// SPDX-License-Identifier: Apache-2.0

package reconcile_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"nafuda.io/nafuda/internal/loop/reconcile"
	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/provider"
	"nafuda.io/nafuda/internal/provider/providertest"
)

// TestTogetherMigrating brings the markers of 400 names into another form: in few batches, in each of which a name has its markers
// before and after, past the brake, which counts names, and on from where a failure ended it.
func TestTogetherMigrating(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const names = 400
		r := newRig(t, "example.com")
		r.guard = careful
		var asks []string
		for i := range names {
			n := fmt.Sprintf("n%03d.example.com", i)
			asks = append(asks, n+"=192.0.2.1,2001:db8::1")
			r.memory.Put("example.com", set(n, "A", "192.0.2.1"), set(n, "AAAA", "2001:db8::1"), marker("x-a-"+n, "me", "ingress/ns/a"), marker("x-aaaa-"+n, "me", "ingress/ns/a"))
		}
		r.txt.Format, r.txt.Migrate = "shared", true
		fault := providertest.Fails(provider.Uncertain, fmt.Errorf("lost"))
		r.flaky.Fail(providertest.OpApply, fault)
		r.start()
		defer func() { r.stop() }()
		r.synced(delta("ns/a", ask(asks...)))
		for range 10 {
			r.settle()
		}
		lines := r.zone("example.com")
		shared := 0
		for _, l := range lines {
			if strings.Contains(l, "nafuda/types=A+AAAA") {
				shared++
			}
		}
		if len(lines) != 3*names || shared != names {
			t.Errorf("%d record sets, %d shared markers; want %d and %d", len(lines), shared, 3*names, names)
		}
		batches := 0
		for _, e := range r.seen() {
			a, ok := e.(reconcile.Applied)
			if !ok {
				continue
			}
			batches++
			for _, g := range a.Batch.Groups {
				made, gone := 0, 0
				for _, c := range g.Changes {
					switch {
					case !c.Marker:
						t.Fatalf("%s changes %s, which is no marker", g.Name, c)
					case c.Action() == change.Create:
						made++
					case c.Action() == change.Delete:
						gone++
					}
				}
				if made != 1 || gone != 2 {
					t.Errorf("%s: %d markers are made and %d go in one batch, want 1 and 2", g.Name, made, gone)
				}
			}
		}
		if batches == 0 || batches > 6 {
			t.Errorf("%d batches, want a few", batches)
		}
	})
}
