// SPDX-License-Identifier: Apache-2.0

package kube

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"k8s.io/klog/v2"

	"nafuda.io/nafuda/internal/source"
)

const kubeconfig = `apiVersion: v1
kind: Config
clusters: [{name: c, cluster: {server: "https://HOST.example.com"}}]
users: [{name: u, user: {token: t0ken}}]
contexts: [{name: x, context: {cluster: c, user: u}}]
current-context: x
`

func TestWhichServer(t *testing.T) {
	home := t.TempDir()
	write := func(path, host string) string {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(strings.Replace(kubeconfig, "HOST", host, 1)), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	flag := write(filepath.Join(t.TempDir(), "config"), "flag")
	variable := write(filepath.Join(t.TempDir(), "config"), "variable")
	withHome := filepath.Join(home, "with")
	write(filepath.Join(withHome, ".kube", "config"), "home")
	tests := map[string]struct {
		home string
		opts Options
		want string // empty: an error
		why  string
	}{
		"flag":            {withHome, Options{Kubeconfig: flag}, "https://flag.example.com", "the flag is first"},
		"home":            {withHome, Options{}, "https://home.example.com", "then the home folder"},
		"server":          {withHome, Options{Kubeconfig: flag, Server: "https://192.0.2.1:6443"}, "https://192.0.2.1:6443", "it overrides the file"},
		"variable":        {withHome, Options{}, "https://variable.example.com", "what kubectl reads, plan on a laptop reads too"},
		"flag, variable":  {withHome, Options{Kubeconfig: flag}, "https://flag.example.com", "a flag is stronger"},
		"server only":     {home, Options{Server: "https://192.0.2.1:6443"}, "https://192.0.2.1:6443", "it needs no file"},
		"credentials":     {home, Options{Server: "https://me:secret@192.0.2.1:6443"}, "https://192.0.2.1:6443", "no secret gets into a log"},
		"not in a pod":    {home, Options{}, "", "there is no service account"},
		"flag names none": {withHome, Options{Kubeconfig: filepath.Join(home, "none")}, "", "a given path isn't ignored"},
	}
	t.Setenv("KUBERNETES_SERVICE_HOST", "")
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Setenv("HOME", tt.home)
			t.Setenv("KUBECONFIG", "")
			if strings.Contains(name, "variable") {
				t.Setenv("KUBECONFIG", variable)
			}
			tt.opts.QPS, tt.opts.Burst = 5, 10
			f, err := New(tt.opts, testKinds(), source.Keep{})
			if tt.want == "" {
				if err == nil || !strings.Contains(err.Error(), "--kubeconfig") {
					t.Errorf("error %v doesn't say what to do (%s)", err, tt.why)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if f.URL() != tt.want {
				t.Errorf("got %s, want %s: %s", f.URL(), tt.want, tt.why)
			}
		})
	}
}

func TestCheckTellsAll(t *testing.T) {
	err := Options{QPS: 0, Burst: -1, RequestTimeout: -time.Second}.Check()
	for _, flag := range []string{"--kube-api-qps", "--kube-api-burst", "--kube-api-request-timeout"} {
		if err == nil || !strings.Contains(err.Error(), flag) {
			t.Errorf("%v doesn't name %s", err, flag)
		}
	}
	if err := (Options{QPS: 5, Burst: 10}).Check(); err != nil {
		t.Error(err)
	}
}

func TestLogsAreDebug(t *testing.T) {
	var out bytes.Buffer
	ctx := logged(t.Context(), slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug})))
	klog.FromContext(ctx).Info("a line")
	klog.FromContext(ctx).Error(nil, "a complaint")
	klog.FromContext(ctx).V(8).Info("the body of an answer")
	if got := out.String(); strings.Count(got, "level=DEBUG") != 2 || !strings.Contains(got, "a complaint") {
		t.Errorf("got %s", got)
	}
	out.Reset()
	ctx = logged(t.Context(), slog.New(slog.NewTextHandler(&out, nil)))
	klog.FromContext(ctx).Error(nil, "a complaint")
	if out.Len() > 0 {
		t.Errorf("written though debug is off: %s", out.String())
	}
}
