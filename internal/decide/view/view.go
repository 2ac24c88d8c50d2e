// SPDX-License-Identifier: Apache-2.0

// Package view decides which endpoints are published in one place, and with which targets.
package view

import (
	"cmp"
	"net/netip"
	"slices"

	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/endpoint"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/record"
)

// Spec describes a view: what is selected, how it is rewritten and what may be done. It never changes.
type Spec struct {
	Name            string
	Policy          change.Policy
	Domains         Domains
	ZoneIDs         []string
	Namespace       string
	Labels          func(map[string]string) bool // nil: all
	Annotations     func(map[string]string) bool // nil: all
	Classes         []string
	DefaultTargets  []string
	ForceDefault    bool
	MinTTL          uint32 // seconds; 0: the provider's default
	PreferAlias     bool
	MergeNamespaces bool

	managed            map[record.Type]bool
	nets, excludedNets []netip.Prefix
}

// Manages reports whether record sets of a type may be touched.
func (s Spec) Manages(t record.Type) bool { return s.managed[t] }

// Select tells why an object's name isn't for this view; none: it is.
func (s Spec) Select(o *endpoint.Origin, name dnsname.Name) reason.Reason {
	switch {
	case s.Namespace != "" && o.Ref.Namespace != "" && o.Ref.Namespace != s.Namespace:
		return reason.New(reason.Filtered, "%s isn't in the namespace %s (--namespace)", o.Ref, s.Namespace)
	case s.Labels != nil && !s.Labels(o.Labels):
		return reason.New(reason.Filtered, "the labels of %s don't match --label-filter", o.Ref)
	case s.Annotations != nil && !s.Annotations(o.Annotations):
		return reason.New(reason.Filtered, "the annotations of %s don't match --annotation-filter", o.Ref)
	case len(s.Classes) > 0 && o.Ref.Kind == "ingress" && !slices.Contains(s.Classes, o.Class):
		return reason.New(reason.Filtered, "the class %q of %s isn't among --ingress-class", o.Class, o.Ref)
	case !s.Domains.Match(name):
		return reason.New(reason.Filtered, "%s doesn't pass the domain filters", name)
	default:
		return reason.Reason{}
	}
}

// Endpoint rewrites an endpoint for this view: default targets, the filter of networks, TTL and alias. It may become several,
// of other types, or none, with the reason.
func (s Spec) Endpoint(e endpoint.Endpoint) ([]endpoint.Endpoint, reason.Reason) {
	if s.ForceDefault && len(s.DefaultTargets) > 0 {
		return s.fromDefaults(e), reason.Reason{}
	}
	kept := e.Targets
	if addresses := e.Type == record.A || e.Type == record.AAAA || e.Type == record.CNAME; addresses && (s.nets != nil || s.excludedNets != nil) {
		kept = slices.DeleteFunc(slices.Clone(e.Targets), func(t string) bool { return !s.inNets(t) })
		if len(kept) == 0 {
			return nil, reason.New(reason.Filtered, "no target of %s passes --target-net-filter and --exclude-target-net", e.Key())
		}
	}
	e.Targets = kept
	return []endpoint.Endpoint{s.finish(e)}, reason.Reason{}
}

// Hold rewrites a hold for this view: default targets make endpoints of it, else it stays a hold.
func (s Spec) Hold(h endpoint.Hold) ([]endpoint.Endpoint, []endpoint.Hold) {
	if len(s.DefaultTargets) == 0 || h.Why.Code != reason.NoAddressYet {
		return nil, []endpoint.Hold{h}
	}
	return s.fromDefaults(endpoint.Endpoint{Name: h.Name, ID: h.ID, TTL: h.TTL, Props: h.Props, From: h.From}), nil
}

func (s Spec) fromDefaults(e endpoint.Endpoint) []endpoint.Endpoint {
	byType := make(map[record.Type][]string)
	for _, t := range s.DefaultTargets {
		byType[record.TypeOf(t)] = append(byType[record.TypeOf(t)], t)
	}
	var out []endpoint.Endpoint
	for _, t := range []record.Type{record.A, record.AAAA, record.CNAME} {
		if targets := byType[t]; len(targets) > 0 {
			one := e
			one.Type, one.Targets = t, targets
			out = append(out, s.finish(one))
		}
	}
	return out
}

func (s Spec) finish(e endpoint.Endpoint) endpoint.Endpoint {
	if e.TTL == 0 {
		e.TTL = s.MinTTL
	}
	if _, told := record.FindProp(e.Props, "alias"); s.PreferAlias && !told && e.Type == record.CNAME {
		e.Props = append(slices.Clone(e.Props), record.Prop{Name: "alias", Value: "true"})
		slices.SortFunc(e.Props, func(a, b record.Prop) int { return cmp.Compare(a.Name, b.Name) })
	}
	return e
}

// inNets reports whether a target passes the networks. A host name passes unless only certain networks are let through.
func (s Spec) inNets(target string) bool {
	addr, err := netip.ParseAddr(target)
	if err != nil {
		return s.nets == nil
	}
	in := func(p netip.Prefix) bool { return p.Contains(addr) }
	return (s.nets == nil || slices.ContainsFunc(s.nets, in)) && !slices.ContainsFunc(s.excludedNets, in)
}
