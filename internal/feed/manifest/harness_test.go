// SPDX-License-Identifier: Apache-2.0

package manifest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"

	"nafuda.io/nafuda/internal/feed"
	"nafuda.io/nafuda/internal/model/endpoint"
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
				out := []string{string(s.Spec.Type), s.Labels["text"]}
				for _, in := range s.Status.LoadBalancer.Ingress {
					out = append(out, in.IP+in.Hostname)
				}
				return strings.Join(out, " ")
			},
		},
		{
			Name: "ingress", Group: "networking.k8s.io", Version: "v1", Resource: "ingresses", ManifestKind: "Ingress", Namespaced: true,
			New: func() any { return &networkingv1.Ingress{} },
			Slim: func(obj any, _ source.Keep) any {
				out := []string{obj.(*networkingv1.Ingress).Labels["text"]}
				for _, in := range obj.(*networkingv1.Ingress).Status.LoadBalancer.Ingress {
					out = append(out, in.IP+in.Hostname)
				}
				return strings.Join(out, " ")
			},
		},
		{
			Name: "node", Version: "v1", Resource: "nodes", ManifestKind: "Node",
			New:  func() any { return &corev1.Node{} },
			Slim: func(obj any, _ source.Keep) any { return obj.(*corev1.Node).Labels["text"] },
		},
	}
}

func ingress(name, text string) string {
	return fmt.Sprintf("---\napiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: %s, labels: {text: %q}}\n", name, text)
}

// fed is a running feed and what it has sent, folded as the catalog would.
type fed struct {
	t        *testing.T
	out      chan feed.Event
	state    map[string]feed.State
	err      map[string]error
	has      map[string]string // ref → slim
	refusals []endpoint.Refusal
	events   []feed.Event
}

func run(t *testing.T, f *Feed, kinds ...string) *fed {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	r := &fed{t: t, out: make(chan feed.Event), state: make(map[string]feed.State), err: make(map[string]error), has: make(map[string]string)}
	want := make(chan string, len(kinds))
	for _, k := range kinds {
		want <- k
	}
	close(want)
	done := make(chan error, 1)
	go func() { done <- f.Run(ctx, want, r.out) }()
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
		r.until(k, func() bool { return r.state[k] != feed.Same })
	}
	return r
}

// follow runs a feed of all that is in paths.
func follow(t *testing.T, paths ...string) *fed {
	t.Helper()
	f, err := New(Options{Manifests: paths}, testKinds(), source.Keep{})
	if err != nil {
		t.Fatal(err)
	}
	return run(t, f, "ingress", "service", "node")
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
			r.t.Fatalf("%s: it didn't come; states %v (%v), objects %v, refusals %v", what, r.state, r.err, r.has, r.refusals)
		}
	}
}

// has waits until ref is there as text, or gone where text is empty.
func (r *fed) untilHas(ref, text string) {
	r.t.Helper()
	r.until(ref+" "+text, func() bool { return r.has[ref] == text })
}

func (r *fed) fold(e feed.Event) {
	r.events = append(r.events, e)
	if e.Kind == Kind {
		r.refusals = e.Refusals
		return
	}
	if e.State != feed.Same {
		r.state[e.Kind], r.err[e.Kind] = e.State, e.Err
	}
	for _, d := range e.Deltas {
		if d.Object == nil {
			delete(r.has, d.Ref.String())
		} else {
			r.has[d.Ref.String()] = d.Object.(string)
		}
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
