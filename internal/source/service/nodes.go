// SPDX-License-Identifier: Apache-2.0

package service

import (
	"slices"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/source"
	"nafuda.io/nafuda/internal/source/kinds"
)

// addresses are those of nodes. The ones of nodes that are left out until they are ready tell what may come back.
type addresses struct{ ready, notReady []string }

func (a *addresses) add(texts []string, notReady bool) {
	if notReady {
		a.notReady = append(a.notReady, texts...)
	} else {
		a.ready = append(a.ready, texts...)
	}
}

func (a *addresses) none() bool { return len(a.ready)+len(a.notReady) == 0 }

// gather reads the external and the internal addresses of nodes.
func (e *evaluation) gather(nodes []*kinds.Node) (external, internal addresses) {
	for _, n := range nodes {
		out := e.opts.ExcludeNotReady && n.NotReady
		external.add(e.Targets(n.Ref(), "status.addresses", n.External...), out)
		internal.add(e.Targets(n.Ref(), "status.addresses", n.Internal...), out)
	}
	return external, internal
}

// pool gathers the nodes' addresses as the access annotation asks: by default the external ones, or the internal ones where no
// node has an external one. Nodes that aren't ready count for that: an outage must not publish what was internal before.
func (e *evaluation) pool(nodes []*kinds.Node) addresses {
	external, internal := e.gather(nodes)
	if e.notes.Access == source.AccessPrivate || e.notes.Access == "" && external.none() {
		return internal
	}
	return e.exposed(external, internal)
}

// exposed adds the internal IPv6 addresses where they are asked for.
func (e *evaluation) exposed(external, internal addresses) addresses {
	if e.opts.ExposeInternalIPv6 {
		external.add(onlyIPv6(internal.ready), false)
		external.add(onlyIPv6(internal.notReady), true)
	}
	return external
}

// pointAtNodes points the names at the nodes that are ready. A type of which only nodes that aren't ready have addresses is held,
// so that no outage of nodes empties a name: whether they answer is unknown, and whom else to ask nobody knows.
func (e *evaluation) pointAtNodes(names []dnsname.Name, a addresses, missing reason.Reason) {
	waiting := reason.New(reason.NoAddressYet, "no node that has such an address is ready (--exclude-not-ready-nodes)")
	if len(a.ready) == 0 && len(a.notReady) > 0 {
		missing = waiting
	}
	e.Point(names, a.ready, missing)
	for _, t := range []record.Type{record.A, record.AAAA} {
		of := func(text string) bool { return record.TypeOf(text) == t }
		if len(a.ready) == 0 || slices.ContainsFunc(a.ready, of) || !slices.ContainsFunc(a.notReady, of) {
			continue
		}
		for _, name := range names {
			e.HoldType(name, t, waiting)
		}
	}
}
