// SPDX-License-Identifier: Apache-2.0

package service

import (
	"slices"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/endpoint"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/source"
	"nafuda.io/nafuda/internal/source/kinds"
)

// legacy evaluates the Service by the annotations of an older controller, which carry no attributes but names. The refusals of
// our own annotations stay.
func (e *evaluation) legacy() endpoint.Result {
	asked := e.shared.ReadLegacy(e.svc.Ref(), e.svc.Labels, e.svc.Annotations)
	refusals := slices.Concat(e.notes.Refusals, asked.Refusals)
	e.Builder = source.NewBuilder(e.origin(), source.Annotations{Refusals: refusals, WAN: e.notes.WAN})
	if e.shared.Compatibility != source.Kops {
		e.atLoadBalancer(asked.External)
		return e.Result()
	}
	switch e.svc.Type {
	case typeLoadBalancer:
		e.atLoadBalancer(slices.Concat(asked.External, asked.Internal))
	case typeNodePort:
		e.atWorkers(asked)
	}
	return e.Result()
}

// atLoadBalancer points the names at the Service's status. Only a Service that gets a load balancer is waited for.
func (e *evaluation) atLoadBalancer(names []dnsname.Name) {
	if len(e.svc.Addresses) > 0 || e.svc.Type == typeLoadBalancer {
		missing := reason.New(reason.NoAddressYet, "the Service has no load balancer address")
		e.PointAt(names, e.svc.Ref(), "status.loadBalancer.ingress", e.svc.Addresses, missing)
	}
}

// atWorkers points external names at the external addresses of the worker nodes, or internal names at their internal ones. A
// Service that has both kinds of names is published under neither, as kops has it.
func (e *evaluation) atWorkers(asked source.Legacy) {
	names := slices.Concat(asked.External, asked.Internal)
	if len(names) == 0 {
		return
	}
	if len(asked.External) > 0 && len(asked.Internal) > 0 {
		e.Refuse(e.svc.Ref(), "metadata.annotations", string(asked.Internal[0]), reason.New(reason.BadValue, "a NodePort Service has external and internal names, and kops's controller takes only one of the two"))
		return
	}
	objs, known := e.look.List(kinds.KindNode, kinds.Everything, "")
	if !known {
		e.Point(names, nil, source.Unread(e.look, kinds.KindNode))
		return
	}
	var external, internal []string
	for _, obj := range objs {
		node, ok := obj.(*kinds.Node)
		if !ok {
			continue
		}
		if _, worker := node.Labels[kinds.WorkerLabel]; worker {
			external = append(external, e.Targets(node.Ref(), "status.addresses", node.External...)...)
			internal = append(internal, e.Targets(node.Ref(), "status.addresses", node.Internal...)...)
		}
	}
	if len(asked.Internal) > 0 {
		external = internal
	} else if e.opts.ExposeInternalIPv6 {
		external = append(external, onlyIPv6(internal)...)
	}
	e.Point(names, external, reason.New(reason.NoAddressYet, "no worker node has a fitting address"))
}
