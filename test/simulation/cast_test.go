// SPDX-License-Identifier: Apache-2.0

package simulation

import (
	"cmp"
	"iter"
	"slices"
	"strings"
	"time"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/endpoint"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/source"
)

// The cast of every schedule: zones, one of them inside another, names in them, and objects that may ask for names.
var (
	castZones = []string{"example.com", "example.net", "sub.example.com"}
	castNames = []string{
		"example.com", "www.example.com", "api.example.com", "*.example.com", "deep.er.example.com", "shop.example.com", "mail.example.com", "n1.example.com", "n2.example.com", "n3.example.com",
		"example.net", "www.example.net", "api.example.net", "*.example.net", "n1.example.net", "n2.example.net", "n3.example.net",
		"sub.example.com", "www.sub.example.com", "*.sub.example.com", "n1.sub.example.com", "n2.sub.example.com", "n3.sub.example.com", "x.n3.sub.example.com",
	}
	castKinds   = []string{"ingress", "service"}
	castRefs    = []string{"ingress/d/1", "ingress/d/2", "ingress/d/3", "ingress/d/4", "ingress/d/5", "ingress/e/1", "ingress/e/2", "ingress/e/3", "service/d/1", "service/d/2", "service/d/3", "service/e/1", "service/e/2"}
	castTargets = [][]string{
		{"192.0.2.1"},
		{"192.0.2.2"},
		{"192.0.2.3", "192.0.2.4"},
		{"2001:db8::1"},
		{"192.0.2.5", "2001:db8::2"},
		{"192.0.2.6", "2001:db8::1", "2001:db8::3"},
		{"lb.example.org"},
		{"lb-2.example.org"},
		{"198.51.100.7"},
		{"198.51.100.7", "198.51.100.8", "198.51.100.9"},
	}
)

// zoneFor is the zone of a name: the longest.
func zoneFor(name string) string {
	best := ""
	for _, z := range castZones {
		if (name == z || strings.HasSuffix(name, "."+z)) && len(z) > len(best) {
			best = z
		}
	}
	return best
}

// thing is an object: the names that it asks for with their targets. While it is blank it has no address, and holds them.
type thing struct {
	ref     string
	created time.Time
	names   map[string][]string
	blank   bool
}

func kindOf(ref string) string      { kind, _, _ := strings.Cut(ref, "/"); return kind }
func namespaceOf(ref string) string { return strings.Split(ref, "/")[1] }

// typeOf is the record type of a target.
func typeOf(target string) string {
	switch {
	case strings.Contains(target, ":"):
		return "AAAA"
	case target[0] >= '0' && target[0] <= '9':
		return "A"
	default:
		return "CNAME"
	}
}

// older orders things by age, then by name.
func older(a, b *thing) int { return cmp.Or(a.created.Compare(b.created), cmp.Compare(a.ref, b.ref)) }

// keys yields each name and type that a thing asks for, all types of those that it holds.
func (t *thing) keys() iter.Seq[string] {
	return func(yield func(string) bool) {
		for name, targets := range t.names {
			for _, typ := range []string{"A", "AAAA", "CNAME"} {
				if (t.blank || len(only(targets, typ)) > 0) && !yield(at(name, typ)) {
					return
				}
			}
		}
	}
}

// evaluate is what the sources of the simulation make of a thing.
func evaluate(obj any, _ source.Lookup) endpoint.Result {
	t := obj.(*thing)
	ref, _ := endpoint.ParseRef(t.ref)
	from := &endpoint.Origin{Source: ref.Kind, Ref: ref, Created: t.created}
	var out endpoint.Result
	for name, targets := range t.names {
		if t.blank {
			out.Holds = append(out.Holds, endpoint.Hold{Name: dnsname.Name(name), From: from, Why: reason.New(reason.NoAddressYet, "no address")})
			continue
		}
		for _, typ := range []string{"A", "AAAA", "CNAME"} {
			var values []string
			for _, target := range targets {
				if typeOf(target) == typ {
					values = append(values, target)
				}
			}
			if slices.Sort(values); len(values) > 0 {
				out.Endpoints = append(out.Endpoints, endpoint.Endpoint{Name: dnsname.Name(name), Type: record.Type(typ), Targets: values, From: from})
			}
		}
	}
	return out
}

// sources are those of one process.
func sources() (out []source.Source) {
	for _, k := range castKinds {
		out = append(out, source.Source{Name: k, Kind: k, Eval: evaluate})
	}
	return out
}
