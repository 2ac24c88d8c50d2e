// SPDX-License-Identifier: Apache-2.0

package reconcile_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"nafuda.io/nafuda/internal/loop/reconcile"
)

// TestForeignIsNeverTouched has record sets of another owner and of nobody where objects ask for names, change their minds, and go.
func TestForeignIsNeverTouched(t *testing.T) {
	in(t, func(r *rig) {
		theirs := []string{
			"a.example.com A 203.0.113.1", `x-a-a.example.com TXT "heritage=external-dns,external-dns/owner=other,external-dns/resource=ingress/d/a`,
			"b.example.com A 203.0.113.2",
		}
		r.memory.Put("example.com", set("a.example.com", "A", "203.0.113.1"), marker("x-a-a.example.com", "other", "ingress/d/a"), set("b.example.com", "A", "203.0.113.2"))
		r.start()
		r.synced(delta("d/a", ask("a.example.com=192.0.2.1", "b.example.com=192.0.2.1", "c.example.com=192.0.2.1")))
		r.want("example.com", append(theirs, "c.example.com A 192.0.2.1", "x-a-c.example.com TXT me:d/a")...)
		r.put("d/a", ask("a.example.com=192.0.2.2", "b.example.com=www.example.org", "c.example.com=192.0.2.2"))
		r.settle()
		r.want("example.com", append(theirs, "c.example.com A 192.0.2.2", "x-a-c.example.com TXT me:d/a")...)
		r.put("d/a", nil)
		r.settle()
		r.want("example.com", theirs...)
		if n := r.memory.Calls().Apply; n != 3 {
			t.Errorf("%d writes, want 3: nothing of others is tried", n)
		}
	})
}

// TestTogetherInEachBatch looks at every batch: record sets come, change their type and go with their markers, in one.
func TestTogetherInEachBatch(t *testing.T) {
	in(t, func(r *rig) {
		r.start()
		r.synced(delta("d/a", ask("a.example.com=192.0.2.1")))
		r.put("d/a", ask("a.example.com=www.example.org"))
		r.settle()
		r.put("d/a", nil)
		r.settle()
		want := [][]string{
			{"create a.example.com A", "create x-a-a.example.com TXT"},
			{"delete a.example.com A", "create a.example.com CNAME", "delete x-a-a.example.com TXT", "create x-cname-a.example.com TXT"},
			{"delete a.example.com CNAME", "delete x-cname-a.example.com TXT"},
		}
		r.wantBatches(want)
	})
}

// wantBatches compares the batches that were applied, their changes in any order.
func (r *rig) wantBatches(want [][]string) {
	r.t.Helper()
	var got [][]string
	for _, e := range r.seen() {
		a, ok := e.(reconcile.Applied)
		if !ok {
			continue
		}
		var lines []string
		for _, ch := range a.Batch.Changes() {
			lines = append(lines, string(ch.Action())+" "+ch.Key().String())
		}
		got = append(got, lines)
	}
	sorted := cmpopts.SortSlices(func(a, b string) bool { return a < b })
	if diff := cmp.Diff(want, got, sorted); diff != "" {
		r.t.Errorf("the batches (-want +got):\n%s", diff)
	}
}
