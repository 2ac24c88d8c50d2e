// SPDX-License-Identifier: Apache-2.0

// Package moto starts moto, an emulator of AWS that isn't ours, for tests that hold it and our own emulators to the same rules.
package moto

import (
	"os/exec"
	"testing"

	"nafuda.io/nafuda/test/child"
)

// Start runs moto on the loopback interface until the test ends and returns its URL. It isn't packaged for Debian, so that its absence
// only skips the test.
func Start(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("moto_server")
	if err != nil {
		t.Skip("moto_server isn't here: pip install 'moto[server]'")
	}
	cmd := exec.CommandContext(t.Context(), path, "-H", "127.0.0.1", "-p", "0") // the context's end kills it
	out, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	return child.URL(t, cmd, out)
}
