// SPDX-License-Identifier: Apache-2.0

// Package blackhole is a TCP proxy on the loopback interface, for tests, that fails as networks do: without a word, with a reset, half, or slowly.
package blackhole

import (
	"net"
	"sync"
	"testing"
	"time"
)

// Mode is what the proxy does with what comes from now on, on connections that stand as well as on new ones.
type Mode int

// The modes.
const (
	Pass        Mode = iota
	Drop             // both ways, without a word: as a modem that has forgotten its connections
	DropAnswers      // what the server says, without a word: half-open
	Reset            // every connection, as soon as it is made or something comes
	ResetAnswer      // a connection once the server answers: what was asked has been done
	Refuse           // new connections at once
	Garbage          // answers what no protocol has
	Slow             // passes a kilobyte each 20 ms
)

// Proxy passes connections on to one server. Its methods may be called at the same time.
type Proxy struct {
	listener net.Listener
	target   string

	mu    sync.Mutex // guards what follows
	mode  Mode
	conns map[*net.TCPConn]bool
	made  int
	ended bool
}

// Start runs a proxy on a free port until the test ends.
func Start(t testing.TB, target string) *Proxy {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &Proxy{listener: l, target: target, conns: make(map[*net.TCPConn]bool)}
	var running sync.WaitGroup
	running.Go(func() { p.accept(&running) })
	t.Cleanup(func() {
		l.Close()
		p.end()
		running.Wait()
	})
	return p
}

// Addr is host and port of the proxy.
func (p *Proxy) Addr() string { return p.listener.Addr().String() }

// Set changes the mode. Reset and Refuse end the connections that stand.
func (p *Proxy) Set(m Mode) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mode = m
	if m == Reset || m == Refuse {
		p.reset()
	}
}

// Made counts the connections that clients have made so far and that were passed on.
func (p *Proxy) Made() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.made
}

// reset ends every connection with a reset. The caller holds mu.
func (p *Proxy) reset() {
	for c := range p.conns {
		_ = c.SetLinger(0) // closed already is fine
		_ = c.Close()
	}
}

func (p *Proxy) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ended = true
	p.reset()
}

func (p *Proxy) current() Mode {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.mode
}

// keep remembers a connection; false: the proxy has ended.
func (p *Proxy) keep(c *net.TCPConn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended {
		return false
	}
	p.conns[c] = true
	return true
}

func (p *Proxy) forget(c *net.TCPConn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.conns, c)
	_ = c.Close()
}

func (p *Proxy) accept(running *sync.WaitGroup) {
	for {
		conn, err := p.listener.Accept()
		if err != nil {
			return
		}
		client := conn.(*net.TCPConn)
		switch p.current() {
		case Refuse, Reset:
			_ = client.SetLinger(0)
			_ = client.Close()
			continue
		}
		server, err := net.Dial("tcp", p.target)
		if err != nil { // as the server does
			_ = client.SetLinger(0)
			_ = client.Close()
			continue
		}
		upstream := server.(*net.TCPConn)
		p.mu.Lock()
		p.made++
		p.mu.Unlock()
		if !p.keep(client) || !p.keep(upstream) {
			_ = client.Close()
			_ = upstream.Close()
			return
		}
		running.Go(func() { p.pass(client, upstream, false) })
		running.Go(func() { p.pass(upstream, client, true) })
	}
}

// pass copies one direction of a connection.
func (p *Proxy) pass(from, to *net.TCPConn, answers bool) {
	defer p.forget(from)
	defer p.forget(to)
	buf := make([]byte, 1024)
	for {
		n, err := from.Read(buf)
		mode := p.current()
		switch {
		case err != nil:
			return
		case mode == Drop, mode == DropAnswers && answers:
			continue
		case mode == Reset, mode == ResetAnswer && answers:
			_ = to.SetLinger(0)
			return
		case mode == Garbage && answers:
			copy(buf[:n], "\x00garbage\xff")
		case mode == Slow:
			time.Sleep(20 * time.Millisecond)
		}
		if _, err := to.Write(buf[:n]); err != nil {
			return
		}
	}
}
