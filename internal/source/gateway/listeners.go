// SPDX-License-Identifier: Apache-2.0

package gateway

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/endpoint"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/source/kinds"
)

// through points the Route's hosts at the Gateway, as far as its listeners take them.
func (e *evaluation) through(d door) {
	e.entered = true
	home, names, held := d.home(), make(map[dnsname.Name]bool), make(map[dnsname.Name]reason.Reason)
	for i, l := range bounded(e, "spec.listeners", d.listeners, maxListeners) {
		verdict, undecided := d.section(l.Name)
		if verdict == kinds.No || !e.takes(l, d.Parent) {
			continue
		}
		admitted, unread := e.admits(l.Routes, home, fmt.Sprintf("spec.listeners[%d].allowedRoutes", i), e.route.Namespace)
		if !admitted {
			continue
		}
		why := cmp.Or(d.held, unread, undecided)
		for _, name := range e.meet(home, i, l.Host) {
			if why.None() {
				names[name] = true
			} else {
				held[name] = cmp.Or(held[name], why)
			}
		}
	}
	for name, why := range held {
		if !names[name] {
			e.Hold(name, why)
		}
	}
	if len(names)+len(held) > 0 {
		e.gateways[d.gateway.Namespace+"/"+d.gateway.Name] = true
	}
	e.point(d, slices.SortedFunc(maps.Keys(names), dnsname.Name.Compare))
}

// section tells whether a listener is in use, as far as that is the matter of a ListenerSet's status.
func (d door) section(name string) (kinds.Verdict, reason.Reason) {
	if d.set == nil || d.set.Sections[name] == kinds.Yes {
		return kinds.Yes, reason.Reason{}
	}
	return d.set.Sections[name], reason.New(reason.NotAttached, "the controller hasn't said yet whether it accepts the listener %s of %s", name, d.set.Ref())
}

// home is the object whose listeners they are.
func (d door) home() endpoint.Ref {
	if d.set != nil {
		return d.set.Ref()
	}
	return d.gateway.Ref()
}

// takes reports whether a listener is for the Route, its hosts and namespace apart.
func (e *evaluation) takes(l kinds.Listener, p kinds.Parent) bool {
	return (p.Section == "" || p.Section == l.Name) && (p.Port == 0 || p.Port == l.Port) &&
		slices.Contains(e.protocols, l.Protocol) && (len(l.Kinds) == 0 || slices.Contains(l.Kinds, e.manifest))
}

// meet returns what the hosts of the Route and of a listener stand for together.
func (e *evaluation) meet(home endpoint.Ref, i int, text string) []dnsname.Name {
	host := anyHost
	if text != "" {
		var ok bool
		if host, ok = e.host(home, fmt.Sprintf("spec.listeners[%d].hostname", i), text); !ok {
			return nil
		}
	}
	var out []dnsname.Name
	for _, h := range e.hosts {
		if name, ok := meet(h.name, host); ok {
			e.fits[h.name] = true
			out = append(out, name)
		}
	}
	return out
}

// point points names at the targets of a parent, the first that gives any: ListenerSet, Gateway, the Gateway's addresses.
func (e *evaluation) point(d door, names []dnsname.Name) {
	if d.set != nil && e.pointAnnotated(d.set.Ref(), d.set.Annotations, names) || e.pointAnnotated(d.gateway.Ref(), d.gateway.Annotations, names) {
		return
	}
	missing := reason.New(reason.NoAddressYet, "%s has no address", d.gateway.Ref())
	e.PointAt(names, d.gateway.Ref(), "status.addresses", d.gateway.Addresses, missing)
}

func (e *evaluation) pointAnnotated(ref endpoint.Ref, annotations map[string]string, names []dnsname.Name) (given bool) {
	// Only the target counts there: the Route has its own annotations for everything else.
	notes := e.shared.ReadTargets(ref, annotations)
	if !notes.HasTargets {
		return false
	}
	e.Include(notes.Refusals)
	e.Point(names, notes.Targets, reason.New(reason.BadTarget, "the target annotation of %s has neither an address nor a host name", ref))
	return true
}

// refuseUnfit tells which hosts no listener takes.
func (e *evaluation) refuseUnfit() {
	for _, host := range e.hosts {
		switch {
		case e.fits[host.name]:
		case host.name != anyHost:
			e.Refuse(e.route.Ref(), host.field, string(host.name), reason.New(reason.NotAttached, "no listener of the Route's Gateways takes the host"))
		case len(e.fits) == 0:
			e.Refuse(e.route.Ref(), host.field, "", reason.New(reason.NotAttached, "the Route has no hosts, and no listener of its Gateways that takes it has one"))
		}
	}
}
