// SPDX-License-Identifier: Apache-2.0

package kube

import "testing"

// Kill ends the API server at once, as a crash does. What it has stored stays.
func (c *Cluster) Kill(t testing.TB) {
	t.Helper()
	c.api.kill()
}

// Restart starts the API server again, at the same address and with what was stored, and returns when it is ready.
func (c *Cluster) Restart(t testing.TB) {
	t.Helper()
	var err error
	if c.api, err = c.again(); err == nil {
		err = c.ready(t.Context(), c.api)
	}
	if err != nil {
		t.Fatalf("start the Kubernetes API server again: %v", err)
	}
}
