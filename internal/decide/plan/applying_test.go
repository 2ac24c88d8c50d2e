// SPDX-License-Identifier: Apache-2.0

package plan_test

import (
	"slices"

	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/test/zonetext"
)

const us = zonetext.Owner

var example = zonetext.Zone()

// apply enters changes as Route 53 does: what is deleted must be there exactly, what is created must not, and no CNAME or set
// identifier may end up beside what it excludes.
func apply(t zonetext.Tester, state []record.Set, changes []change.Change) []record.Set {
	t.Helper()
	out := slices.Clone(state)
	for _, c := range changes {
		if c.Before == nil {
			continue
		}
		i := slices.IndexFunc(out, func(s record.Set) bool { return s.Equal(*c.Before) })
		if i < 0 {
			t.Fatalf("%s: %v isn't there", c, *c.Before)
		}
		out = slices.Delete(out, i, i+1)
	}
	for _, c := range changes {
		if c.After == nil {
			continue
		}
		if slices.ContainsFunc(out, func(s record.Set) bool { return s.Key == c.After.Key }) {
			t.Fatalf("%s: it is there already", c)
		}
		out = append(out, *c.After)
	}
	for _, c := range changes {
		if c.After != nil && !fits(*c.After, out) {
			t.Fatalf("%s: can't stand beside what is there:\n%s", c, zonetext.Text(out))
		}
	}
	return out
}

// fits reports whether a set can stand among others.
func fits(s record.Set, among []record.Set) bool {
	for _, o := range among {
		if o.Name != s.Name || o.Key == s.Key {
			continue
		}
		if o.Type != s.Type && (o.Type == record.CNAME || s.Type == record.CNAME) {
			return false
		}
		if o.Type == s.Type && (o.ID == "") != (s.ID == "") {
			return false
		}
	}
	return true
}
