// SPDX-License-Identifier: Apache-2.0

package docs

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"k8s.io/client-go/rest"

	"nafuda.io/nafuda/test/kube"
)

// kubelet runs what the Deployment kube-system/nafuda says, as a process of this machine, and gives Ingresses their address: an API
// server alone does neither.
type kubelet struct {
	dir     string // has nafuda in bin; log and environment of the pod go there
	cluster *kube.Cluster
	env     []string
	http    *http.Client
	host    string

	cmd  *exec.Cmd
	runs string // the Deployment's specification that the process is of
}

// deployment is what is read of a Deployment.
type deployment struct {
	Metadata struct{ Generation int }
	Spec     struct {
		Replicas int
		Template struct {
			Metadata struct{ Annotations map[string]string }
			Spec     struct {
				ServiceAccountName string
				Containers         []struct {
					Args []string
					Env  []struct {
						Name, Value string
						ValueFrom   struct{ SecretKeyRef struct{ Name, Key string } }
					}
				}
			}
		}
	}
}

func startKubelet(t *testing.T, dir string, c *kube.Cluster, env []string) {
	t.Helper()
	config := c.Config(t)
	client, err := rest.HTTPClientFor(config)
	if err != nil {
		t.Fatal(err)
	}
	k := &kubelet{dir: dir, cluster: c, env: env, http: client, host: config.Host}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		var last error
		for ctx.Err() == nil {
			if err := errors.Join(k.pods(ctx), k.addresses(ctx)); ctx.Err() == nil {
				last = err
			}
			select {
			case <-time.After(50 * time.Millisecond):
			case <-ctx.Done():
			}
		}
		done <- errors.Join(last, k.stop())
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("the kubelet's part: %v", err)
		}
		if t.Failed() {
			text, _ := os.ReadFile(filepath.Join(dir, "pod.log"))
			t.Logf("the pod's log:\n%s", text)
		}
	})
}

const deploymentPath = "/apis/apps/v1/namespaces/kube-system/deployments/nafuda"

// pods starts and stops the process.
func (k *kubelet) pods(ctx context.Context) error {
	var d deployment
	found, err := k.call(ctx, http.MethodGet, deploymentPath, nil, &d)
	if err != nil {
		return err
	}
	want := ""
	if found && d.Spec.Replicas > 0 {
		want = fmt.Sprint(d.Metadata.Generation, d.Spec)
	}
	if want == k.runs {
		return nil
	}
	if err := k.stop(); err != nil {
		return err
	}
	if want != "" {
		if err := k.start(ctx, d); err != nil {
			return err
		}
	}
	k.runs = want
	_, err = k.call(ctx, http.MethodPatch, deploymentPath+"/status", map[string]any{"status": map[string]any{
		"observedGeneration": d.Metadata.Generation, "replicas": d.Spec.Replicas, "updatedReplicas": d.Spec.Replicas, "readyReplicas": d.Spec.Replicas, "availableReplicas": d.Spec.Replicas,
	}}, nil)
	return err
}

// start runs the container, with the variables that it would have and a token of its service account.
func (k *kubelet) start(ctx context.Context, d deployment) error {
	c := d.Spec.Template.Spec.Containers[0]
	env := append([]string{"NAFUDA_LEADER_ELECT=true", "NAFUDA_LEASE_NAMESPACE=kube-system"}, k.env...)
	for _, e := range c.Env {
		if ref := e.ValueFrom.SecretKeyRef; ref.Name != "" {
			var s struct{ Data map[string]string }
			if _, err := k.call(ctx, http.MethodGet, "/api/v1/namespaces/kube-system/secrets/"+ref.Name, nil, &s); err != nil {
				return err
			}
			text, err := base64.StdEncoding.DecodeString(s.Data[ref.Key])
			if err != nil {
				return fmt.Errorf("read the Secret: %w", err)
			}
			e.Value = string(text)
		}
		env = append(env, e.Name+"="+e.Value)
	}
	config, err := k.kubeconfig(ctx, d.Spec.Template.Spec.ServiceAccountName)
	if err != nil {
		return err
	}
	env = append(env, "KUBECONFIG="+config)
	var exports strings.Builder
	for _, e := range env {
		fmt.Fprintf(&exports, "export '%s'\n", e)
	}
	if err := os.WriteFile(filepath.Join(k.dir, "pod.env"), []byte(exports.String()), 0o600); err != nil {
		return fmt.Errorf("write the pod's environment: %w", err)
	}
	log, err := os.OpenFile(filepath.Join(k.dir, "pod.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("open the pod's log: %w", err)
	}
	defer log.Close()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("find a free port: %w", err)
	}
	address := free.Addr().String()
	_ = free.Close()
	k.cmd = exec.Command(filepath.Join(k.dir, "bin", "nafuda"), append([]string{"run", "--metrics-address=" + address}, c.Args...)...)
	k.cmd.Env, k.cmd.Dir, k.cmd.Stdout, k.cmd.Stderr = append(os.Environ(), env...), k.dir, log, log
	if err := k.cmd.Start(); err != nil {
		return fmt.Errorf("start the pod: %w", err)
	}
	return k.ready(ctx, address)
}

