// SPDX-License-Identifier: Apache-2.0

package gateway_test

import (
	"slices"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"nafuda.io/nafuda/internal/feed"
	"nafuda.io/nafuda/internal/memory/objects"
	"nafuda.io/nafuda/internal/model/endpoint"
	"nafuda.io/nafuda/internal/model/fact"
	"nafuda.io/nafuda/internal/source"
	"nafuda.io/nafuda/internal/source/gateway"
	"nafuda.io/nafuda/internal/source/kinds"
)

// cluster is a store of objects with the Routes that were evaluated over it.
type cluster struct {
	*objects.Store
	eval source.Func
}

// look reads from the store; these sources ask for no facts.
type look struct{ source.Objects }

func (look) Fact(fact.Key) fact.Value { panic("nobody asks for facts") }

func (c cluster) evaluate(ref endpoint.Ref) endpoint.Result {
	return c.eval(c.Get(ref), look{c.Reader(ref)})
}

func gatewayAt(name string, from kinds.Scope) *kinds.Gateway {
	return &kinds.Gateway{
		Meta: kinds.Meta{Namespace: "infra", Name: name}, Addresses: []string{"192.0.2.1"},
		Listeners: []kinds.Listener{{Name: "web", Port: 80, Protocol: "HTTP", Routes: from}},
	}
}

func selecting(label, value string) *metav1.LabelSelector {
	return &metav1.LabelSelector{MatchLabels: map[string]string{label: value}}
}

func routeAt(name string, parent kinds.Parent) *kinds.Route {
	return &kinds.Route{
		Meta: kinds.Meta{Namespace: "default", Name: name}, Kind: kinds.KindHTTPRoute, Hosts: []string{name + ".example.com"},
		Parents: []kinds.Parent{parent}, Statuses: []kinds.Status{{Parent: parent, Accepted: kinds.Yes}},
	}
}

// TestReaders: a change is for the Routes that it concerns and for no others (delta).
func TestReaders(t *testing.T) {
	all := kinds.All(source.Options{})
	src, _, err := build([]string{"--gateway-listener-sets"})
	if err != nil {
		t.Fatal(err)
	}
	c := cluster{objects.New(all), src.Eval}
	for _, k := range all {
		c.SetState(k.Name, feed.Synced, nil)
	}
	everyone, chosen := kinds.Scope{From: "All"}, kinds.Scope{From: "Selector"}
	at := func(name string) kinds.Parent {
		return kinds.Parent{Kind: kinds.KindGateway, Namespace: "infra", Name: name}
	}
	set := kinds.Parent{Kind: kinds.KindListenerSet, Namespace: "infra", Name: "set"}
	choosy := gatewayAt("choosy", chosen)
	choosy.Listeners[0].Routes.Selector = selecting("dns", "yes")
	extended := gatewayAt("extended", everyone)
	extended.Sets = everyone
	put := func(obj any) []endpoint.Ref {
		_, readers := c.Put(kinds.RefOf(obj), obj)
		return readers
	}
	put(gatewayAt("edge", everyone))
	put(choosy)
	put(extended)
	put(&kinds.ListenerSet{
		Meta: kinds.Meta{Namespace: "infra", Name: "set"}, Parent: at("extended"), Accepted: kinds.Yes,
		Listeners: gatewayAt("", everyone).Listeners, Sections: map[string]kinds.Verdict{"web": kinds.Yes},
	})
	for name, parent := range map[string]kinds.Parent{"one": at("edge"), "two": at("edge"), "three": at("choosy"), "four": set, "five": at("never")} {
		put(routeAt(name, parent))
		c.evaluate(endpoint.Ref{Kind: kinds.KindHTTPRoute, Namespace: "default", Name: name})
	}
	for name, tc := range map[string]struct {
		changed any
		want    []string
	}{
		"a Gateway":              {changed: gatewayAt("edge", chosen), want: []string{"one", "two"}},
		"one that wasn't there":  {changed: gatewayAt("never", everyone), want: []string{"five"}},
		"the Gateway of a set":   {changed: gatewayAt("extended", chosen), want: []string{"four"}},
		"a ListenerSet":          {changed: &kinds.ListenerSet{Meta: kinds.Meta{Namespace: "infra", Name: "set"}}, want: []string{"four"}},
		"the Route's namespace":  {changed: &kinds.Namespace{Meta: kinds.Meta{Name: "default"}}, want: []string{"three"}},
		"another namespace":      {changed: &kinds.Namespace{Meta: kinds.Meta{Name: "kube-system"}}},
		"a Gateway nobody names": {changed: gatewayAt("lonely", everyone)},
	} {
		var got []string
		for _, ref := range put(tc.changed) {
			got = append(got, ref.Name)
		}
		slices.Sort(got)
		slices.Sort(tc.want)
		if !slices.Equal(got, tc.want) {
			t.Errorf("%s changes, and %q are evaluated again, want %q", name, got, tc.want)
		}
	}
}

