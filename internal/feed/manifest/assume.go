// SPDX-License-Identifier: Apache-2.0

package manifest

import (
	"net/netip"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
)

// complete gives a decoded object what a cluster would have given it: the server's defaults that DNS depends on and, where none
// is written, the assumed addresses of its load balancer.
func complete(obj any, addresses []string) {
	switch o := obj.(type) {
	case interface{ Assume(addresses []string) }:
		o.Assume(addresses)
	case *corev1.Service:
		completeService(o, addresses)
	case *networkingv1.Ingress:
		if len(o.Status.LoadBalancer.Ingress) > 0 {
			return
		}
		for _, a := range addresses {
			ip, host := split(a)
			o.Status.LoadBalancer.Ingress = append(o.Status.LoadBalancer.Ingress, networkingv1.IngressLoadBalancerIngress{IP: ip, Hostname: host})
		}
	}
}

func completeService(s *corev1.Service, addresses []string) {
	if s.Spec.Type == "" {
		s.Spec.Type = corev1.ServiceTypeClusterIP
	}
	for i := range s.Spec.Ports {
		if s.Spec.Ports[i].Protocol == "" {
			s.Spec.Ports[i].Protocol = corev1.ProtocolTCP
		}
	}
	if s.Spec.Type != corev1.ServiceTypeLoadBalancer || len(s.Status.LoadBalancer.Ingress) > 0 {
		return
	}
	for _, a := range addresses {
		ip, host := split(a)
		s.Status.LoadBalancer.Ingress = append(s.Status.LoadBalancer.Ingress, corev1.LoadBalancerIngress{IP: ip, Hostname: host})
	}
}

// split says whether an address, which Check has accepted, is an IP address or a host name.
func split(a string) (ip, host string) {
	if _, err := netip.ParseAddr(a); err == nil {
		return a, ""
	}
	return "", a
}
