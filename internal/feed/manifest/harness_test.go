// SPDX-License-Identifier: Apache-2.0

package manifest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"

	"nafuda.io/nafuda/internal/feed"
	"nafuda.io/nafuda/internal/model/endpoint"
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

// fed is a running feed and what it has said.
type fed struct{ *feedtest.Ear }

func run(t *testing.T, f *Feed, kinds ...string) *fed {
	t.Helper()
	want := make(chan string, len(kinds))
	for _, k := range kinds {
		want <- k
	}
	close(want)
	r := &fed{feedtest.Hear(t, f, want)}
	for _, k := range kinds {
		r.Until(k, func() bool { return r.State[k] != feed.Same })
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

// untilHas waits until ref is there as text, or gone where text is empty.
func (r *fed) untilHas(ref, text string) {
	r.Until(ref+" "+text, func() bool { return r.Has[ref] == text })
}

// refusals are what can't be read.
func (r *fed) refusals() []endpoint.Refusal { return r.Refusals[Kind] }

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
