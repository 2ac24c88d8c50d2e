// SPDX-License-Identifier: Apache-2.0

package rfc2136_test

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/miekg/dns"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/provider"
	"nafuda.io/nafuda/internal/provider/rfc2136"
)

const (
	keyName = "nafuda-key"
	secret  = "bm90IGEgc2VjcmV0LCBqdXN0IGEgdGVzdCBvZiBvbmU="
)

// server is a real name server with empty zones z0.example.com, z1.example.com and so on.
type server struct {
	at    string // host and port
	tls   string // host and port of DNS over TLS; empty: none
	dir   string
	zones int
	used  atomic.Int32
	cmd   *exec.Cmd
	out   *bytes.Buffer
}

// plan is how a server is to be started.
type plan struct {
	zones     int
	host      string // 127.0.0.1
	algorithm string // hmac-sha256
	content   string // zone text that every zone has beside its SOA and NS
	cert      string // files of a certificate and its key, for TLS; BIND only
	certKey   string
}

func (p plan) defaults() plan {
	if p.host == "" {
		p.host = "127.0.0.1"
	}
	if p.zones == 0 {
		p.zones = 2
	}
	if p.algorithm == "" {
		p.algorithm = "hmac-sha256"
	}
	return p
}

// starters are the servers that each test of the protocol runs with.
func starters() map[string]func(testing.TB, plan) *server {
	return map[string]func(testing.TB, plan) *server{"BIND": startBIND, "Knot": startKnot}
}

func zoneName(i int) string { return fmt.Sprintf("z%d.example.com", i) }

func (p plan) zoneText(i int) string {
	name := zoneName(i) + "."
	return fmt.Sprintf("$ORIGIN %s\n$TTL 300\n@ IN SOA ns.example.net. admin.example.net. 1 3600 600 86400 60\n@ IN NS ns.example.net.\n%s\n", name, p.content)
}

