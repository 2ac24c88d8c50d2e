// SPDX-License-Identifier: Apache-2.0

package gateway

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/source"
	"nafuda.io/nafuda/internal/source/kinds"
	"nafuda.io/nafuda/internal/source/sourcetest"
)

// TestMeet draws hosts of few labels and compares with what a name by name comparison says: a name is in what two hosts stand for
// together if it is in both.
func TestMeet(t *testing.T) {
	stands := func(host, name dnsname.Name) bool {
		rest, wild := strings.CutPrefix(string(host), "*")
		return host == anyHost || host == name || wild && strings.HasSuffix(string(name), rest) && !name.IsWildcard()
	}
	label := rapid.SampledFrom([]string{"a", "b"})
	draw := func(t *rapid.T, what string, wild bool) dnsname.Name {
		labels := rapid.SliceOfN(label, 1, 3).Draw(t, what)
		if wild && rapid.Bool().Draw(t, what+" is a wildcard") {
			labels = append([]string{"*"}, labels...)
		}
		if wild && rapid.IntRange(0, 5).Draw(t, what+" is any") == 0 {
			return anyHost
		}
		return dnsname.Name(strings.Join(labels, "."))
	}
	rapid.Check(t, func(t *rapid.T) {
		route, listener, name := draw(t, "route", true), draw(t, "listener", true), draw(t, "name", false)
		got, ok := meet(route, listener)
		if route == anyHost && listener == anyHost {
			if ok {
				t.Fatalf("two that name nothing give %q", got)
			}
			return
		}
		if both := stands(route, name) && stands(listener, name); both != (ok && stands(got, name)) {
			t.Fatalf("%q and %q give %q (%v), but %q is in both: %v", route, listener, got, ok, name, both)
		}
		if again, same := meet(listener, route); again != got || same != ok {
			t.Fatalf("%q and %q give %q, the other way round %q", route, listener, got, again)
		}
	})
}

// TestBounds: lists that no server would have taken are cut, and that is said.
func TestBounds(t *testing.T) {
	edge := kinds.Parent{Kind: kinds.KindGateway, Namespace: "d", Name: "edge"}
	r := &kinds.Route{Meta: kinds.Meta{Namespace: "d", Name: "big"}, Kind: kinds.KindHTTPRoute}
	for i := range maxHosts + 1 {
		r.Hosts = append(r.Hosts, fmt.Sprintf("h%d.example.com", i))
	}
	for range maxParents + 1 {
		r.Parents, r.Statuses = append(r.Parents, edge), append(r.Statuses, kinds.Status{Parent: edge, Accepted: kinds.Yes})
	}
	objects, err := sourcetest.Decode([]byte(`{kind: Gateway, metadata: {namespace: d, name: edge}, spec: {listeners: [`+
		strings.Repeat(`{name: x, protocol: HTTP},`, maxListeners+1)+`]}, status: {addresses: [{value: 192.0.2.1}]}}`), kinds.All(source.Options{}))
	if err != nil {
		t.Fatal(err)
	}
	result := routes{name: HTTPRoute, manifest: "HTTPRoute", protocols: []string{"HTTP"}}.eval(r, objects)
	if len(result.Endpoints) != maxHosts {
		t.Errorf("%d endpoints, want %d", len(result.Endpoints), maxHosts)
	}
	var fields []string
	for _, f := range result.Refusals {
		fields = append(fields, f.Field)
		if f.Why.Code != reason.BadValue {
			t.Errorf("refused for %+v", f.Why)
		}
	}
	if got := strings.Join(fields, " "); got != "spec.hostnames spec.listeners spec.parentRefs status.parents" {
		t.Errorf("refused: %s", got)
	}
}

// TestSilent: a Route that asks for nothing has its reason (invariant why).
func TestSilent(t *testing.T) {
	edge := kinds.Parent{Kind: kinds.KindGateway, Namespace: "d", Name: "edge"}
	meta := func(notes ...string) kinds.Meta {
		m := kinds.Meta{Namespace: "d", Name: "web", Annotations: make(map[string]string)}
		for i := 0; i < len(notes); i += 2 {
			m.Annotations[source.NewPrefix+notes[i]] = notes[i+1]
		}
		return m
	}
	with := func(v kinds.Verdict) []kinds.Status { return []kinds.Status{{Parent: edge, Accepted: v}} }
	at, host := []kinds.Parent{edge}, []string{"web.example.com"}
	for name, tc := range map[string]struct {
		opts  Options
		route kinds.Route
		want  reason.Code
	}{
		"of another controller": {route: kinds.Route{Meta: meta("controller", "x"), Parents: at}, want: reason.OtherControl},
		"of no Gateway":         {route: kinds.Route{Meta: meta(), Hosts: host}, want: reason.NotAttached},
		"of another Gateway":    {opts: Options{Name: "other"}, route: kinds.Route{Meta: meta(), Parents: at, Hosts: host}, want: reason.Filtered},
		"of another namespace":  {opts: Options{Namespace: "x"}, route: kinds.Route{Meta: meta(), Parents: at, Hosts: host}, want: reason.Filtered},
		"of a set": {
			route: kinds.Route{Meta: meta(), Parents: []kinds.Parent{{Kind: kinds.KindListenerSet, Namespace: "d", Name: "s"}}, Hosts: host}, want: reason.Filtered,
		},
		"not accepted":            {route: kinds.Route{Meta: meta(), Parents: at, Statuses: with(kinds.No), Hosts: host}, want: reason.NotAttached},
		"of no annotation":        {route: kinds.Route{Meta: meta("gateway-hostname-source", "annotation-only"), Parents: at, Statuses: with(kinds.Yes), Hosts: host}, want: reason.NoHost},
		"of no host":              {route: kinds.Route{Meta: meta(), Parents: at, Statuses: with(kinds.Yes)}, want: reason.NoHost},
		"of a host without taker": {route: kinds.Route{Meta: meta(), Parents: at, Statuses: with(kinds.Yes), Hosts: host}, want: reason.NotAttached},
	} {
		tc.route.Kind = kinds.KindHTTPRoute
		src := routes{opts: tc.opts, name: HTTPRoute, manifest: "HTTPRoute", protocols: []string{"HTTP"}}
		if r := src.eval(&tc.route, new(sourcetest.Objects)); len(r.Endpoints)+len(r.Holds) > 0 {
			t.Errorf("%s: it isn't silent: %+v", name, r)
		}
		if got := src.silent(&tc.route); got.Code != tc.want || got.Text == "" {
			t.Errorf("%s: silent for %+v, want %s", name, got, tc.want)
		}
	}
	src := routes{}
	if got := src.eval("not a Route", nil); len(got.Names()) > 0 || !src.silent("not a Route").None() {
		t.Error("a strange object asks for something")
	}
}
