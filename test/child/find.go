// SPDX-License-Identifier: Apache-2.0

package child

import (
	"os"
	"os/exec"
	"testing"
)

// Find returns the path of a program of others that Debian has in a package. Where it isn't installed the test is skipped, in CI it fails.
func Find(t testing.TB, name, pkg string) string {
	t.Helper()
	for _, at := range []string{name, "/usr/sbin/" + name} {
		if path, err := exec.LookPath(at); err == nil {
			return path
		}
	}
	const line = "%s is needed; install it with: apt-get install %s"
	if os.Getenv("CI") != "" {
		t.Fatalf(line, name, pkg)
	}
	t.Skipf(line, name, pkg)
	return ""
}
