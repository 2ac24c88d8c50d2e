// SPDX-License-Identifier: Apache-2.0

package kube

import (
	"sync"
	"syscall"
	"testing"
)

// Freeze stops the API server's process until thaw is called, or the test ends: connections stay open and nothing answers.
func (c *Cluster) Freeze(t testing.TB) (thaw func()) {
	t.Helper()
	if err := c.api.os.Signal(syscall.SIGSTOP); err != nil {
		t.Fatalf("freeze the API server: %v", err)
	}
	thaw = sync.OnceFunc(func() {
		if err := c.api.os.Signal(syscall.SIGCONT); err != nil {
			t.Errorf("thaw the API server: %v", err)
		}
	})
	t.Cleanup(thaw)
	return thaw
}
