// SPDX-License-Identifier: Apache-2.0

package view

import (
	"net/netip"
	"strings"

	"nafuda.io/nafuda/internal/model/endpoint"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/record"
)

// reverseProp is the property by which an object asks for PTR record sets of its addresses, or wants none.
const reverseProp = "record-type"

// reverses reports whether addresses asked for with these properties at a name get PTR record sets in this view. Those of a wildcard
// never do: it is no host's name.
func (s Spec) reverses(wildcard bool, props []record.Prop) bool {
	if wildcard || !s.Manages(record.PTR) {
		return false
	}
	if told, ok := record.FindProp(props, reverseProp); ok {
		return strings.EqualFold(told, string(record.PTR))
	}
	return s.CreatePTR
}

// Reverse returns the addresses of an endpoint that get a PTR record set in this view, as the default targets and the filter of
// networks leave them: those of the object itself, even where other ones are published in their place.
func (s Spec) Reverse(e endpoint.Endpoint) []netip.Addr {
	if !s.reverses(e.Name.IsWildcard(), e.Props) {
		return nil
	}
	made := []endpoint.Endpoint{e}
	if len(s.DefaultTargets) > 0 && (s.ForceDefault || len(e.Targets) == 0) {
		made = s.fromDefaults(e)
	}
	return addresses(s.finish(made))
}

// ReverseHeld is Reverse for a hold of which default targets make endpoints. why tells why the addresses aren't known; none: they
// are, or the hold isn't of any.
func (s Spec) ReverseHeld(h endpoint.Hold) (addrs []netip.Addr, why reason.Reason) {
	if h.From != nil && h.From.Everywhere { // it has no address of its own, and never will
		return nil, reason.Reason{}
	}
	if !s.reverses(h.Name.IsWildcard(), h.Props) || h.Type != "" && h.Type != record.A && h.Type != record.AAAA {
		return nil, reason.Reason{}
	}
	made, kept := s.Hold(h)
	if len(kept) > 0 {
		return nil, h.Why
	}
	return addresses(made), reason.Reason{}
}

func addresses(eps []endpoint.Endpoint) []netip.Addr {
	var out []netip.Addr
	for _, e := range eps {
		if e.Type != record.A && e.Type != record.AAAA {
			continue
		}
		for _, t := range e.Targets {
			if addr, err := netip.ParseAddr(t); err == nil { // else it is an alias
				out = append(out, addr)
			}
		}
	}
	return out
}
