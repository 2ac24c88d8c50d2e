// SPDX-License-Identifier: Apache-2.0

// Package selector reads selectors in the grammar of Kubernetes label selectors, for labels and for annotations. Unlike those of
// apimachinery, its values needn't be label values, so that an annotation can be selected by a path or an address.
package selector

import (
	"slices"
	"strconv"
)

// Selector says which maps of labels or annotations it wants. It is a value; the zero Selector wants them all.
type Selector struct{ all []requirement }

// operator is how a requirement compares; equality is membership of a set of one.
type operator int

const (
	exists operator = iota
	absent
	in
	notIn
	greater
	less
)

type requirement struct {
	key    string
	op     operator
	values []string
	bound  int64 // of greater and less
}

// Matches reports whether a map meets every requirement. A key that isn't there meets "!=" and "notin".
func (s Selector) Matches(m map[string]string) bool {
	for _, r := range s.all {
		if !r.matches(m) {
			return false
		}
	}
	return true
}

func (r requirement) matches(m map[string]string) bool {
	value, ok := m[r.key]
	switch r.op {
	case exists:
		return ok
	case absent:
		return !ok
	case in:
		return ok && slices.Contains(r.values, value)
	case notIn:
		return !ok || !slices.Contains(r.values, value)
	}
	n, err := strconv.ParseInt(value, 10, 64)
	return ok && err == nil && (r.op == greater && n > r.bound || r.op == less && n < r.bound)
}

// Empty reports whether the selector wants everything.
func (s Selector) Empty() bool { return len(s.all) == 0 }

// Keys returns the keys that the selector looks at, sorted, each once.
func (s Selector) Keys() []string {
	var keys []string
	for _, r := range s.all {
		keys = append(keys, r.key)
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}
