// SPDX-License-Identifier: Apache-2.0

package kube

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"k8s.io/client-go/rest"

	"nafuda.io/nafuda/internal/feed"
	"nafuda.io/nafuda/internal/source"
)

// versions is a server that serves a kind in some versions, which may change.
type versions struct {
	*api
	mu     sync.Mutex
	served map[string]bool
	asked  []string // every version that was asked for
}

func (v *versions) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	version := strings.Split(r.URL.Path, "/")[3] // /apis/example.com/v1/routes
	v.mu.Lock()
	v.asked = append(v.asked, version)
	served := v.served[version]
	v.mu.Unlock()
	if !served {
		http.NotFound(w, r) // as the API server answers for a path that it doesn't have: without a Status
		return
	}
	v.api.ServeHTTP(w, r)
}

func (v *versions) serve(names ...string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.served, v.asked = make(map[string]bool), nil
	for _, n := range names {
		v.served[n] = true
	}
}

func (v *versions) tried(version string) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return slices.Contains(v.asked, version)
}

// TestProofOlderVersion has servers that don't serve the newest version of a kind, as a cluster whose Gateway API is some years old: the kind
// is there all the same. Where none is served it is absent, and what is published stays.
func TestProofOlderVersion(t *testing.T) {
	t.Parallel()
	v := &versions{api: &api{}}
	list := func(version, host string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", jsonType)
			fmt.Fprintf(w, `{"apiVersion":"example.com/%s","kind":"RouteList","metadata":{"resourceVersion":"7"},"items":[
				{"apiVersion":"example.com/%[1]s","kind":"Route","metadata":{"namespace":"default","name":"r"},"spec":{"hosts":[%q]}}]}`, version, host)
		}
	}
	added := func(version string) string {
		return fmt.Sprintf(`{"type":"ADDED","object":{"apiVersion":"example.com/%s","kind":"Route","metadata":{"namespace":"default","name":"late","resourceVersion":"8"},"spec":{"hosts":["late"]}}}`, version)
	}
	v.set(list("v1beta1", "old"), v.watching(added("v1beta1")))
	v.serve("v1beta1")

	k := routeKind()
	k.Older = []string{"v1beta2", "v1beta1"}
	f := serve(t, v.ServeHTTP)
	f, err := fromConfig(&rest.Config{Host: f.URL()}, Options{QPS: 1000, Burst: 1000}, []source.Kind{k}, source.Keep{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	f.retry = time.Millisecond
	r := run(t, f, "route")
	r.Until("a word about the kind", func() bool { return r.State["route"] == feed.Synced || r.State["route"] == feed.Absent })
	if r.State["route"] != feed.Synced {
		t.Fatalf("the kind is %s: %v", r.State["route"], r.Err["route"])
	}
	r.Until("the watch's object", func() bool { return r.Has["route/default/late"] == "[late]" })
	if len(r.Events) == 0 || r.Has["route/default/r"] != "[old]" {
		t.Errorf("objects %v", r.Has)
	}
	for _, e := range r.Events {
		if e.State == feed.Absent || e.State == feed.Failing {
			t.Errorf("told %s: %v", e.State, e.Err)
		}
	}

	// The server is upgraded: it has the newest version, and not the one that was read.
	cut := v.cut
	v.set(list("v1", "new"), v.watching())
	v.serve("v1")
	close(cut)
	r.Until("the newest version", func() bool { return r.Has["route/default/r"] == "[new]" })
	r.untilState("route", feed.Synced)

	// The definition is deleted.
	cut = v.cut
	v.serve()
	close(cut)
	r.untilState("route", feed.Absent)
	if r.Has["route/default/r"] != "[new]" {
		t.Errorf("objects %v: what was read is forgotten", r.Has)
	}
	for _, version := range []string{"v1", "v1beta2", "v1beta1"} {
		if !v.tried(version) {
			t.Errorf("absent was told before %s was tried", version)
		}
	}
	v.set(list("v1beta2", "back"), v.watching())
	v.serve("v1beta2", "v1beta1")
	r.Until("a version comes back", func() bool { return r.Has["route/default/r"] == "[back]" })
}