// launch writes the zones and what else is given, and starts a server that isn't in the way of others until the test ends. A port
// that somebody else takes in between costs another try.
func launch(t testing.TB, p plan, program string, configure func(dir, port, tlsPort string) (files map[string]string, args []string)) *server {
	t.Helper()
	path, err := exec.LookPath(program)
	if err != nil {
		path, err = exec.LookPath("/usr/sbin/" + program)
	}
	if err != nil {
		t.Fatalf("%s isn't here: sudo apt-get install --no-install-recommends bind9 bind9-dnsutils knot", program)
	}
	for try := 0; ; try++ {
		s := &server{dir: t.TempDir(), zones: p.zones, out: new(bytes.Buffer)}
		port, tlsPort := freePort(t, p.host), freePort(t, p.host)
		s.at = net.JoinHostPort(p.host, port)
		if p.cert != "" {
			s.tls = net.JoinHostPort(p.host, tlsPort)
		}
		files, args := configure(s.dir, port, tlsPort)
		for i := range p.zones {
			files[zoneName(i)+".zone"] = p.zoneText(i)
		}
		for name, text := range files {
			if err := os.WriteFile(filepath.Join(s.dir, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		s.cmd = exec.Command(path, args...)
		s.cmd.Stdout, s.cmd.Stderr = s.out, s.out
		if err := s.cmd.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(s.stop)
		if s.ready() {
			return s
		}
		s.stop()
		if try == 2 {
			t.Fatalf("%s doesn't start:\n%s", program, s.out)
		}
	}
}

// stop kills the server.
func (s *server) stop() {
	_ = s.cmd.Process.Kill() // it may be gone
	_ = s.cmd.Wait()         // killed: its exit status says nothing
}

// ready waits until the server answers for its last zone.
func (s *server) ready() bool {
	q := new(dns.Msg)
	q.SetQuestion(zoneName(s.zones-1)+".", dns.TypeSOA)
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		r, _, err := (&dns.Client{Net: "tcp", Timeout: time.Second}).Exchange(q, s.at)
		if err == nil && r.Rcode == dns.RcodeSuccess && len(r.Answer) == 1 {
			return true
		}
	}
	return false
}

func freePort(t testing.TB, host string) string {
	t.Helper()
	l, err := net.Listen("tcp", net.JoinHostPort(host, "0"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}

func startBIND(t testing.TB, p plan) *server {
	t.Helper()
	p = p.defaults()
	return launch(t, p, "named", func(dir, port, tlsPort string) (map[string]string, []string) {
		var b strings.Builder
		if p.cert != "" {
			fmt.Fprintf(&b, "tls t { cert-file %q; key-file %q; };\n", p.cert, p.certKey)
		}
		fmt.Fprintf(&b, "options { directory %q; pid-file \"pid\"; session-keyfile \"session\"; lock-file none; recursion no; dnssec-validation no; notify no;\n", dir)
		fmt.Fprintf(&b, "listen-on-v6 { none; }; listen-on port %s { %s; };\n", port, p.host)
		if p.cert != "" {
			fmt.Fprintf(&b, "listen-on port %s tls t { %s; };\n", tlsPort, p.host)
		}
		fmt.Fprintf(&b, "};\ncontrols { };\nkey %q { algorithm %s; secret %q; };\nkey \"reader\" { algorithm %[2]s; secret %[3]q; };\n", keyName, p.algorithm, secret)
		for i := range p.zones {
			fmt.Fprintf(&b, "zone %q { type primary; file \"%s.zone\"; allow-update { key %q; }; allow-transfer { key %[3]q; key \"reader\"; }; };\n", zoneName(i), zoneName(i), keyName)
		}
		return map[string]string{"named.conf": b.String()}, []string{"-g", "-4", "-n", "1", "-c", filepath.Join(dir, "named.conf")}
	})
}

func startKnot(t testing.TB, p plan) *server {
	t.Helper()
	p = p.defaults()
	return launch(t, p, "knotd", func(dir, port, _ string) (map[string]string, []string) {
		var b strings.Builder
		fmt.Fprintf(&b, "server:\n  rundir: %q\n  listen: %s@%s\n  tcp-workers: 1\n  udp-workers: 1\n  background-workers: 1\n", dir, p.host, port)
		fmt.Fprintf(&b, "log:\n  - target: stderr\n    any: warning\ndatabase:\n  storage: %q\n  journal-db-max-size: 64M\n  kasp-db-max-size: 16M\n  timer-db-max-size: 16M\n", dir)
		fmt.Fprintf(&b, "key:\n  - id: %s\n    algorithm: %s\n    secret: %s\n  - id: reader\n    algorithm: %[2]s\n    secret: %[3]s\n", keyName, p.algorithm, secret)
		fmt.Fprintf(&b, "acl:\n  - id: ours\n    key: %s\n    action: [transfer, update]\n  - id: read\n    key: reader\n    action: transfer\n", keyName)
		fmt.Fprintf(&b, "template:\n  - id: default\n    storage: %q\n    file: \"%%s.zone\"\n    acl: [ours, read]\n    zonefile-sync: -1\n    journal-max-usage: 4M\nzone:\n", dir)
		for i := range p.zones {
			fmt.Fprintf(&b, "  - domain: %s\n", zoneName(i))
		}
		return map[string]string{"knot.conf": b.String()}, []string{"-c", filepath.Join(dir, "knot.conf")}
	})
}

// options are those of a client with the key.
func (s *server) options() rfc2136.Options {
	o := rfc2136.Options{Hosts: []string{s.at}, KeyName: keyName, Secret: secret, BatchSize: 500, Strategy: "disabled"}
	for i := range s.zones {
		o.Zones = append(o.Zones, zoneName(i))
	}
	return o
}

// open makes a provider of options that have to be right.
func open(t testing.TB, o rfc2136.Options) *rfc2136.Provider {
	t.Helper()
	if err := o.Check(); err != nil {
		t.Fatal(err)
	}
	if err := o.Complete(); err != nil {
		t.Fatal(err)
	}
	p, err := rfc2136.New(o, provider.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// fresh is a zone that no other case has used.
func (s *server) fresh(t testing.TB) zone.Zone {
	t.Helper()
	i := int(s.used.Add(1)) - 1
	if i >= s.zones {
		t.Fatalf("there are %d zones only", s.zones)
	}
	return zoneOf(zoneName(i))
}

func zoneOf(name string) zone.Zone {
	return zone.Zone{Key: zone.Key{Provider: rfc2136.Name, Account: rfc2136.Account, ID: name}, Name: dnsname.MustParse(name), Records: -1}
}
