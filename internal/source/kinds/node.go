// SPDX-License-Identifier: Apache-2.0

package kinds

import (
	corev1 "k8s.io/api/core/v1"

	"nafuda.io/nafuda/internal/model/endpoint"
	"nafuda.io/nafuda/internal/source"
)

// Node is the slim form of a Node.
type Node struct {
	Meta
	Internal, External []string // addresses of the types InternalIP and ExternalIP
	Unschedulable      bool
	NotReady           bool // the condition Ready is there and isn't True; when it was last written isn't kept
}

// Ref names the Node.
func (n *Node) Ref() endpoint.Ref { return endpoint.Ref{Kind: KindNode, Name: n.Name} }

// WorkerLabel marks the nodes that kops's dns-controller takes for workers; it is kept whatever the filters need.
const WorkerLabel = "node-role.kubernetes.io/node"

func nodeKind(o source.Options) source.Kind {
	return source.Kind{
		Name: KindNode, Version: "v1", Resource: "nodes", ManifestKind: "Node",
		New: func() any { return new(corev1.Node) },
		Slim: func(obj any, keep source.Keep) any {
			wanted := keep.Label
			keep.Label = func(key string) bool { return key == WorkerLabel || wanted != nil && wanted(key) }
			return slimNode(obj.(*corev1.Node), slim(o, keep))
		},
		Indexes: map[string]func(any) []string{Everything: func(any) []string { return []string{""} }},
	}
}

func slimNode(in *corev1.Node, s slimmer) *Node {
	out := &Node{Meta: s.meta(&in.ObjectMeta), Unschedulable: in.Spec.Unschedulable}
	for _, a := range in.Status.Addresses {
		switch a.Type {
		case corev1.NodeInternalIP:
			out.Internal = appendGiven(out.Internal, a.Address)
		case corev1.NodeExternalIP:
			out.External = appendGiven(out.External, a.Address)
		}
	}
	for i := range in.Status.Conditions {
		if c := &in.Status.Conditions[i]; c.Type == corev1.NodeReady {
			out.NotReady = c.Status != corev1.ConditionTrue
		}
	}
	return out
}
