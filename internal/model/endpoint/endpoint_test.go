// SPDX-License-Identifier: Apache-2.0

package endpoint_test

import (
	"slices"
	"testing"
	"time"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/endpoint"
	"nafuda.io/nafuda/internal/model/record"
)

func TestParseRef(t *testing.T) {
	for text, want := range map[string]endpoint.Ref{
		"ingress/ns/x": {Kind: "ingress", Namespace: "ns", Name: "x"}, "node/n": {Kind: "node", Name: "n"},
		"": {}, "x": {}, "/ns/x": {}, "ingress/ns/": {}, "ingress/": {}, "a/b/c/d": {},
	} {
		got, ok := endpoint.ParseRef(text)
		if ok != (want != endpoint.Ref{}) || ok && got != want {
			t.Errorf("ParseRef(%q) = %+v, %v; want %+v", text, got, ok, want)
		}
		if ok && got.String() != text {
			t.Errorf("%q is written %q", text, got)
		}
	}
}

func TestOlderComesFirst(t *testing.T) {
	at := func(second int64, name string) *endpoint.Origin {
		return &endpoint.Origin{Created: time.Unix(second, 0), Ref: endpoint.Ref{Kind: "ingress", Namespace: "ns", Name: name}}
	}
	if at(1, "z").Compare(at(2, "a")) >= 0 || at(1, "a").Compare(at(1, "b")) >= 0 || at(1, "a").Compare(at(1, "a")) != 0 {
		t.Error("origins are ordered by age and then by ref")
	}
}

func TestNames(t *testing.T) {
	r := endpoint.Result{
		Endpoints: []endpoint.Endpoint{{Name: "b.example.com", Type: record.A}, {Name: "a.example.com", Type: record.AAAA}, {Name: "a.example.com", Type: record.A}},
		Holds:     []endpoint.Hold{{Name: "b.example.com"}, {Name: "example.com"}},
	}
	if got, want := r.Names(), []dnsname.Name{"example.com", "a.example.com", "b.example.com"}; !slices.Equal(got, want) {
		t.Errorf("Names() = %v, want %v", got, want)
	}
	r.Sort()
	if r.Endpoints[0].Type != record.A || r.Endpoints[2].Name != "b.example.com" || r.Holds[0].Name != "example.com" {
		t.Errorf("sorted %+v", r)
	}
}
