// SPDX-License-Identifier: Apache-2.0

// Package authority starts real name servers for tests, BIND and Knot, on the loopback interface: primaries of zones that take dynamic
// updates with a TSIG key.
package authority

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/miekg/dns"

	"nafuda.io/nafuda/test/child"
)

// KeyName and Secret are the TSIG key that may read and update every zone of BIND and Knot. A key called "reader", with the same secret, may
// only read them.
const (
	KeyName = "nafuda-key"
	Secret  = "bm90IGEgc2VjcmV0LCBqdXN0IGEgdGVzdCBvZiBvbmU="
)

// Options say how BIND or Knot is to be started.
type Options struct {
	Zones         []string // without a final dot
	Content       string   // zone text that every zone has beside its SOA and NS
	Host          string   // empty: 127.0.0.1
	Algorithm     string   // of the keys; empty: hmac-sha256
	Cert, CertKey string   // files of a certificate and its key, for TLS; BIND only
}

func (o Options) defaults() Options {
	if o.Host == "" {
		o.Host = "127.0.0.1"
	}
	if o.Algorithm == "" {
		o.Algorithm = "hmac-sha256"
	}
	return o
}

// Server is a name server that runs until the test ends, or Stop.
type Server struct {
	At  string // host and port
	TLS string // host and port of DNS over TLS; empty: none
	Dir string // its folder

	cmd *exec.Cmd
	out *bytes.Buffer
}

// Place is where a server is to listen, and its folder.
type Place struct{ Dir, Host, Port, TLSPort string }

// Launch writes files into a folder and starts a program of a Debian package there, on ports that are free; one that somebody else takes
// in between costs another try. It waits until the server answers for a zone. Where the program isn't installed it does as child.Find
// does.
func Launch(t testing.TB, program, pkg, host, zone string, configure func(Place) (files map[string]string, args []string)) *Server {
	t.Helper()
	path := child.Find(t, program, pkg)
	for try := 0; ; try++ {
		p := Place{t.TempDir(), host, freePort(t, host), freePort(t, host)}
		s := &Server{Dir: p.Dir, At: net.JoinHostPort(host, p.Port), out: new(bytes.Buffer)}
		files, args := configure(p)
		for name, text := range files {
			if err := os.WriteFile(filepath.Join(p.Dir, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		s.cmd = exec.Command(path, args...)
		s.cmd.Stdout, s.cmd.Stderr = s.out, s.out
		if err := s.cmd.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(s.Stop)
		if s.ready(zone) {
			return s
		}
		s.Stop()
		if try == 2 {
			t.Fatalf("%s doesn't start:\n%s", program, s.out)
		}
	}
}

// Stop kills the server.
func (s *Server) Stop() {
	_ = s.cmd.Process.Kill() // it may be gone
	_ = s.cmd.Wait()         // killed: its exit status says nothing
}

// ready waits until the server answers for a zone.
func (s *Server) ready(zone string) bool {
	q := new(dns.Msg)
	q.SetQuestion(dns.Fqdn(zone), dns.TypeSOA)
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		r, _, err := (&dns.Client{Net: "tcp", Timeout: time.Second}).Exchange(q, s.At)
		if err == nil && r.Rcode == dns.RcodeSuccess && len(r.Answer) == 1 {
			return true
		}
	}
	return false
}

// Somebody changes a zone as another client of the server would, by lines of zone text with full names; "-" before one deletes it.
func (s *Server) Somebody(t testing.TB, zone string, lines ...string) {
	t.Helper()
	m := new(dns.Msg)
	m.SetUpdate(dns.Fqdn(zone))
	for _, l := range lines {
		gone := l[0] == '-'
		if gone {
			l = l[1:]
		}
		rr, err := dns.NewRR(l)
		if err != nil {
			t.Error(err)
			return
		}
		if gone {
			m.Remove([]dns.RR{rr})
		} else {
			m.Insert([]dns.RR{rr})
		}
	}
	m.SetTsig(KeyName+".", dns.HmacSHA256, 300, time.Now().Unix())
	c := &dns.Client{Net: "tcp", TsigSecret: map[string]string{KeyName + ".": Secret}}
	if r, _, err := c.Exchange(m, s.At); err != nil || r.Rcode != dns.RcodeSuccess {
		t.Errorf("somebody's update: %v, %v", r, err)
	}
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

// ZoneFiles are the files of zones, ZONE.zone each, with an SOA, an NS and what else content has.
func ZoneFiles(zones []string, content string) map[string]string {
	files := make(map[string]string)
	for _, z := range zones {
		files[z+".zone"] = fmt.Sprintf("$ORIGIN %s.\n$TTL 300\n@ IN SOA ns.example.net. admin.example.net. 1 3600 600 86400 60\n@ IN NS ns.example.net.\n%s\n", z, content)
	}
	return files
}
