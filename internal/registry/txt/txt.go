// SPDX-License-Identifier: Apache-2.0

// Package txt is the registry that stores each claim as a TXT record set, the marker, beside the record set it claims: in the
// forms that ExternalDNS writes and those it used to write.
package txt

import (
	"iter"
	"slices"
	"strings"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/registry"
)

// Registry stores claims as TXT record sets. It never changes and may be used from anywhere.
type Registry struct {
	owner    string
	wildcard string
	format   string
	migrate  bool
	fallback string // the form of new names under auto: the zone's majority
	affix    affix
	old      []affix // read for our own owner only
}

var (
	_ registry.Registry = (*Registry)(nil)
	_ registry.Surveyor = (*Registry)(nil)
)

// New returns the registry for checked options.
func New(o Options) *Registry {
	r := &Registry{
		owner: o.Owner, wildcard: strings.ToLower(o.Wildcard), format: o.Format, migrate: o.Migrate, fallback: typed, affix: newAffix(o.Prefix, o.Suffix),
	}
	for _, prefix := range append([]string{""}, o.OldPrefix...) {
		if a := newAffix(prefix, ""); a != r.affix && !slices.Contains(r.old, a) {
			r.old = append(r.old, a)
		}
	}
	return r
}

// Owner is our owner id.
func (r *Registry) Owner() string { return r.owner }

// Survey counts the zone's markers by form, those of AAAA left out because they are typed in every form but the shared one. A marker counts where the
// record set that it can be read for is there: one of a foreign prefix tells nothing. New names follow the majority; typed
// where there is none.
func (r *Registry) Survey(z zone.Zone, sets iter.Seq[record.Set]) registry.Registry {
	there := make(map[dnsname.Name]bool)
	for s := range sets {
		if _, ok := registry.MarkerOf(s); !ok {
			there[s.Name] = true
		}
	}
	balance, sharing := 0, 0
	for s := range sets {
		h, ok := registry.MarkerOf(s)
		switch {
		case !ok:
		case h.Types != "":
			sharing++
		default:
			balance += r.lean(s.Name, there)
		}
	}
	surveyed := *r
	switch surveyed.fallback = typed; {
	case sharing > max(balance, -balance):
		surveyed.fallback = shared
	case balance+sharing > 0 && !r.affix.templated():
		surveyed.fallback = untyped
	}
	return &surveyed
}

// lean is 1 for a marker without a type, -1 for one with a type, 0 for one that tells nothing.
func (r *Registry) lean(at dnsname.Name, there map[dnsname.Name]bool) int {
	head, rest, ok := r.affix.with(anyType).cut(at)
	if !ok {
		return 0
	}
	stands := func(head string) bool { return there[join(head, rest)] || head == r.wildcard && there[join("*", rest)] }
	switch t, after := cutType(head); {
	case t == record.AAAA && stands(after):
		return 0
	case t != anyType && stands(after):
		return -1
	case stands(head):
		return 1
	default:
		return 0
	}
}

// Subjects lists the names that a marker at a name can be read for, and those that share a possible marker with the name: their
// claims depend on what stands there.
func (r *Registry) Subjects(at dnsname.Name, z zone.Zone) []dnsname.Name {
	marks := append(r.marks(at, z), at)
	slices.Sort(marks)
	out := make([]dnsname.Name, 0, 2*len(marks))
	var readings []reading
	for _, m := range slices.Compact(marks) {
		readings = r.appendReadings(readings[:0], m, z)
		for _, x := range readings {
			if x.name != at && x.name.In(z.Name) {
				out = append(out, x.name)
			}
		}
	}
	slices.SortFunc(out, dnsname.Name.Compare)
	return slices.Compact(out)
}

// Open reads the claims at a name.
func (r *Registry) Open(name dnsname.Name, z zone.Zone, look registry.Look, asks registry.Asks) registry.Ledger {
	return &ledger{r: r, name: name, zone: z, look: look, asks: asks}
}
