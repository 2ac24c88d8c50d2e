// SPDX-License-Identifier: Apache-2.0

package kube

import (
	"context"
	"net/http"
	"os"
	"strings"
	"testing"
)

// as sends a GET as a user and returns the status code.
func as(ctx context.Context, t *testing.T, c *Cluster, u User, place string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.Server+place, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+u.Token)
	resp, err := c.http.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	return resp.StatusCode
}

func TestReferenceRole(t *testing.T) {
	c := Start(t)
	role, err := os.ReadFile("../e2e/testdata/clusterrole.yaml")
	if err != nil {
		t.Fatal(err)
	}
	c.Apply(t, string(role))
	user, nobody := c.CreateUser(t, "external-dns"), c.CreateUser(t)
	tests := map[string]struct {
		place string
		want  int
		why   string
	}{
		"services":       {"/api/v1/services", 200, "granted"},
		"endpoints":      {"/api/v1/endpoints", 200, "granted"},
		"pods":           {"/api/v1/pods", 200, "granted"},
		"nodes":          {"/api/v1/nodes", 200, "granted"},
		"ingresses":      {"/apis/networking.k8s.io/v1/ingresses", 200, "granted"},
		"endpointslices": {"/apis/discovery.k8s.io/v1/endpointslices", 403, "the documented role has none"},
		"secrets":        {"/api/v1/secrets", 403, "RBAC is on"},
	}
	for name, tt := range tests {
		// RBAC's own caches follow a moment after the binding.
		Wait(t, name, func() error {
			if got := as(t.Context(), t, c, user, tt.place); got != tt.want {
				return &unexpected{got, tt.want, tt.why}
			}
			return nil
		})
		if got := as(t.Context(), t, c, nobody, tt.place); got != http.StatusForbidden {
			t.Errorf("%s as a user without roles: got %d, want 403", name, got)
		}
	}
	if got := as(t.Context(), t, c, User{Token: "wrong"}, "/api/v1/services"); got != http.StatusUnauthorized {
		t.Errorf("with a wrong token: got %d, want 401", got)
	}
}

type unexpected struct {
	got, want int
	why       string
}

func (u *unexpected) Error() string {
	return strings.Join([]string{http.StatusText(u.got), "instead of", http.StatusText(u.want), "though", u.why}, " ")
}

func TestApplyWritesStatus(t *testing.T) {
	c := Start(t)
	const lb = `
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {type: LoadBalancer, ports: [{port: 80}]}
status: {loadBalancer: {ingress: [{ip: 192.0.2.1}]}}
`
	c.Apply(t, lb)
	got, err := c.call(t.Context(), http.MethodGet, "/api/v1/namespaces/default/services/web", "", nil)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(got), "192.0.2.1") {
		t.Errorf("the status isn't there: %s", got)
	}
	c.Delete(t, lb)
	if _, err := c.call(t.Context(), http.MethodGet, "/api/v1/namespaces/default/services/web", "", nil); err == nil {
		t.Error("the object is still there after it was deleted")
	}
}
