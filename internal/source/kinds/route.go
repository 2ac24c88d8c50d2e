// SPDX-License-Identifier: Apache-2.0

package kinds

import (
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"nafuda.io/nafuda/internal/model/endpoint"
	"nafuda.io/nafuda/internal/source"
)

// Route is the slim form of a Route of the Gateway API, of whichever kind.
type Route struct {
	Meta
	Kind     string   // KindHTTPRoute, ...
	Hosts    []string // spec.hostnames; a TCPRoute and a UDPRoute have none
	Parents  []Parent // spec.parentRefs, without those that are neither Gateways nor ListenerSets
	Statuses []Status // status.parents, without the same
}

// Status is what a controller says of a Route at one of its parents.
type Status struct {
	Parent
	Accepted Verdict
	Why      string // the controller's word where it doesn't accept the Route: "NotAllowedByListeners"
}

// Ref names the Route.
func (r *Route) Ref() endpoint.Ref {
	return endpoint.Ref{Kind: r.Kind, Namespace: r.Namespace, Name: r.Name}
}

// route is what is read of a Route, whichever its kind.
type route struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              struct {
		Hostnames  []string    `json:"hostnames,omitempty"`
		ParentRefs []parentRef `json:"parentRefs,omitempty"`
	} `json:"spec"`
	Status struct {
		Parents []routeStatus `json:"parents,omitempty"`
	} `json:"status"`
}

type routeStatus struct {
	ParentRef      parentRef   `json:"parentRef"`
	ControllerName string      `json:"controllerName,omitempty"`
	Conditions     []condition `json:"conditions,omitempty"`
}

// DeepCopyObject shares what nobody changes.
func (r *route) DeepCopyObject() runtime.Object { c := *r; return &c }

// Assume makes a Route without a status accepted everywhere, where addresses are assumed: objects from files have no controller.
func (r *route) Assume(addresses []string) {
	if len(addresses) == 0 || len(r.Status.Parents) > 0 {
		return
	}
	for _, p := range r.Spec.ParentRefs {
		r.Status.Parents = append(r.Status.Parents, routeStatus{ParentRef: p, Conditions: assumed()})
	}
}

func assumed() []condition { return []condition{{Type: "Accepted", Status: string(Yes)}} }

// routeKinds are the kinds of Routes. TLSRoute became v1 in version 1.5 of the Gateway API, TCPRoute and UDPRoute in 1.6, whose standard
// channel serves nothing older of them; before, their only versions were v1alpha2 and, of TLSRoute in 1.4, v1alpha3.
func routeKinds(o source.Options) []source.Kind {
	of := func(name, manifest, version string, older ...string) source.Kind {
		return source.Kind{
			Name: name, Group: GatewayGroup, Version: version, Older: older, Resource: name + "s", ManifestKind: manifest, Namespaced: true,
			New:  func() any { return new(route) },
			Slim: func(obj any, keep source.Keep) any { return slimRoute(name, obj.(*route), slim(o, keep)) },
		}
	}
	return []source.Kind{
		of(KindHTTPRoute, "HTTPRoute", "v1", "v1beta1"), of(KindGRPCRoute, "GRPCRoute", "v1", "v1alpha2"), of(KindTLSRoute, "TLSRoute", "v1", "v1alpha3", "v1alpha2"),
		of(KindTCPRoute, "TCPRoute", "v1", "v1alpha2"), of(KindUDPRoute, "UDPRoute", "v1", "v1alpha2"),
	}
}

func slimRoute(kind string, in *route, s slimmer) *Route {
	out := &Route{Meta: s.meta(&in.ObjectMeta), Kind: kind}
	if len(in.Spec.Hostnames) > 0 && kind != KindTCPRoute && kind != KindUDPRoute {
		out.Hosts = slices.Clip(in.Spec.Hostnames)
	}
	for _, ref := range in.Spec.ParentRefs {
		if p, ok := ref.parent(in.Namespace); ok {
			out.Parents = append(out.Parents, p)
		}
	}
	for _, st := range in.Status.Parents {
		if p, ok := st.ParentRef.parent(in.Namespace); ok {
			status := Status{Parent: p}
			status.Accepted, status.Why = accepted(st.Conditions)
			out.Statuses = append(out.Statuses, status)
		}
	}
	out.Parents, out.Statuses = slices.Clip(out.Parents), slices.Clip(out.Statuses)
	return out
}
