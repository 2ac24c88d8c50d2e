// SPDX-License-Identifier: Apache-2.0

package docs

import (
	"context"
	"errors"
	"net/http"
	"path/filepath"
	"testing"

	"nafuda.io/nafuda/test/kube"
	"nafuda.io/nafuda/test/kubelet"
)

// startCluster has a cluster do what an API server alone doesn't: it runs what the Deployment kube-system/nafuda says, with the program that is in
// the folder's bin, and gives Ingresses their address.
func startCluster(t *testing.T, dir string, c *kube.Cluster, env []string) {
	t.Helper()
	k := kubelet.New(t, kubelet.Options{Cluster: c, Deployment: "nafuda", Program: filepath.Join(dir, "bin", "nafuda"), Dir: dir, Env: env})
	kubelet.Again(t, func(ctx context.Context) error { return errors.Join(k.Look(ctx), addresses(ctx, c)) })
}

// addresses gives each Ingress without an address that of the cluster's load balancer.
func addresses(ctx context.Context, c *kube.Cluster) error {
	var list struct {
		Items []struct {
			Metadata struct{ Name, Namespace string }
			Spec     struct{ IngressClassName string }
			Status   struct{ LoadBalancer struct{ Ingress []any } }
		}
	}
	if _, err := c.Ask(ctx, http.MethodGet, "/apis/networking.k8s.io/v1/ingresses", nil, &list); err != nil {
		return err
	}
	for _, i := range list.Items {
		if i.Spec.IngressClassName != "nginx" || len(i.Status.LoadBalancer.Ingress) > 0 {
			continue // one of another class waits for its own controller
		}
		path := "/apis/networking.k8s.io/v1/namespaces/" + i.Metadata.Namespace + "/ingresses/" + i.Metadata.Name + "/status"
		status := map[string]any{"status": map[string]any{"loadBalancer": map[string]any{"ingress": []any{map[string]any{"ip": "192.168.10.51"}}}}}
		if _, err := c.Ask(ctx, http.MethodPatch, path, status, nil); err != nil {
			return err
		}
	}
	return nil
}
