// SPDX-License-Identifier: Apache-2.0

// Package homeemu plays a line to the Internet at home: a router that knows its outer address, a page outside that tells who asks,
// and a page on which a person changes what both say. It is for the sandbox and for tests.
package homeemu

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync/atomic"
)

// Line is a line to the Internet. All its methods may be called at the same time.
type Line struct{ addr atomic.Pointer[netip.Addr] } // nil: the line is down

// New returns a line with an outer IPv4 address; the zero Addr is a line that is down.
func New(addr netip.Addr) *Line {
	l := new(Line)
	l.Set(addr)
	return l
}

// Set gives the line another outer address, or, with the zero Addr, takes it down.
func (l *Line) Set(addr netip.Addr) {
	if !addr.IsValid() {
		l.addr.Store(nil)
		return
	}
	l.addr.Store(&addr)
}

// Addr is the outer address; ok is false where the line is down.
func (l *Line) Addr() (addr netip.Addr, ok bool) {
	if a := l.addr.Load(); a != nil {
		return *a, true
	}
	return netip.Addr{}, false
}

// Router answers NAT-PMP's question for the outer address (RFC 6886 section 3.2) on a UDP socket until the context ends, and closes the
// socket. With the line down it answers with a network failure.
func (l *Line) Router(ctx context.Context, conn net.PacketConn) error {
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	in := make([]byte, 16)
	for {
		n, from, err := conn.ReadFrom(in)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return fmt.Errorf("serve the router: %w", err)
		}
		if n != 2 || in[0] != 0 || in[1] != 0 {
			continue // no question that this router understands
		}
		if _, err := conn.WriteTo(l.answer(), from); err != nil && ctx.Err() == nil {
			return fmt.Errorf("answer for the router: %w", err)
		}
	}
}

// answer is version 0, opcode 128, a result code, the seconds since the router's start, and the address.
func (l *Line) answer() []byte {
	const networkFailure = 3
	out := []byte{0, 128, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0}
	addr, ok := l.Addr()
	if !ok || !addr.Is4() {
		binary.BigEndian.PutUint16(out[2:], networkFailure)
		return out
	}
	copy(out[8:], addr.AsSlice())
	return out
}

// Pages serves two pages: GET /whoami tells the outer address, as a page outside does, and / shows the line; posting an address to /, or
// the word down, changes it.
func (l *Line) Pages() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /whoami", func(out http.ResponseWriter, _ *http.Request) {
		addr, ok := l.Addr()
		if !ok {
			http.Error(out, "the line is down", http.StatusBadGateway)
			return
		}
		fmt.Fprintln(out, addr)
	})
	mux.HandleFunc("GET /{$}", func(out http.ResponseWriter, _ *http.Request) { fmt.Fprintln(out, l) })
	mux.HandleFunc("POST /{$}", func(out http.ResponseWriter, r *http.Request) {
		const most = 64
		body, err := io.ReadAll(http.MaxBytesReader(out, r.Body, most))
		if err == nil {
			err = l.read(strings.TrimSpace(string(body)))
		}
		if err != nil {
			http.Error(out, err.Error(), http.StatusBadRequest)
			return
		}
		fmt.Fprintln(out, l)
	})
	return mux
}

func (l *Line) read(text string) error {
	if text == "down" {
		l.Set(netip.Addr{})
		return nil
	}
	addr, err := netip.ParseAddr(text)
	if err != nil || !addr.Is4() {
		return errors.New("write an IPv4 address, such as 198.51.100.8, or down")
	}
	l.Set(addr)
	return nil
}

// String says what the line is like, for people.
func (l *Line) String() string {
	if addr, ok := l.Addr(); ok {
		return "the line is up: the world sees " + addr.String()
	}
	return "the line is down"
}
