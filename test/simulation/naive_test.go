// SPDX-License-Identifier: Apache-2.0

package simulation

import (
	"maps"
	"slices"
	"strings"

	"nafuda.io/nafuda/internal/model/record"
)

// What follows knows nothing of the engine: it reads markers and settles conflicts by rules of its own.

// markerName is where the marker of a record set stands, for the two affixes of the simulation.
func markerName(prefix, name, typ string) string {
	low := strings.ToLower(typ)
	switch {
	case prefix == templatePrefix:
		return low + "-own." + name
	case name == zoneFor(name):
		return low + "-x-." + name
	default:
		return "x-" + low + "-" + name
	}
}

const (
	plainPrefix    = "x-"
	templatePrefix = "%{record_type}-own."
)

// markerText is a marker's value.
func markerText(owner, resource string) string {
	return `"heritage=external-dns,external-dns/owner=` + owner + `,external-dns/resource=` + resource + `"`
}

// readMarker reads one value of a TXT record set.
func readMarker(value string) (owner, resource string, ok bool) {
	text := strings.Trim(value, `"`)
	if !strings.HasPrefix(text, "heritage=external-dns,") {
		return "", "", false
	}
	for _, part := range strings.Split(text, ",") {
		if v, is := strings.CutPrefix(part, "external-dns/owner="); is {
			owner = v
		}
		if v, is := strings.CutPrefix(part, "external-dns/resource="); is {
			resource = v
		}
	}
	return owner, resource, true
}

// holdings is what a zone holds, by "name TYPE".
type holdings map[string]record.Set

func at(name, typ string) string { return name + " " + typ }

func split(key string) (name, typ string) { name, typ, _ = strings.Cut(key, " "); return name, typ }

func managed(typ string) bool { return typ == "A" || typ == "AAAA" || typ == "CNAME" }

// markOf tells whom a record set is marked for.
func (h holdings) markOf(prefix, name, typ string) (owner, resource string) {
	m, there := h[at(markerName(prefix, name, typ), "TXT")]
	if !there || len(m.Values) != 1 {
		return "", ""
	}
	owner, resource, _ = readMarker(m.Values[0])
	return owner, resource
}

// claims are the resources that the record sets at a name are marked for, by type.
type claims map[string]string

func (c claims) of(resource string) bool {
	return slices.Contains(slices.Collect(maps.Values(c)), resource)
}

// claims lists what an owner's record sets at a name are marked for, and the types of the sets that aren't its own.
func (h holdings) claims(prefix, owner, name string) (resources claims, others []string) {
	resources = make(claims)
	for _, typ := range []string{"A", "AAAA", "CNAME"} {
		if _, there := h[at(name, typ)]; !there {
			continue
		}
		if who, resource := h.markOf(prefix, name, typ); who == owner {
			resources[typ] = resource
		} else {
			others = append(others, typ)
		}
	}
	return resources, others
}

// wish is what is wanted at one name.
type wish struct {
	sets  map[string][]string // sorted values by type
	from  map[string][]string // the objects that each comes from
	held  bool                // an object that has the name has no address
	asked bool                // somebody asks for the name or holds it
}

// settle says what objects want at a name: one namespace has it, that of an object which it is marked for before that of the oldest;
// addresses beat a CNAME; sets of one kind of object are merged, and of two CNAMEs the better object's counts.
func settle(objects map[string]*thing, name string, claimed claims) wish {
	var all []*thing
	for _, t := range objects {
		if len(t.names[name]) > 0 {
			all = append(all, t)
		}
	}
	slices.SortFunc(all, func(a, b *thing) int {
		switch has := claimed.of(a.ref); {
		case has == claimed.of(b.ref):
			return older(a, b)
		case has:
			return -1
		default:
			return 1
		}
	})
	w := wish{sets: make(map[string][]string), from: make(map[string][]string)}
	if len(all) == 0 {
		return w
	}
	w.asked = true
	ns := namespaceOf(all[0].ref)
	values := make(map[string]map[string]bool)
	for _, t := range all {
		w.held = w.held || t.blank && namespaceOf(t.ref) == ns
	}
	for _, typ := range []string{"A", "AAAA", "CNAME"} {
		askers := slices.DeleteFunc(slices.Clone(all), func(t *thing) bool {
			return namespaceOf(t.ref) != ns || t.blank || len(only(t.names[name], typ)) == 0
		})
		slices.SortStableFunc(askers, func(a, b *thing) int { // who has this type of it, before the order that they have already
			switch {
			case claimed[typ] == a.ref && claimed[typ] != b.ref:
				return -1
			case claimed[typ] == b.ref && claimed[typ] != a.ref:
				return 1
			}
			return 0
		})
		for i, t := range askers {
			targets := only(t.names[name], typ)
			other := kindOf(askers[0].ref) != kindOf(t.ref) || typ == "CNAME" && i > 0
			if other && !slices.Equal(targets, only(askers[0].names[name], typ)) {
				continue
			}
			if values[typ] == nil {
				values[typ] = make(map[string]bool)
			}
			for _, target := range targets {
				values[typ][target] = true
			}
			w.from[typ] = append(w.from[typ], t.ref)
		}
	}
	if len(values) > 1 {
		delete(values, "CNAME")
	}
	for typ, set := range values {
		w.sets[typ] = slices.Sorted(maps.Keys(set))
	}
	return w
}

// only returns the targets of one type, sorted.
func only(targets []string, typ string) (out []string) {
	for _, t := range targets {
		if typeOf(t) == typ {
			out = append(out, t)
		}
	}
	slices.Sort(out)
	return out
}
