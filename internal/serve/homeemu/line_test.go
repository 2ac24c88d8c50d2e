// SPDX-License-Identifier: Apache-2.0

package homeemu_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"nafuda.io/nafuda/internal/serve/homeemu"
)

// TestRouter asks as RFC 6886 has it.
func TestRouter(t *testing.T) {
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	line := homeemu.New(netip.MustParseAddr("192.0.2.7"))
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- line.Router(ctx, conn) }()
	client, err := net.Dial("udp", conn.LocalAddr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	ask := func(question ...byte) []byte {
		t.Helper()
		const patience = 10 * time.Second
		if err := client.SetDeadline(time.Now().Add(patience)); err != nil {
			t.Fatal(err)
		}
		if _, err := client.Write(question); err != nil {
			t.Fatal(err)
		}
		in := make([]byte, 64)
		n, err := client.Read(in)
		if err != nil {
			t.Fatal(err)
		}
		return in[:n]
	}
	if _, err := client.Write([]byte{2, 1, 0}); err != nil { // isn't answered: the next answer is the next question's
		t.Fatal(err)
	}
	if diff := cmp.Diff([]byte{0, 128, 0, 0, 0, 0, 0, 1, 192, 0, 2, 7}, ask(0, 0)); diff != "" {
		t.Errorf("the line is up (-want +got):\n%s", diff)
	}
	line.Set(netip.Addr{})
	if diff := cmp.Diff([]byte{0, 128, 0, 3, 0, 0, 0, 1, 0, 0, 0, 0}, ask(0, 0)); diff != "" {
		t.Errorf("the line is down (-want +got):\n%s", diff)
	}
	stop()
	if err := <-ended; err != nil {
		t.Errorf("the router ends with %v", err)
	}
}

func TestPages(t *testing.T) {
	srv := httptest.NewServer(homeemu.New(netip.MustParseAddr("192.0.2.7")).Pages())
	defer srv.Close()
	for _, step := range []struct {
		why, method, path, body string
		status                  int
		want                    string
	}{
		{"as a page outside sees it", "GET", "/whoami", "", 200, "192.0.2.7"},
		{"as a person sees it", "GET", "/", "", 200, "the world sees 192.0.2.7"},
		{"another address", "POST", "/", "198.51.100.8\n", 200, "198.51.100.8"},
		{"is seen outside", "GET", "/whoami", "", 200, "198.51.100.8"},
		{"no address", "POST", "/", "home", 400, "write an IPv4 address"},
		{"nor one of the other family", "POST", "/", "2001:db8::1", 400, "write an IPv4 address"},
		{"too much", "POST", "/", strings.Repeat("1", 100), 400, "too large"},
		{"changes nothing", "GET", "/whoami", "", 200, "198.51.100.8"},
		{"a modem's reset", "POST", "/", "down", 200, "down"},
		{"nobody outside is reached", "GET", "/whoami", "", 502, "down"},
	} {
		req, err := http.NewRequestWithContext(t.Context(), step.method, srv.URL+step.path, strings.NewReader(step.body))
		if err != nil {
			t.Fatal(err)
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil || res.StatusCode != step.status || !strings.Contains(string(body), step.want) {
			t.Errorf("%s: %s %s gives %d, %q, %v; want %d, %q", step.why, step.method, step.path, res.StatusCode, body, err, step.status, step.want)
		}
	}
}
