// SPDX-License-Identifier: Apache-2.0

package kube

import (
	"fmt"
	"net/http"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/rest"

	"nafuda.io/nafuda/internal/feed"
	"nafuda.io/nafuda/internal/source"
)

// route is a custom resource, which has no protobuf form and whose objects nobody may have checked.
type route struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              struct {
		Hosts []string `json:"hosts"`
	} `json:"spec"`
}

func (r *route) DeepCopyObject() runtime.Object { c := *r; return &c }

func routeKind() source.Kind {
	return source.Kind{
		Name: "route", Group: "example.com", Version: "v1", Resource: "routes", ManifestKind: "Route", Namespaced: true,
		New:  func() any { return &route{} },
		Slim: func(obj any, _ source.Keep) any { return fmt.Sprint(obj.(*route).Spec.Hosts) },
	}
}

func TestCustomResource(t *testing.T) {
	t.Parallel()
	item := func(name, hosts string) string {
		return fmt.Sprintf(`{"apiVersion":"example.com/v1","kind":"Route","metadata":{"namespace":"default","name":%q},"spec":{"hosts":%s}}`, name, hosts)
	}
	list := func(items string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", jsonType)
			fmt.Fprintf(w, `{"apiVersion":"example.com/v1","kind":"RouteList","metadata":{"resourceVersion":"7"},"items":[%s]}`, items)
		}
	}
	a := &api{}
	a.set(list(item("good", `["a.example.com"]`)+","+item("bad", `"b.example.com"`)), a.watching())
	f := serve(t, a.ServeHTTP)
	f, err := fromConfig(&rest.Config{Host: f.URL()}, Options{QPS: 1000, Burst: 1000}, []source.Kind{routeKind()}, source.Keep{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	r := run(t, f, "route")
	r.untilState("route", feed.Failing)
	last := r.Events[len(r.Events)-1]
	if r.Has["route/default/good"] != "[a.example.com]" || len(r.Has) != 1 {
		t.Errorf("objects %v: the bad one spoiled the good one", r.Has)
	}
	if len(last.Refusals) != 1 || last.Refusals[0].Ref.Name != "bad" {
		t.Errorf("refusals %+v", last.Refusals)
	}
	// What the watch can't go on from is listed again, and that list is clean.
	first := a.cut
	a.set(list(item("good", `["a.example.com"]`)), a.watching(`{"type":"ERROR","object":{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"Expired","code":410}}`))
	close(first)
	r.untilState("route", feed.Synced)
	if last := r.Events[len(r.Events)-1]; len(last.Refusals) != 0 || r.Err["route"] != nil {
		t.Errorf("refusals %+v, error %v, though all can be read", last.Refusals, r.Err["route"])
	}
}

func TestKindMustBeAnObject(t *testing.T) {
	k := routeKind()
	k.New = func() any { return "no" }
	if _, err := fromConfig(&rest.Config{Host: "http://127.0.0.1:1"}, Options{QPS: 1, Burst: 1}, []source.Kind{k}, source.Keep{}, nil); err == nil {
		t.Error("a kind that can't be decoded was accepted")
	}
}