// TestNamespacesOnlyIfNeeded: the kind isn't watched before a listener chooses namespaces by label.
func TestNamespacesOnlyIfNeeded(t *testing.T) {
	src, _, err := build(nil)
	if err != nil {
		t.Fatal(err)
	}
	edge := kinds.Parent{Kind: kinds.KindGateway, Namespace: "infra", Name: "edge"}
	for _, tc := range []struct {
		scope kinds.Scope
		want  []string
	}{
		{scope: kinds.Scope{From: "All"}, want: []string{kinds.KindGateway}},
		{scope: kinds.Scope{From: "Selector", Selector: selecting("a", "b")}, want: []string{kinds.KindGateway, kinds.KindNamespace}},
	} {
		c := cluster{objects.New(kinds.All(source.Options{})), src.Eval}
		c.SetState(kinds.KindGateway, feed.Synced, nil)
		g, r := gatewayAt("edge", tc.scope), routeAt("web", edge)
		c.Put(g.Ref(), g)
		c.Put(r.Ref(), r)
		c.evaluate(r.Ref())
		if got := c.Wanted(); !slices.Equal(got, tc.want) {
			t.Errorf("allowedRoutes from %s makes us watch %q, want %q", tc.scope.From, got, tc.want)
		}
	}
}

// TestOrigin: views choose by Gateway.
func TestOrigin(t *testing.T) {
	src, _, err := build(nil)
	if err != nil {
		t.Fatal(err)
	}
	c := cluster{objects.New(kinds.All(source.Options{})), src.Eval}
	c.SetState(kinds.KindGateway, feed.Synced, nil)
	r := routeAt("web", kinds.Parent{Kind: kinds.KindGateway, Namespace: "infra", Name: "b"})
	a := kinds.Parent{Kind: kinds.KindGateway, Namespace: "infra", Name: "a"}
	r.Parents, r.Statuses = append(r.Parents, a), append(r.Statuses, kinds.Status{Parent: a, Accepted: kinds.Yes})
	c.Put(r.Ref(), r)
	for _, name := range []string{"a", "b"} {
		g := gatewayAt(name, kinds.Scope{From: "All"})
		c.Put(g.Ref(), g)
	}
	if got := c.evaluate(r.Ref()).Endpoints; len(got) != 1 || got[0].From.Gateway != "infra/a,infra/b" {
		t.Errorf("got %+v", got)
	}
}

func TestOptions(t *testing.T) {
	for name, tc := range map[string]struct {
		opts  gateway.Options
		wrong bool
	}{
		"none":         {},
		"all":          {opts: gateway.Options{Name: "edge.one", Namespace: "infra", LabelFilter: "tier in (front, back),!test"}},
		"a name":       {opts: gateway.Options{Name: "Edge"}, wrong: true},
		"a namespace":  {opts: gateway.Options{Namespace: "in.fra"}, wrong: true},
		"a filter":     {opts: gateway.Options{LabelFilter: "tier in"}, wrong: true},
		"blank filter": {opts: gateway.Options{LabelFilter: " "}},
	} {
		if err := tc.opts.Check(); (err != nil) != tc.wrong {
			t.Errorf("%s: %v", name, err)
		}
	}
	k := gateway.Options{Namespace: "infra"}.Place(source.Kind{Name: kinds.KindGateway, Namespaced: true, Namespaces: []string{""}})
	if got := k.Watched([]string{"default"}); !slices.Equal(got, []string{"infra"}) {
		t.Errorf("Gateways are watched in %q", got)
	}
}
