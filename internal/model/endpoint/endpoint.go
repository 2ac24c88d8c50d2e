// SPDX-License-Identifier: Apache-2.0

// Package endpoint holds what objects ask for: endpoints, holds and refusals, and where they come from.
package endpoint

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/record"
)

// Ref names a watched object. Kind is in lower case ("ingress"); Namespace is empty for objects of the cluster.
type Ref struct{ Kind, Namespace, Name string }

// String is the resource that markers carry: kind/namespace/name, or kind/name.
func (r Ref) String() string {
	if r.Namespace == "" {
		return r.Kind + "/" + r.Name
	}
	return r.Kind + "/" + r.Namespace + "/" + r.Name
}

// ParseRef reads what String writes; ok is false where s has another form.
func ParseRef(s string) (r Ref, ok bool) {
	parts := strings.Split(s, "/")
	switch len(parts) {
	case 2:
		r = Ref{Kind: parts[0], Name: parts[1]}
	case 3:
		r = Ref{Kind: parts[0], Namespace: parts[1], Name: parts[2]}
	}
	return r, r.Kind != "" && r.Name != ""
}

// Compare orders refs as their strings are ordered.
func (r Ref) Compare(o Ref) int {
	return cmp.Or(cmp.Compare(r.Kind, o.Kind), cmp.Compare(r.Namespace, o.Namespace), cmp.Compare(r.Name, o.Name))
}

// Origin says which object an endpoint comes from, with what views select by. All endpoints of one object share one Origin.
type Origin struct {
	Source      string // the source's name, as --source has it
	Ref         Ref
	Created     time.Time
	Labels      map[string]string
	Annotations map[string]string
	Class       string // an Ingress's class
	Gateway     string // the Gateways that a Route is attached to, as namespace/name, sorted, with commas between them
	WAN         bool   // the object asks for our public address at its names (TargetKey)
	Everywhere  bool   // with WAN: in private zones and in views that ignore TargetKey too, for it has no address of its own
}

// TargetKey is the annotation by which an object asks for our public address. It has nothing to do with the prefixes of other annotations.
const TargetKey = "nafuda.io/target"

// Compare orders origins by age, the older first, then by ref.
func (o *Origin) Compare(p *Origin) int {
	return cmp.Or(o.Created.Compare(p.Created), o.Ref.Compare(p.Ref))
}

// Endpoint is what one object asks for at one name and type.
type Endpoint struct {
	Name dnsname.Name
	Type record.Type
	ID   string // set identifier
	TTL  uint32 // seconds; 0: not set
	// Reverse says that no source asks for it: it is the PTR record set of an address, derived from the endpoints at its targets.
	Reverse bool
	Targets []string
	Props   []record.Prop
	From    *Origin
}

// Key is the record set that the endpoint asks for.
func (e Endpoint) Key() record.Key { return record.Key{Name: e.Name, Type: e.Type, ID: e.ID} }

// Hold is a name that an object claims while its address isn't known. It carries what an endpoint would, so that a rule that
// supplies an address can make one of it.
type Hold struct {
	Name  dnsname.Name
	Type  record.Type // the one type whose data isn't known; empty: nothing is
	ID    string
	TTL   uint32
	Props []record.Prop
	From  *Origin
	Why   reason.Reason
}

// Key is what is held: with an empty type, all types.
func (h Hold) Key() record.Key { return record.Key{Name: h.Name, Type: h.Type, ID: h.ID} }

// Refusal is a part of an object that can't be used. The rest of the object isn't affected.
type Refusal struct {
	Ref   Ref
	Field string // a path in the object, such as spec.rules[0].host
	Value string // the offending value, shortened
	Why   reason.Reason
}

// Result is all that a source makes of one object. A source returns it sorted (see Sort). Reverse endpoints come to it later.
type Result struct {
	Endpoints []Endpoint
	Holds     []Hold
	Refusals  []Refusal
	// Unsure tells why the object may ask for names beside these that can't be listed now; none: these are all.
	Unsure reason.Reason
	// Again has those of the endpoints that the object asks for more than once. They count once; this is for the log alone.
	Again []Endpoint
}

// Empty reports whether the object asks for nothing, and nothing is to be said of it.
func (r Result) Empty() bool {
	return len(r.Endpoints) == 0 && len(r.Holds) == 0 && len(r.Refusals) == 0 && r.Unsure.None()
}

// Sort puts a result in its one order, so that equal objects give equal bytes.
func (r *Result) Sort() {
	slices.SortStableFunc(r.Endpoints, func(a, b Endpoint) int { return a.Key().Compare(b.Key()) })
	slices.SortStableFunc(r.Again, func(a, b Endpoint) int { return a.Key().Compare(b.Key()) })
	slices.SortStableFunc(r.Holds, func(a, b Hold) int {
		return cmp.Or(a.Name.Compare(b.Name), cmp.Compare(a.ID, b.ID), cmp.Compare(a.Type, b.Type))
	})
	slices.SortStableFunc(r.Refusals, func(a, b Refusal) int {
		return cmp.Or(cmp.Compare(a.Field, b.Field), cmp.Compare(a.Value, b.Value), a.Ref.Compare(b.Ref))
	})
}

// Names yields each name that the result asks for or holds, sorted, once.
func (r Result) Names() []dnsname.Name {
	names := make([]dnsname.Name, 0, len(r.Endpoints)+len(r.Holds))
	for _, e := range r.Endpoints {
		names = append(names, e.Name)
	}
	for _, h := range r.Holds {
		names = append(names, h.Name)
	}
	slices.SortFunc(names, dnsname.Name.Compare)
	return slices.Compact(names)
}
