// SPDX-License-Identifier: Apache-2.0

package resolvers

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"nafuda.io/nafuda/test/authority"
)

// version is the one of test/coredns/go.mod.
const version = "1.15.0"

// CoreDNS starts one whose file has the lines, server blocks that it listens for on the loopback interface alone. It waits until zone's SOA can be
// asked for. It returns host and port. Where it isn't built the test is skipped, in CI it fails.
func CoreDNS(t testing.TB, zone string, lines ...string) string {
	t.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(cache, "nafuda", "coredns-"+version)
	if _, err := os.Stat(program); err != nil {
		const line = "no CoreDNS to test with; build it once with test/coredns/install.sh (a minute): %v"
		if os.Getenv("CI") != "" {
			t.Fatalf(line, err)
		}
		t.Skipf(line, err)
	}
	return authority.Launch(t, program, "", loopback, zone, func(p authority.Place) (map[string]string, []string) {
		const file = "Corefile"
		text := strings.ReplaceAll(strings.Join(lines, "\n"), "{\n", "{\n    bind "+p.Host+"\n") + "\n"
		return map[string]string{file: text}, []string{"-conf", filepath.Join(p.Dir, file), "-dns.port", p.Port}
	}).At
}
