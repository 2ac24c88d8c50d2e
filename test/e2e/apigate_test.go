// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"nafuda.io/nafuda/test/kube"
)

// apiGate stands between the program and the API server, and has the requests for a kind fail.
type apiGate struct {
	next  http.Handler
	token string
	mu    sync.Mutex // guards what follows
	how   func(http.ResponseWriter, *http.Request)
	cut   chan struct{} // closed when the open watches of the kind end
	met   int           // requests that failed
}

// gated makes a world whose program reaches the API server through a gate.
func (s *suite) gated(t *testing.T) (*world, *apiGate) {
	t.Helper()
	mine := *s
	target, err := url.Parse(s.cluster.Server)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM([]byte(file(t, filepath.Join(s.cluster.Dir, "certs", "apiserver.crt")))) {
		t.Fatal("the API server's certificate can't be read")
	}
	proxy := httputil.NewSingleHostReverseProxy(target)
	proxy.Transport = &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}
	proxy.FlushInterval = -1 // watches are streams
	g := &apiGate{next: proxy, token: s.user.Token, cut: make(chan struct{})}
	srv := httptest.NewServer(g)
	t.Cleanup(func() { g.fail(nil); srv.CloseClientConnections(); srv.Close() })
	mine.user = kube.User{Kubeconfig: filepath.Join(t.TempDir(), "kubeconfig")}
	text := strings.ReplaceAll(file(t, s.user.Kubeconfig), s.cluster.Server, srv.URL)
	if err := os.WriteFile(mine.user.Kubeconfig, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return mine.world(t), g
}

func (g *apiGate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r.Header.Set("Authorization", "Bearer "+g.token) // clients send none without TLS
	if !strings.HasSuffix(r.URL.Path, "/ingresses") {
		g.next.ServeHTTP(w, r)
		return
	}
	g.mu.Lock()
	how, cut := g.how, g.cut
	if how != nil {
		g.met++
	}
	g.mu.Unlock()
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	go func() {
		select {
		case <-cut:
			cancel()
		case <-ctx.Done():
		}
	}()
	if how == nil {
		how = g.next.ServeHTTP
	}
	how(w, r.WithContext(ctx))
}

// fail has all requests for Ingresses end so from now on, and ends those that are open; nil lets them pass again.
func (g *apiGate) fail(how func(http.ResponseWriter, *http.Request)) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.how, g.met = how, 0
	close(g.cut)
	g.cut = make(chan struct{})
}

// waitMet waits until so many requests have failed.
func (g *apiGate) waitMet(t *testing.T, n int) {
	t.Helper()
	kube.Wait(t, "requests for the kind", func() error {
		g.mu.Lock()
		defer g.mu.Unlock()
		if g.met < n {
			return fmt.Errorf("%d have failed, want %d", g.met, n)
		}
		return nil
	})
}

// The ways in which a listing fails.
func hangs(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

func gatewayTimeout(w http.ResponseWriter, _ *http.Request) {
	http.Error(w, "upstream request timeout", http.StatusGatewayTimeout)
}

func serverTimeout(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusInternalServerError)
	_, _ = w.Write([]byte(`{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"Timeout","message":"etcdserver: request timed out","code":500}`))
}
