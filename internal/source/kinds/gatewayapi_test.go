// SPDX-License-Identifier: Apache-2.0

package kinds_test

import (
	"fmt"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"nafuda.io/nafuda/internal/source"
	"nafuda.io/nafuda/internal/source/kinds"
)

// TestGatewayAPI: what is left out has the API's default, and only what is left out.
func TestGatewayAPI(t *testing.T) {
	for name, tc := range map[string]struct {
		why, kind, manifest string
		want                any
	}{
		"gateway, defaults": {
			why: "Routes of the same namespace, no ListenerSets", kind: kinds.KindGateway,
			manifest: `{metadata: {namespace: a, name: b, labels: {x: v}}, spec: {listeners: [{name: l, port: 80, protocol: HTTP}]}}`,
			want: &kinds.Gateway{
				Meta:      kinds.Meta{Namespace: "a", Name: "b", Labels: map[string]string{"x": "v"}},
				Listeners: []kinds.Listener{{Name: "l", Port: 80, Protocol: "HTTP", Routes: kinds.Scope{From: "Same"}}}, Sets: kinds.Scope{From: "None"},
			},
		},
		"gateway": {
			why: "all that is read", kind: kinds.KindGateway,
			manifest: `{metadata: {name: b}, spec: {allowedListeners: {namespaces: {from: All}}, listeners: [{name: l, hostname: x.example.com, allowedRoutes: {
				namespaces: {from: Selector, selector: {matchLabels: {a: b}}}, kinds: [{kind: HTTPRoute}, {group: gateway.networking.k8s.io, kind: TLSRoute}, {group: "", kind: HTTPRoute}]}}]},
				status: {addresses: [{value: 192.0.2.1}, {value: ""}, {type: Hostname, value: lb.example.net}]}}`,
			want: &kinds.Gateway{
				Meta: kinds.Meta{Name: "b"}, Sets: kinds.Scope{From: "All"}, Addresses: []string{"192.0.2.1", "lb.example.net"},
				Listeners: []kinds.Listener{{
					Name: "l", Host: "x.example.com", Kinds: []string{"HTTPRoute", "TLSRoute", "/HTTPRoute"},
					Routes: kinds.Scope{From: "Selector", Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"a": "b"}}},
				}},
			},
		},
		"route": {
			why: "parents that aren't of the Gateway API are left out, each in its own way", kind: kinds.KindHTTPRoute,
			manifest: `{metadata: {namespace: a, name: r}, spec: {hostnames: [x.example.com], parentRefs: [{name: g}, {namespace: i, name: h, sectionName: s, port: 80}, {kind: ListenerSet, name: l},
				{group: "", kind: Service, name: g}, {kind: Service, name: g}, {group: example.com, name: g}]},
				status: {parents: [{parentRef: {name: g}, conditions: [{type: Accepted, status: "True"}, {type: Other, status: "False"}]},
				{parentRef: {group: "", kind: Service, name: g}}, {parentRef: {name: h, namespace: i}, conditions: [{type: Accepted, status: "False", reason: Refused}]},
				{parentRef: {kind: ListenerSet, name: l}, conditions: [{type: Accepted, status: Maybe}]}]}}`,
			want: &kinds.Route{
				Meta: kinds.Meta{Namespace: "a", Name: "r"}, Kind: kinds.KindHTTPRoute, Hosts: []string{"x.example.com"},
				Parents: []kinds.Parent{{Kind: "gateway", Namespace: "a", Name: "g"}, {Kind: "gateway", Namespace: "i", Name: "h", Section: "s", Port: 80}, {Kind: "listenerset", Namespace: "a", Name: "l"}},
				Statuses: []kinds.Status{
					{Parent: kinds.Parent{Kind: "gateway", Namespace: "a", Name: "g"}, Accepted: kinds.Yes},
					{Parent: kinds.Parent{Kind: "gateway", Namespace: "i", Name: "h"}, Accepted: kinds.No, Why: "Refused"},
					{Parent: kinds.Parent{Kind: "listenerset", Namespace: "a", Name: "l"}, Accepted: kinds.Undecided},
				},
			},
		},
		"TCP route": {
			why: "it has no hostnames", kind: kinds.KindTCPRoute, manifest: `{metadata: {name: r}, spec: {hostnames: [x.example.com]}}`,
			want: &kinds.Route{Meta: kinds.Meta{Name: "r"}, Kind: kinds.KindTCPRoute},
		},
		"listener set": {
			why: "what isn't said is undecided", kind: kinds.KindListenerSet,
			manifest: `{metadata: {namespace: a, name: s}, spec: {parentRef: {name: g}, listeners: [{name: x}]}, status: {listeners: [{name: x, conditions: [{type: Accepted, status: "False"}]}, {name: y}]}}`,
			want: &kinds.ListenerSet{
				Meta: kinds.Meta{Namespace: "a", Name: "s"}, Parent: kinds.Parent{Kind: "gateway", Namespace: "a", Name: "g"}, Accepted: kinds.Undecided,
				Listeners: []kinds.Listener{{Name: "x", Routes: kinds.Scope{From: "Same"}}}, Sections: map[string]kinds.Verdict{"x": kinds.No},
			},
		},
		"listener set of a set": {
			why: "sets aren't stacked", kind: kinds.KindListenerSet, manifest: `{metadata: {name: s}, spec: {parentRef: {kind: ListenerSet, name: g}}}`,
			want: &kinds.ListenerSet{Meta: kinds.Meta{Name: "s"}, Accepted: kinds.Undecided},
		},
		"namespace": {
			why: "the server sets its name as a label", kind: kinds.KindNamespace, manifest: `{metadata: {name: a, labels: {x: v}}}`,
			want: &kinds.Namespace{Meta: kinds.Meta{Name: "a", Labels: map[string]string{"x": "v", "kubernetes.io/metadata.name": "a"}}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, slim(t, tc.kind, tc.manifest, source.Keep{}), cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".Created" }, cmp.Ignore())); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.why, diff)
			}
		})
	}
}

