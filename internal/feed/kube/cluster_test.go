// SPDX-License-Identifier: Apache-2.0

package kube

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"nafuda.io/nafuda/internal/feed"
	"nafuda.io/nafuda/internal/source"
	"nafuda.io/nafuda/test/feedtest"
	kubetest "nafuda.io/nafuda/test/kube"
)

func service(ns, name, text string) string {
	return fmt.Sprintf(`
---
apiVersion: v1
kind: Service
metadata: {namespace: %s, name: %s, labels: {text: %s}}
spec: {type: ExternalName, externalName: example.com}
`, ns, name, text)
}

func namespace(name string) string {
	return fmt.Sprintf("\n---\napiVersion: v1\nkind: Namespace\nmetadata: {name: %s}\n", name)
}

func open(t *testing.T, kubeconfig string, namespaces ...string) *Feed {
	t.Helper()
	f, err := New(Options{Kubeconfig: kubeconfig, QPS: 100, Burst: 100, RequestTimeout: feedtest.Patience}, testKinds(), source.Keep{}, namespaces...)
	if err != nil {
		t.Fatal(err)
	}
	f.retry = time.Second
	return f
}

// mine are the objects of a test's namespaces.
func (r *fed) mine(prefix string) map[string]string {
	out := maps.Clone(r.Has)
	maps.DeleteFunc(out, func(ref, _ string) bool { return !strings.Contains(ref, prefix) })
	return out
}

func TestCluster(t *testing.T) {
	c := kubetest.Start(t)
	t.Run("follows objects", func(t *testing.T) { follows(t, c) })
	t.Run("several namespaces", func(t *testing.T) { namespaces(t, c) })
	t.Run("reference role", func(t *testing.T) { referenceRole(t, c) })
	t.Run("permission comes later", func(t *testing.T) { listOnly(t, c) })
}

func follows(t *testing.T, c *kubetest.Cluster) {
	c.Apply(t, namespace("follow")+service("follow", "old", "one"))
	f := open(t, c.Kubeconfig)
	if f.URL() != c.Server {
		t.Errorf("URL is %s, want %s", f.URL(), c.Server)
	}
	r := run(t, f, "service", "node", "service")
	r.untilState("service", feed.Synced)
	r.untilState("node", feed.Synced)
	if !r.Events[0].Replace {
		t.Error("the first list isn't a Replace")
	}
	if os.Getenv("NAFUDA_KUBE_VERSION") == "" && r.Events[0].State != feed.Synced {
		t.Error("the list wasn't streamed: it came before its watch")
	}
	if diff := cmp.Diff(map[string]string{"service/follow/old": "one"}, r.mine("/follow/")); diff != "" {
		t.Error(diff)
	}
	c.Apply(t, service("follow", "new", "two"))
	r.Until("create", func() bool { return r.Has["service/follow/new"] == "two" })
	c.Apply(t, service("follow", "new", "three"))
	r.Until("update", func() bool { return r.Has["service/follow/new"] == "three" })
	c.Delete(t, service("follow", "old", "one"))
	r.Until("delete", func() bool { return r.Has["service/follow/old"] == "" })
	for _, e := range r.Events {
		if e.Kind != "service" && e.Kind != "node" {
			t.Errorf("an event of %s, which nobody wanted", e.Kind)
		}
	}
}

func namespaces(t *testing.T, c *kubetest.Cluster) {
	c.Apply(t, namespace("ns-a")+namespace("ns-b")+namespace("ns-c")+
		service("ns-a", "x", "a")+service("ns-b", "x", "b")+service("ns-c", "x", "c"))
	r := run(t, open(t, c.Kubeconfig, "ns-b", "ns-a", "ns-b"), "service", "node")
	r.untilState("service", feed.Synced)
	r.untilState("node", feed.Synced)
	if diff := cmp.Diff(map[string]string{"service/ns-a/x": "a", "service/ns-b/x": "b"}, r.Has); diff != "" {
		t.Error(diff)
	}
	for _, e := range r.Events {
		if e.Kind == "service" && e.Replace {
			t.Error("a Replace of one namespace would drop the objects of the other")
		}
	}
	c.Delete(t, service("ns-a", "x", "a"))
	r.Until("delete", func() bool { return len(r.Has) == 1 })
}

func referenceRole(t *testing.T, c *kubetest.Cluster) {
	role, err := os.ReadFile("../../../test/e2e/testdata/clusterrole.yaml")
	if err != nil {
		t.Fatal(err)
	}
	c.Apply(t, string(role))
	u := c.CreateUser(t, "external-dns")
	r := run(t, open(t, u.Kubeconfig), "service", "ingress", "node", "endpointslice")
	for kind, want := range map[string]feed.State{"service": feed.Synced, "ingress": feed.Synced, "node": feed.Synced, "endpointslice": feed.Forbidden} {
		r.untilState(kind, want)
	}
	err = r.Err["endpointslice"]
	if err == nil || !strings.Contains(err.Error(), "endpointslices") || !strings.Contains(err.Error(), "grant list and watch") {
		t.Errorf("the error doesn't say what to grant: %v", err)
	}
}

// A kind that may be listed but not watched isn't synced: nobody would see its changes.
func listOnly(t *testing.T, c *kubetest.Cluster) {
	const role = `
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: list-only}
rules: [{apiGroups: [""], resources: [services], verbs: [list]}]
`
	c.Apply(t, role)
	u := c.CreateUser(t, "list-only")
	r := run(t, open(t, u.Kubeconfig), "service")
	r.untilState("service", feed.Forbidden)
	c.Apply(t, strings.Replace(role, "[list]", "[list, watch]", 1))
	r.untilState("service", feed.Synced)
	states := make([]feed.State, 0, len(r.Events))
	for _, e := range r.Events {
		states = append(states, e.State)
	}
	if i := slices.Index(states, feed.Synced); i != len(states)-1 {
		t.Errorf("it was synced before it could watch: %v", states)
	}
}
