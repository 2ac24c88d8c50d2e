// SPDX-License-Identifier: Apache-2.0

package kinds

import (
	"net/netip"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"nafuda.io/nafuda/internal/model/endpoint"
	"nafuda.io/nafuda/internal/source"
)

// Gateway is the slim form of a Gateway. All its labels are kept: there are few Gateways.
type Gateway struct {
	Meta
	Listeners []Listener
	Addresses []string // status.addresses[].value, of whichever type
	Sets      Scope    // whose ListenerSets may add listeners
}

// Ref names the Gateway.
func (g *Gateway) Ref() endpoint.Ref {
	return endpoint.Ref{Kind: KindGateway, Namespace: g.Namespace, Name: g.Name}
}

// gateway is what is read of a Gateway.
type gateway struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              struct {
		GatewayClassName string     `json:"gatewayClassName,omitempty"`
		Listeners        []listener `json:"listeners,omitempty"`
		AllowedListeners struct {
			Namespaces *scope `json:"namespaces,omitempty"`
		} `json:"allowedListeners"`
	} `json:"spec"`
	Status struct {
		Addresses []gatewayAddress `json:"addresses,omitempty"`
	} `json:"status"`
}

type gatewayAddress struct {
	Type  string `json:"type,omitempty"`
	Value string `json:"value"`
}

// DeepCopyObject shares what nobody changes.
func (g *gateway) DeepCopyObject() runtime.Object { c := *g; return &c }

// Assume gives a Gateway without addresses those that are assumed.
func (g *gateway) Assume(addresses []string) {
	if len(g.Status.Addresses) > 0 {
		return
	}
	for _, a := range addresses {
		kind := "Hostname"
		if _, err := netip.ParseAddr(a); err == nil {
			kind = "IPAddress"
		}
		g.Status.Addresses = append(g.Status.Addresses, gatewayAddress{Type: kind, Value: a})
	}
}

// everywhere are all namespaces: a Route may be attached to a Gateway of another one than its own.
func everywhere() []string { return []string{""} }

func gatewayKind(o source.Options) source.Kind {
	return source.Kind{
		Name: KindGateway, Group: GatewayGroup, Version: "v1", Older: []string{"v1beta1"}, Resource: "gateways", ManifestKind: "Gateway",
		Namespaced: true, Namespaces: everywhere(),
		New: func() any { return new(gateway) },
		Slim: func(obj any, keep source.Keep) any {
			keep.Label = every
			return slimGateway(obj.(*gateway), slim(o, keep))
		},
	}
}

func slimGateway(in *gateway, s slimmer) *Gateway {
	out := &Gateway{Meta: s.meta(&in.ObjectMeta), Listeners: slimListeners(in.Spec.Listeners), Sets: in.Spec.AllowedListeners.Namespaces.slim("None")}
	for _, a := range in.Status.Addresses {
		out.Addresses = appendGiven(out.Addresses, a.Value)
	}
	return out
}

// ListenerSet is the slim form of a ListenerSet: listeners that are added to a Gateway.
type ListenerSet struct {
	Meta
	Parent    Parent // of KindGateway; the zero Parent: it names something else
	Listeners []Listener
	Accepted  Verdict
	Why       string             // the controller's word where it doesn't accept the set
	Sections  map[string]Verdict // of each listener by name; none: undecided
}

// Ref names the ListenerSet.
func (l *ListenerSet) Ref() endpoint.Ref {
	return endpoint.Ref{Kind: KindListenerSet, Namespace: l.Namespace, Name: l.Name}
}

// listenerSet is what is read of a ListenerSet.
type listenerSet struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              struct {
		ParentRef parentRef  `json:"parentRef"`
		Listeners []listener `json:"listeners,omitempty"`
	} `json:"spec"`
	Status struct {
		Conditions []condition     `json:"conditions,omitempty"`
		Listeners  []sectionStatus `json:"listeners,omitempty"`
	} `json:"status"`
}

type sectionStatus struct {
	Name       string      `json:"name"`
	Conditions []condition `json:"conditions,omitempty"`
}

// DeepCopyObject shares what nobody changes.
func (l *listenerSet) DeepCopyObject() runtime.Object { c := *l; return &c }

// Assume makes a ListenerSet without a status accepted, where addresses are assumed.
func (l *listenerSet) Assume(addresses []string) {
	if len(addresses) == 0 || len(l.Status.Conditions) > 0 {
		return
	}
	l.Status.Conditions = assumed()
	for _, in := range l.Spec.Listeners {
		l.Status.Listeners = append(l.Status.Listeners, sectionStatus{Name: in.Name, Conditions: assumed()})
	}
}

func listenerSetKind(o source.Options) source.Kind {
	return source.Kind{
		Name: KindListenerSet, Group: GatewayGroup, Version: "v1", Resource: "listenersets", ManifestKind: "ListenerSet", Namespaced: true, Namespaces: everywhere(),
		New:  func() any { return new(listenerSet) },
		Slim: func(obj any, keep source.Keep) any { return slimListenerSet(obj.(*listenerSet), slim(o, keep)) },
	}
}

func slimListenerSet(in *listenerSet, s slimmer) *ListenerSet {
	out := &ListenerSet{Meta: s.meta(&in.ObjectMeta), Listeners: slimListeners(in.Spec.Listeners)}
	if p, ok := in.Spec.ParentRef.parent(in.Namespace); ok && p.Kind == KindGateway {
		out.Parent = p
	}
	out.Accepted, out.Why = accepted(in.Status.Conditions)
	for _, l := range in.Status.Listeners {
		if v, _ := accepted(l.Conditions); v != Undecided {
			if out.Sections == nil {
				out.Sections = make(map[string]Verdict)
			}
			out.Sections[l.Name] = v
		}
	}
	return out
}
