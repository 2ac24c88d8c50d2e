// SPDX-License-Identifier: Apache-2.0

// Package authority starts real name servers for tests, BIND and Knot, on the loopback interface.
package authority

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/miekg/dns"

	"nafuda.io/nafuda/test/child"
)

// Secondary is a name server of somebody else whose port is known before it starts, so that its primary can be told of it, and which
// can be started again in its folder.
type Secondary struct {
	At   string // host and port
	Dir  string
	path string
	args []string
	cmd  *exec.Cmd
	log  child.Log
}

// FreePort returns a port that is free for TCP on a loopback address. Somebody else may take it before a server does.
func FreePort(t testing.TB, host string) string {
	t.Helper()
	l, err := net.Listen("tcp", net.JoinHostPort(host, "0"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}

// Prepare writes a server's files into a folder of its own. Start starts it, and Stop or the end of the test ends it.
func Prepare(t testing.TB, program, at string, configure func(dir string) (files map[string]string, args []string)) *Secondary {
	t.Helper()
	path, err := exec.LookPath(program)
	if err != nil {
		path, err = exec.LookPath("/usr/sbin/" + program)
	}
	if err != nil {
		t.Fatalf("%s isn't here: sudo apt-get install --no-install-recommends bind9 bind9-dnsutils knot", program)
	}
	s := &Secondary{At: at, Dir: t.TempDir(), path: path}
	files, args := configure(s.Dir)
	s.args = args
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(s.Dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(s.Stop)
	return s
}

// Start starts the server and waits until it answers for a zone, whatever it says. It reports false where it doesn't; Log says why.
func (s *Secondary) Start(t testing.TB, zone string) bool {
	t.Helper()
	s.cmd = exec.Command(s.path, s.args...)
	s.cmd.Stdout, s.cmd.Stderr = &s.log, &s.log
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	q := new(dns.Msg).SetQuestion(dns.Fqdn(zone), dns.TypeSOA)
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if _, _, err := (&dns.Client{Net: "tcp", Timeout: time.Second}).Exchange(q, s.At); err == nil {
			return true
		}
	}
	return false
}

// Stop ends the server as a system does, so that it keeps what it has, and waits. One that isn't running stays so.
func (s *Secondary) Stop() {
	if s.cmd == nil || s.cmd.Process == nil {
		return
	}
	done := make(chan struct{})
	go func(cmd *exec.Cmd) {
		defer close(done)
		_ = cmd.Wait() // its exit status says nothing
	}(s.cmd)
	_ = s.cmd.Process.Signal(syscall.SIGTERM) // it may be gone
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		_ = s.cmd.Process.Kill()
		<-done
	}
	s.cmd = nil
}

// Log is what the server has printed so far.
func (s *Secondary) Log() string {
	return s.log.String()
}
