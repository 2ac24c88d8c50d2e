// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"cmp"
	"fmt"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"nafuda.io/nafuda/internal/model/dnsname"
)

// listed is what a queue should be: a list, put in order by walking over all of it.
type listed struct {
	names []dnsname.Name
	ranks map[dnsname.Name]rank
}

func (l *listed) push(n dnsname.Name) {
	delete(l.ranks, n)
	if !slices.Contains(l.names, n) {
		l.names = append(l.names, n)
	}
}

func (l *listed) unshift(names []dnsname.Name) {
	names = slices.DeleteFunc(slices.Clone(names), func(n dnsname.Name) bool { return slices.Contains(l.names, n) })
	l.names = slices.Concat(names, l.names)
}

func (l *listed) drop(n dnsname.Name) {
	l.names = slices.DeleteFunc(l.names, func(o dnsname.Name) bool { return o == n })
	delete(l.ranks, n)
}

// unsorted are the names without a rank, in their order.
func (l *listed) unsorted() []dnsname.Name {
	return slices.DeleteFunc(slices.Clone(l.names), func(n dnsname.Name) bool { _, ranked := l.ranks[n]; return ranked })
}

// next is the name that comes first.
func (l *listed) next() dnsname.Name {
	order := func(n dnsname.Name) rank {
		if r, ranked := l.ranks[n]; ranked {
			return r
		}
		return released + 1
	}
	sorted := slices.Clone(l.names)
	slices.SortStableFunc(sorted, func(a, b dnsname.Name) int { return cmp.Compare(order(a), order(b)) })
	return sorted[0]
}

// TestQueueIsAList: whatever is done to a queue, it gives what a list would that is sorted again each time.
func TestQueueIsAList(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var q queue
		l := listed{ranks: make(map[dnsname.Name]rank)}
		name := rapid.Custom(func(t *rapid.T) dnsname.Name { return dnsname.Name(rapid.StringMatching(`[a-h]`).Draw(t, "name")) })
		t.Repeat(map[string]func(*rapid.T){
			"push": func(t *rapid.T) {
				n := name.Draw(t, "n")
				q.push(dirty{name: n})
				l.push(n)
			},
			"unshift": func(t *rapid.T) {
				names := rapid.SliceOfDistinct(name, func(n dnsname.Name) dnsname.Name { return n }).Draw(t, "names")
				var ds []dirty
				for _, n := range names {
					ds = append(ds, dirty{name: n})
				}
				q.unshift(ds)
				l.unshift(names)
			},
			"sort": func(t *rapid.T) {
				n, r := name.Draw(t, "n"), rank(rapid.IntRange(0, int(released)).Draw(t, "rank"))
				q.sort(n, r)
				if slices.Contains(l.names, n) {
					l.ranks[n] = r
				}
			},
			"drop": func(t *rapid.T) {
				n := name.Draw(t, "n")
				q.drop(n)
				l.drop(n)
			},
			"pop": func(t *rapid.T) {
				if q.empty() {
					t.Skip("nothing is there")
				}
				want := l.next()
				if got := q.pop().name; got != want {
					t.Fatalf("popped %s, want %s", got, want)
				}
				l.drop(want)
			},
			"": func(t *rapid.T) {
				var fresh []dnsname.Name
				for _, d := range q.unsorted() {
					fresh = append(fresh, d.name)
				}
				if diff := gocmp.Diff(l.unsorted(), fresh); diff != "" && len(fresh)+len(l.unsorted()) > 0 {
					t.Fatalf("unsorted (-want +got):\n%s", diff)
				}
				if q.len() != len(l.names) || q.empty() != (len(l.names) == 0) {
					t.Fatalf("%d names, want %d", q.len(), len(l.names))
				}
				for _, n := range l.names {
					want, wanted := l.ranks[n]
					if got, ranked := q.ranked(n); got != want || ranked != wanted || !q.has(n) {
						t.Fatalf("%s has the rank %d, %t; want %d, %t", n, got, ranked, want, wanted)
					}
				}
			},
		})
	})
}

// TestPushKeepsSince: a name that is dirty already has been so since then, whatever comes after.
func TestPushKeepsSince(t *testing.T) {
	var q queue
	first := time.Unix(1, 0)
	q.push(dirty{"a.example.com", first, looked})
	q.push(dirty{"a.example.com", first.Add(time.Hour), changed})
	if d := q.pop(); !d.since.Equal(first) || !q.empty() {
		t.Errorf("dirty since %s, and empty is %t", d.since, q.empty())
	}
}

// BenchmarkQueue changes one name of a long queue and ranks it anew.
func BenchmarkQueue(b *testing.B) {
	for _, waiting := range []int{100, 100_000} {
		b.Run(fmt.Sprintf("%d-waiting", waiting), func(b *testing.B) {
			var q queue
			for i := range waiting {
				n := dnsname.Name(fmt.Sprintf("app-%06d.example.com", i))
				q.push(dirty{name: n})
				q.sort(n, comes)
			}
			b.ReportAllocs()
			for b.Loop() {
				q.push(dirty{name: "app-000050.example.com"})
				for _, d := range q.unsorted() {
					q.sort(d.name, comes)
				}
			}
		})
	}
}
