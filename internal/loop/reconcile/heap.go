// SPDX-License-Identifier: Apache-2.0

package reconcile

// member is what a heapOf can hold: it knows where it is, so that it can be moved or taken out from the midst.
type member[M any] interface {
	before(other M) bool
	seat() *int // its index in the heap; -1 once it has left
}

// heapOf is for container/heap: the member that is before all others is its first.
type heapOf[M member[M]] []M

// Len implements heap.Interface.
func (h heapOf[M]) Len() int { return len(h) }

// Less implements heap.Interface.
func (h heapOf[M]) Less(i, j int) bool { return h[i].before(h[j]) }

// Swap implements heap.Interface.
func (h heapOf[M]) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	*h[i].seat(), *h[j].seat() = i, j
}

// Push implements heap.Interface.
func (h *heapOf[M]) Push(x any) {
	m := x.(M)
	*m.seat() = len(*h)
	*h = append(*h, m)
}

// Pop implements heap.Interface.
func (h *heapOf[M]) Pop() any {
	var none M
	last := len(*h) - 1
	m := (*h)[last]
	(*h)[last] = none
	*h = (*h)[:last]
	*m.seat() = -1
	return m
}
