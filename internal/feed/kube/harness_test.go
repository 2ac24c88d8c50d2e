// SPDX-License-Identifier: Apache-2.0

package kube

import (
	"net/http"
	"net/http/httptest"
	"testing"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/client-go/rest"

	"nafuda.io/nafuda/internal/feed"
	"nafuda.io/nafuda/internal/source"
	"nafuda.io/nafuda/test/feedtest"
)

func testKinds() []source.Kind {
	return []source.Kind{
		{
			Name: "service", Version: "v1", Resource: "services", ManifestKind: "Service", Namespaced: true,
			New: func() any { return &corev1.Service{} },
			Slim: func(obj any, _ source.Keep) any {
				s := obj.(*corev1.Service)
				return s.Labels["text"]
			},
		},
		{
			Name: "ingress", Group: "networking.k8s.io", Version: "v1", Resource: "ingresses", ManifestKind: "Ingress", Namespaced: true,
			New:  func() any { return &networkingv1.Ingress{} },
			Slim: func(obj any, _ source.Keep) any { return obj.(*networkingv1.Ingress).Labels["text"] },
		},
		{
			Name: "node", Version: "v1", Resource: "nodes", ManifestKind: "Node",
			New:  func() any { return &corev1.Node{} },
			Slim: func(obj any, _ source.Keep) any { return obj.(*corev1.Node).Labels["text"] },
		},
		{
			Name: "endpointslice", Group: "discovery.k8s.io", Version: "v1", Resource: "endpointslices", ManifestKind: "EndpointSlice", Namespaced: true,
			New:  func() any { return &discoveryv1.EndpointSlice{} },
			Slim: func(obj any, _ source.Keep) any { return obj.(*discoveryv1.EndpointSlice).Labels["text"] },
		},
	}
}

// fed is a running feed and what it has said.
type fed struct {
	*feedtest.Ear
	want chan string
}

func run(t *testing.T, f *Feed, kinds ...string) *fed {
	t.Helper()
	r := &fed{want: make(chan string, 10)}
	r.Ear = feedtest.Hear(t, f, r.want)
	for _, k := range kinds {
		r.want <- k
	}
	return r
}

// untilState waits until a kind is so.
func (r *fed) untilState(kind string, s feed.State) {
	r.Until(kind+" "+string(s), func() bool { return r.State[kind] == s })
}

// serve starts a server that answers as h does, and a feed of it.
func serve(t *testing.T, h http.HandlerFunc, namespaces ...string) *Feed {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	f, err := fromConfig(&rest.Config{Host: srv.URL}, Options{QPS: 1000, Burst: 1000, RequestTimeout: feedtest.Patience, Version: "1.2.3"}, testKinds(), source.Keep{}, namespaces)
	if err != nil {
		t.Fatal(err)
	}
	return f
}
