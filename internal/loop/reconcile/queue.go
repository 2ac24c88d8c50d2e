// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"cmp"
	"container/heap"
	"maps"
	"slices"

	"nafuda.io/nafuda/internal/model/dnsname"
)

// queue holds dirty names, each once: those that were ranked in the order of their ranks, then the others, and of one rank in the order in
// which they came. What a name costs in it doesn't depend on how many there are, but for the depth of a heap. The zero value is ready.
type queue struct {
	at          map[dnsname.Name]*queued
	fresh       map[dnsname.Name]*queued // of them, those that weren't ranked since something changed
	order       heapOf[*queued]
	first, last int // places that were given, before the names that there were and behind them
}

// queued is a name in a queue.
type queued struct {
	dirty
	rank  rank
	fresh bool
	place int
	index int // in the order
}

// push enters a name behind the others; one that is there keeps its place. Either way it is to be ranked: something has changed.
func (q *queue) push(d dirty) {
	e := q.at[d.name]
	if e == nil {
		q.last++
		e = q.enter(d, q.last)
	}
	e.fresh = true
	q.fresh[d.name] = e
	heap.Fix(&q.order, e.index)
}

func (q *queue) enter(d dirty, place int) *queued {
	if q.at == nil {
		q.at, q.fresh = make(map[dnsname.Name]*queued), make(map[dnsname.Name]*queued)
	}
	e := &queued{dirty: d, fresh: true, place: place}
	q.at[d.name], q.fresh[d.name] = e, e
	heap.Push(&q.order, e)
	return e
}

// unshift puts names back before the others, in their order; those that are there stay where they are.
func (q *queue) unshift(ds []dirty) {
	for _, d := range slices.Backward(ds) {
		if !q.has(d.name) {
			q.first--
			q.enter(d, q.first)
		}
	}
}

// putBack puts a name back at the head of its rank.
func (q *queue) putBack(d dirty, r rank) {
	q.unshift([]dirty{d})
	q.sort(d.name, r)
}

// sort ranks a name, if it is there.
func (q *queue) sort(n dnsname.Name, r rank) {
	e := q.at[n]
	if e == nil {
		return
	}
	e.rank, e.fresh = r, false
	delete(q.fresh, n)
	heap.Fix(&q.order, e.index)
}

// unsorted lists the names that aren't ranked, in their order.
func (q *queue) unsorted() []dirty {
	out := make([]dirty, 0, len(q.fresh))
	for _, e := range slices.SortedFunc(maps.Values(q.fresh), func(a, b *queued) int { return cmp.Compare(a.place, b.place) }) {
		out = append(out, e.dirty)
	}
	return out
}

// head is the rank of the name that is next; the queue isn't empty.
func (q *queue) head() rank { return q.order[0].rank }

// pop takes the name that is next; the queue isn't empty.
func (q *queue) pop() dirty {
	d := q.order[0].dirty
	q.drop(d.name)
	return d
}

// drop takes a name out, if it is there.
func (q *queue) drop(n dnsname.Name) {
	e := q.at[n]
	if e == nil {
		return
	}
	heap.Remove(&q.order, e.index)
	delete(q.at, n)
	delete(q.fresh, n)
	if len(q.at) == 0 {
		*q = queue{} // it may have been large
	}
}

// ranked returns the rank of a name; false: it isn't there, or isn't ranked.
func (q *queue) ranked(n dnsname.Name) (rank, bool) {
	e := q.at[n]
	if e == nil || e.fresh {
		return 0, false
	}
	return e.rank, true
}

func (q *queue) has(n dnsname.Name) bool { return q.at[n] != nil }
func (q *queue) len() int                { return len(q.at) }
func (q *queue) empty() bool             { return len(q.at) == 0 }

// before orders by rank, those that have none last, and then by place.
func (e *queued) before(o *queued) bool {
	switch {
	case e.fresh != o.fresh:
		return o.fresh
	case !e.fresh && e.rank != o.rank:
		return e.rank < o.rank
	default:
		return e.place < o.place
	}
}

func (e *queued) seat() *int { return &e.index }
