// SPDX-License-Identifier: Apache-2.0

package reconcile_test

import (
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"nafuda.io/nafuda/internal/feed"
	"nafuda.io/nafuda/internal/loop/reconcile"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/provider/providertest"
)

// counted counts how often what is wanted is brought into the provider's form: once and more for each name that is planned.
type counted struct {
	*providertest.Flaky
	desired atomic.Int64
}

// Desired counts.
func (c *counted) Desired(s record.Set) ([]record.Set, error) {
	c.desired.Add(1)
	return c.Flaky.Desired(s)
}

// cost is what something takes.
type cost struct{ Desired, Evaluated, Planned, Names, Calls int }

// spent does something and counts what it takes until all is settled.
func (r *rig) spent(p *counted, do func()) (spent cost) {
	events, desired := len(r.seen()), p.desired.Load()
	do()
	r.settle()
	spent.Desired = int(p.desired.Load() - desired)
	for _, e := range r.seen()[events:] {
		switch e := e.(type) {
		case reconcile.Evaluated:
			spent.Evaluated++
		case reconcile.Planned:
			spent.Planned++
		case reconcile.Applied:
			spent.Names += len(e.Batch.Groups)
		case reconcile.Called:
			spent.Calls++
		}
	}
	return spent
}

// TestDeltaOneChangeCostsTheSame: what one change takes is the same among ten names and among a thousand.
func TestDeltaOneChangeCostsTheSame(t *testing.T) {
	after := func(names int) (spent cost) {
		in(t, func(r *rig) {
			p := &counted{Flaky: r.flaky}
			r.provider = p
			var ds []feed.Delta
			for i := range names {
				ds = append(ds, delta(fmt.Sprintf("d/n%d", i), ask(fmt.Sprintf("n%d.example.com=192.0.2.1", i))))
			}
			r.start()
			r.synced(ds...)
			r.settle()
			spent = r.spent(p, func() { r.put("d/n7", ask("n7.example.com=192.0.2.2")) })
		})
		return spent
	}
	few, many := after(10), after(1000)
	if diff := cmp.Diff(few, many); diff != "" || few.Names != 1 || few.Calls != 1 || few.Desired == 0 {
		t.Errorf("one change costs %+v among ten names; among a thousand (-ten +thousand):\n%s", few, diff)
	}
}
