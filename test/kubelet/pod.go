// SPDX-License-Identifier: Apache-2.0

package kubelet

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

const core = "/api/v1/namespaces/kube-system/"

// start runs the pod's container and waits until it is ready. The program finds the cluster by a kubeconfig, with a token of its service account,
// instead of files that only a pod has, and elects as it would in one.
func (k *Kubelet) start(ctx context.Context, spec corev1.PodSpec) error {
	if len(spec.Containers) != 1 || len(spec.Containers[0].Command) > 0 {
		return fmt.Errorf("the pod has %d containers, or a command of its own", len(spec.Containers))
	}
	of := spec.Containers[0]
	config, err := k.kubeconfig(ctx, spec.ServiceAccountName)
	if err != nil {
		return err
	}
	address, err := freeAddress()
	if err != nil {
		return err
	}
	env := append([]string{
		"HOME=" + k.Dir, "KUBECONFIG=" + config, "NAFUDA_METRICS_ADDRESS=" + address, "NAFUDA_LEADER_ELECT=true", "NAFUDA_LEASE_NAMESPACE=kube-system",
	}, k.Env...)
	own, err := k.variables(ctx, of.Env)
	if err != nil {
		return err
	}
	for _, v := range of.Env {
		env = append(env, v.Name+"="+own[v.Name])
	}
	if err := k.export(env); err != nil {
		return err
	}
	log, err := os.OpenFile(filepath.Join(k.Dir, "pod.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("open the pod's log: %w", err)
	}
	defer log.Close()
	cmd := exec.Command(k.Program, expanded(of.Args, own)...)
	cmd.Env, cmd.Dir, cmd.Stdout, cmd.Stderr = env, k.Dir, log, log
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start the pod: %w", err)
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	k.cmd, k.done = cmd, done
	return k.ready(ctx, address)
}

// variables are a container's, with those from Secrets.
func (k *Kubelet) variables(ctx context.Context, list []corev1.EnvVar) (map[string]string, error) {
	env := make(map[string]string)
	for _, v := range list {
		env[v.Name] = v.Value
		if v.ValueFrom == nil {
			continue
		}
		ref := v.ValueFrom.SecretKeyRef
		if ref == nil {
			return nil, fmt.Errorf("the variable %s comes from something else than a Secret", v.Name)
		}
		var s corev1.Secret
		if _, err := k.Cluster.Ask(ctx, http.MethodGet, core+"secrets/"+ref.Name, nil, &s); err != nil {
			return nil, err
		}
		if len(s.Data[ref.Key]) == 0 {
			return nil, fmt.Errorf("the variable %s: the Secret %s has no %s", v.Name, ref.Name, ref.Key)
		}
		env[v.Name] = string(s.Data[ref.Key])
	}
	return env, nil
}

// expanded are arguments with their $(NAME) replaced. What names no variable of the container stays.
func expanded(args []string, env map[string]string) []string {
	var out []string
	for _, a := range args {
		out = append(out, regexp.MustCompile(`\$\(\w+\)`).ReplaceAllStringFunc(a, func(s string) string {
			if v, ok := env[s[2:len(s)-1]]; ok {
				return v
			}
			return s
		}))
	}
	return out
}

// export writes pod.env.
func (k *Kubelet) export(env []string) error {
	var lines strings.Builder
	for _, e := range env {
		fmt.Fprintf(&lines, "export '%s'\n", e)
	}
	if err := os.WriteFile(filepath.Join(k.Dir, "pod.env"), []byte(lines.String()), 0o600); err != nil {
		return fmt.Errorf("write the pod's environment: %w", err)
	}
	return nil
}

// kubeconfig writes one that has a token of the service account, and returns its path.
func (k *Kubelet) kubeconfig(ctx context.Context, account string) (string, error) {
	var made struct{ Status struct{ Token string } }
	asked := map[string]any{"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": map[string]any{}}
	found, err := k.Cluster.Ask(ctx, http.MethodPost, core+"serviceaccounts/"+account+"/token", asked, &made)
	if err == nil && !found {
		err = errors.New("there is no such account")
	}
	if err != nil {
		return "", fmt.Errorf("get a token of the service account %q: %w", account, err)
	}
	text := fmt.Sprintf(`apiVersion: v1
kind: Config
clusters: [{name: pod, cluster: {server: %q, certificate-authority: %q}}]
users: [{name: pod, user: {token: %q}}]
contexts: [{name: pod, context: {cluster: pod, user: pod}}]
current-context: pod
`, k.Cluster.Server, filepath.Join(k.Cluster.Dir, "certs", "apiserver.crt"), made.Status.Token)
	file := filepath.Join(k.Dir, "pod.kubeconfig")
	return file, os.WriteFile(file, []byte(text), 0o600)
}

// freeAddress is a loopback address whose port is free now.
func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	defer l.Close()
	return l.Addr().String(), nil
}
