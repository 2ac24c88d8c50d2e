// SPDX-License-Identifier: Apache-2.0

package kinds

import (
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"nafuda.io/nafuda/internal/model/endpoint"
)

// The kinds of the Gateway API (gateway-api.sigs.k8s.io). What is read of them is declared here rather than imported: of
// some hundred fields a dozen matter, and the API's own module requires twenty others.
const (
	KindGateway     = "gateway"
	KindListenerSet = "listenerset"
	KindHTTPRoute   = "httproute"
	KindGRPCRoute   = "grpcroute"
	KindTLSRoute    = "tlsroute"
	KindTCPRoute    = "tcproute"
	KindUDPRoute    = "udproute"
)

// GatewayGroup is the API group of all of them.
const GatewayGroup = "gateway.networking.k8s.io"

// Verdict is the status of a condition.
type Verdict string

// The verdicts. Where a controller hasn't said anything, the verdict is Undecided.
const (
	Yes       Verdict = "True"
	No        Verdict = "False"
	Undecided Verdict = "Unknown"
)

// Parent is what a Route or a ListenerSet wants to be attached to.
type Parent struct {
	Kind            string // KindGateway or KindListenerSet
	Namespace, Name string
	Section         string // one listener; empty: all of them
	Port            int32  // the listeners of one port; 0: of any
}

// Ref names the parent.
func (p Parent) Ref() endpoint.Ref {
	return endpoint.Ref{Kind: p.Kind, Namespace: p.Namespace, Name: p.Name}
}

// Scope says which namespaces something is allowed from.
type Scope struct {
	From     string                // "Same", "All", "Selector", "None" or what else was written; never empty
	Selector *metav1.LabelSelector // of From "Selector"
}

// Listener is a listener of a Gateway or a ListenerSet.
type Listener struct {
	Name     string
	Host     string // empty: any
	Port     int32
	Protocol string // "HTTP", "HTTPS", "TLS", "TCP", "UDP" or another one
	Routes   Scope
	Kinds    []string // the kinds of Routes it takes, in GatewayGroup, as manifests spell them; others as group/kind; nil: as the protocol has it
}

// parentRef is a reference as the API has it. Only what is left out has a default; an empty group is the core group.
type parentRef struct {
	Group       *string `json:"group,omitempty"`
	Kind        *string `json:"kind,omitempty"`
	Namespace   *string `json:"namespace,omitempty"`
	Name        string  `json:"name"`
	SectionName string  `json:"sectionName,omitempty"`
	Port        int32   `json:"port,omitempty"`
}

// parent reads a reference in an object of a namespace; ok is false where it is to something else, such as a mesh's Service.
func (r parentRef) parent(namespace string) (p Parent, ok bool) {
	given := func(text *string, otherwise string) string {
		if text == nil {
			return otherwise
		}
		return *text
	}
	kind := given(r.Kind, "Gateway")
	if given(r.Group, GatewayGroup) != GatewayGroup || kind != "Gateway" && kind != "ListenerSet" {
		return p, false
	}
	ns := given(r.Namespace, namespace)
	return Parent{Kind: shared(strings.ToLower(kind)), Namespace: shared(ns), Name: shared(r.Name), Section: shared(r.SectionName), Port: r.Port}, true
}

type listener struct {
	Name          string `json:"name"`
	Hostname      string `json:"hostname,omitempty"`
	Port          int32  `json:"port,omitempty"`
	Protocol      string `json:"protocol,omitempty"`
	AllowedRoutes struct {
		Namespaces *scope `json:"namespaces,omitempty"`
		Kinds      []struct {
			Group *string `json:"group,omitempty"`
			Kind  string  `json:"kind"`
		} `json:"kinds,omitempty"`
	} `json:"allowedRoutes"`
}

type scope struct {
	From     string                `json:"from,omitempty"`
	Selector *metav1.LabelSelector `json:"selector,omitempty"`
}

// slim gives a scope; otherwise is what nothing written stands for.
func (s *scope) slim(otherwise string) Scope {
	switch {
	case s == nil || s.From == "":
		return Scope{From: otherwise}
	case s.From == "Selector":
		return Scope{From: shared(s.From), Selector: s.Selector}
	default:
		return Scope{From: shared(s.From)}
	}
}

func slimListeners(in []listener) []Listener {
	var out []Listener
	for _, l := range in {
		slimmed := Listener{Name: l.Name, Host: l.Hostname, Port: l.Port, Protocol: shared(l.Protocol), Routes: l.AllowedRoutes.Namespaces.slim("Same")}
		for _, k := range l.AllowedRoutes.Kinds {
			name := k.Kind
			if k.Group != nil && *k.Group != GatewayGroup {
				name = *k.Group + "/" + k.Kind
			}
			slimmed.Kinds = append(slimmed.Kinds, shared(name))
		}
		out = append(out, slimmed)
	}
	return slices.Clip(out)
}

type condition struct {
	Type   string `json:"type"`
	Status string `json:"status"`
	Reason string `json:"reason,omitempty"`

	// What is there and says nothing to us.
	Message            string `json:"message,omitempty"`
	LastTransitionTime string `json:"lastTransitionTime,omitempty"`
	ObservedGeneration int64  `json:"observedGeneration,omitempty"`
}

// accepted returns the verdict of the condition Accepted, and the controller's word for why.
func accepted(conditions []condition) (v Verdict, why string) {
	for _, c := range conditions {
		if c.Type != "Accepted" {
			continue
		}
		switch Verdict(c.Status) {
		case Yes:
			return Yes, ""
		case No:
			return No, shared(c.Reason)
		}
	}
	return Undecided, ""
}
