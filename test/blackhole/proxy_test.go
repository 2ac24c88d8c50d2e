// SPDX-License-Identifier: Apache-2.0

package blackhole_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"nafuda.io/nafuda/test/blackhole"
)

// TestModes: each mode is what it says, with TLS and HTTP/2 as the API server speaks them.
func TestModes(t *testing.T) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, 5000)) }))
	server.EnableHTTP2 = true
	server.StartTLS()
	t.Cleanup(server.Close)
	for name, c := range map[string]struct {
		mode blackhole.Mode
		ok   bool
	}{
		"pass": {blackhole.Pass, true}, "slow": {blackhole.Slow, true}, "drop": {blackhole.Drop, false}, "drop answers": {blackhole.DropAnswers, false},
		"reset": {blackhole.Reset, false}, "reset answer": {blackhole.ResetAnswer, false}, "refuse": {blackhole.Refuse, false}, "garbage": {blackhole.Garbage, false},
	} {
		t.Run(name, func(t *testing.T) {
			p := blackhole.Start(t, strings.TrimPrefix(server.URL, "https://"))
			p.Set(c.mode)
			client := server.Client()
			client.Timeout = 2 * time.Second
			resp, err := client.Get("https://" + p.Addr())
			if err == nil {
				err = resp.Body.Close()
			}
			if (err == nil) != c.ok {
				t.Errorf("it gives %v", err)
			}
		})
	}
}
