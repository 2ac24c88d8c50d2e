// SPDX-License-Identifier: Apache-2.0

// Package feeds checks that all feeds say the same of the same objects.
package feeds

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	gocmpopts "github.com/google/go-cmp/cmp/cmpopts"

	"nafuda.io/nafuda/internal/feed"
	"nafuda.io/nafuda/internal/feed/kube"
	"nafuda.io/nafuda/internal/feed/manifest"
	"nafuda.io/nafuda/internal/source"
	"nafuda.io/nafuda/internal/source/kinds"
	kubetest "nafuda.io/nafuda/test/kube"
)

// catalog is what a feed has sent.
type catalog struct {
	objects map[string]any
	synced  map[string]bool
	out     chan feed.Event
}

func watch(t *testing.T, f feed.Feed, names []string) *catalog {
	t.Helper()
	c := &catalog{objects: make(map[string]any), synced: make(map[string]bool), out: make(chan feed.Event)}
	want := make(chan string, len(names))
	for _, name := range names {
		want <- name
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- f.Run(ctx, want, c.out) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("Run returned %v", err)
		}
	})
	return c
}

// until takes events until done is true.
func (c *catalog) until(t *testing.T, what string, done func() bool) {
	t.Helper()
	late := time.After(time.Minute)
	for !done() {
		select {
		case e := <-c.out:
			if e.State != feed.Same {
				c.synced[e.Kind] = e.State == feed.Synced
			}
			if e.Kind == manifest.Kind {
				t.Errorf("the manifest has refusals: %+v", e.Refusals)
			}
			for _, d := range e.Deltas {
				if c.objects[d.Ref.String()] = d.Object; d.Object == nil {
					delete(c.objects, d.Ref.String())
				}
			}
		case <-late:
			t.Fatalf("%s: it didn't come; there are %d objects", what, len(c.objects))
		}
	}
}

func TestParity(t *testing.T) {
	cluster := kubetest.Start(t)
	raw, err := os.ReadFile("testdata/objects.yaml")
	if err != nil {
		t.Fatal(err)
	}
	text := string(raw)
	cluster.InstallGatewayAPI(t)
	cluster.Apply(t, "apiVersion: v1\nkind: Namespace\nmetadata: {name: parity}\n---\napiVersion: v1\nkind: Namespace\nmetadata: {name: parity-infra}\n")
	cluster.Apply(t, text)
	path := filepath.Join(t.TempDir(), "objects.yaml")
	write := func() {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write()

	all := kinds.All(source.Options{})
	names := make([]string, 0, len(all))
	for _, k := range all {
		names = append(names, k.Name)
	}
	keep := source.Keep{Label: func(key string) bool { return key == "team" }}
	fromFiles, err := manifest.New(manifest.Options{Manifests: []string{path}}, all, keep, "parity")
	if err != nil {
		t.Fatal(err)
	}
	fromCluster, err := kube.New(kube.Options{Kubeconfig: cluster.Kubeconfig, QPS: 100, Burst: 100}, all, keep, "parity")
	if err != nil {
		t.Fatal(err)
	}
	a, b := watch(t, fromCluster, names), watch(t, fromFiles, names)
	for _, c := range []*catalog{a, b} {
		c.until(t, "all kinds", func() bool { return len(c.synced) == len(names) && !contains(c.synced, false) })
	}
	if want := strings.Count(text, "\nkind: "); len(b.objects) != want {
		t.Errorf("the manifest gave %d objects, want %d", len(b.objects), want)
	}
	compare(t, "at first", a, b)

	text = strings.Replace(text, "192.0.2.11", "192.0.2.12", 1)
	cluster.Apply(t, text)
	write()
	for _, c := range []*catalog{a, b} {
		c.until(t, "the new address", func() bool { return strings.Contains(fmt.Sprint(c.objects["ingress/parity/web"]), "192.0.2.12") })
	}
	compare(t, "after a change", a, b)

	head, _, _ := strings.Cut(text, "\n---\n")
	cluster.Delete(t, head)
	text = strings.TrimPrefix(text, head)
	write()
	for _, c := range []*catalog{a, b} {
		c.until(t, "the deletion", func() bool { return c.objects["service/parity/balanced"] == nil })
	}
	compare(t, "after a deletion", a, b)
}

func contains(m map[string]bool, v bool) bool {
	for _, have := range m {
		if have == v {
			return true
		}
	}
	return false
}

// compare leaves out when objects were created, which files don't tell.
func compare(t *testing.T, when string, fromCluster, fromFiles *catalog) {
	t.Helper()
	created := gocmp.FilterPath(func(p gocmp.Path) bool { return p.Last().String() == ".Created" }, gocmp.Ignore())
	// Namespaces aren't in the file, for a cluster has some of its own.
	own := gocmpopts.IgnoreMapEntries(func(ref string, _ any) bool { return strings.HasPrefix(ref, "namespace/") })
	if diff := gocmp.Diff(fromCluster.objects, fromFiles.objects, created, own); diff != "" {
		t.Errorf("%s the feeds differ (- cluster, + files):\n%s", when, diff)
	}
}
