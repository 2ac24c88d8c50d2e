// SPDX-License-Identifier: Apache-2.0

package gateway

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/endpoint"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/source"
	"nafuda.io/nafuda/internal/source/kinds"
)

// evaluation is one Route being evaluated.
type evaluation struct {
	*source.Builder
	routes
	route *kinds.Route
	notes source.Annotations
	look  source.Lookup
	from  *endpoint.Origin

	hosts    []ask
	fits     map[dnsname.Name]bool // the hosts that some listener takes
	gateways map[string]bool       // those that the Route is attached to
	partial  bool                  // there are parents that we don't look at, or can't
	entered  bool                  // there is a parent whose listeners were looked at
}

func (e *evaluation) run() {
	if e.notes.HasTargets {
		e.Refuse(e.route.Ref(), "metadata.annotations", "target", reason.New(reason.BadValue, "the target annotation isn't read on a Route; put it on the Gateway"))
	}
	e.fits, e.gateways = make(map[dnsname.Name]bool), make(map[string]bool)
	if e.hosts = e.asks(); len(e.hosts) == 0 {
		return
	}
	for _, p := range e.parents() {
		if d, ok := e.open(p); ok {
			e.through(d)
		}
	}
	if e.entered && !e.partial {
		e.refuseUnfit()
	}
	e.from.Gateway = strings.Join(slices.Sorted(maps.Keys(e.gateways)), ",")
}

// parent is one that the Route is attached to, or, with a reason, may be.
type parent struct {
	kinds.Parent
	held reason.Reason
}

// parents lists the parents that the Route names and a controller has accepted it at, or hasn't decided about yet.
func (e *evaluation) parents() []parent {
	var out []parent
	named, stated := make(map[endpoint.Ref]bool), make(map[endpoint.Ref]bool)
	refs := bounded(e, "spec.parentRefs", e.route.Parents, maxParents)
	for _, p := range refs {
		named[p.Ref()] = true
		e.partial = e.partial || !e.opts.watches(p)
	}
	for i, s := range bounded(e, "status.parents", e.route.Statuses, maxParents) {
		if !named[s.Ref()] || !e.opts.watches(s.Parent) {
			continue
		}
		stated[s.Ref()] = true
		switch s.Accepted {
		case kinds.Yes:
			out = append(out, parent{Parent: s.Parent})
		case kinds.No:
			e.Refuse(e.route.Ref(), fmt.Sprintf("status.parents[%d]", i), s.Ref().String(), notAccepted(s))
		default:
			out = append(out, parent{s.Parent, undecided(s.Parent)})
		}
	}
	for _, p := range refs {
		if e.opts.watches(p) && !stated[p.Ref()] {
			out = append(out, parent{p, undecided(p)})
		}
	}
	return out
}

func undecided(p kinds.Parent) reason.Reason {
	return reason.New(reason.NotAttached, "the controller of %s hasn't said yet whether it accepts the Route", p.Ref())
}

// door is what a Route can be reached through: the listeners of a parent, and where they are.
type door struct {
	parent
	listeners []kinds.Listener
	set       *kinds.ListenerSet
	gateway   *kinds.Gateway
}

// open looks a parent up; ok is false where nothing can come through it.
func (e *evaluation) open(p parent) (d door, ok bool) {
	d.parent = p
	if p.Kind == kinds.KindListenerSet {
		return e.openSet(d)
	}
	d.gateway, ok = e.gateway(p.Parent)
	if ok {
		d.listeners = d.gateway.Listeners
	}
	return d, ok
}

// get looks up an object that the Route depends on. While its kind isn't known, the Route keeps the names it has.
func (e *evaluation) get(ref endpoint.Ref) (obj any, known bool) {
	obj, known = e.look.Get(ref)
	if known {
		return obj, true
	}
	e.partial = true
	why := source.Unread(e.look, ref.Kind)
	e.Unsure(why)
	for _, host := range e.hosts {
		if host.name != anyHost {
			e.Hold(host.name, why)
		}
	}
	return nil, false
}

// gateway looks up a Gateway that the options want.
func (e *evaluation) gateway(p kinds.Parent) (*kinds.Gateway, bool) {
	obj, known := e.get(p.Ref())
	g, is := obj.(*kinds.Gateway)
	switch {
	case !known:
		return nil, false
	case !is:
		e.missing(p)
		return nil, false
	case e.labels != nil && !e.labels.Matches(labels.Set(g.Labels)), !e.shared.Elsewhere(g.Ref(), g.Annotations).None():
		e.partial = true
		return nil, false
	default:
		return g, true
	}
}

func (e *evaluation) missing(p kinds.Parent) {
	e.Refuse(e.route.Ref(), "spec.parentRefs", p.Ref().String(), reason.New(reason.NotAttached, "there is no %s", p.Ref()))
}

// openSet goes by a ListenerSet to its Gateway, which must let it add listeners.
func (e *evaluation) openSet(d door) (door, bool) {
	obj, known := e.get(d.Ref())
	set, is := obj.(*kinds.ListenerSet)
	switch {
	case !known:
		return d, false
	case !is:
		e.missing(d.Parent)
		return d, false
	case set.Parent.Name == "" || !e.opts.watches(set.Parent) || !e.shared.Elsewhere(set.Ref(), set.Annotations).None():
		e.partial = true
		return d, false
	case set.Accepted == kinds.No:
		e.Refuse(set.Ref(), "status.conditions", set.Why, reason.New(reason.NotAttached, "%s doesn't accept the ListenerSet: %s", set.Parent.Ref(), source.Short(set.Why)))
		return d, false
	case set.Accepted != kinds.Yes:
		d.held = cmp.Or(d.held, reason.New(reason.NotAttached, "the controller of %s hasn't said yet whether it accepts %s", set.Parent.Ref(), set.Ref()))
	}
	gateway, ok := e.gateway(set.Parent)
	if !ok {
		return d, false
	}
	admitted, unread := e.admits(gateway.Sets, gateway.Ref(), "spec.allowedListeners", set.Namespace)
	d.held = cmp.Or(d.held, unread)
	if !admitted {
		e.Refuse(set.Ref(), "spec.parentRef", gateway.Name, reason.New(reason.NotAttached, "%s takes no ListenerSets of the namespace %s (spec.allowedListeners)", gateway.Ref(), set.Namespace))
		return d, false
	}
	d.set, d.gateway, d.listeners = set, gateway, set.Listeners
	return d, true
}

// admits reports whether a scope in a field of the object home takes in the namespace guest. With a reason that isn't known, and what
// may be is held.
func (e *evaluation) admits(s kinds.Scope, home endpoint.Ref, field, guest string) (bool, reason.Reason) {
	switch s.From {
	case "Same":
		return home.Namespace == guest, reason.Reason{}
	case "All":
		return true, reason.Reason{}
	}
	if s.From != "Selector" || s.Selector == nil {
		return false, reason.Reason{}
	}
	selector, err := metav1.LabelSelectorAsSelector(s.Selector)
	if err != nil {
		e.Refuse(home, field+".namespaces.selector", "", reason.New(reason.BadValue, "the selector can't be read: %s", source.Short(err.Error())))
		return false, reason.Reason{}
	}
	obj, known := e.look.Get(endpoint.Ref{Kind: kinds.KindNamespace, Name: guest})
	if !known {
		return true, source.Unread(e.look, kinds.KindNamespace)
	}
	ns, is := obj.(*kinds.Namespace)
	return is && selector.Matches(labels.Set(ns.Labels)), reason.Reason{}
}
