// SPDX-License-Identifier: Apache-2.0

package rfc2136

import "testing"

func TestOrder(t *testing.T) {
	list := []host{{at: "a"}, {at: "b"}, {at: "c"}}
	first := func(h *hosts) string {
		order := h.order()
		seen := map[host]bool{}
		for _, o := range order {
			seen[o] = true
		}
		if len(seen) != len(h.list) {
			t.Errorf("%v doesn't have every host once", order)
		}
		return order[0].at
	}
	h := &hosts{list: list, strategy: disabled}
	if a, b := first(h), first(h); a != "a" || b != "a" {
		t.Errorf("disabled: %s, %s", a, b)
	}
	h.failed(list[0])
	if got := first(h); got != "b" {
		t.Errorf("after a failure: %s", got)
	}
	h.failed(list[0]) // which was long ago
	if got := first(h); got != "b" {
		t.Errorf("after the failure of another: %s", got)
	}
	h.failed(list[1])
	h.failed(list[2])
	if got := first(h); got != "a" {
		t.Errorf("after every one has failed: %s", got)
	}
	h = &hosts{list: list, strategy: roundRobin}
	if got := first(h) + first(h) + first(h) + first(h); got != "abca" {
		t.Errorf("round-robin: %s", got)
	}
	h = &hosts{list: list, strategy: random}
	last, seen := "", map[string]bool{}
	for range 200 {
		got := first(h)
		if got == last {
			t.Fatalf("random: %s twice", got)
		}
		last, seen[got] = got, true
	}
	if len(seen) != 3 {
		t.Errorf("random: only %v", seen)
	}
	h = &hosts{list: list[:1], strategy: random}
	if got := first(h) + first(h); got != "aa" {
		t.Errorf("one host: %s", got)
	}
}
