// SPDX-License-Identifier: Apache-2.0

// Package zonetext writes the record sets of example.com as short lines, and reads them, so that a test shows a zone as a table:
//
//	web      A    192.0.2.1
//	web#blue A    192.0.2.2 ttl:60
//	@        TXT  =ingress/default/web
//
// A line is "name[#id] TYPE value...". Names are relative to example.com, and "@" is its apex. A value "=resource" is a marker of
// Owner, "=owner:resource" one of another owner, either with "|A+AAAA" one that lists types. "alias:target" is an alias, "ttl:60" a
// time to live other than 300 seconds.
package zonetext

import (
	"fmt"
	"slices"
	"strings"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/registry"
)

// Owner is whose the markers are that name no owner.
const Owner = "us"

const (
	apex       = dnsname.Name("example.com")
	defaultTTL = 300
)

// Zone is the zone that the names are in.
func Zone() zone.Zone { return zone.Zone{Name: apex} }

// Tester is a *testing.T or a *rapid.T.
type Tester interface {
	Helper()
	Fatalf(format string, args ...any)
}

// Sets reads lines.
func Sets(t Tester, text string) []record.Set {
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
		s := record.Set{Key: record.Key{Name: Full(name), Type: record.Type(f[1]), ID: id}, TTL: defaultTTL}
		for _, v := range f[2:] {
			if err := enter(&s, v); err != nil {
				t.Fatalf("line %q: %v", line, err)
			}
		}
		slices.Sort(s.Values)
		out = append(out, s)
	}
	return out
}

// Full is the whole of a name as lines have it.
func Full(name string) dnsname.Name {
	if name == "@" {
		return apex
	}
	return dnsname.Name(name) + "." + apex
}

// enter adds to a set what a word of its line says.
func enter(s *record.Set, word string) error {
	if ttl, ok := strings.CutPrefix(word, "ttl:"); ok {
		_, err := fmt.Sscan(ttl, &s.TTL)
		return err
	}
	if target, ok := strings.CutPrefix(word, "alias:"); ok {
		s.Alias = &record.Alias{Target: dnsname.Name(target)}
		return nil
	}
	s.Values = append(s.Values, value(s.Type, word))
	return nil
}

func value(t record.Type, word string) string {
	marker, ok := strings.CutPrefix(word, "=")
	switch {
	case ok:
		marker, types, _ := strings.Cut(marker, "|")
		h := registry.Heritage{Owner: Owner, Resource: marker, Types: types}
		if owner, resource, other := strings.Cut(marker, ":"); other {
			h.Owner, h.Resource = owner, resource
		}
		return h.String()
	case t == record.TXT:
		return record.Quote(word)
	default:
		return word
	}
}

// Text writes what Sets reads, sorted.
func Text(list []record.Set) string {
	var lines []string
	for _, s := range slices.SortedFunc(slices.Values(list), record.Compare) {
		name := strings.TrimSuffix(strings.TrimSuffix(string(s.Name), string(apex)), ".")
		if name == "" {
			name = "@"
		}
		if s.ID != "" {
			name += "#" + s.ID
		}
		f := []string{name, string(s.Type)}
		if s.Alias != nil {
			f = append(f, "alias:"+string(s.Alias.Target))
		}
		for _, v := range s.Values {
			f = append(f, word(v))
		}
		if s.TTL != defaultTTL {
			f = append(f, fmt.Sprintf("ttl:%d", s.TTL))
		}
		lines = append(lines, strings.Join(f, " "))
	}
	return strings.Join(lines, "\n")
}

func word(value string) string {
	h, marker := registry.ParseHeritage(value)
	if !marker {
		return record.Unquote(value)
	}
	out := "="
	if h.Owner != Owner {
		out += h.Owner + ":"
	}
	out += h.Resource
	if h.Types != "" {
		out += "|" + h.Types
	}
	return out
}

// Look looks sets up by their name.
func Look(list []record.Set) registry.Look {
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
