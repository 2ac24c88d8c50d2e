// SPDX-License-Identifier: Apache-2.0

// Package resolvers starts the resolvers that people have at home, dnsmasq, Unbound and CoreDNS, for tests, on the loopback interface.
package resolvers

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"nafuda.io/nafuda/test/authority"
)

const loopback = "127.0.0.1" // where all of them listen

// Dnsmasq starts one whose file has the lines, and that has no upstream but theirs. It waits until zone's SOA can be asked for. It returns host
// and port.
func Dnsmasq(t testing.TB, zone string, lines ...string) string {
	t.Helper()
	return authority.Launch(t, "dnsmasq", "dnsmasq-base", loopback, zone, func(p authority.Place) (map[string]string, []string) {
		const file = "dnsmasq.conf"
		own := []string{"no-resolv", "no-hosts", "bind-interfaces", "listen-address=" + p.Host, "port=" + p.Port}
		return map[string]string{file: strings.Join(append(own, lines...), "\n") + "\n"},
			[]string{"--no-daemon", "--user=", "--pid-file=", "--conf-file=" + filepath.Join(p.Dir, file)}
	}).At
}

// Unbound starts one whose file ends with the lines, clauses and their options. It may ask servers on the loopback interface, and validates
// nothing unless a line has an anchor. It returns host and port.
func Unbound(t testing.TB, lines ...string) string {
	t.Helper()
	const ready = "localhost" // a zone of its own
	return authority.Launch(t, "unbound", "unbound", loopback, ready, func(p authority.Place) (map[string]string, []string) {
		const file = "unbound.conf"
		text := fmt.Sprintf("server:\ninterface: %s\nport: %s\ndo-not-query-localhost: no\nusername: \"\"\nchroot: \"\"\ndirectory: %q\npidfile: \"\"\nuse-syslog: no\n"+
			"remote-control:\ncontrol-enable: no\n", p.Host, p.Port, p.Dir) + strings.Join(lines, "\n") + "\n"
		return map[string]string{file: text}, []string{"-d", "-c", filepath.Join(p.Dir, file)}
	}).At
}
