// SPDX-License-Identifier: Apache-2.0

package wan

import (
	"context"
	"errors"
	"net/netip"
	"slices"
)

// node reads the ExternalIP addresses of the cluster's Nodes. However many Nodes say an address, they are one voice: whoever set the
// cluster up told them.
type node struct {
	list func() ([]netip.Addr, error) // nil: there is no cluster
}

func (n node) Source() Source { return Source{Kind: Node, Operator: "cluster", Endpoint: "ExternalIP"} }

func (n node) Ask(_ context.Context, f Family) ([]netip.Addr, error) {
	if n.list == nil {
		return nil, errors.New("only a running instance that watches a cluster knows its Nodes")
	}
	all, err := n.list()
	if err != nil {
		return nil, err
	}
	var out []netip.Addr
	for _, a := range all {
		if a = a.Unmap().WithZone(""); f.has(a) {
			out = append(out, a)
		}
	}
	slices.SortFunc(out, netip.Addr.Compare)
	if out = slices.Compact(out); len(out) == 0 {
		return nil, errors.New("no Node has an ExternalIP address of the family")
	}
	return out[:min(len(out), mostOwn)], nil
}
