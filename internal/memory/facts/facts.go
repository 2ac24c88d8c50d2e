// SPDX-License-Identifier: Apache-2.0

// Package facts remembers facts and who has read which, so that a fact that changes concerns its readers and nobody else.
package facts

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"nafuda.io/nafuda/internal/model/fact"
	"nafuda.io/nafuda/internal/model/reason"
)

// Store holds the facts that are read. R names a reader, such as an object or a name. It isn't safe for use by several goroutines:
// one owns it.
type Store[R comparable] struct {
	compare func(a, b R) int
	facts   map[fact.Key]*entry[R]
	reads   map[R][]fact.Key
	touched map[fact.Key]bool // whose readers have changed since the last Wants
}

// entry is one fact.
type entry[R comparable] struct {
	value   fact.Value
	since   time.Time // when the value was entered; zero: nobody has said anything
	heard   bool      // somebody has said something of it
	asked   bool      // it has been among the wants
	readers map[R]bool
}

// New returns an empty store; compare orders readers.
func New[R comparable](compare func(a, b R) int) *Store[R] {
	return &Store[R]{compare: compare, facts: make(map[fact.Key]*entry[R]), reads: make(map[R][]fact.Key), touched: make(map[fact.Key]bool)}
}

// Forget forgets what a reader has read, before it reads anew or because it is gone.
func (s *Store[R]) Forget(r R) {
	for _, k := range s.reads[r] {
		delete(s.facts[k].readers, r)
		s.touched[k] = true
	}
	delete(s.reads, r)
}

// Read returns what is known of a fact and records who has read it. A fact that nobody has said anything of yet is unknown.
func (s *Store[R]) Read(r R, k fact.Key) fact.Value {
	e := s.facts[k]
	if e == nil {
		e = &entry[R]{value: pending(k), readers: make(map[R]bool)}
		s.facts[k] = e
	}
	if !e.readers[r] {
		e.readers[r] = true
		s.reads[r] = append(s.reads[r], k)
		s.touched[k] = true
	}
	return e.value
}

func pending(k fact.Key) fact.Value {
	return fact.Unknown(reason.New(reason.FactPending, "nothing is known yet of the %s", k))
}

// Peek returns what is known of a fact, and since when that has been so, which is zero where nobody has said anything. It records nothing.
func (s *Store[R]) Peek(k fact.Key) (fact.Value, time.Time) {
	if e := s.facts[k]; e != nil {
		return e.value, e.since
	}
	return pending(k), time.Time{}
}

// Set enters what is known of a fact from now on and returns whom that concerns, sorted. What nobody reads isn't remembered.
func (s *Store[R]) Set(now time.Time, k fact.Key, v fact.Value) []R {
	e := s.facts[k]
	if e == nil {
		return nil
	}
	first := !e.heard
	e.heard = true
	if e.value.Equal(v) {
		if first {
			e.since = now
		}
		return nil
	}
	e.value, e.since = v, now
	return slices.SortedFunc(maps.Keys(e.readers), s.compare)
}

// Wants returns the facts that are read, and those that nobody reads any more, each where that is new since the last call; sorted. The
// latter are forgotten.
func (s *Store[R]) Wants() []fact.Want {
	var out []fact.Want
	for _, k := range slices.SortedFunc(maps.Keys(s.touched), func(a, b fact.Key) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name))
	}) {
		e := s.facts[k]
		switch {
		case e == nil:
		case len(e.readers) == 0:
			delete(s.facts, k)
			if e.asked {
				out = append(out, fact.Want{Key: k, Drop: true})
			}
		case !e.asked:
			e.asked = true
			out = append(out, fact.Want{Key: k})
		}
	}
	clear(s.touched)
	return out
}

// Pending counts the facts that are read and of which nobody has said anything yet.
func (s *Store[R]) Pending() int {
	n := 0
	for _, e := range s.facts {
		if !e.heard {
			n++
		}
	}
	return n
}
