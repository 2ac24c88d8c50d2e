// SPDX-License-Identifier: Apache-2.0

// Package gateway has the sources of the Gateway API: the host names of Routes, at the addresses of the Gateways that have
// accepted them.
//
// A Route gets its names from spec.hostnames and its hostname annotation, or, where it has no hostnames, from the listeners that
// take it; each must fit a listener. TTL, set identifier and properties come from annotations of the Route, targets from the
// Gateway: its target annotation (or its ListenerSet's), else its status.addresses. Which namespaces, protocols and kinds a listener
// takes is as gateway-api.sigs.k8s.io/reference/spec has it, where it is the controller's word in status.parents that counts.
//
// Gateways and ListenerSets are watched in all namespaces, or in that of --gateway-namespace, whatever --namespace says; namespaces
// only once a listener chooses them by label. --label-filter and --annotation-filter are about Routes alone.
package gateway

import (
	"slices"

	"k8s.io/apimachinery/pkg/labels"

	"nafuda.io/nafuda/internal/model/endpoint"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/source"
	"nafuda.io/nafuda/internal/source/kinds"
)

// HTTPRoute is the name of the source of HTTPRoutes, as --source has it; those of the other kinds are alike.
const HTTPRoute = "gateway-" + kinds.KindHTTPRoute

// routes is one of the sources.
type routes struct {
	opts      Options
	shared    source.Options
	labels    labels.Selector // of Gateways; nil: all
	name      string
	manifest  string   // the kind as manifests spell it
	protocols []string // of the listeners that take such Routes
}

// Sources returns the source of each kind of Route, sorted by name.
func Sources(opts Options, shared source.Options) []source.Source {
	of := func(kind, manifest string, protocols ...string) source.Source {
		r := routes{opts: opts, shared: shared, name: "gateway-" + kind, manifest: manifest, protocols: protocols}
		r.labels, _ = opts.labels() // Check has refused what can't be read
		return source.Source{Name: r.name, Kind: kind, Uses: opts.uses(), Eval: r.eval, Silent: r.silent}
	}
	return []source.Source{
		of(kinds.KindGRPCRoute, "GRPCRoute", "HTTP", "HTTPS"),
		of(kinds.KindHTTPRoute, "HTTPRoute", "HTTP", "HTTPS"),
		of(kinds.KindTCPRoute, "TCPRoute", "TCP", "TLS"),
		of(kinds.KindTLSRoute, "TLSRoute", "TLS"),
		of(kinds.KindUDPRoute, "UDPRoute", "UDP"),
	}
}

func (o Options) uses() []source.Use {
	uses := []source.Use{
		{Kind: kinds.KindGateway, For: "all Routes"},
		{Kind: kinds.KindNamespace, For: "Routes at listeners that choose namespaces by label"},
	}
	if o.ListenerSets {
		uses = append(uses, source.Use{Kind: kinds.KindListenerSet, For: "Routes at ListenerSets"})
	}
	return uses
}

func (r routes) eval(obj any, look source.Lookup) endpoint.Result {
	route, ok := obj.(*kinds.Route)
	if !ok {
		return endpoint.Result{}
	}
	notes := r.shared.Read(route.Ref(), route.Annotations)
	if notes.Elsewhere {
		return endpoint.Result{}
	}
	e := evaluation{
		routes: r, route: route, notes: notes, look: look,
		from: &endpoint.Origin{Source: r.name, Ref: route.Ref(), Created: route.Created, Labels: route.Labels, Annotations: route.Annotations},
	}
	e.Builder = source.NewBuilder(e.from, notes)
	e.run()
	return e.Result()
}

// silent tells why a Route asks for nothing, as far as the Route itself knows.
func (r routes) silent(obj any) reason.Reason {
	route, ok := obj.(*kinds.Route)
	if !ok {
		return reason.Reason{}
	}
	if why := r.shared.Elsewhere(route.Ref(), route.Annotations); !why.None() {
		return why
	}
	if why := r.unattached(route); !why.None() {
		return why
	}
	notes := r.shared.Read(route.Ref(), route.Annotations)
	fromSpec := notes.GatewayHostnames != source.AnnotationHostsOnly && len(route.Hosts) > 0
	switch {
	case fromSpec || len(notes.Hostnames) > 0:
		return reason.New(reason.NotAttached, "no listener of a Gateway that is watched takes %s", route.Ref())
	case notes.GatewayHostnames != "":
		return reason.New(reason.NoHost, "%s has no host where its annotation gateway-hostname-source=%s lets us look", route.Ref(), notes.GatewayHostnames)
	default:
		return reason.New(reason.NoHost, "%s names no host, and no listener that is watched and takes it does", route.Ref())
	}
}

// unattached tells why a Route is at no Gateway that we look at; none: it may be.
func (r routes) unattached(route *kinds.Route) reason.Reason {
	if len(route.Parents) == 0 {
		return reason.New(reason.NotAttached, "%s names no Gateway in spec.parentRefs", route.Ref())
	}
	if !slices.ContainsFunc(route.Parents, r.opts.watches) {
		return reason.New(reason.Filtered, "none of the parents of %s is watched (--gateway-name, --gateway-namespace, --gateway-listener-sets)", route.Ref())
	}
	said := func(v kinds.Verdict) func(kinds.Status) bool {
		return func(s kinds.Status) bool { return s.Accepted == v && r.opts.watches(s.Parent) }
	}
	if i := slices.IndexFunc(route.Statuses, said(kinds.No)); i >= 0 && !slices.ContainsFunc(route.Statuses, said(kinds.Yes)) {
		return notAccepted(route.Statuses[i])
	}
	return reason.Reason{}
}

func notAccepted(s kinds.Status) reason.Reason {
	why := s.Why
	if why == "" {
		why = "it doesn't say why"
	}
	return reason.New(reason.NotAttached, "%s doesn't accept the Route: %s", s.Ref(), source.Short(why))
}