// TestGatewayNoiseIsNoChange: controllers write statuses all the time.
func TestGatewayNoiseIsNoChange(t *testing.T) {
	const before = `{metadata: {name: r}, spec: {parentRefs: [{name: g}]}, status: {parents: [{parentRef: {name: g}, conditions: [{type: Accepted, status: "True"}]}]}}`
	const after = `{metadata: {name: r, labels: {x: v}}, spec: {parentRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: g}]}, status: {parents: [{parentRef: {name: g}, controllerName: c, conditions: [
		{type: Accepted, status: "True", reason: Accepted, message: m, observedGeneration: 7, lastTransitionTime: "2026-01-01T00:00:00Z"}, {type: ResolvedRefs, status: "False"}]}]}}`
	a, b := slim(t, kinds.KindHTTPRoute, before, source.Keep{}), slim(t, kinds.KindHTTPRoute, after, source.Keep{})
	if !reflect.DeepEqual(a, b) {
		t.Errorf("noise is a change:\n%s", cmp.Diff(a, b))
	}
}

// TestAssume: objects from files have neither a load balancer nor a controller.
func TestAssume(t *testing.T) {
	type assumer interface{ Assume(addresses []string) }
	read := func(name, manifest string, addresses ...string) any {
		k := kind(t, name)
		obj := k.New()
		if err := yaml.UnmarshalStrict([]byte(manifest), obj); err != nil {
			t.Fatal(err)
		}
		obj.(assumer).Assume(addresses)
		return k.Slim(obj, source.Keep{})
	}
	if got := read(kinds.KindGateway, `{metadata: {name: g}}`, "192.0.2.1", "lb.example.net").(*kinds.Gateway).Addresses; len(got) != 2 {
		t.Errorf("a Gateway without a status has the addresses %v", got)
	}
	if got := read(kinds.KindGateway, `{metadata: {name: g}, status: {addresses: [{value: 192.0.2.9}]}}`, "192.0.2.1").(*kinds.Gateway).Addresses; len(got) != 1 || got[0] != "192.0.2.9" {
		t.Errorf("a Gateway with a status has the addresses %v", got)
	}
	const route = `{metadata: {name: r}, spec: {parentRefs: [{name: g, sectionName: s}]}}`
	if got := read(kinds.KindHTTPRoute, route, "192.0.2.1").(*kinds.Route).Statuses; len(got) != 1 || got[0].Accepted != kinds.Yes || got[0].Section != "s" {
		t.Errorf("a Route without a status has %v", got)
	}
	if got := read(kinds.KindHTTPRoute, route).(*kinds.Route).Statuses; len(got) != 0 {
		t.Errorf("nothing is assumed, and a Route has %v", got)
	}
	if got := read(kinds.KindListenerSet, `{metadata: {name: l}, spec: {parentRef: {name: g}, listeners: [{name: s}]}}`, "192.0.2.1").(*kinds.ListenerSet); got.Accepted != kinds.Yes || got.Sections["s"] != kinds.Yes {
		t.Errorf("a ListenerSet without a status has %+v", got)
	}
}

func TestWatched(t *testing.T) {
	for name, tc := range map[string]struct {
		kind source.Kind
		want string
	}{
		"of the cluster":   {kind: source.Kind{}, want: "[]"},
		"as others":        {kind: source.Kind{Namespaced: true}, want: "[a b]"},
		"everywhere":       {kind: source.Kind{Namespaced: true, Namespaces: []string{""}}, want: "[]"},
		"somewhere else":   {kind: source.Kind{Namespaced: true, Namespaces: []string{"c"}}, want: "[c]"},
		"cluster, however": {kind: source.Kind{Namespaces: []string{"c"}}, want: "[]"},
	} {
		if got := tc.kind.Watched([]string{"a", "b"}); fmt.Sprint(got) != tc.want {
			t.Errorf("%s: watched in %v, want %s", name, got, tc.want)
		}
	}
}
