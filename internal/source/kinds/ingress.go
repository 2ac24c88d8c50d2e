// SPDX-License-Identifier: Apache-2.0

package kinds

import (
	networkingv1 "k8s.io/api/networking/v1"

	"nafuda.io/nafuda/internal/model/endpoint"
	"nafuda.io/nafuda/internal/source"
)

// Ingress is the slim form of an Ingress.
type Ingress struct {
	Meta
	Class     string     // spec.ingressClassName, else the annotation kubernetes.io/ingress.class
	Rules     []string   // spec.rules[].host, empty ones included
	TLS       [][]string // spec.tls[].hosts
	Addresses []string   // each ip and hostname of status.loadBalancer.ingress
}

// Ref names the Ingress.
func (i *Ingress) Ref() endpoint.Ref {
	return endpoint.Ref{Kind: KindIngress, Namespace: i.Namespace, Name: i.Name}
}

const ingressClass = "kubernetes.io/ingress.class"

func ingressKind(o source.Options) source.Kind {
	return source.Kind{
		Name: KindIngress, Group: "networking.k8s.io", Version: "v1", Resource: "ingresses", ManifestKind: "Ingress", Namespaced: true,
		New: func() any { return new(networkingv1.Ingress) },
		Slim: func(obj any, keep source.Keep) any {
			return slimIngress(obj.(*networkingv1.Ingress), slim(o, keep))
		},
	}
}

func slimIngress(in *networkingv1.Ingress, s slimmer) *Ingress {
	out := &Ingress{Meta: s.meta(&in.ObjectMeta), Class: in.Annotations[ingressClass]}
	if c := in.Spec.IngressClassName; c != nil && *c != "" {
		out.Class = *c
	}
	out.Class = shared(out.Class)
	if n := len(in.Spec.Rules); n > 0 {
		out.Rules = make([]string, n)
		for i := range in.Spec.Rules {
			out.Rules[i] = in.Spec.Rules[i].Host
		}
	}
	if n := len(in.Spec.TLS); n > 0 {
		out.TLS = make([][]string, n)
		for i := range in.Spec.TLS {
			out.TLS[i] = in.Spec.TLS[i].Hosts
		}
	}
	for _, a := range in.Status.LoadBalancer.Ingress {
		out.Addresses = appendGiven(out.Addresses, shared(a.IP), shared(a.Hostname)) // one load balancer serves many
	}
	return out
}

// appendGiven appends the texts that aren't empty.
func appendGiven(to []string, texts ...string) []string {
	for _, t := range texts {
		if t != "" {
			to = append(to, t)
		}
	}
	return to
}
