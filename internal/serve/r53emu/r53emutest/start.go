// SPDX-License-Identifier: Apache-2.0

// Package r53emutest starts the emulated Route 53 for tests.
package r53emutest

import (
	"net/http/httptest"
	"testing"

	"nafuda.io/nafuda/internal/serve/r53emu"
)

// Start runs the service on a free port of the loopback interface until the test ends, and returns its address. Clients need
// any credentials and that address as their endpoint.
func Start(t testing.TB, opts r53emu.Options) (url string, s *r53emu.Server) {
	t.Helper()
	s = r53emu.New(opts)
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	return server.URL, s
}
