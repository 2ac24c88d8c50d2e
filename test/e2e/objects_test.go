// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"k8s.io/client-go/rest"
)

// ingress is an Ingress of the namespace default with one host. An empty address is none yet. Annotations are given as "key=value",
// their prefix left out where it is today's.
func ingress(name, host, address string, annotations ...string) string {
	text := fmt.Sprintf(`
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: %s, annotations: %s}
spec: {rules: [{host: %q}]}
`, name, notes(annotations), host)
	return text + "status: " + loadBalancer(address) + "\n---\n"
}

// service is a Service of type LoadBalancer.
func service(name, address string, annotations ...string) string {
	text := fmt.Sprintf(`
apiVersion: v1
kind: Service
metadata: {name: %s, annotations: %s}
spec: {type: LoadBalancer, ports: [{port: 80}]}
`, name, notes(annotations))
	return text + "status: " + loadBalancer(address) + "\n---\n"
}

// loadBalancer is a status with addresses and host names, separated by commas.
func loadBalancer(address string) string {
	var entries []map[string]string
	for a := range strings.SplitSeq(address, ",") {
		key := "hostname"
		if _, err := netip.ParseAddr(a); err == nil {
			key = "ip"
		}
		if a != "" {
			entries = append(entries, map[string]string{key: a})
		}
	}
	b, err := json.Marshal(map[string]any{"loadBalancer": map[string]any{"ingress": entries}})
	if err != nil {
		panic(err) // maps of strings can always be written
	}
	return strings.Replace(string(b), `{"ingress":null}`, "{}", 1)
}

func notes(annotations []string) string {
	all := make(map[string]string)
	for _, a := range annotations {
		key, value, _ := strings.Cut(a, "=")
		if !strings.Contains(key, "/") {
			key = "external-dns.kubernetes.io/" + key
		}
		all[key] = value
	}
	b, err := json.Marshal(all)
	if err != nil {
		panic(err) // a map of strings can always be written
	}
	return string(b)
}

// wipe removes what earlier tests have left in the cluster.
func (s *suite) wipe(t *testing.T) {
	t.Helper()
	cfg := s.cluster.Config(t)
	client, err := rest.HTTPClientFor(cfg)
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range []string{"/apis/networking.k8s.io/v1|ingresses", "/api/v1|services", "/api/v1|nodes"} {
		group, plural, _ := strings.Cut(kind, "|")
		var list struct {
			Items []struct {
				Metadata struct{ Name, Namespace string }
			}
		}
		if err := json.Unmarshal(send(t, client, http.MethodGet, cfg.Host+group+"/"+plural), &list); err != nil {
			t.Fatal(err)
		}
		for _, o := range list.Items {
			if o.Metadata.Name == "kubernetes" {
				continue
			}
			place := plural
			if o.Metadata.Namespace != "" {
				place = "namespaces/" + o.Metadata.Namespace + "/" + plural
			}
			send(t, client, http.MethodDelete, cfg.Host+group+"/"+place+"/"+o.Metadata.Name)
		}
	}
}

func send(t *testing.T, client *http.Client, method, url string) []byte {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var body json.RawMessage
	if err := json.NewDecoder(resp.Body).Decode(&body); err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s %s: %s %v", method, url, resp.Status, err)
	}
	return body
}
