// SPDX-License-Identifier: Apache-2.0

//go:build linux

package soak

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"k8s.io/client-go/rest"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/test/kube"
)

const (
	place            = "/apis/networking.k8s.io/v1/namespaces/default/ingresses"
	targetAnnotation = "external-dns.kubernetes.io/target"
	ttlAnnotation    = "external-dns.kubernetes.io/ttl"
)

// objects writes Ingresses to the API server, as often as it takes: that is killed too.
type objects struct {
	http   *http.Client
	server string
	writes atomic.Int64
}

func newObjects(t *testing.T, c *kube.Cluster) *objects {
	t.Helper()
	client, err := rest.HTTPClientFor(c.Config(t))
	if err != nil {
		t.Fatal(err)
	}
	client.Timeout = 10 * time.Second
	return &objects{http: client, server: c.Server}
}

// object is an Ingress.
type object struct {
	name   string
	hosts  []dnsname.Name
	target string
	ttl    int  // seconds; 0: none is asked for
	status bool // the target is in its status, else in an annotation
}

// put makes an object what it is to be.
func (o *objects) put(ctx context.Context, a object) error {
	notes := make(map[string]string)
	if !a.status {
		notes[targetAnnotation] = a.target
	}
	if a.ttl > 0 {
		notes[ttlAnnotation] = fmt.Sprint(a.ttl)
	}
	var rules []map[string]any
	for _, h := range a.hosts {
		rules = append(rules, map[string]any{"host": h})
	}
	err := o.send(ctx, http.MethodPatch, "/"+a.name+"?fieldManager=soak&force=true", "application/apply-patch+yaml", map[string]any{
		"apiVersion": "networking.k8s.io/v1", "kind": "Ingress",
		"metadata": map[string]any{"name": a.name, "annotations": notes}, "spec": map[string]any{"rules": rules},
	})
	if err != nil || !a.status {
		return err
	}
	var addresses []map[string]string
	switch {
	case a.target == "":
	case record.TypeOf(a.target) == record.CNAME:
		addresses = []map[string]string{{"hostname": a.target}}
	default:
		addresses = []map[string]string{{"ip": a.target}}
	}
	status := map[string]any{"status": map[string]any{"loadBalancer": map[string]any{"ingress": addresses}}}
	return o.send(ctx, http.MethodPatch, "/"+a.name+"/status", "application/merge-patch+json", status)
}

// remove deletes an object, if it is there.
func (o *objects) remove(ctx context.Context, name string) error {
	return o.send(ctx, http.MethodDelete, "/"+name, "application/json", nil)
}

// send writes until the API server takes it.
func (o *objects) send(ctx context.Context, method, path, contentType string, v any) error {
	const pause = 200 * time.Millisecond
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	if v == nil {
		body = nil
	}
	for {
		code, answer, err := o.call(ctx, method, path, contentType, body)
		switch {
		case err == nil && (code < http.StatusMultipleChoices || method == http.MethodDelete && code == http.StatusNotFound):
			o.writes.Add(1)
			return nil
		case err == nil && code < http.StatusInternalServerError && code != http.StatusTooManyRequests && code != http.StatusUnauthorized && code != http.StatusForbidden:
			return fmt.Errorf("%s %s: %d %s", method, path, code, answer) // the last two: it has just started
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return fmt.Errorf("%s %s: %w (%d %w)", method, path, ctx.Err(), code, err)
		}
	}
}

func (o *objects) call(ctx context.Context, method, path, contentType string, body []byte) (int, []byte, error) {
	req, err := http.NewRequestWithContext(ctx, method, o.server+place+path, bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	req.Header.Set("Content-Type", contentType)
	resp, err := o.http.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	return resp.StatusCode, answer, err
}

// ingress is what is read of an object to tell what it asks for.
type ingress struct {
	Metadata struct {
		Name        string
		Annotations map[string]string
	}
	Spec   struct{ Rules []struct{ Host dnsname.Name } }
	Status struct {
		LoadBalancer struct {
			Ingress []struct{ IP, Hostname string }
		}
	}
}

// expected is what the objects on the API server ask for, in the text of record sets, markers included. It is naive: every host
// has one object, and every object has one target.
func (o *objects) expected(ctx context.Context) ([]string, error) {
	code, body, err := o.call(ctx, http.MethodGet, "", "", nil)
	if err != nil || code != http.StatusOK {
		return nil, fmt.Errorf("list the objects: %d %w", code, err)
	}
	var list struct{ Items []ingress }
	if err := json.Unmarshal(body, &list); err != nil {
		return nil, err
	}
	var out []string
	for _, i := range list.Items {
		target, ttl := i.Metadata.Annotations[targetAnnotation], i.Metadata.Annotations[ttlAnnotation]
		for _, a := range i.Status.LoadBalancer.Ingress {
			target += a.IP + a.Hostname
		}
		if ttl == "" {
			ttl = "300"
		}
		for _, r := range i.Spec.Rules {
			if slices.Contains(coveted(), r.Host) {
				continue
			}
			k := record.Key{Name: r.Host, Type: record.TypeOf(target)}
			out = append(out, fmt.Sprintf("%s %s %s", k, ttl, target),
				fmt.Sprintf(`%s 300 "heritage=external-dns,external-dns/owner=%s,external-dns/resource=ingress/default/%s"`, markerOf(k), owner, i.Metadata.Name))
		}
	}
	slices.Sort(out)
	return out, nil
}

// difference tells how two sorted lists differ; empty: they don't.
func difference(want, got []string) string {
	var out []string
	for _, l := range want {
		if _, ok := slices.BinarySearch(got, l); !ok {
			out = append(out, "-"+l)
		}
	}
	for _, l := range got {
		if _, ok := slices.BinarySearch(want, l); !ok {
			out = append(out, "+"+l)
		}
	}
	if n := len(out); n > 20 {
		out = append(out[:20], fmt.Sprintf("and %d more", n-20))
	}
	return strings.Join(out, "\n")
}
