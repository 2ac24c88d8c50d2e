// SPDX-License-Identifier: Apache-2.0

package migrate_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"nafuda.io/nafuda/internal/ops/migrate"
)

const head = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: external-dns, namespace: dns}\n"

// one is a Deployment with a container that has more fields, in flow style.
func one(more string) string {
	return head + "spec: {template: {spec: {containers: [{name: main, image: 'registry.example.com/external-dns/external-dns:v0.20.0@sha256:00'" + more + "}]}}}\n"
}

func TestRead(t *testing.T) {
	tests := map[string]struct {
		text, name string
		known      map[string]string
		words, env []string
		notes      []string // parts of them, in order
		err        string
		why        string
	}{
		"arguments": {
			text: one(`, args: [--source=service, "--txt-owner-id=$(ID)"], env: [{name: ID, value: Z1}]`), words: []string{"--source=service", "--txt-owner-id=Z1"},
			why: "variables are put into arguments, as the kubelet does",
		},
		"variables": {
			text:  one(`, args: [--a], env: [{name: B, value: x}, {name: EXTERNAL_DNS_SOURCE, value: "service\ningress"}, {name: EXTERNAL_DNS_POLICY, value: $(B)y}]`),
			words: []string{"--a"}, env: []string{"EXTERNAL_DNS_POLICY=xy", "EXTERNAL_DNS_SOURCE=service\ningress"}, why: "they set flags, and may use earlier ones",
		},
		"value from elsewhere": {
			text: one(`, args: [--txt-owner-id=$(ID)], env: [{name: ID, valueFrom: {fieldRef: {fieldPath: metadata.name}}}]`), err: "add --env=ID=VALUE",
			why: "the manifest hasn't got it",
		},
		"value given": {
			text: one(`, args: [--txt-owner-id=$(ID)], env: [{name: ID, valueFrom: {fieldRef: {fieldPath: metadata.name}}}]`), known: map[string]string{"ID": "Z2"},
			words: []string{"--txt-owner-id=Z2"}, why: "a person gives it",
		},
		"flag from a secret": {
			text: one(`, args: [--a], env: [{name: EXTERNAL_DNS_POLICY, valueFrom: {configMapKeyRef: {name: x, key: y}}}]`), err: "EXTERNAL_DNS_POLICY sets a flag",
			why: "without it the plan would be another",
		},
		"literal secret": {
			text: one(`, args: [--a], env: [{name: AWS_SECRET_ACCESS_KEY, value: very-secret}, {name: AWS_REGION, value: us-east-1}]`), words: []string{"--a"},
			notes: []string{"AWS_SECRET_ACCESS_KEY: the value stands in the Deployment", "the container sets AWS_SECRET_ACCESS_KEY, AWS_REGION"}, why: "secret: the name is told, the value never",
		},
		"variables from a Secret": {
			text: one(`, args: [--a], envFrom: [{secretRef: {name: aws}}]`), words: []string{"--a"}, notes: []string{"envFrom"}, why: "they may set flags",
		},
		"own command": {
			text: one(`, command: [/bin/external-dns, --a], args: [--b]`), words: []string{"--a", "--b"}, notes: []string{"a command of its own"}, why: "its arguments come first",
		},
		"shell command": {text: one(`, command: [sh, -c, external-dns --a]`), err: "isn't external-dns itself", why: "what a shell makes of it isn't known"},
		"argument file": {text: one(`, args: ["@/etc/passwd"]`), err: "names a file of the pod", why: "a file of this machine isn't that of the pod, and isn't to be read for a manifest's sake"},
		"sidecar": {
			text:  head + "spec: {replicas: 2, template: {spec: {containers: [{name: proxy, image: proxy, args: [--x]}, {name: dns, image: external-dns, args: [--a]}]}}}",
			words: []string{"--a"}, notes: []string{"2 replicas"}, why: "the image tells which",
		},
		"named": {
			text: head + "spec: {template: {spec: {containers: [{name: a, image: own, args: [--a]}, {name: b, image: own, args: [--b]}]}}}",
			name: "external-dns/b", words: []string{"--b"}, why: "a person tells which",
		},
		"none like it": {text: head + "spec: {template: {spec: {containers: [{name: a, image: own}]}}}", err: "none of the containers external-dns/a is like ExternalDNS", why: "it isn't guessed"},
		"several": {
			text: one("") + "---\n" + strings.Replace(one(""), "name: external-dns,", "name: second,", 1),
			err:  "2 of the containers external-dns/main, second/main could be meant", why: "public and private, often",
		},
		"among others": {
			text: "# of the chart\n---\napiVersion: v1\nkind: ServiceAccount\nmetadata: {name: x}\n---\n" + one(", args: [--a]"), words: []string{"--a"},
			notes: []string{"1 object of the kind ServiceAccount beside the Deployment"}, why: "other kinds are left as they are",
		},
		"list": {
			text:  "apiVersion: v1\nkind: List\nitems:\n- " + strings.ReplaceAll(one(", args: [--a]"), "\n", "\n  "),
			words: []string{"--a"}, why: "kubectl get prints one",
		},
		"JSON":            {text: `{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"x"},"spec":{"template":{"spec":{"containers":[{"name":"y","image":"external-dns","args":["--a"]}]}}}}`, words: []string{"--a"}, why: "kubectl get -o json"},
		"twice the key":   {text: one("") + "kind: Pod\n", err: "document 1 of the manifest", why: "nobody knows which counts"},
		"wrong type":      {text: one(`, args: --a`), err: "a field of the Deployment isn't of its type", why: "the API server refuses it too"},
		"no object":       {text: "- a\n", err: "isn't a Kubernetes object", why: "it is something else"},
		"no kind":         {text: "a: secret\n", err: "has no kind", why: "it is something else"},
		"nothing":         {text: "", err: "has no Deployment", why: "kubectl found nothing"},
		"deep":            {text: strings.Repeat("{kind: List, items: [", 5) + strings.Repeat("]}", 5), err: "nested deeper than 3", why: "what is read is bounded"},
		"too long":        {text: strings.Repeat("#", migrate.MaxManifest+1), err: "more than 4194304 bytes", why: "what is read is bounded"},
		"aliases":         {text: "a: &a [x,x,x,x,x,x,x,x,x]\n" + bombs(), err: "document 1 of the manifest", why: "what is read is bounded, what it stands for too"},
		"growing":         {text: one(", args: [--a], env: [{name: A0, value: " + strings.Repeat("x", 1000) + "}" + growing() + "]"), err: "more than 1048576 bytes", why: "what is read is bounded, what it stands for too"},
		"name of options": {text: strings.Replace(one(", args: [--a]"), "name: main", "name: --kubeconfig=x", 1), err: "a name that Kubernetes doesn't allow", why: "it would go into a command"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r, err := migrate.Read([]byte(tt.text), tt.name, tt.known)
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) || strings.Contains(err.Error(), "secret") {
					t.Fatalf("%v, want %q: %s", err, tt.err, tt.why)
				}
				return
			}
			if err != nil {
				t.Fatalf("%v: %s", err, tt.why)
			}
			if diff := cmp.Diff(tt.words, r.Words); diff != "" {
				t.Errorf("%s: -want +got:\n%s", tt.why, diff)
			}
			if diff := cmp.Diff(tt.env, r.Env); diff != "" {
				t.Errorf("%s: -want +got:\n%s", tt.why, diff)
			}
			if len(r.Notes) != len(tt.notes) || strings.Contains(strings.Join(r.Notes, " "), "very-secret") {
				t.Fatalf("notes %q, want %q: %s", r.Notes, tt.notes, tt.why)
			}
			for i, n := range tt.notes {
				if !strings.Contains(r.Notes[i], n) {
					t.Errorf("note %q, want %q: %s", r.Notes[i], n, tt.why)
				}
			}
		})
	}
}

// bombs are aliases of aliases: a few lines that stand for very many values.
func bombs() string {
	var b strings.Builder
	for c := 'b'; c < 'j'; c++ {
		fmt.Fprintf(&b, "%c: &%c [%s]\n", c, c, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*%c,", c-1), 9), ","))
	}
	return b.String()
}

// growing are variables each of which is several of the one before.
func growing() string {
	var b strings.Builder
	for i := 1; i < 12; i++ {
		fmt.Fprintf(&b, ", {name: A%d, value: $(A%d)$(A%d)$(A%d)}", i, i-1, i-1, i-1)
	}
	return b.String()
}

// FuzzRead: whatever the manifest, it is read or refused in one line.
func FuzzRead(f *testing.F) {
	f.Add([]byte(one(", args: [--a]")))
	f.Add([]byte("apiVersion: v1\nkind: List\nitems: [{}]"))
	f.Add([]byte("---\n---\na: &a [*a]"))
	f.Fuzz(func(t *testing.T, text []byte) {
		if _, err := migrate.Read(text, "", nil); err != nil && strings.Contains(err.Error(), "\n") {
			t.Errorf("%q has several lines", err)
		}
	})
}
