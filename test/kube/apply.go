// SPDX-License-Identifier: Apache-2.0

package kube

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"path"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

// object is what is needed of an object to find its place.
type object struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Metadata   struct {
		Name, Namespace string
	} `json:"metadata"`
	Status json.RawMessage `json:"status,omitempty"`
}

// resource is how the server serves a kind.
type resource struct {
	Name       string `json:"name"`
	Kind       string `json:"kind"`
	Namespaced bool   `json:"namespaced"`
}

// Apply creates or changes the objects of a YAML text, their status included, and fails the test where the server refuses one.
// Objects without a namespace go to default.
func (c *Cluster) Apply(t testing.TB, text string) {
	t.Helper()
	for _, o := range parse(t, text) {
		place := c.place(t, o)
		c.patch(t, place, o)
		if len(o.Status) > 0 {
			c.patch(t, place+"/status", o)
		}
	}
}

// Delete removes the objects of a YAML text. One that isn't there is an error.
func (c *Cluster) Delete(t testing.TB, text string) {
	t.Helper()
	for _, o := range parse(t, text) {
		if _, err := c.call(t.Context(), http.MethodDelete, c.place(t, o), "", nil); err != nil {
			t.Fatalf("delete %s %s: %v", o.Kind, o.Metadata.Name, err)
		}
	}
}

// document is an object with its own bytes.
type document struct {
	object
	body []byte
}

func parse(t testing.TB, text string) []document {
	t.Helper()
	var docs []document
	for _, part := range strings.Split("\n"+text, "\n---") {
		if strings.TrimSpace(part) == "" {
			continue
		}
		body, err := yaml.YAMLToJSON([]byte(part))
		if err != nil {
			t.Fatalf("read %s: %v", part, err)
		}
		d := document{body: body}
		if err := json.Unmarshal(body, &d.object); err != nil {
			t.Fatalf("read %s: %v", part, err)
		}
		docs = append(docs, d)
	}
	return docs
}

func (c *Cluster) patch(t testing.TB, place string, d document) {
	t.Helper()
	_, err := c.call(t.Context(), http.MethodPatch, place+"?fieldManager=test&force=true", "application/apply-patch+yaml", d.body)
	if err != nil {
		t.Fatalf("apply %s %s: %v", d.Kind, d.Metadata.Name, err)
	}
}

// place is the path of an object.
func (c *Cluster) place(t testing.TB, d document) string {
	t.Helper()
	base := path.Join("/apis", d.APIVersion)
	if !strings.Contains(d.APIVersion, "/") {
		base = path.Join("/api", d.APIVersion)
	}
	if c.served[base] == nil {
		body, err := c.call(t.Context(), http.MethodGet, base, "", nil)
		if err != nil {
			t.Fatalf("ask what %s has: %v", d.APIVersion, err)
		}
		var list struct{ Resources []resource }
		if err := json.Unmarshal(body, &list); err != nil {
			t.Fatal(err)
		}
		c.served[base] = list.Resources
	}
	for _, r := range c.served[base] {
		if r.Kind != d.Kind || strings.Contains(r.Name, "/") {
			continue
		}
		if !r.Namespaced {
			return path.Join(base, r.Name, d.Metadata.Name)
		}
		ns := d.Metadata.Namespace
		if ns == "" {
			ns = "default"
		}
		return path.Join(base, "namespaces", ns, r.Name, d.Metadata.Name)
	}
	t.Fatalf("the server has no %s in %s", d.Kind, d.APIVersion)
	return ""
}

// call sends a request as the administrator.
func (c *Cluster) call(ctx context.Context, method, place, contentType string, body []byte) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, method, c.Server+place, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+c.admin.Token)
	req.Header.Set("Content-Type", contentType)
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode >= http.StatusMultipleChoices {
		err = &refused{resp.StatusCode, string(answer)}
	}
	return answer, err
}
