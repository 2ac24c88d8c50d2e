// SPDX-License-Identifier: Apache-2.0

package kube

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// DefaultVersion is the Kubernetes that tests run against; NAFUDA_KUBE_VERSION names another one that build.sh has built.
const DefaultVersion = "1.37.2"

// startTries is how often a start is tried: a free port may be taken by someone else before the server has it.
const startTries = 3

// Cluster is a running API server.
type Cluster struct {
	Server     string // its URL
	Kubeconfig string // path of the administrator's kubeconfig
	Dir        string // its files; gone after the test

	ca     string
	admin  User
	api    *process
	spare  []User
	http   *http.Client
	served map[string][]resource // by group and version
	again  func() (*process, error)
}

// Start starts a cluster that ends with the test. With -short the test is skipped. Without the binaries it is skipped too, except
// in CI, where it fails.
func Start(t testing.TB) *Cluster {
	t.Helper()
	if testing.Short() {
		t.Skip("starts a Kubernetes API server: not with -short")
	}
	bin := binaries(t)
	var err error
	for range startTries {
		var c *Cluster
		if c, err = start(t, bin); err == nil {
			return c
		}
		if !errors.Is(err, errExited) {
			break
		}
	}
	t.Fatalf("start the Kubernetes API server: %v", err)
	return nil
}

// binaries is the folder of the built programs.
func binaries(t testing.TB) string {
	t.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(cache, "nafuda", "kube-"+cmp.Or(os.Getenv("NAFUDA_KUBE_VERSION"), DefaultVersion))
	for _, name := range []string{"kube-apiserver", "etcd"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			const line = "no Kubernetes API server to test with; build it once with test/kube/build.sh (8 minutes): %v"
			if os.Getenv("CI") != "" {
				t.Fatalf(line, err)
			}
			t.Skipf(line, err)
		}
	}
	return dir
}

func start(t testing.TB, bin string) (*Cluster, error) {
	dir := t.TempDir()
	c := &Cluster{Dir: dir, served: make(map[string][]resource)}
	if err := c.prepare(); err != nil {
		return nil, err
	}
	ports, err := freePorts(3)
	if err != nil {
		return nil, err
	}
	etcd := fmt.Sprintf("http://127.0.0.1:%d", ports[0])
	peer := fmt.Sprintf("http://127.0.0.1:%d", ports[1])
	c.Server = fmt.Sprintf("https://127.0.0.1:%d", ports[2])
	store, err := launch(t, dir, filepath.Join(bin, "etcd"),
		"--data-dir", filepath.Join(dir, "etcd"), "--listen-client-urls", etcd, "--advertise-client-urls", etcd,
		"--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer, "--initial-cluster", "default="+peer, "--unsafe-no-fsync")
	if err != nil {
		return nil, err
	}
	key := filepath.Join(dir, "sa.key")
	c.again = func() (*process, error) { // it ends with the cluster, whichever test starts it
		return launch(t, dir, filepath.Join(bin, "kube-apiserver"),
			"--etcd-servers="+etcd, "--bind-address=127.0.0.1", fmt.Sprintf("--secure-port=%d", ports[2]), "--advertise-address=127.0.0.1",
			"--endpoint-reconciler-type=none", "--cert-dir="+filepath.Join(dir, "certs"), "--service-cluster-ip-range=10.0.0.0/16",
			"--token-auth-file="+filepath.Join(dir, "tokens.csv"), "--authorization-mode=RBAC",
			"--service-account-issuer=https://kubernetes.default.svc", "--service-account-key-file="+key,
			"--service-account-signing-key-file="+key, "--disable-admission-plugins=ServiceAccount", "--allow-privileged=true",
			"--profiling=false", "--v=0")
	}
	if c.api, err = c.again(); err != nil {
		return nil, err
	}
	c.ca = filepath.Join(dir, "certs", "apiserver.crt")
	if err := c.ready(t.Context(), store, c.api); err != nil {
		return nil, err
	}
	c.Kubeconfig, err = c.writeKubeconfig(c.admin)
	return c, err
}

// Config is the administrator's client configuration.
func (c *Cluster) Config(t testing.TB) *rest.Config {
	t.Helper()
	cfg, err := clientcmd.BuildConfigFromFlags("", c.Kubeconfig)
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

// Wait polls until done gives no error, and fails the test with the last one after a minute.
func Wait(t testing.TB, what string, done func() error) {
	t.Helper()
	deadline := time.Now().Add(time.Minute)
	for {
		err := done()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s: %v", what, err)
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-t.Context().Done():
			t.Fatalf("%s: the test ended: %v", what, err)
		}
	}
}
