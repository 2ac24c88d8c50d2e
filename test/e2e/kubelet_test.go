// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/rest"
)

// The place of the usual set-up in the cluster.
const (
	usualName       = "external-dns"
	usualNamespace  = "/api/v1/namespaces/kube-system"
	usualDeployment = "/apis/apps/v1/namespaces/kube-system/deployments/external-dns"
)

// ask sends a request to the API server as the administrator and decodes the answer. It reports whether the thing asked for is there.
func (p *person) ask(method, path string, body, out any) bool {
	p.t.Helper()
	cfg := p.cluster.Config(p.t)
	client, err := rest.HTTPClientFor(cfg)
	if err != nil {
		p.t.Fatal(err)
	}
	raw, err := json.Marshal(body)
	if err != nil {
		p.t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(p.t.Context(), method, cfg.Host+path, bytes.NewReader(raw))
	if err != nil {
		p.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := client.Do(req)
	if err != nil {
		p.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if resp.StatusCode == http.StatusNotFound {
		return false
	}
	if err != nil || resp.StatusCode >= http.StatusMultipleChoices || json.Unmarshal(text, out) != nil {
		p.t.Fatalf("%s %s: %s: %s: %v", method, path, resp.Status, text, err)
	}
	return true
}

// others do what the kubelet and an ingress controller would have done by now.
func (p *person) others() {
	p.t.Helper()
	var d appsv1.Deployment
	switch there := p.ask(http.MethodGet, usualDeployment, nil, &d); {
	case there && p.pod == nil:
		p.runPod(d.Spec.Template.Spec)
	case !there && p.pod != nil:
		p.pod.stop()
		p.pod = nil
	}
	var one struct{}
	if p.ask(http.MethodGet, "/apis/networking.k8s.io/v1/namespaces/default/ingresses/nginx-test-ingress", nil, &one) {
		p.cluster.Apply(p.t, "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: nginx-test-ingress}\nstatus: "+loadBalancer("192.168.10.51"))
	}
}

// runPod runs the one container of a pod as the kubelet would: with the arguments, the variables and the service account that the
// Deployment has. The program finds the cluster by a kubeconfig instead of files that only a pod has; the emulators' addresses and a
// port that is free are the only variables added.
func (p *person) runPod(spec corev1.PodSpec) {
	p.t.Helper()
	if len(spec.Containers) != 1 || len(spec.Containers[0].Command) > 0 {
		p.t.Fatalf("the pod has %d containers, or a command of its own", len(spec.Containers))
	}
	env := p.variables(spec.Containers[0].Env)
	var args []string
	for _, a := range spec.Containers[0].Args { // as the kubelet puts variables into arguments
		args = append(args, regexp.MustCompile(`\$\(\w+\)`).ReplaceAllStringFunc(a, func(s string) string {
			if v, ok := env[s[2:len(s)-1]]; ok {
				return v
			}
			return s
		}))
	}
	home := p.t.TempDir()
	p.write(filepath.Join(home, ".kube", "config"), p.podConfig(spec.ServiceAccountName), 0o600)
	pod := &process{t: p.t, log: &buffer{}, done: make(chan error, 1), address: freeAddress(p.t)}
	log, err := os.Create(p.podLog)
	if err != nil {
		p.t.Fatal(err)
	}
	pod.cmd = exec.CommandContext(context.Background(), p.binary, args...)
	pod.cmd.Env = []string{
		"HOME=" + home, "AWS_ENDPOINT_URL_ROUTE_53=" + p.url, "NAFUDA_VERIFY_SERVER=" + p.dns.String(), "NAFUDA_METRICS_ADDRESS=" + pod.address,
		"NAFUDA_LEADER_ELECT=true", "NAFUDA_LEASE_NAMESPACE=kube-system", "NAFUDA_CONTROL_SOCKET=none",
	}
	for _, name := range slices.Sorted(maps.Keys(env)) {
		pod.cmd.Env = append(pod.cmd.Env, name+"="+env[name])
	}
	both := io.MultiWriter(log, pod.log)
	pod.cmd.Stdout, pod.cmd.Stderr = both, both
	if err := pod.cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	cmd := pod.cmd
	go func() { pod.done <- cmd.Wait() }()
	p.pod = pod
	p.t.Cleanup(func() {
		pod.stop()
		_ = log.Close()
		if p.t.Failed() {
			p.t.Logf("the pod's log:\n%s", pod.log.String())
		}
	})
	pod.ready() // as its probe asks
}

// variables are a container's, with those from Secrets.
func (p *person) variables(list []corev1.EnvVar) map[string]string {
	p.t.Helper()
	env := make(map[string]string)
	for _, v := range list {
		env[v.Name] = v.Value
		if v.ValueFrom == nil {
			continue
		}
		ref := v.ValueFrom.SecretKeyRef
		var s corev1.Secret
		if !p.ask(http.MethodGet, usualNamespace+"/secrets/"+ref.Name, nil, &s) || len(s.Data[ref.Key]) == 0 {
			p.t.Fatalf("the variable %s: the Secret %s has no %s", v.Name, ref.Name, ref.Key)
		}
		env[v.Name] = string(s.Data[ref.Key])
	}
	return env
}

// podConfig is a kubeconfig with a token of the pod's own service account.
func (p *person) podConfig(account string) string {
	p.t.Helper()
	var made struct{ Status struct{ Token string } }
	if !p.ask(http.MethodPost, usualNamespace+"/serviceaccounts/"+account+"/token", map[string]any{"spec": map[string]any{}}, &made) {
		p.t.Fatalf("there is no service account %s", account)
	}
	cfg := p.cluster.Config(p.t)
	return fmt.Sprintf(`apiVersion: v1
kind: Config
clusters: [{name: c, cluster: {server: %q, certificate-authority: %q}}]
users: [{name: u, user: {token: %q}}]
contexts: [{name: c, context: {cluster: c, user: u}}]
current-context: c
`, cfg.Host, cfg.CAFile, made.Status.Token)
}
