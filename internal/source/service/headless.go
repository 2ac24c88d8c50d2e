// SPDX-License-Identifier: Apache-2.0

package service

import (
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/endpoint"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/source"
	"nafuda.io/nafuda/internal/source/kinds"
)

// headless points the names at the Pods behind the Service, together and, where a Pod has a host name, one by one.
func (e *evaluation) headless(names []dnsname.Name) {
	slices, known := e.look.List(kinds.KindEndpointSlice, kinds.ByService, e.svc.Namespace+"/"+e.svc.Name)
	if !known {
		e.Point(names, nil, source.Unread(e.look, kinds.KindEndpointSlice))
		return
	}
	for _, obj := range slices {
		if slice, ok := obj.(*kinds.EndpointSlice); ok {
			e.slice(names, slice)
		}
	}
	for _, name := range names {
		if !e.Asked(name) {
			e.Hold(name, reason.New(reason.NoAddressYet, "no ready Pod of the Service has an address"))
		}
	}
}

func (e *evaluation) slice(names []dnsname.Name, slice *kinds.EndpointSlice) {
	if !e.nodeAddresses() && slice.AddressType != "IPv4" && slice.AddressType != "IPv6" {
		return
	}
	for _, se := range slice.Endpoints {
		if !se.NotReady || e.svc.PublishNotReady || e.opts.AlwaysPublishNotReady {
			e.sliceEndpoint(names, slice, se)
		}
	}
}

// nodeAddresses reports whether the addresses of nodes are published in place of those of Pods.
func (e *evaluation) nodeAddresses() bool { return e.notes.EndpointsType != "" || e.opts.PublishHostIP }

func (e *evaluation) sliceEndpoint(names []dnsname.Name, slice *kinds.EndpointSlice, se kinds.SliceEndpoint) {
	obj, known := e.look.Get(endpoint.Ref{Kind: kinds.KindPod, Namespace: e.svc.Namespace, Name: se.Pod})
	if !known {
		// The slice tells the Pod's host name as well as the Pod does, for Pods of a StatefulSet at least.
		e.Point(e.podNames(names, slice.Ref(), se.Hostname), nil, source.Unread(e.look, kinds.KindPod))
		return
	}
	pod, ok := obj.(*kinds.Pod)
	if !ok || !e.selects(pod) {
		return
	}
	targets, held := e.podTargets(pod, slice, se)
	for _, name := range e.podNames(names, pod.Ref(), pod.Hostname) {
		if !held.None() {
			e.Hold(name, held)
		}
		e.Ask(name, targets)
	}
}

// podNames returns the names together with each one's name of the Pod's own.
func (e *evaluation) podNames(names []dnsname.Name, ref endpoint.Ref, hostname string) []dnsname.Name {
	out := names[:len(names):len(names)]
	if hostname == "" {
		return out
	}
	for _, name := range names {
		if name.IsWildcard() {
			continue // a wildcard is a first label only, so the Pod's name below it couldn't be one
		}
		if own, ok := e.Name(ref, "spec.hostname", hostname+"."+string(name)); ok {
			out = append(out, own)
		}
	}
	return out
}

// podTargets returns what one Pod adds: its target annotation, else addresses of its node where those are asked for, else the
// address in the slice. held tells why that isn't known.
func (e *evaluation) podTargets(pod *kinds.Pod, slice *kinds.EndpointSlice, se kinds.SliceEndpoint) (targets []string, held reason.Reason) {
	// Only the target counts on a Pod: its other annotations are the Pod source's, and so are their mistakes.
	notes := e.shared.ReadTargets(pod.Ref(), pod.Annotations)
	e.Include(notes.Refusals)
	switch {
	case notes.HasTargets && len(notes.Targets) == 0:
		return nil, source.NoTarget()
	case notes.HasTargets:
		return notes.Targets, held
	case e.notes.EndpointsType == source.ExternalIPs:
		return e.nodeOf(pod)
	case e.nodeAddresses():
		return e.Targets(pod.Ref(), "status.hostIP", pod.HostIP), held
	default:
		return e.Targets(slice.Ref(), "endpoints.addresses", se.Address), held
	}
}

// nodeOf returns the external addresses of a Pod's node.
func (e *evaluation) nodeOf(pod *kinds.Pod) (targets []string, held reason.Reason) {
	if pod.Node == "" {
		return nil, held
	}
	obj, known := e.look.Get(endpoint.Ref{Kind: kinds.KindNode, Name: pod.Node})
	if !known {
		return nil, source.Unread(e.look, kinds.KindNode)
	}
	node, ok := obj.(*kinds.Node)
	if !ok {
		return nil, held
	}
	targets = e.Targets(node.Ref(), "status.addresses", node.External...)
	if e.opts.ExposeInternalIPv6 {
		targets = append(targets, onlyIPv6(e.Targets(node.Ref(), "status.addresses", node.Internal...))...)
	}
	return targets, held
}
