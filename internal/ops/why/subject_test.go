// SPDX-License-Identifier: Apache-2.0

package why_test

import (
	"testing"

	"nafuda.io/nafuda/internal/loop/reconcile"
	"nafuda.io/nafuda/internal/model/endpoint"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/ops/why"
)

func TestParseSubject(t *testing.T) {
	for text, tc := range map[string]struct {
		why       string
		namespace string
		want      string // a name, or a ref; empty: refused
	}{
		"www.example.com":                       {why: "a name", want: "www.example.com"},
		"WWW.Example.com.":                      {why: "in its one spelling", want: "www.example.com"},
		"*.example.com":                         {why: "a wildcard is a name", want: "*.example.com"},
		"ingress/default/web":                   {why: "as markers have it", want: "ingress/default/web"},
		"Ingress/default/web":                   {why: "as manifests spell the kind", want: "ingress/default/web"},
		"ing/web":                               {why: "kubectl's short name, in its default namespace", want: "ingress/default/web"},
		"svc/web":                               {why: "the namespace of --namespace", namespace: "shop", want: "service/shop/web"},
		"services/shop/web":                     {why: "kubectl's plural", want: "service/shop/web"},
		"ingresses.networking.k8s.io/shop/web":  {why: "with its group", want: "ingress/shop/web"},
		"ingress.v1.networking.k8s.io/shop/web": {why: "with version and group", want: "ingress/shop/web"},
		"node/one":                              {why: "nodes have no namespace", namespace: "shop", want: "node/one"},
		"gateway/shop/web":                      {why: "a kind that nobody watches is one all the same", want: "gateway/shop/web"},
		"node/shop/one":                         {why: "a node has no namespace"},
		"a/b/c/d":                               {why: "one part too many"},
		"/web":                                  {why: "no kind"},
		"ingress/":                              {why: "no name"},
		"ingress//web":                          {why: "no namespace"},
		"":                                      {why: "nothing"},
		"not a name":                            {why: "spaces"},
		"https://www.example.com/":              {why: "a URL"},
		"web_.example.com\x1b[31m":              {why: "hostile"},
		"www.example.com..":                     {why: "an empty label"},
	} {
		t.Run(text, func(t *testing.T) {
			name, ref, err := why.ParseSubject(text, tc.namespace)
			got := string(name)
			if ref != (endpoint.Ref{}) {
				got += ref.String()
			}
			if err != nil {
				got = ""
			}
			if got != tc.want || (err == nil) != (tc.want != "") {
				t.Errorf("ParseSubject(%q) = %q, %v; want %q (%s)", text, got, err, tc.want, tc.why)
			}
		})
	}
}

func FuzzParseSubject(f *testing.F) {
	for _, s := range []string{"www.example.com", "ing/web", "a/b/c/d", "//", "node/x", "\x00"} {
		f.Add(s, "default")
	}
	f.Fuzz(func(t *testing.T, text, namespace string) {
		name, ref, err := why.ParseSubject(text, namespace)
		if err == nil && (name == "") == (ref == endpoint.Ref{}) {
			t.Fatalf("ParseSubject(%q) is neither a name nor an object, or both: %q %v", text, name, ref)
		}
		if err == nil && name == "" && (ref.Kind == "" || ref.Name == "") {
			t.Fatalf("ParseSubject(%q) = %+v", text, ref)
		}
	})
}

// TestNobodyAndNoZone (alive): a name that no object asks for, and that no zone holds, is one that people ask about, too.
func TestNobodyAndNoZone(t *testing.T) {
	r := why.Make(reconcile.Explanation{Name: "nope.example.net", Names: []reconcile.NameFacts{{
		Name: "nope.example.net", Views: []reconcile.ViewFacts{{View: "public", NoZone: reason.New(reason.NoZone, "no zone holds it")}, {View: "lan"}},
	}}})
	if len(r.Walks) != 2 || r.Good {
		t.Fatalf("%+v", r)
	}
	for _, w := range r.Walks {
		if s := w.Stop(); s == nil || s.Reason.Code != reason.NobodyAsks {
			t.Errorf("view %s stops at %+v", w.View, s)
		}
	}
}
