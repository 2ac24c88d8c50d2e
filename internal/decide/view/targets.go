// SPDX-License-Identifier: Apache-2.0

package view

import (
	"cmp"
	"slices"
	"strings"

	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/endpoint"
	"nafuda.io/nafuda/internal/model/fact"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
)

// The rules for private addresses, as --private-targets has them. An empty one publishes.
const (
	Publish = "publish"
	Replace = "replace"
	Drop    = "drop"
)

// FromWAN is the word of --target-from for our public address.
const FromWAN = "wan"

// Retargeted is what the rules make of what one object asks for at a name.
type Retargeted struct {
	Endpoints []endpoint.Endpoint
	Holds     []endpoint.Hold
	Decisions []change.Decision // about what has no target left
	Notes     []change.Decision // what was put in the place of what; for explanations, for a note is made of every name each time
}

// In is the view in one zone. In a private zone, which the world doesn't see, every name has its object's own addresses.
func (s Spec) In(z zone.Zone) Spec {
	s.zone = z.Name
	if z.Private {
		s.rule, s.annotation = Publish, false
	}
	return s
}

// Publishes reports whether private addresses are published as they are.
func (s Spec) Publishes() bool { return s.rule == Publish || s.rule == "" }

// Public reports whether the names of an object are to have our public address, whatever its own are: its annotation says so and the
// view doesn't ignore that, or it has no other; and the view doesn't force its default targets on every name.
func (s Spec) Public(from *endpoint.Origin) bool {
	return from != nil && from.WAN && (s.annotation || from.Everywhere) && (!s.ForceDefault || len(s.DefaultTargets) == 0)
}

// Supplies reports whether our public address takes the place of what a hold waits for: nothing but the object's own address.
func (s Spec) Supplies(h endpoint.Hold) bool {
	return s.Public(h.From) && (h.Type == "" || addressed(h.Type)) && wantsAddress(h.Why.Code)
}

// Retarget puts other targets in the place of those that an object asks for at a name, where the rule for private addresses or its
// annotation says so. It takes what Endpoint and Hold have made, all of one object. public is called where our public address is needed; a
// family of it that isn't known is held, for the reason that it isn't, and one that we don't have is left out.
func (s Spec) Retarget(eps []endpoint.Endpoint, holds []endpoint.Hold, public func() fact.Value) Retargeted {
	r := retargeting{Spec: s, public: public}
	if s.Public(origin(eps, holds)) {
		r.announce(eps, holds)
		return r.out
	}
	r.out.Holds = holds
	switch {
	case s.Publishes():
		r.out.Endpoints = eps
	case s.rule == Replace && s.from.host != "":
		r.rename(eps)
	default:
		for _, e := range eps {
			r.sift(e)
		}
	}
	return r.out
}

func origin(eps []endpoint.Endpoint, holds []endpoint.Hold) *endpoint.Origin {
	if len(eps) > 0 {
		return eps[0].From
	}
	return holds[0].From
}

// retargeting is one call of Retarget.
type retargeting struct {
	Spec
	public func() fact.Value
	out    Retargeted
}

// announce gives the object's names our public address, those too of which only the address isn't known. Each set identifier is on its own.
func (r *retargeting) announce(eps []endpoint.Endpoint, holds []endpoint.Hold) {
	at := make(map[string]endpoint.Endpoint)
	var ids []string
	enter := func(e endpoint.Endpoint) {
		if _, there := at[e.ID]; !there {
			at[e.ID] = e
			ids = append(ids, e.ID)
		}
	}
	for _, e := range eps {
		if addressed(e.Type) {
			enter(e)
		} else {
			r.out.Endpoints = append(r.out.Endpoints, e)
		}
	}
	for _, h := range holds {
		if r.Supplies(h) {
			enter(endpoint.Endpoint{Name: h.Name, ID: h.ID, TTL: cmp.Or(h.TTL, r.MinTTL), Props: h.Props, From: h.From})
		} else {
			r.out.Holds = append(r.out.Holds, h)
		}
	}
	for _, id := range ids {
		r.atWAN(at[id])
	}
}

// wantsAddress reports whether it is only an address of the object's own that is missing.
func wantsAddress(c reason.Code) bool {
	switch c {
	case reason.NoAddressYet, reason.BadTarget, reason.HostNotFound, reason.HostUnknown, reason.FactPending:
		return true
	default:
		return false
	}
}

// atWAN points what an endpoint stands for at our public address, in both families.
func (r *retargeting) atWAN(e endpoint.Endpoint) {
	before := len(r.out.Endpoints) + len(r.out.Holds)
	e.Targets = nil
	who := "its annotation " + endpoint.TargetKey
	if e.From.Everywhere {
		who = e.From.Ref.String()
	}
	for _, t := range []record.Type{record.A, record.AAAA} {
		e.Type = t
		r.put(e, who, r.ours(t))
	}
	if len(r.out.Endpoints)+len(r.out.Holds) == before {
		e.Type = ""
		r.leave(e, "both families of our public address are switched off (--no-wan-ipv4, --no-wan-ipv6)")
	}
}

// sift takes the private addresses out of an endpoint and puts those of the same family in their place that the rule has.
func (r *retargeting) sift(e endpoint.Endpoint) {
	own := slices.DeleteFunc(slices.Clone(e.Targets), Private)
	if !addressed(e.Type) || len(own) == len(e.Targets) {
		r.out.Endpoints = append(r.out.Endpoints, e)
		return
	}
	was := e.Targets
	before := len(r.out.Endpoints) + len(r.out.Holds)
	e.Targets = own
	f, why := none(), strings.Join(was, ", ")+" can't be reached from outside"
	if r.rule == Replace {
		f = r.substitute(e.Type)
		why += ", and there is no address of this family to take its place"
	}
	r.put(e, "--private-targets="+r.rule+" for "+strings.Join(without(was, own), ", "), f)
	if len(r.out.Endpoints)+len(r.out.Holds) == before {
		r.leave(e, why)
	}
}

// rename makes a CNAME of all addresses of an object, in each set identifier that has a private one.
func (r *retargeting) rename(eps []endpoint.Endpoint) {
	done := make(map[string]bool)
	for _, e := range eps {
		if _, t := PrivateTarget([]endpoint.Endpoint{e}); t == "" || done[e.ID] {
			continue
		}
		done[e.ID] = true
		was := e.Targets
		e.Type, e.Targets = record.CNAME, []string{r.from.host}
		if e.Name == r.zone || r.PreferAlias {
			e = aliased(e)
		}
		r.out.Endpoints = append(r.out.Endpoints, e)
		r.note(e, "--private-targets=replace puts %s in the place of %s", r.from.host, strings.Join(was, ", "))
	}
	for _, e := range eps {
		if !done[e.ID] || !addressed(e.Type) {
			r.out.Endpoints = append(r.out.Endpoints, e)
		}
	}
}
