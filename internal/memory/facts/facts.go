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
	heard   bool // somebody has said something of it
	asked   bool // it has been among the wants
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

// ForgetWhere is Forget for every reader that is chosen.
func (s *Store[R]) ForgetWhere(chosen func(R) bool) {
	for r := range s.reads {
		if chosen(r) {
			s.Forget(r)
		}
	}
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

// Peek is Read that records nothing.
func (s *Store[R]) Peek(k fact.Key) fact.Value {
	if e := s.facts[k]; e != nil {
		return e.value
	}
	return pending(k)
}

// Set enters what is known of a fact from now on and returns whom that concerns, sorted. What nobody reads isn't remembered.
func (s *Store[R]) Set(now time.Time, k fact.Key, v fact.Value) []R {
	e := s.facts[k]
	if e == nil {
		return nil
	}
	same := e.value.Equal(v)
	v.V4.Since, v.V6.Since = since(now, e, e.value.V4, v.V4), since(now, e, e.value.V6, v.V6)
	e.value, e.heard = v, true
	if same {
		return nil
	}
	return slices.SortedFunc(maps.Keys(e.readers), s.compare)
}

// since is since when a family is as it is now.
func since[R comparable](now time.Time, e *entry[R], before, after fact.Family) time.Time {
	if e.heard && (fact.Value{V4: before}).Equal(fact.Value{V4: after}) {
		return before.Since
	}
	return now
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
