// SPDX-License-Identifier: Apache-2.0

// Package kinds describes the watched kinds and holds their slim forms: what sources and filters need of an object, in structs
// of our own. A slim object is a pointer to one of them (*Service, *Ingress, ...) and is never changed once it is made.
package kinds

import (
	"time"
	"unique"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"nafuda.io/nafuda/internal/model/endpoint"
	"nafuda.io/nafuda/internal/source"
)

// The names of the kinds, as endpoint.Ref and markers have them.
const (
	KindService       = "service"
	KindIngress       = "ingress"
	KindNode          = "node"
	KindPod           = "pod"
	KindEndpointSlice = "endpointslice"
)

// The names of the indexes.
const (
	Everything  = "everything" // every object, under the empty value
	ByNamespace = "namespace"  // Pods by their namespace
	ByNode      = "node"       // Pods by the name of their node
	ByService   = "service"    // EndpointSlices by namespace/name of their Service
)

// All returns every kind. The options say which annotations the sources read.
func All(o source.Options) []source.Kind {
	all := []source.Kind{serviceKind(o), ingressKind(o), nodeKind(o), podKind(o), endpointSliceKind(), namespaceKind(), gatewayKind(o), listenerSetKind(o)}
	return append(all, routeKinds(o)...)
}

// Meta is what all slim objects share. Maps with nothing to keep are nil, and times are in UTC, so that equal objects are
// deeply equal.
type Meta struct {
	Namespace, Name string
	Created         time.Time
	Labels          map[string]string
	Annotations     map[string]string
}

// RefOf names a slim object. What isn't one has the zero Ref.
func RefOf(obj any) endpoint.Ref {
	if o, ok := obj.(interface{ Ref() endpoint.Ref }); ok {
		return o.Ref()
	}
	return endpoint.Ref{}
}

// slimmer copies the shared part of an object. The strings are the object's own: each has memory of its own, since the
// decoders of protobuf and JSON copy every string out of their buffer, and so none keeps the object alive. Those that many
// objects have alike are shared.
type slimmer struct{ label, annotation func(key string) bool }

func slim(o source.Options, keep source.Keep) slimmer {
	return slimmer{
		label:      keep.Label,
		annotation: func(key string) bool { return o.Keeps(key) || keep.Annotation != nil && keep.Annotation(key) },
	}
}

func (s slimmer) meta(m *metav1.ObjectMeta) Meta {
	return Meta{
		Namespace: shared(m.Namespace), Name: m.Name, Created: m.CreationTimestamp.UTC(),
		Labels: pick(m.Labels, s.label), Annotations: pick(m.Annotations, s.annotation),
	}
}

// pick copies the entries that are wanted into a map of just their number.
func pick(from map[string]string, wanted func(string) bool) map[string]string {
	if wanted == nil {
		return nil
	}
	n := 0
	for key := range from {
		if wanted(key) {
			n++
		}
	}
	if n == 0 {
		return nil
	}
	out := make(map[string]string, n)
	for key, value := range from {
		if wanted(key) {
			out[shared(key)] = value
		}
	}
	return out
}

// shared returns the one copy of a text that many objects have. Safe for concurrent use.
func shared(text string) string { return unique.Make(text).Value() }

func every(string) bool { return true }
