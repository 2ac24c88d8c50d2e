// SPDX-License-Identifier: Apache-2.0

package authority

import (
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"testing"
)

// All are the servers that a test of the protocol runs with, by name.
func All() map[string]func(testing.TB, Options) *Server {
	return map[string]func(testing.TB, Options) *Server{"BIND": BIND, "Knot": Knot}
}

// BIND starts BIND 9 as the primary of zones, of which there is at least one.
func BIND(t testing.TB, o Options) *Server {
	t.Helper()
	o = o.defaults()
	tlsPort := ""
	s := Launch(t, "named", "bind9", o.Host, o.Zones[len(o.Zones)-1], func(p Place) (map[string]string, []string) {
		var b strings.Builder
		if o.Cert != "" {
			fmt.Fprintf(&b, "tls t { cert-file %q; key-file %q; };\n", o.Cert, o.CertKey)
		}
		b.WriteString(BINDOptions(p))
		if o.Cert != "" {
			tlsPort = p.TLSPort
			fmt.Fprintf(&b, "listen-on port %s tls t { %s; };\n", p.TLSPort, p.Host)
		}
		b.WriteString("};\ncontrols { };\n")
		fmt.Fprintf(&b, "key %q { algorithm %s; secret %q; };\nkey \"reader\" { algorithm %[2]s; secret %[3]q; };\n", KeyName, o.Algorithm, Secret)
		for _, z := range o.Zones {
			fmt.Fprintf(&b, "zone %q { type primary; file \"%s.zone\"; allow-update { key %q; }; allow-transfer { key %[3]q; key \"reader\"; }; };\n", z, z, KeyName)
		}
		files := ZoneFiles(o.Zones, o.Content)
		files["named.conf"] = b.String()
		return files, BINDArgs(p)
	})
	if o.Cert != "" {
		s.TLS = net.JoinHostPort(o.Host, tlsPort)
	}
	return s
}

// BINDOptions begins a statement of options that keeps a server to its folder and port; the caller closes it.
func BINDOptions(p Place) string {
	return fmt.Sprintf("options { directory %q; pid-file \"pid\"; session-keyfile \"session\"; lock-file none; recursion no; dnssec-validation no; notify no;\n"+
		"listen-on-v6 { none; }; listen-on port %s { %s; };\n", p.Dir, p.Port, p.Host)
}

// BINDArgs are the arguments that start BIND with named.conf of its folder, in the foreground.
func BINDArgs(p Place) []string {
	return []string{"-g", "-4", "-n", "1", "-c", filepath.Join(p.Dir, "named.conf")}
}

// Knot starts Knot DNS as the primary of zones, of which there is at least one.
func Knot(t testing.TB, o Options) *Server {
	t.Helper()
	o = o.defaults()
	return Launch(t, "knotd", "knot", o.Host, o.Zones[len(o.Zones)-1], func(p Place) (map[string]string, []string) {
		var b strings.Builder
		b.WriteString(KnotServer(p))
		fmt.Fprintf(&b, "key:\n  - id: %s\n    algorithm: %s\n    secret: %s\n  - id: reader\n    algorithm: %[2]s\n    secret: %[3]s\n", KeyName, o.Algorithm, Secret)
		fmt.Fprintf(&b, "acl:\n  - id: ours\n    key: %s\n    action: [transfer, update]\n  - id: read\n    key: reader\n    action: transfer\n", KeyName)
		fmt.Fprintf(&b, "template:\n  - id: default\n    storage: %q\n    file: \"%%s.zone\"\n    acl: [ours, read]\n    zonefile-sync: -1\n    journal-max-usage: 4M\nzone:\n", p.Dir)
		for _, z := range o.Zones {
			fmt.Fprintf(&b, "  - domain: %s\n", z)
		}
		files := ZoneFiles(o.Zones, o.Content)
		files["knot.conf"] = b.String()
		return files, KnotArgs(p)
	})
}

// KnotServer are the sections that keep a server to its folder and port.
func KnotServer(p Place) string {
	return fmt.Sprintf("server:\n  rundir: %q\n  listen: %s@%s\n  tcp-workers: 1\n  udp-workers: 1\n  background-workers: 1\n", p.Dir, p.Host, p.Port) +
		fmt.Sprintf("log:\n  - target: stderr\n    any: warning\ndatabase:\n  storage: %q\n  journal-db-max-size: 64M\n  kasp-db-max-size: 16M\n  timer-db-max-size: 16M\n", p.Dir)
}

// KnotArgs are the arguments that start Knot with knot.conf of its folder.
func KnotArgs(p Place) []string { return []string{"-c", filepath.Join(p.Dir, "knot.conf")} }
