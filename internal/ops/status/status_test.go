// SPDX-License-Identifier: Apache-2.0

package status_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"nafuda.io/nafuda/internal/ops/status"
)

// start serves on a loopback port and returns the base URL and a function that stops and waits.
func start(t *testing.T, h status.Handlers) (string, func() error) {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- status.Serve(ctx, l, h) }()
	stop := func() error { cancel(); return <-done }
	return "http://" + l.Addr().String(), stop
}

func get(t *testing.T, method, url string) (int, string, http.Header) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(body), res.Header
}

func TestPages(t *testing.T) {
	missing := []string{"ingress isn't read yet", "zone example.com isn't read yet"}
	full := status.Handlers{
		Metrics: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "nafuda_queue_names 0\n") }),
		Ready:   func() []string { return missing },
		Status:  func() any { return map[string]any{"names": 3} },
	}
	ready, bare, broken := full, status.Handlers{}, full
	ready.Ready = func() []string { return nil }
	broken.Status = func() any { return func() {} }
	tests := map[string]struct {
		h            status.Handlers
		method, path string
		code         int
		body, why    string
	}{
		"health":      {full, "GET", "/healthz", 200, "OK", "as ExternalDNS answers, ready or not"},
		"head":        {full, "HEAD", "/healthz", 200, "", "some probes ask so"},
		"not ready":   {full, "GET", "/readyz", 503, "not ready: ingress isn't read yet; zone example.com isn't read yet", "it says what is missing"},
		"ready":       {ready, "GET", "/readyz", 200, "OK", "nothing is missing"},
		"metrics":     {full, "GET", "/metrics", 200, "nafuda_queue_names 0\n", "the given handler"},
		"status":      {full, "GET", "/status.json", 200, "{\n  \"names\": 3\n}\n", "the given value"},
		"broken":      {broken, "GET", "/status.json", 500, "the status can't be written as JSON", "no half page"},
		"absent":      {bare, "GET", "/readyz", 404, "404 page not found\n", "no handler, no page"},
		"write":       {full, "POST", "/status.json", 405, "Method Not Allowed\n", "read-only"},
		"other":       {full, "GET", "/debug/pprof/", 404, "404 page not found\n", "nothing of the default mux"},
		"health bare": {bare, "GET", "/healthz", 200, "OK", "always there"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			url, stop := start(t, tt.h)
			code, body, _ := get(t, tt.method, url+tt.path)
			if code != tt.code || body != tt.body {
				t.Errorf("%s %s: %d %q, want %d %q: %s", tt.method, tt.path, code, body, tt.code, tt.body, tt.why)
			}
			if err := stop(); err != nil {
				t.Errorf("stop: %v", err)
			}
		})
	}
}

func TestHeaders(t *testing.T) {
	url, _ := start(t, status.Handlers{Status: func() any { return 1 }})
	_, _, h := get(t, "GET", url+"/status.json")
	if h.Get("Content-Type") != "application/json" || h.Get("Cache-Control") != "no-store" {
		t.Errorf("headers %v", h)
	}
}

// An open request gets its answer though the context ends meanwhile.
func TestStopIsGraceful(t *testing.T) {
	entered, release := make(chan struct{}), make(chan struct{})
	url, stop := start(t, status.Handlers{Status: func() any { close(entered); <-release; return "done" }})
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimPrefix(url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprint(conn, "GET /status.json HTTP/1.1\r\nHost: x\r\n\r\n")
	<-entered
	stopped := make(chan error, 1)
	go func() { stopped <- stop() }()
	close(release)
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if body, _ := io.ReadAll(res.Body); string(body) != "\"done\"\n" {
		t.Errorf("body %q", body)
	}
	if err := <-stopped; err != nil {
		t.Errorf("stop: %v", err)
	}
}

func TestLargeHeadersAreRefused(t *testing.T) {
	url, _ := start(t, status.Handlers{})
	req, err := http.NewRequestWithContext(t.Context(), "GET", url+"/healthz", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-Large", strings.Repeat("x", 64<<10))
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("status %d", res.StatusCode)
	}
}

func TestListenerThatFailsIsAnError(t *testing.T) {
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	if err := status.Serve(t.Context(), l, status.Handlers{}); err == nil {
		t.Error("served on a closed listener")
	}
}
