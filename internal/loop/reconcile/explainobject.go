// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"iter"
	"maps"
	"slices"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/endpoint"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/spelling"
	"nafuda.io/nafuda/internal/registry"
)

func (c *core) explainObject(ref endpoint.Ref) *ObjectFacts {
	f := &ObjectFacts{Source: c.sources[ref.Kind].Name}
	f.Result, _ = c.catalog.Result(ref)
	obj := c.objects.Get(ref)
	f.There = obj != nil
	asks := len(f.Result.Endpoints)+len(f.Result.Holds) > 0
	switch {
	case !f.There:
		f.Unseen = c.unseen(ref)
	case asks:
	case !f.Result.Unsure.None():
		f.Silent = f.Result.Unsure
	case c.sources[ref.Kind].Silent != nil:
		f.Silent = c.sources[ref.Kind].Silent(obj)
	}
	if f.There && !asks && f.Silent.None() {
		f.Silent = reason.New(reason.NoHost, "%s asks for nothing", ref)
	}
	return f
}

// unseen tells why no view can tell that an object is gone; none: one can.
func (c *core) unseen(ref endpoint.Ref) (why reason.Reason) {
	for _, v := range c.Views {
		if why = c.gone(v.Spec, ref.String()); why.None() {
			return why
		}
	}
	return why
}

// namesOf lists the names that an object asks for or holds, and those that are marked for it. The latter takes a walk over every
// mirror.
func (c *core) namesOf(ref endpoint.Ref, r endpoint.Result) []dnsname.Name {
	names := r.Names()
	for _, z := range c.sortedZones() {
		names = append(names, c.markedFor(z, ref.String())...)
	}
	slices.SortFunc(names, dnsname.Name.Compare)
	return slices.Compact(names)
}

func (c *core) markedFor(z *zoneState, resource string) []dnsname.Name {
	z = z.shadow()
	candidates := make(map[dnsname.Name]bool)
	for s := range z.mirror.All() {
		if h, ok := registry.MarkerOf(s); ok && h.Resource == resource {
			for _, v := range z.views {
				for _, n := range v.claims.Subjects(s.Name, z.Zone) {
					candidates[n] = true
				}
				candidates[s.Name] = true // with noop or an empty affix
			}
		}
	}
	var out []dnsname.Name
	for n := range candidates {
		for _, v := range z.views {
			if slices.ContainsFunc(c.whose(z, n, v), func(s SetFacts) bool { return s.Ours && s.Resource == resource }) {
				out = append(out, n)
			}
		}
	}
	return out
}

// iterated lists the kinds that sources iterate over.
func (c *core) iterated() []Kind {
	var out []Kind
	for _, name := range slices.Sorted(maps.Keys(c.sources)) {
		state, err := c.objects.State(name)
		out = append(out, Kind{Name: name, State: state, Objects: c.objects.Len(name), Error: text(err)})
	}
	return out
}

func (c *core) unreadable() []Refusal {
	var out []Refusal
	for _, name := range slices.Sorted(maps.Keys(c.broken)) {
		for _, f := range c.broken[name] {
			out = append(out, refusalOf(f.Ref, f))
		}
	}
	return out
}

// near looks for what is spelt alike. It takes a walk over everything.
func (c *core) near(name dnsname.Name, ref endpoint.Ref) []string {
	const most = 3
	if name == "" {
		return c.nearObjects(ref, most)
	}
	var all iter.Seq[string] = func(yield func(string) bool) {
		for n := range c.catalog.Names() {
			if !yield(string(n)) {
				return
			}
		}
	}
	out := spelling.Near(string(name), all, most)
	first, _ := name.Cut()
	var elsewhere []string // the same label in another zone
	for n := range c.catalog.Names() {
		if label, _ := n.Cut(); label == first && !slices.Contains(out, string(n)) {
			elsewhere = append(elsewhere, string(n))
		}
	}
	slices.Sort(elsewhere)
	out = append(out, elsewhere...)
	return out[:min(len(out), most)]
}

func (c *core) nearObjects(ref endpoint.Ref, most int) []string {
	var same, alike []string // the same name elsewhere; another name in the namespace
	for kind := range c.sources {
		var neighbours []string
		for _, r := range c.objects.Refs(kind) {
			switch {
			case r.Name == ref.Name:
				same = append(same, r.String())
			case r.Kind == ref.Kind && r.Namespace == ref.Namespace:
				neighbours = append(neighbours, r.Name)
			}
		}
		for _, n := range spelling.Near(ref.Name, slices.Values(neighbours), most) {
			alike = append(alike, endpoint.Ref{Kind: ref.Kind, Namespace: ref.Namespace, Name: n}.String())
		}
	}
	slices.Sort(same)
	out := append(same, alike...)
	return out[:min(len(out), most)]
}
