// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"k8s.io/client-go/rest"

	feed "nafuda.io/nafuda/internal/feed/kube"
	"nafuda.io/nafuda/internal/source/all"
	"nafuda.io/nafuda/test/kube"
)

// needing is a cluster that a kubeconfig leads to, and what the sources need of it.
func needing(kubeconfig string) Cluster {
	kinds := all.Kinds(all.Options{})
	return Cluster{
		Config: feed.Options{Kubeconfig: kubeconfig, RequestTimeout: 30 * time.Second, QPS: 50, Burst: 50}.Config,
		Needs:  []Need{{Kind: kinds["ingress"], Source: "ingress"}, {Kind: kinds["node"], Source: "service", For: "Services of type NodePort"}},
		Events: true, Lease: "dns/nafuda",
	}
}

const roles = `
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: all}
rules:
- {apiGroups: [networking.k8s.io], resources: [ingresses], verbs: [list, watch]}
- {apiGroups: [""], resources: [nodes], verbs: [list, watch]}
- {apiGroups: [events.k8s.io], resources: [events], verbs: [create]}
- {apiGroups: [coordination.k8s.io], resources: [leases], verbs: [create]}
- {apiGroups: [coordination.k8s.io], resources: [leases], resourceNames: [nafuda], verbs: [get, update]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: blind}
rules:
- {apiGroups: [networking.k8s.io], resources: [ingresses], verbs: [list, watch]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: nowatch}
rules:
- {apiGroups: [networking.k8s.io], resources: [ingresses], verbs: [list]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: one, namespace: default}
rules:
- {apiGroups: [networking.k8s.io], resources: [ingresses], verbs: [list, watch]}
`

// TestCluster asks a real API server as users with several roles.
func TestCluster(t *testing.T) {
	c := kube.Start(t)
	c.Apply(t, roles)
	whole, blind, late, one := c.CreateUser(t, "all"), c.CreateUser(t, "blind"), c.CreateUser(t, "nowatch"), c.CreateUser(t)
	c.Apply(t, fmt.Sprintf(`
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: one, namespace: default}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: one}
subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: %s}]
`, one.Name))
	of := func(kubeconfig string) Patient { return Patient{Cluster: needing(kubeconfig)} }
	t.Run("rbac", func(t *testing.T) {
		expect(t, found(t, of(whole.Kubeconfig), "rbac"), OK, "we may list ingresses, watch ingresses, list nodes, watch nodes, create events, get the lease dns/nafuda, create the lease dns/nafuda, update the lease dns/nafuda")
		r := found(t, of(blind.Kubeconfig), "rbac")
		expect(t, r, Warn, "we may not list nodes: the names of Services of type NodePort are held")
		if len(r.Findings) != 7 {
			t.Errorf("%d findings: %+v", len(r.Findings), r)
		}
		expect(t, found(t, of(late.Kubeconfig), "rbac"), Fail, "we may not watch ingresses: nothing that the source ingress asks for")
		must := of(blind.Kubeconfig)
		must.Cluster.LeaseMust = true
		expect(t, found(t, must, "rbac"), Fail, "no replica acts")
		single := of(one.Kubeconfig)
		single.Cluster = Cluster{Config: single.Cluster.Config, Needs: single.Cluster.Needs[:1]}
		expect(t, found(t, single, "rbac"), Fail, "we may not list ingresses")
		single.Cluster.Namespace = "default"
		expect(t, found(t, single, "rbac"), OK, "we may list ingresses in default, watch ingresses in default")
	})
	t.Run("kubeconfig", func(t *testing.T) {
		expect(t, found(t, of(late.Kubeconfig), "kubeconfig"), OK, ", to us as "+late.Name)
		text, err := os.ReadFile(whole.Kubeconfig)
		if err != nil {
			t.Fatal(err)
		}
		changed := func(with ...string) Patient {
			path := filepath.Join(t.TempDir(), "kubeconfig")
			if err := os.WriteFile(path, []byte(strings.NewReplacer(with...).Replace(string(text))), 0o600); err != nil {
				t.Fatal(err)
			}
			return of(path)
		}
		r := found(t, changed(whole.Token, "another"), "kubeconfig")
		expect(t, r, Fail, "doesn't take our credentials: 401")
		if strings.Contains(fmt.Sprint(r), "another") {
			t.Errorf("invariant secret: it shows the token: %+v", r)
		}
		expect(t, found(t, changed("user: {token: \""+whole.Token+"\"}", "user: {}"), "kubeconfig"), Warn, "doesn't know who we are")
		ca := strings.TrimSpace(strings.SplitN(strings.SplitN(string(text), "certificate-authority: ", 2)[1], "}", 2)[0])
		expect(t, found(t, changed("certificate-authority: "+ca, "insecure-skip-tls-verify: true"), "kubeconfig"), Warn, "isn't checked")
		expect(t, found(t, changed(c.Server, "https://127.0.0.1:1"), "kubeconfig"), Fail, "https://127.0.0.1:1 doesn't answer")
		expect(t, found(t, of(filepath.Join(t.TempDir(), "none")), "kubeconfig"), Fail, "no API server is known")
	})
	t.Run("kinds", func(t *testing.T) {
		p := of(blind.Kubeconfig)
		expect(t, found(t, p, "kinds"), OK, "served: ingresses (networking.k8s.io/v1), nodes (v1)")
		p.Cluster.Needs = append(p.Cluster.Needs, Need{Kind: testKind, Source: "crd", For: "odd widgets"})
		expect(t, found(t, p, "kinds"), Warn, "widgets (example.com/v1) aren't served")
		p.Cluster.Needs[2].For = ""
		expect(t, found(t, p, "kinds"), Fail, "the source crd has nothing to read")
	})
	t.Run("clock", func(t *testing.T) {
		r := found(t, of(blind.Kubeconfig), "clock")
		expect(t, r, OK, "our clock is that of the API server")
	})
}

// TestClusterThatHangs has an API server that never answers, and one whose clock runs away.
func TestClusterThatHangs(t *testing.T) {
	stop := make(chan struct{})
	url := serving(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-stop }))
	t.Cleanup(func() { close(stop) })
	hangs := Patient{Cluster: Cluster{Config: func() (*rest.Config, error) { return &rest.Config{Host: url}, nil }, Needs: needing("").Needs}}
	r := Run(t.Context(), hangs, Options{Timeout: time.Second})
	for _, c := range r.Checks {
		want := OK
		switch c.Check {
		case "kubeconfig", "zones":
			want = Fail
		case "rbac", "kinds", "clock", "owners", "taken", "addresses":
			want = Warn
		}
		if c.Level != want {
			t.Errorf("invariant apart: %+v, want %s", c, want)
		}
	}
	late := serving(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Date", time.Now().Add(time.Hour).UTC().Format(http.TimeFormat))
		_, _ = w.Write([]byte(`{"gitVersion": "v1.0"}`))
	}))
	p := Patient{Cluster: Cluster{Config: func() (*rest.Config, error) { return &rest.Config{Host: late}, nil }}}
	expect(t, found(t, p, "clock"), Warn, "behind that of the API server")
}

// TestLeaseIsCreatedWithoutAName has what a role that allows create for one name only doesn't allow: the API server doesn't know the
// name when it decides.
func TestLeaseIsCreatedWithoutAName(t *testing.T) {
	for _, a := range (Cluster{Lease: "dns/nafuda"}).accesses() {
		want := "nafuda"
		if a.attributes.Verb == "create" {
			want = ""
		}
		if a.attributes.Name != want || a.attributes.Namespace != "dns" || a.level != Warn {
			t.Errorf("%+v", a)
		}
	}
}
