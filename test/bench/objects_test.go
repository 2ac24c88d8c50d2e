// SPDX-License-Identifier: Apache-2.0

//go:build linux

package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sync/errgroup"
	"k8s.io/client-go/rest"

	"nafuda.io/nafuda/test/kube"
)

// objects are the Ingresses that the program watches, numbered from 0. Each has one host and one address.
type objects interface {
	// load makes as many objects as n says; those that are there stay.
	load(ctx context.Context, n int) error
	// change gives an object another address and returns when a watcher can know of it.
	change(ctx context.Context, i, generation int) error
	// flags point the program at the objects.
	flags() []string
	// String says where they are, for the table.
	String() string
}

func name(i int) string { return fmt.Sprintf("app-%06d", i) }

func host(i int) string { return name(i) + "." + domain }

// address is one of the documentation's (RFC 5737); the next generation has another one.
func address(i, generation int) string { return fmt.Sprintf("192.0.2.%d", 1+(i+generation)%254) }

// ingress is an object as people write them, in JSON.
func ingress(i int, status string) []byte {
	return fmt.Appendf(nil, `{"apiVersion":"networking.k8s.io/v1","kind":"Ingress","metadata":{"namespace":"default","name":%q,`+
		`"labels":{"app.kubernetes.io/name":%[1]q,"app.kubernetes.io/part-of":"shop"},"annotations":{"nginx.ingress.kubernetes.io/proxy-body-size":"8m"}},`+
		`"spec":{"ingressClassName":"nginx","rules":[{"host":%q,"http":{"paths":[{"path":"/","pathType":"Prefix","backend":{"service":{"name":%[1]q,"port":{"number":80}}}}]}}]}%[3]s}`,
		name(i), host(i), status)
}

func status(address string) string {
	return fmt.Sprintf(`"status":{"loadBalancer":{"ingress":[{"ip":%q}]}}`, address)
}

// cluster keeps objects in a real API server.
type cluster struct {
	*kube.Cluster
	http   *http.Client
	loaded int
}

func newCluster(t testing.TB) (*cluster, error) {
	c := &cluster{Cluster: kube.Start(t)}
	var err error
	c.http, err = rest.HTTPClientFor(c.Config(t))
	return c, err
}

func (c *cluster) String() string { return "API server" }

func (c *cluster) flags() []string { return []string{"--kubeconfig=" + c.Kubeconfig} }

func (c *cluster) load(ctx context.Context, n int) error {
	const writers = 16
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(writers)
	for i := c.loaded; i < n && ctx.Err() == nil; i++ {
		group.Go(func() error {
			if err := c.send(ctx, http.MethodPost, "", "application/json", ingress(i, "")); err != nil {
				return err
			}
			return c.change(ctx, i, 0)
		})
	}
	c.loaded = max(c.loaded, n)
	return group.Wait()
}

func (c *cluster) change(ctx context.Context, i, generation int) error {
	return c.send(ctx, http.MethodPatch, "/"+name(i)+"/status", "application/merge-patch+json", []byte("{"+status(address(i, generation))+"}"))
}

func (c *cluster) send(ctx context.Context, method, path, contentType string, body []byte) error {
	req, err := http.NewRequestWithContext(ctx, method, c.Server+"/apis/networking.k8s.io/v1/namespaces/default/ingresses"+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", contentType)
	resp, err := c.http.Do(req)
	if err != nil {
		return fmt.Errorf("write an object: %w", err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode >= http.StatusMultipleChoices {
		err = fmt.Errorf("write an object: %s: %s", resp.Status, answer)
	}
	return err
}

// folder keeps objects in files: those that change in one each, the rest in lists of a thousand.
type folder struct{ dir string }

// single is how many objects have a file each.
const single = 1000

func (f folder) String() string { return "files" }

func (f folder) flags() []string { return []string{"--manifests=" + f.dir} }

func (f folder) load(_ context.Context, n int) error {
	for i := range min(single, n) {
		if err := f.write(name(i), ingress(i, ","+status(address(i, 0)))); err != nil {
			return err
		}
	}
	const long = 1000
	for from := single; from < n; from += long {
		var list struct {
			APIVersion string            `json:"apiVersion"`
			Kind       string            `json:"kind"`
			Items      []json.RawMessage `json:"items"`
		}
		list.APIVersion, list.Kind = "v1", "List"
		for i := from; i < min(from+long, n); i++ {
			list.Items = append(list.Items, ingress(i, ","+status(address(i, 0))))
		}
		text, err := json.Marshal(list)
		if err != nil {
			return err
		}
		if err := f.write(fmt.Sprintf("list-%06d", from), text); err != nil {
			return err
		}
	}
	return nil
}

func (f folder) change(_ context.Context, i, generation int) error {
	return f.write(name(i), ingress(i, ","+status(address(i, generation))))
}

// write puts a whole file in its place at once, as editors and git do.
func (f folder) write(name string, text []byte) error {
	path := filepath.Join(f.dir, name+".json")
	if err := os.WriteFile(path+".new", text, 0o600); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}
