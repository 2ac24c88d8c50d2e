// SPDX-License-Identifier: Apache-2.0

package txt_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/registry"
	"nafuda.io/nafuda/internal/registry/txt"
)

const us = "us"

var example = zone.Zone{Name: "example.com"}

// sets reads lines of "name[#id] TYPE value...": names are relative to example.com, "@" is the apex. "=resource" is a marker of
// ours, "=owner:resource" one of another owner, either with "|A+AAAA" one that lists types, "alias:target" an alias.
func sets(t *testing.T, text string) []record.Set {
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
		s := record.Set{Key: record.Key{Name: full(name), Type: record.Type(f[1]), ID: id}}
		for _, v := range f[2:] {
			if target, ok := strings.CutPrefix(v, "alias:"); ok {
				s.Alias = &record.Alias{Target: dnsname.Name(target)}
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
		if s.Alias != nil {
			f = append(f, "alias:"+string(s.Alias.Target))
		}
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

func nobody(string, dnsname.Name) bool { return false }

// asks reads lines of "resource name".
func asks(t *testing.T, text string) registry.Asks {
	t.Helper()
	known := make(map[string]bool)
	for line := range strings.Lines(text) {
		resource, name, _ := strings.Cut(strings.TrimSpace(line), " ")
		known[resource+" "+string(full(name))] = true
	}
	return func(resource string, n dnsname.Name) bool { return known[resource+" "+string(n)] }
}

func options(o txt.Options) txt.Options {
	o.Owner = us
	if o.Format == "" {
		o.Format = "auto"
	}
	return o
}
