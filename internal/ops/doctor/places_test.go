// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"slices"
	"testing"

	"nafuda.io/nafuda/internal/source"
)

// TestAccessesInTheirNamespaces: a kind is asked about where the feed watches it, whatever --namespace says.
func TestAccessesInTheirNamespaces(t *testing.T) {
	c := Cluster{Namespace: "default", Needs: []Need{
		{Kind: source.Kind{Name: "gateway", Resource: "gateways", Namespaced: true, Namespaces: []string{"infra"}}},
		{Kind: source.Kind{Name: "listenerset", Resource: "listenersets", Namespaced: true, Namespaces: []string{""}}},
		{Kind: source.Kind{Name: "node", Resource: "nodes"}},
		{Kind: source.Kind{Name: "route", Resource: "routes", Namespaced: true}},
	}}
	var got []string
	for _, a := range c.accesses() {
		if a.attributes.Verb == "list" {
			got = append(got, a.what+"|"+a.attributes.Namespace)
		}
	}
	want := []string{"list gateways in infra|infra", "list listenersets|", "list nodes|", "list routes in default|default"}
	if !slices.Equal(got, want) {
		t.Errorf("asked: %q, want %q", got, want)
	}
}
