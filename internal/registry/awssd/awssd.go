// SPDX-License-Identifier: Apache-2.0

// Package awssd is the registry that keeps a claim in the description of the Cloud Map service which publishes a name, as
// ExternalDNS's registry aws-sd does: the text of a TXT marker, without quotes. A service has one description, so all that a name
// has belongs to one owner. The provider aws-sd shows the description as a record set of the type record.Note at the name.
package awssd

import (
	"slices"

	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/registry"
)

// Name is the registry's name, as --registry has it.
const Name = "aws-sd"

// Registry keeps claims in descriptions. It never changes and may be used from anywhere.
type Registry struct {
	owner   string
	cleanup bool
}

var _ registry.Registry = Registry{}

// New returns the registry of an owner. cleanup says that the description goes with the last record set of a name, and the service
// with it; otherwise both stay, empty, for the name's return.
func New(owner string, cleanup bool) Registry { return Registry{owner, cleanup} }

// Owner is our owner id.
func (r Registry) Owner() string { return r.owner }

// Subjects is empty: a description says nothing of other names.
func (Registry) Subjects(dnsname.Name, zone.Zone) []dnsname.Name { return nil }

// Open reads the description at a name.
func (r Registry) Open(name dnsname.Name, z zone.Zone, look registry.Look, _ registry.Asks) registry.Ledger {
	l := ledger{Registry: r, name: name, zone: z}
	sets := look(name)
	if i := slices.IndexFunc(sets, isNote); i >= 0 {
		l.note = &sets[i]
	}
	l.empty = !slices.ContainsFunc(sets, func(s record.Set) bool { return !isNote(s) })
	return l
}

func isNote(s record.Set) bool { return s.Type == record.Note }

type ledger struct {
	Registry
	name  dnsname.Name
	zone  zone.Zone
	note  *record.Set // what is described at the name; nil: nothing
	empty bool        // there is no record set at the name
}

// heritage is what the description claims.
func (l ledger) heritage() (registry.Heritage, bool) {
	if l.note == nil {
		return registry.Heritage{}, false
	}
	return registry.MarkerOf(*l.note)
}

// Claim implements registry.Ledger: the description is for all that its service publishes.
func (l ledger) Claim(s record.Set) (registry.Claim, bool, reason.Reason) {
	h, ok := l.heritage()
	if !ok {
		return registry.Claim{}, false, reason.New(reason.Foreign, "the description of the service of %s names no owner", s.Key)
	}
	return registry.Claim{Key: s.Key, Owner: h.Owner, Resource: h.Resource}, true, reason.Reason{}
}

// IsMarker implements registry.Ledger: a description is nothing that objects ask for, whatever it says.
func (ledger) IsMarker(s record.Set) bool { return isNote(s) }

// Attach implements registry.Ledger. It refuses what a service can't be: at the namespace's own name, of several types, or that of
// someone else.
func (l ledger) Attach(changes []change.Change, after []registry.Owned) ([]change.Change, []registry.Refused) {
	h, marked := l.heritage()
	ours := marked && h.Owner == l.owner
	if len(changes) > 0 {
		if refused := l.refused(changes, after, ours); refused != nil {
			return nil, refused
		}
	}
	c := change.Change{Before: l.note, Marker: true, Resource: h.Resource}
	if len(after) == 0 {
		return l.left(c, ours, len(changes) > 0), nil
	}
	c.Resource = l.resource(after, h)
	if len(changes) == 0 && (!ours || c.Resource == h.Resource) {
		return nil, nil
	}
	c.After = l.describe(c.Resource)
	return []change.Change{c}, nil
}

// left is what becomes of a description of which no record set is left: it goes, or what deletes the last one relies on it.
func (l ledger) left(c change.Change, ours, changes bool) []change.Change {
	switch {
	case !ours:
		return nil
	case l.cleanup && (l.empty || changes):
	case changes:
		c.After = c.Before
	default:
		return nil
	}
	return []change.Change{c}
}

// refused lists the record sets that a service at the name can't have.
func (l ledger) refused(changes []change.Change, after []registry.Owned, ours bool) []registry.Refused {
	var out []registry.Refused
	for _, o := range after {
		switch k := o.Set.Key; {
		case k.Name == l.zone.Name:
			out = append(out, registry.Refused{Key: k, Why: reason.New(reason.BadValue, "%s is the namespace itself: Cloud Map publishes only names below it", k)})
		case l.note != nil && !ours:
			out = append(out, registry.Refused{Key: k, Why: l.foreign(k)})
		case k.Type != after[0].Set.Type && created(changes, k):
			out = append(out, registry.Refused{Key: k, Why: reason.New(reason.BadValue,
				"%s can't be beside %s: a Cloud Map service has one type; leave one out with --exclude-record-types or --managed-record-types", k, after[0].Set.Key)})
		}
	}
	if out == nil && len(after) > 0 && slices.ContainsFunc(after, func(o registry.Owned) bool { return o.Set.Type != after[0].Set.Type }) {
		k := after[0].Set.Key // what was there of another type stays, so that this one has to wait
		out = append(out, registry.Refused{Key: k, Why: reason.New(reason.BadValue, "%s can't be beside %s: a Cloud Map service has one type", k, after[1].Set.Key)})
	}
	return out
}

func created(changes []change.Change, k record.Key) bool {
	return slices.ContainsFunc(changes, func(c change.Change) bool { return c.Key() == k && c.Before == nil })
}

func (l ledger) foreign(k record.Key) reason.Reason {
	if h, ok := l.heritage(); ok {
		return reason.New(reason.OtherOwner, "the service of %s is described as belonging to the owner %q", k, h.Owner)
	}
	return reason.New(reason.Foreign, "there is a service for %s already, and its description names no owner", k)
}

// resource is the object that the description shall name: the one it names, as long as something of it is there.
func (l ledger) resource(after []registry.Owned, h registry.Heritage) string {
	if slices.ContainsFunc(after, func(o registry.Owned) bool { return o.Resource == h.Resource }) {
		return h.Resource
	}
	return after[0].Resource
}

func (l ledger) describe(resource string) *record.Set {
	return &record.Set{
		Key:    record.Key{Name: l.name, Type: record.Note},
		Values: []string{registry.Heritage{Owner: l.owner, Resource: resource}.String()},
	}
}
