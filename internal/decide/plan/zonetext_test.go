// SPDX-License-Identifier: Apache-2.0

package plan_test

import (
	"fmt"
	"slices"
	"strings"

	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/registry"
)

const us = "us"

var example = zone.Zone{Name: "example.com"}

// tester is a *testing.T or a *rapid.T.
type tester interface {
	Helper()
	Fatalf(format string, args ...any)
}

// sets reads lines of "name[#id] TYPE value...": names are relative to example.com, "@" is the apex. "=resource" is a marker of
// ours, "=owner:resource" one of another owner, "ttl:60" a TTL.
func sets(t tester, text string) []record.Set {
	t.Helper()
	var out []record.Set
	for line := range strings.Lines(text) {
		f := strings.Fields(line)
		if len(f) == 0 {
			continue
		}
		if len(f) < 3 {
			t.Fatalf("line %q: want name, type and values", line)
		}
		name, id, _ := strings.Cut(f[0], "#")
		s := record.Set{Key: record.Key{Name: full(name), Type: record.Type(f[1]), ID: id}, TTL: 300}
		for _, v := range f[2:] {
			if strings.HasPrefix(v, "ttl:") {
				if _, err := fmt.Sscanf(v, "ttl:%d", &s.TTL); err != nil {
					t.Fatalf("line %q: %v", line, err)
				}
				continue
			}
			s.Values = append(s.Values, value(s.Type, v))
		}
		slices.Sort(s.Values)
		out = append(out, s)
	}
	return out
}

func full(name string) dnsname.Name {
	if name == "@" {
		return example.Name
	}
	return dnsname.Name(name + ".example.com")
}

func value(t record.Type, v string) string {
	marker, ok := strings.CutPrefix(v, "=")
	switch {
	case ok:
		marker, types, _ := strings.Cut(marker, "|")
		h := registry.Heritage{Owner: us, Resource: marker}
		if owner, resource, other := strings.Cut(marker, ":"); other {
			h = registry.Heritage{Owner: owner, Resource: resource}
		}
		h.Types = types
		return h.String()
	case t == record.TXT:
		return record.Quote(v)
	default:
		return v
	}
}

// text writes what sets reads, sorted.
func text(list []record.Set) string {
	var lines []string
	for _, s := range slices.SortedFunc(slices.Values(list), record.Compare) {
		name := strings.TrimSuffix(strings.TrimSuffix(string(s.Name), string(example.Name)), ".")
		if name == "" {
			name = "@"
		}
		if s.ID != "" {
			name += "#" + s.ID
		}
		f := []string{name, string(s.Type)}
		for _, v := range s.Values {
			h, ok := registry.ParseHeritage(v)
			switch {
			case !ok:
				v = record.Unquote(v)
			case h.Owner == us:
				v = "=" + h.Resource
			default:
				v = fmt.Sprintf("=%s:%s", h.Owner, h.Resource)
			}
			if h.Types != "" {
				v += "|" + h.Types
			}
			f = append(f, v)
		}
		if s.TTL != 300 {
			f = append(f, fmt.Sprintf("ttl:%d", s.TTL))
		}
		lines = append(lines, strings.Join(f, " "))
	}
	return strings.Join(lines, "\n")
}

func look(list []record.Set) registry.Look {
	return func(n dnsname.Name) []record.Set {
		var out []record.Set
		for _, s := range list {
			if s.Name == n {
				out = append(out, s)
			}
		}
		return out
	}
}

// apply enters changes as Route 53 does: what is deleted must be there exactly, what is created must not, and no CNAME or set
// identifier may end up beside what it excludes.
func apply(t tester, state []record.Set, changes []change.Change) []record.Set {
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
			t.Fatalf("%s: can't stand beside what is there:\n%s", c, text(out))
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
