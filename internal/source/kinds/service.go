// SPDX-License-Identifier: Apache-2.0

package kinds

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"nafuda.io/nafuda/internal/model/endpoint"
	"nafuda.io/nafuda/internal/source"
)

// Service is the slim form of a Service.
type Service struct {
	Meta
	Type            string // "ClusterIP", "NodePort", "LoadBalancer" or "ExternalName"
	ClusterIP       string // "None" for a headless Service
	ExternalName    string
	ExternalIPs     []string
	Addresses       []string // each ip and hostname of status.loadBalancer.ingress
	NodePorts       []NodePort
	Selector        map[string]string // of a headless Service or one of type NodePort, else nil
	Local           bool              // externalTrafficPolicy: Local
	PublishNotReady bool              // publishNotReadyAddresses
}

// NodePort is a port that every node answers at.
type NodePort struct {
	Protocol string // in lower case: "tcp"
	Port     int32
}

// Ref names the Service.
func (s *Service) Ref() endpoint.Ref {
	return endpoint.Ref{Kind: KindService, Namespace: s.Namespace, Name: s.Name}
}

// Headless reports whether the Service has no address of its own by design.
func (s *Service) Headless() bool { return s.ClusterIP == corev1.ClusterIPNone }

func serviceKind(o source.Options) source.Kind {
	return source.Kind{
		Name: KindService, Version: "v1", Resource: "services", ManifestKind: "Service", Namespaced: true,
		New: func() any { return new(corev1.Service) },
		Slim: func(obj any, keep source.Keep) any {
			wanted := keep.Label
			keep.Label = func(key string) bool { return o.KeepsLabel(key) || wanted != nil && wanted(key) }
			return slimService(obj.(*corev1.Service), slim(o, keep))
		},
	}
}

func slimService(in *corev1.Service, s slimmer) *Service {
	out := &Service{
		Meta: s.meta(&in.ObjectMeta), Type: string(in.Spec.Type), ClusterIP: in.Spec.ClusterIP, ExternalName: in.Spec.ExternalName,
		ExternalIPs: appendGiven(nil, in.Spec.ExternalIPs...), PublishNotReady: in.Spec.PublishNotReadyAddresses,
		Local: in.Spec.ExternalTrafficPolicy == corev1.ServiceExternalTrafficPolicyLocal,
	}
	if out.Type == "" { // the API server's default, which a manifest doesn't have
		out.Type = string(corev1.ServiceTypeClusterIP)
	}
	for _, a := range in.Status.LoadBalancer.Ingress {
		out.Addresses = appendGiven(out.Addresses, a.IP, a.Hostname)
	}
	if out.Type == string(corev1.ServiceTypeNodePort) {
		out.NodePorts = nodePorts(in.Spec.Ports)
	}
	if out.Headless() || out.Type == string(corev1.ServiceTypeNodePort) {
		out.Selector = pick(in.Spec.Selector, every)
	}
	return out
}

func nodePorts(ports []corev1.ServicePort) []NodePort {
	var out []NodePort
	for _, p := range ports {
		if p.NodePort > 0 {
			protocol := strings.ToLower(string(p.Protocol))
			if protocol == "" {
				protocol = "tcp"
			}
			out = append(out, NodePort{Protocol: protocol, Port: p.NodePort})
		}
	}
	return slices.Clip(out)
}
