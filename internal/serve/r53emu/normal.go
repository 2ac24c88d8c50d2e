// SPDX-License-Identifier: Apache-2.0

package r53emu

import (
	"fmt"
	"slices"

	"nafuda.io/nafuda/internal/model/record"
)

// valuesOf returns a set's values as Route 53 spells them.
func valuesOf(s record.Set) []string {
	switch {
	case s.Stored != nil:
		return s.Stored
	case s.Type != record.TXT:
		return s.Values
	}
	out := make([]string, len(s.Values))
	for i, v := range s.Values {
		out[i] = octal(v)
	}
	return out
}

// normal puts a set in the form that the zone keeps.
func (b *batch) normal(s record.Set) (record.Set, bool) {
	name, p := parseName(string(s.Name))
	if p != nil {
		b.refuse("%s", p)
		return s, false
	}
	if !name.In(b.zone.Name) {
		b.refuse("RRSet with DNS name %s is not permitted in zone %s", wireName(name), wireName(b.zone.Name))
		return s, false
	}
	s.Name = name
	given := valuesOf(s)
	s.Stored, s.Values = nil, nil
	for _, v := range given {
		s.Stored = append(s.Stored, stored(v))
	}
	if s.Alias == nil {
		s.Values = canonical(s.Type, s.Stored)
		return s, true
	}
	alias := *s.Alias
	if alias.Zone == "" {
		alias.Zone = b.zone.ID
	}
	target, p := parseName(string(alias.Target))
	if p != nil {
		b.refuse("%s", p)
		return s, false
	}
	alias.Target = target
	s.Alias, s.TTL = &alias, 0
	return s, true
}

// label names a record set as Route 53's messages do.
func label(k record.Key) string {
	if k.ID != "" {
		return fmt.Sprintf("[name='%s', type='%s', set-identifier='%s']", wireName(k.Name), k.Type, k.ID)
	}
	return fmt.Sprintf("[name='%s', type='%s']", wireName(k.Name), k.Type)
}

func find(sets []record.Set, k record.Key) (record.Set, bool) {
	i := slices.IndexFunc(sets, func(s record.Set) bool { return s.Key == k })
	if i < 0 {
		return record.Set{}, false
	}
	return sets[i], true
}

// same reports whether a DELETE tells the set as it stands: values in any order, but spelled alike.
func same(have, given record.Set) bool {
	a, b := slices.Sorted(slices.Values(valuesOf(have))), slices.Sorted(slices.Values(valuesOf(given)))
	if (have.Alias == nil) != (given.Alias == nil) || have.Alias != nil && *have.Alias != *given.Alias {
		return false
	}
	return have.TTL == given.TTL && slices.Equal(a, b) && slices.Equal(sortedProps(have.Props), sortedProps(given.Props))
}
