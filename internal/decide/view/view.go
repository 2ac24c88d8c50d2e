// SPDX-License-Identifier: Apache-2.0

// Package view decides which endpoints are published in one place, and with which targets.
package view

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"

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
	Namespaces      []string                     // none: all
	Sources         []string                     // none: all
	Gateways        []string                     // each name or namespace/name; none: all
	Labels          func(map[string]string) bool // nil: all
	Annotations     func(map[string]string) bool // nil: all
	Classes         []string
	DefaultTargets  []string
	ForceDefault    bool
	MinTTL          uint32 // seconds; 0: the provider's default
	PreferAlias     bool
	MergeNamespaces bool
	CreatePTR       bool // unless an object says otherwise

	managed            map[record.Type]bool
	nets, excludedNets []netip.Prefix

	rule       string     // for private addresses: Publish, Replace or Drop
	from       substitute // with Replace
	annotation bool       // objects may ask for our public address
	zone       dnsname.Name
}

// Manages reports whether record sets of a type may be touched.
func (s Spec) Manages(t record.Type) bool { return s.managed[t] }

// Select tells why an object's name isn't for this view; none: it is.
func (s Spec) Select(o *endpoint.Origin, name dnsname.Name) reason.Reason {
	switch {
	case !s.HasNamespace(o.Ref.Namespace):
		return reason.New(reason.Filtered, "%s isn't in the namespace %s (--namespace)", o.Ref, strings.Join(s.Namespaces, " or "))
	case s.Labels != nil && !s.Labels(o.Labels):
		return reason.New(reason.Filtered, "the labels of %s don't match --label-filter", o.Ref)
	case s.Annotations != nil && !s.Annotations(o.Annotations):
		return reason.New(reason.Filtered, "the annotations of %s don't match --annotation-filter", o.Ref)
	case o.Ref.Kind == "ingress" && !s.classy(o.Class):
		return reason.New(reason.Filtered, "the class %q of %s isn't among --ingress-class", o.Class, o.Ref)
	case !s.Domains.Match(name):
		return reason.New(reason.Filtered, "%s doesn't pass the domain filters", name)
	default:
		return s.narrow(o)
	}
}

// narrow is Select by what only a file of views says.
func (s Spec) narrow(o *endpoint.Origin) reason.Reason {
	switch {
	case !s.HasSource(o.Source):
		return reason.New(reason.Filtered, "the source %s isn't one of view %s (source)", o.Source, s.Name)
	case strings.HasPrefix(o.Source, "gateway-") && !s.attached(o.Gateway):
		return reason.New(reason.Filtered, "%s is at no Gateway of view %s (gateway-name)", o.Ref, s.Name)
	default:
		return reason.Reason{}
	}
}

// HasNamespace reports whether objects of a namespace may be selected; those of the cluster, without one, may.
func (s Spec) HasNamespace(name string) bool {
	return name == "" || len(s.Namespaces) == 0 || slices.Contains(s.Namespaces, name)
}

// HasSource reports whether objects of a source may be selected.
func (s Spec) HasSource(name string) bool {
	return len(s.Sources) == 0 || slices.Contains(s.Sources, name)
}

// attached reports whether one of the Gateways, written as in Origin, is selected.
func (s Spec) attached(gateways string) bool {
	return len(s.Gateways) == 0 || slices.ContainsFunc(strings.Split(gateways, ","), func(g string) bool {
		return slices.Contains(s.Gateways, g) || slices.Contains(s.Gateways, g[strings.LastIndexByte(g, '/')+1:])
	})
}

func (s Spec) classy(class string) bool {
	return len(s.Classes) == 0 || slices.Contains(s.Classes, class)
}

// Endpoint rewrites an endpoint for this view: default targets, the filter of networks, TTL and alias, in this order. It may
// become several, of other types, or none, with the reason. What is to have our public address is left to Retarget.
func (s Spec) Endpoint(e endpoint.Endpoint) ([]endpoint.Endpoint, reason.Reason) {
	if s.Public(e.From) && addressed(e.Type) {
		e.TTL = cmp.Or(e.TTL, s.MinTTL)
		return []endpoint.Endpoint{e}, reason.Reason{}
	}
	made := []endpoint.Endpoint{e}
	if len(s.DefaultTargets) > 0 && (s.ForceDefault || len(e.Targets) == 0) {
		made = s.fromDefaults(e)
	}
	out := s.finish(made)
	if len(out) > 0 {
		return out, reason.Reason{}
	}
	if len(e.Targets) == 0 && len(s.DefaultTargets) == 0 {
		return nil, reason.New(reason.BadTarget, "%s has no targets", e.Key())
	}
	return nil, reason.New(reason.Filtered, "no target of %s passes --target-net-filter and --exclude-target-net", e.Key())
}

// Hold rewrites a hold for this view: default targets make endpoints of it, else it stays a hold.
func (s Spec) Hold(h endpoint.Hold) ([]endpoint.Endpoint, []endpoint.Hold) {
	if len(s.DefaultTargets) > 0 && h.Why.Code == reason.NoAddressYet && !s.Public(h.From) {
		made := s.finish(s.fromDefaults(endpoint.Endpoint{Name: h.Name, ID: h.ID, TTL: h.TTL, Props: h.Props, From: h.From}))
		if len(made) > 0 {
			return made, nil
		}
	}
	return nil, []endpoint.Hold{h}
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
			out = append(out, one)
		}
	}
	return out
}

// finish leaves the targets that pass the networks and fills in what isn't set. The endpoints' own lists don't change.
func (s Spec) finish(made []endpoint.Endpoint) []endpoint.Endpoint {
	var out []endpoint.Endpoint
	for _, e := range made {
		e.Targets = slices.DeleteFunc(slices.Clone(e.Targets), func(t string) bool { return !s.inNets(t) })
		if len(e.Targets) == 0 {
			continue
		}
		if e.TTL == 0 {
			e.TTL = s.MinTTL
		}
		if s.PreferAlias && e.Type == record.CNAME {
			e = aliased(e)
		}
		out = append(out, e)
	}
	return out
}

// aliased asks for an alias in place of a CNAME, unless the object says otherwise.
func aliased(e endpoint.Endpoint) endpoint.Endpoint {
	if _, told := record.FindProp(e.Props, "alias"); told {
		return e
	}
	e.Props = append(slices.Clone(e.Props), record.Prop{Name: "alias", Value: "true"})
	slices.SortFunc(e.Props, func(a, b record.Prop) int { return cmp.Compare(a.Name, b.Name) })
	return e
}

// inNets reports whether a target passes the networks, an IPv4-mapped address as IPv4 too. What isn't an address passes unless
// only certain networks are let through.
func (s Spec) inNets(target string) bool {
	addr, err := netip.ParseAddr(target)
	if err != nil {
		return s.nets == nil
	}
	in := func(p netip.Prefix) bool { return p.Contains(addr) || p.Contains(addr.Unmap()) }
	return (s.nets == nil || slices.ContainsFunc(s.nets, in)) && !slices.ContainsFunc(s.excludedNets, in)
}
