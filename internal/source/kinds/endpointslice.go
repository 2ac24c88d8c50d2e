// SPDX-License-Identifier: Apache-2.0

package kinds

import (
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"

	"nafuda.io/nafuda/internal/model/endpoint"
	"nafuda.io/nafuda/internal/source"
)

// EndpointSlice is the slim form of an EndpointSlice.
type EndpointSlice struct {
	Meta
	Service     string // the Service that it belongs to, in the same namespace; empty: none
	AddressType string // "IPv4", "IPv6" or "FQDN"
	Endpoints   []SliceEndpoint
}

// SliceEndpoint is one endpoint of an EndpointSlice that belongs to a Pod.
type SliceEndpoint struct {
	Address  string // the first one; more have no meaning (discovery/v1, Endpoint.addresses)
	Pod      string // in the same namespace
	Hostname string // the Pod's host name, where it is also part of its name in the cluster's DNS
	NotReady bool
}

// Ref names the EndpointSlice.
func (e *EndpointSlice) Ref() endpoint.Ref {
	return endpoint.Ref{Kind: KindEndpointSlice, Namespace: e.Namespace, Name: e.Name}
}

func endpointSliceKind() source.Kind {
	return source.Kind{
		Name: KindEndpointSlice, Group: "discovery.k8s.io", Version: "v1", Resource: "endpointslices", ManifestKind: "EndpointSlice", Namespaced: true,
		New: func() any { return new(discoveryv1.EndpointSlice) },
		Slim: func(obj any, keep source.Keep) any {
			return slimEndpointSlice(obj.(*discoveryv1.EndpointSlice), slimmer{label: keep.Label, annotation: keep.Annotation})
		},
		Indexes: map[string]func(any) []string{ByService: func(obj any) []string {
			e := obj.(*EndpointSlice)
			if e.Service == "" {
				return nil
			}
			return []string{e.Namespace + "/" + e.Service}
		}},
	}
}

func slimEndpointSlice(in *discoveryv1.EndpointSlice, s slimmer) *EndpointSlice {
	out := &EndpointSlice{Meta: s.meta(&in.ObjectMeta), Service: in.Labels[discoveryv1.LabelServiceName], AddressType: string(in.AddressType)}
	for i := range in.Endpoints {
		e := &in.Endpoints[i]
		if !ofPod(e.TargetRef) {
			continue
		}
		if out.Endpoints == nil {
			out.Endpoints = make([]SliceEndpoint, 0, len(in.Endpoints)-i)
		}
		se := SliceEndpoint{Pod: e.TargetRef.Name, NotReady: e.Conditions.Ready != nil && !*e.Conditions.Ready}
		if e.Hostname != nil {
			se.Hostname = *e.Hostname
		}
		if len(e.Addresses) > 0 {
			se.Address = e.Addresses[0]
		}
		out.Endpoints = append(out.Endpoints, se)
	}
	return out
}

func ofPod(ref *corev1.ObjectReference) bool {
	return ref != nil && ref.Kind == "Pod" && ref.APIVersion == "" && ref.Name != ""
}
