// SPDX-License-Identifier: Apache-2.0

package kube

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/client-go/rest"

	"nafuda.io/nafuda/internal/feed"
	"nafuda.io/nafuda/internal/source"
)

// patience is how long a test waits for something that should come.
const patience = time.Minute

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

// fed is a running feed and what it has sent, folded as the catalog would.
type fed struct {
	t      *testing.T
	out    chan feed.Event
	want   chan string
	state  map[string]feed.State
	err    map[string]error
	has    map[string]string // ref → text
	events []feed.Event
}

func run(t *testing.T, f *Feed, kinds ...string) *fed {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	r := &fed{
		t: t, out: make(chan feed.Event), want: make(chan string, 10),
		state: make(map[string]feed.State), err: make(map[string]error), has: make(map[string]string),
	}
	done := make(chan error, 1)
	go func() { done <- f.Run(ctx, r.want, r.out) }()
	t.Cleanup(func() {
		cancel()
		select {
		case err := <-done:
			if !errors.Is(err, context.Canceled) {
				t.Errorf("Run returned %v, want the context's error", err)
			}
		case <-time.After(patience):
			t.Error("Run didn't return after the context ended")
		}
	})
	for _, k := range kinds {
		r.want <- k
	}
	return r
}

// until takes events until done is true.
func (r *fed) until(what string, done func() bool) {
	r.t.Helper()
	late := time.After(patience)
	for !done() {
		select {
		case e := <-r.out:
			r.fold(e)
		case <-late:
			r.t.Fatalf("%s: it didn't come; states %v (%v), objects %v", what, r.state, r.err, r.has)
		}
	}
}

func (r *fed) untilState(kind string, s feed.State) {
	r.t.Helper()
	r.until(kind+" "+string(s), func() bool { return r.state[kind] == s })
}

func (r *fed) fold(e feed.Event) {
	r.events = append(r.events, e)
	if e.State != feed.Same {
		r.state[e.Kind], r.err[e.Kind] = e.State, e.Err
	}
	if e.Replace {
		for ref := range r.has {
			if len(ref) > len(e.Kind) && ref[:len(e.Kind)+1] == e.Kind+"/" {
				delete(r.has, ref)
			}
		}
	}
	for _, d := range e.Deltas {
		if d.Object == nil {
			delete(r.has, d.Ref.String())
		} else {
			r.has[d.Ref.String()] = d.Object.(string)
		}
	}
}

// serve starts a server that answers as h does, and a feed of it.
func serve(t *testing.T, h http.HandlerFunc, namespaces ...string) *Feed {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	f, err := fromConfig(&rest.Config{Host: srv.URL}, Options{QPS: 1000, Burst: 1000, RequestTimeout: patience, Version: "1.2.3"}, testKinds(), source.Keep{}, namespaces)
	if err != nil {
		t.Fatal(err)
	}
	return f
}
