// SPDX-License-Identifier: Apache-2.0

package kinds

import (
	corev1 "k8s.io/api/core/v1"

	"nafuda.io/nafuda/internal/model/endpoint"
	"nafuda.io/nafuda/internal/source"
)

// Pod is the slim form of a Pod. It keeps all labels, since Services select by them.
type Pod struct {
	Meta
	Node        string   // spec.nodeName
	Hostname    string   // spec.hostname
	HostIP      string   // status.hostIP
	IPs         []string // status.podIPs, or status.podIP where that is all
	HostNetwork bool
	Running     bool // status.phase
	Ready       bool // the condition Ready
	Terminating bool // a deletion timestamp is set
}

// Ref names the Pod.
func (p *Pod) Ref() endpoint.Ref {
	return endpoint.Ref{Kind: KindPod, Namespace: p.Namespace, Name: p.Name}
}

func podKind(o source.Options) source.Kind {
	return source.Kind{
		Name: KindPod, Version: "v1", Resource: "pods", ManifestKind: "Pod", Namespaced: true,
		New: func() any { return new(corev1.Pod) },
		Slim: func(obj any, keep source.Keep) any {
			keep.Label = every
			return slimPod(obj.(*corev1.Pod), slim(o, keep))
		},
		Indexes: map[string]func(any) []string{
			ByNamespace: func(obj any) []string { return []string{obj.(*Pod).Namespace} },
			ByNode:      func(obj any) []string { return appendGiven(nil, obj.(*Pod).Node) },
		},
	}
}

func slimPod(in *corev1.Pod, s slimmer) *Pod {
	out := &Pod{
		Meta: s.meta(&in.ObjectMeta), Node: in.Spec.NodeName, Hostname: in.Spec.Hostname, HostIP: in.Status.HostIP,
		HostNetwork: in.Spec.HostNetwork, Running: in.Status.Phase == corev1.PodRunning, Terminating: in.DeletionTimestamp != nil,
	}
	for _, ip := range in.Status.PodIPs {
		out.IPs = appendGiven(out.IPs, ip.IP)
	}
	if out.IPs == nil {
		out.IPs = appendGiven(nil, in.Status.PodIP)
	}
	for i := range in.Status.Conditions {
		if c := &in.Status.Conditions[i]; c.Type == corev1.PodReady {
			out.Ready = c.Status == corev1.ConditionTrue
		}
	}
	return out
}
