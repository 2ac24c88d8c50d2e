// SPDX-License-Identifier: Apache-2.0

// Package service is the source "service": the host names that annotations of Services give, at the addresses that a Service of
// its type has.
package service

import (
	"slices"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/endpoint"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/source"
	"nafuda.io/nafuda/internal/source/kinds"
)

// Name is the source's name, as --source has it.
const Name = "service"

// New returns the source. It uses only the kinds that the type filter leaves it a need for.
func New(opts Options, shared source.Options) source.Source {
	return source.Source{Name: Name, Kind: kinds.KindService, Uses: opts.uses(), Eval: func(obj any, look source.Lookup) endpoint.Result {
		svc, ok := obj.(*kinds.Service)
		if !ok || !opts.wants(svc.Type) {
			return endpoint.Result{}
		}
		notes := shared.Read(svc.Ref(), svc.Annotations)
		if notes.Elsewhere {
			return endpoint.Result{}
		}
		e := evaluation{opts: opts, shared: shared, svc: svc, notes: notes, look: look}
		e.Builder = source.NewBuilder(e.origin(), notes)
		e.run()
		if r := e.Result(); shared.Compatibility == "" || len(r.Endpoints)+len(r.Holds) > 0 {
			return r
		}
		return e.legacy()
	}, Silent: func(obj any) reason.Reason {
		svc, ok := obj.(*kinds.Service)
		if !ok {
			return reason.Reason{}
		}
		return opts.silent(svc, shared)
	}}
}

func (o Options) uses() []source.Use {
	var uses []source.Use
	if o.wants(typeClusterIP) {
		uses = append(uses, source.Use{Kind: kinds.KindEndpointSlice, For: "headless Services"})
	}
	if o.wants(typeClusterIP) || o.wants(typeNodePort) {
		uses = append(uses,
			source.Use{Kind: kinds.KindPod, For: "headless Services, and NodePort Services with externalTrafficPolicy: Local"},
			source.Use{Kind: kinds.KindNode, For: "NodePort Services, and headless Services with endpoints-type: NodeExternalIP"})
	}
	return uses
}

// evaluation is one Service being evaluated.
type evaluation struct {
	*source.Builder
	opts   Options
	shared source.Options
	svc    *kinds.Service
	notes  source.Annotations
	look   source.Lookup
}

func (e *evaluation) origin() *endpoint.Origin {
	return &endpoint.Origin{Source: Name, Ref: e.svc.Ref(), Created: e.svc.Created, Labels: e.svc.Labels, Annotations: e.svc.Annotations}
}

func (e *evaluation) run() {
	names := slices.Concat(e.notes.Hostnames, e.notes.InternalHostnames)
	if len(names) == 0 || e.PointAnnotated(names) {
		return
	}
	switch e.svc.Type {
	case typeLoadBalancer:
		e.loadBalancer()
	case typeExternalName:
		e.externalName(names)
	case typeNodePort:
		e.nodePort(names)
	case typeClusterIP:
		if e.svc.Headless() {
			e.headless(names)
			return
		}
		if e.opts.PublishInternal {
			e.atClusterIP(e.notes.Hostnames)
		}
		e.atClusterIP(e.notes.InternalHostnames)
	}
}

func (e *evaluation) loadBalancer() {
	field, texts := "status.loadBalancer.ingress", e.svc.Addresses
	if len(e.svc.ExternalIPs) > 0 {
		field, texts = "spec.externalIPs", e.svc.ExternalIPs
	}
	missing := reason.New(reason.NoAddressYet, "the Service has no load balancer address")
	if e.opts.ResolveHostname && len(e.svc.ExternalIPs) == 0 {
		e.PointResolved(e.notes.Hostnames, e.svc.Ref(), field, texts, missing, e.look)
	} else {
		e.PointAt(e.notes.Hostnames, e.svc.Ref(), field, texts, missing)
	}
	if !e.svc.Headless() {
		e.atClusterIP(e.notes.InternalHostnames)
	}
}

func (e *evaluation) atClusterIP(names []dnsname.Name) {
	missing := reason.New(reason.NoAddressYet, "the Service has no cluster IP")
	e.PointAt(names, e.svc.Ref(), "spec.clusterIP", []string{e.svc.ClusterIP}, missing)
}

func (e *evaluation) externalName(names []dnsname.Name) {
	field, texts := "spec.externalName", []string{e.svc.ExternalName}
	if len(e.svc.ExternalIPs) > 0 {
		field, texts = "spec.externalIPs", e.svc.ExternalIPs
	}
	missing := reason.New(reason.NoAddressYet, "the Service has neither an external name nor external IPs")
	e.PointAt(names, e.svc.Ref(), field, texts, missing)
}

// selects reports whether a Pod of the Service's namespace is one of its Pods. An empty selector takes them all.
func (e *evaluation) selects(pod *kinds.Pod) bool {
	for key, value := range e.svc.Selector {
		if got, ok := pod.Labels[key]; !ok || got != value {
			return false
		}
	}
	return true
}
