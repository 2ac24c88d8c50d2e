// SPDX-License-Identifier: Apache-2.0

// Package child starts servers that tests need and that aren't ours, and keeps what programs say.
package child

import (
	"bufio"
	"io"
	"os/exec"
	"regexp"
	"testing"
)

// URL starts a command, which the context that it was made with has to end, waits until a line of its output has the URL that it serves on the
// loopback interface, and returns that. The output is one of cmd's pipes.
func URL(t *testing.T, cmd *exec.Cmd, output io.Reader) string {
	t.Helper()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Wait() }) // killed: its exit status says nothing
	address := regexp.MustCompile(`http://127\.0\.0\.1:\d+`)
	lines := bufio.NewScanner(output)
	for lines.Scan() {
		if url := address.FindString(lines.Text()); url != "" {
			go func() {
				for lines.Scan() { // so that it never waits for a reader of its log
				}
			}()
			return url
		}
	}
	t.Fatalf("%s ended: %v", cmd.Path, lines.Err())
	return ""
}
