// SPDX-License-Identifier: Apache-2.0

// Package moto starts moto, an emulator of AWS that isn't ours, for tests that hold it and our own emulators to the same rules.
package moto

import (
	"bufio"
	"os/exec"
	"regexp"
	"testing"
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
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Wait() }) // killed: its exit status says nothing
	address := regexp.MustCompile(`http://127\.0\.0\.1:\d+`)
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if url := address.FindString(lines.Text()); url != "" {
			go func() {
				for lines.Scan() { // so that moto never waits for a reader of its log
				}
			}()
			return url
		}
	}
	t.Fatalf("moto_server ended: %v", lines.Err())
	return ""
}