// ready waits until the pod says that it is.
func (k *kubelet) ready(ctx context.Context, address string) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/readyz", nil)
		if err != nil {
			return fmt.Errorf("ask the pod: %w", err)
		}
		if answer, err := http.DefaultClient.Do(r); err == nil {
			_ = answer.Body.Close()
			if answer.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
			return errors.New("the pod isn't ready after a minute")
		}
	}
}

func (k *kubelet) stop() error {
	if k.cmd == nil {
		return nil
	}
	cmd := k.cmd
	k.cmd = nil
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return fmt.Errorf("end the pod: %w", err)
	}
	if err := cmd.Wait(); err != nil {
		return fmt.Errorf("the pod ended: %w", err)
	}
	return nil
}

// kubeconfig writes one that has a token of the service account, and returns its path.
func (k *kubelet) kubeconfig(ctx context.Context, account string) (string, error) {
	var token struct{ Status struct{ Token string } }
	path := "/api/v1/namespaces/kube-system/serviceaccounts/" + account + "/token"
	if found, err := k.call(ctx, http.MethodPost, path, map[string]any{"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": map[string]any{}}, &token); err != nil || !found {
		return "", fmt.Errorf("get a token of the service account (found: %t): %w", found, err)
	}
	text := fmt.Sprintf(`apiVersion: v1
kind: Config
clusters: [{name: pod, cluster: {server: %q, certificate-authority: %q}}]
users: [{name: pod, user: {token: %q}}]
contexts: [{name: pod, context: {cluster: pod, user: pod}}]
current-context: pod
`, k.host, filepath.Join(k.cluster.Dir, "certs", "apiserver.crt"), token.Status.Token)
	file := filepath.Join(k.dir, "pod.kubeconfig")
	return file, os.WriteFile(file, []byte(text), 0o600)
}

// addresses gives each Ingress without an address that of the cluster's load balancer.
func (k *kubelet) addresses(ctx context.Context) error {
	var list struct {
		Items []struct {
			Metadata struct{ Name, Namespace string }
			Spec     struct{ IngressClassName string }
			Status   struct{ LoadBalancer struct{ Ingress []any } }
		}
	}
	if _, err := k.call(ctx, http.MethodGet, "/apis/networking.k8s.io/v1/ingresses", nil, &list); err != nil {
		return err
	}
	for _, i := range list.Items {
		if i.Spec.IngressClassName != "nginx" || len(i.Status.LoadBalancer.Ingress) > 0 {
			continue // one of another class waits for its own controller
		}
		path := "/apis/networking.k8s.io/v1/namespaces/" + i.Metadata.Namespace + "/ingresses/" + i.Metadata.Name + "/status"
		status := map[string]any{"status": map[string]any{"loadBalancer": map[string]any{"ingress": []any{map[string]any{"ip": "192.168.10.51"}}}}}
		if _, err := k.call(ctx, http.MethodPatch, path, status, nil); err != nil {
			return err
		}
	}
	return nil
}

// call asks the API server; found is false where it has no such thing.
func (k *kubelet) call(ctx context.Context, method, path string, in, out any) (found bool, err error) {
	body, err := json.Marshal(in)
	if err != nil {
		return false, fmt.Errorf("write a request: %w", err)
	}
	r, err := http.NewRequestWithContext(ctx, method, k.host+path, bytes.NewReader(body))
	if err != nil {
		return false, fmt.Errorf("make a request: %w", err)
	}
	r.Header.Set("Content-Type", "application/json")
	if method == http.MethodPatch {
		r.Header.Set("Content-Type", "application/merge-patch+json")
	}
	answer, err := k.http.Do(r)
	if err != nil {
		return false, fmt.Errorf("ask the API server: %w", err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, 4<<20))
	switch {
	case err != nil:
		return false, fmt.Errorf("read the API server's answer: %w", err)
	case answer.StatusCode == http.StatusNotFound:
		return false, nil
	case answer.StatusCode >= http.StatusMultipleChoices:
		return false, fmt.Errorf("%s %s: %s: %s", method, path, answer.Status, text)
	case out == nil:
		return true, nil
	}
	return true, json.Unmarshal(text, out)
}
