// SPDX-License-Identifier: Apache-2.0

package service

import (
	"fmt"
	"net/netip"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/source"
	"nafuda.io/nafuda/internal/source/kinds"
)

// nodePort points the names at the nodes and adds SRV record sets, which don't depend on the nodes.
func (e *evaluation) nodePort(names []dnsname.Name) {
	for _, name := range names {
		e.srv(name)
	}
	nodes, unread := e.nodes()
	if !unread.None() {
		e.Point(names, nil, unread)
		return
	}
	e.pointAtNodes(names, e.pool(nodes), reason.New(reason.NoAddressYet, "no node that serves the Service has a fitting address"))
}

// nodes returns the nodes that answer for the Service, or the reason why that isn't known.
func (e *evaluation) nodes() ([]*kinds.Node, reason.Reason) {
	serving, unread := map[string]bool(nil), reason.Reason{}
	if e.svc.Local {
		if serving, unread = e.serving(); !unread.None() {
			return nil, unread
		}
	}
	objs, known := e.look.List(kinds.KindNode, kinds.Everything, "")
	if !known {
		return nil, source.Unread(e.look, kinds.KindNode)
	}
	var out []*kinds.Node
	for _, obj := range objs {
		node, ok := obj.(*kinds.Node)
		if !ok || e.opts.ExcludeUnschedulable && node.Unschedulable || e.svc.Local && !serving[node.Name] {
			continue
		}
		out = append(out, node)
	}
	return out, reason.Reason{}
}

// serving returns the names of the nodes that run the best Pods of a Service whose traffic stays on the node: ready ones, or
// else ready ones that are ending, or else any that run.
func (e *evaluation) serving() (map[string]bool, reason.Reason) {
	objs, known := e.look.List(kinds.KindPod, kinds.ByNamespace, e.svc.Namespace)
	if !known {
		return nil, source.Unread(e.look, kinds.KindPod)
	}
	ranks := make(map[string]int)
	best := 0
	for _, obj := range objs {
		pod, ok := obj.(*kinds.Pod)
		if !ok || !pod.Running || pod.Node == "" || !e.selects(pod) {
			continue
		}
		r := rank(pod)
		ranks[pod.Node] = max(ranks[pod.Node], r)
		best = max(best, r)
	}
	nodes := make(map[string]bool)
	for node, r := range ranks {
		nodes[node] = r == best
	}
	return nodes, reason.Reason{}
}

func rank(pod *kinds.Pod) int {
	switch {
	case !pod.Ready:
		return 1
	case pod.Terminating:
		return 2
	default:
		return 3
	}
}

func onlyIPv6(texts []string) []string {
	var out []string
	for _, t := range texts {
		if a, err := netip.ParseAddr(t); err == nil && a.Is6() {
			out = append(out, t)
		}
	}
	return out
}

// srv asks for an SRV record set (RFC 2782) per protocol, named after the Service. None is made below a wildcard: only a first
// label can be one (RFC 4592 section 2.1.1), so nothing would ever match it.
func (e *evaluation) srv(name dnsname.Name) {
	if name.IsWildcard() {
		return
	}
	for i, p := range e.svc.NodePorts {
		field := fmt.Sprintf("spec.ports[%d].nodePort", i)
		owner, ok := e.Name(e.svc.Ref(), field, fmt.Sprintf("_%s._%s.%s", e.svc.Name, p.Protocol, name))
		if !ok {
			continue
		}
		if alias, ok := record.FindProp(e.notes.Props, source.Alias); ok {
			e.Refuse(e.svc.Ref(), field, string(owner), reason.New(reason.BadValue, "an SRV record set can't be an alias, which the annotation alias=%s asks for", alias))
			continue
		}
		e.AskType(owner, record.SRV, fmt.Sprintf("0 50 %d %s", p.Port, name))
	}
}
