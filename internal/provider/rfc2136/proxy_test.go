// SPDX-License-Identifier: Apache-2.0

package rfc2136_test

import (
	"encoding/binary"
	"io"
	"net"
	"testing"

	"github.com/miekg/dns"
)

// between stands between us and a server, passes messages on one by one, and lets a test look at them, change them or end it all.
type between struct {
	question func(raw []byte, m *dns.Msg) []byte        // nil: as it is; what it returns is sent, nil ends the connection
	answer   func(i int, raw []byte, m *dns.Msg) []byte // i counts the messages of a connection
}

// listen starts it for a server and returns its address.
func (b between) listen(t testing.TB, server string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go b.serve(c, server)
		}
	}()
	return l.Addr().String()
}

func (b between) serve(client net.Conn, at string) {
	defer client.Close()
	server, err := net.Dial("tcp", at)
	if err != nil {
		return
	}
	defer server.Close()
	go func() {
		defer client.Close()
		defer server.Close()
		pass(client, server, func(_ int, raw []byte, m *dns.Msg) []byte {
			if b.question == nil {
				return raw
			}
			return b.question(raw, m)
		})
	}()
	pass(server, client, func(i int, raw []byte, m *dns.Msg) []byte {
		if b.answer == nil {
			return raw
		}
		return b.answer(i, raw, m)
	})
}

// pass copies messages until one side ends.
func pass(from io.Reader, to io.Writer, look func(int, []byte, *dns.Msg) []byte) {
	for i := 0; ; i++ {
		var length [2]byte
		if _, err := io.ReadFull(from, length[:]); err != nil {
			return
		}
		raw := make([]byte, binary.BigEndian.Uint16(length[:]))
		if _, err := io.ReadFull(from, raw); err != nil {
			return
		}
		m := new(dns.Msg)
		if m.Unpack(raw) != nil {
			return
		}
		if raw = look(i, raw, m); raw == nil {
			return
		}
		if _, err := to.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(raw))), raw...)); err != nil {
			return
		}
	}
}

// isUpdate reports whether a question would change something.
func isUpdate(m *dns.Msg) bool { return m.Opcode == dns.OpcodeUpdate && len(m.Ns) > 0 }
