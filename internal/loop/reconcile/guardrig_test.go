// SPDX-License-Identifier: Apache-2.0

package reconcile_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"nafuda.io/nafuda/internal/decide/guard"
	"nafuda.io/nafuda/internal/feed"
	"nafuda.io/nafuda/internal/loop/reconcile"
	"nafuda.io/nafuda/internal/memory/statedir"
	"nafuda.io/nafuda/internal/model/record"
)

// numbered is the object n of many, which asks for the name n with the targets.
func numbered(n int, targets string) feed.Delta {
	return delta(fmt.Sprintf("d/n%d", n), ask(fmt.Sprintf("n%d.example.com=%s", n, targets)))
}

// own fills the zone with so many names of ours, as those objects would have had them published.
func (r *rig) own(n int) (objects []feed.Delta) {
	for i := range n {
		name := fmt.Sprintf("n%d.example.com", i)
		r.memory.Put("example.com", set(name, "A", "192.0.2.1"), marker("x-a-"+name, "me", fmt.Sprintf("ingress/d/n%d", i)))
		objects = append(objects, numbered(i, "192.0.2.1"))
	}
	return objects
}

// names counts the names of the zone that have an address.
func (r *rig) names() int {
	n := 0
	for _, s := range r.memory.Sets("example.com") {
		if s.Type == record.A {
			n++
		}
	}
	return n
}

func (r *rig) holds(want int, why string) {
	r.t.Helper()
	if got := r.names(); got != want {
		r.t.Errorf("%d names are published, want %d: %s", got, want, why)
	}
}

// last returns the last event of a kind.
func last[E any](r *rig) (out E, n int) {
	for _, e := range r.seen() {
		if e, ok := e.(E); ok {
			out = e
			n++
		}
	}
	return out, n
}

// reasons lists what is held, by name: "n1.example.com GracePeriod".
func reasons(t *testing.T, l *reconcile.Loop) (out []string) {
	t.Helper()
	s, err := l.Status(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range s.Names {
		out = append(out, fmt.Sprintf("%s %s", n.Name, n.Reason.Code))
	}
	return slices.Compact(out)
}

// brakeless keeps the brake out of tests of the grace period.
func brakeless() guard.Options {
	o := free
	o.DeleteAfter = careful.DeleteAfter
	return o
}

// kept makes the rig's brakes know that the hour before was empty.
func (r *rig) kept() statedir.Dir {
	d := statedir.Dir(r.t.TempDir())
	if err := d.Save(context.Background(), []byte(`{"zones":{"memory/default/example.com":{}}}`)); err != nil {
		r.t.Fatal(err)
	}
	r.keeper = d
	return d
}

// slow is a folder on a disk that takes its time.
type slow struct{ statedir.Dir }

func (s slow) Load(ctx context.Context) ([]byte, error) {
	time.Sleep(5 * time.Second)
	return s.Dir.Load(ctx)
}
