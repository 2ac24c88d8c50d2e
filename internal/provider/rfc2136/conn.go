// SPDX-License-Identifier: Apache-2.0

package rfc2136

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/miekg/dns"
)

const (
	// dialTime leaves a call, which may last ten seconds, time for other hosts.
	dialTime = 2 * time.Second
	// stallTime is how long a server may be silent before the next message of its answer.
	stallTime = 4 * time.Second
)

// conn is a connection to one host, over which messages go with their length before them (RFC 1035 section 4.2.2). One goroutine
// uses it at a time.
type conn struct {
	net    net.Conn
	ctx    context.Context //nolint:containedctx // the connection lives as long as one call
	key    *key
	cancel func() bool
}

// dial connects to a host. The end of the context ends the connection.
func (p *Provider) dial(ctx context.Context, h host) (*conn, error) {
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	limited, cancel := context.WithTimeout(ctx, dialTime)
	defer cancel()
	nc, err := (&net.Dialer{}).DialContext(limited, "tcp", h.at)
	if err != nil {
		return nil, because(ctx, err)
	}
	if p.tls != nil {
		conf := p.tls.Clone()
		conf.ServerName = h.name
		secured := tls.Client(nc, conf)
		if err := secured.HandshakeContext(limited); err != nil {
			_ = nc.Close() // the handshake's error says more
			return nil, because(ctx, err)
		}
		nc = secured
	}
	return &conn{net: nc, ctx: ctx, key: p.key, cancel: context.AfterFunc(ctx, func() { _ = nc.Close() })}, nil
}

// Close ends the connection.
func (c *conn) Close() {
	c.cancel()
	_ = c.net.Close() // nothing is lost with it
}

// because is a context's error where that has ended, for it is why the rest failed.
func because(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// send packs, signs and sends a message.
func (c *conn) send(m *dns.Msg) (*chain, error) {
	out, sigs, err := c.key.pack(m)
	if err != nil {
		return nil, fmt.Errorf("write the message: %w", err)
	}
	return sigs, c.write(out)
}

func (c *conn) write(out []byte) error {
	_ = c.net.SetWriteDeadline(time.Now().Add(stallTime)) // a closed connection fails below
	if _, err := c.net.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(out))), out...)); err != nil {
		return because(c.ctx, err)
	}
	return nil
}

// receive reads the next message. Its signature isn't checked yet.
func (c *conn) receive() (raw []byte, m *dns.Msg, err error) {
	_ = c.net.SetReadDeadline(time.Now().Add(stallTime)) // a closed connection fails below
	var length [2]byte
	if _, err := io.ReadFull(c.net, length[:]); err != nil {
		return nil, nil, because(c.ctx, err)
	}
	raw = make([]byte, binary.BigEndian.Uint16(length[:]))
	if _, err := io.ReadFull(c.net, raw); err != nil {
		return nil, nil, because(c.ctx, err)
	}
	m = new(dns.Msg)
	if err := m.Unpack(raw); err != nil {
		return nil, nil, fmt.Errorf("read the answer: %w", err)
	}
	if !m.Response {
		return nil, nil, errNoAnswer
	}
	return raw, m, nil
}

var errNoAnswer = errors.New("what came isn't an answer to the question")

// exchange sends one message and waits for its answer, a failure included: its code is for the caller to look at. sent tells that the
// server may have got the message, whatever the error.
func (c *conn) exchange(m *dns.Msg) (answer *dns.Msg, sent bool, err error) {
	out, sigs, err := c.key.pack(m)
	if err != nil {
		return nil, false, fmt.Errorf("write the message: %w", err)
	}
	if err := c.write(out); err != nil {
		return nil, true, err
	}
	raw, answer, err := c.receive()
	if err != nil {
		return nil, true, err
	}
	if answer.Id != m.Id || answer.Opcode != m.Opcode {
		return nil, true, errNoAnswer
	}
	return answer, true, believable(sigs.check(raw, answer, true), answer)
}

// believable lets a failure pass that isn't signed; see the package comment.
func believable(err error, m *dns.Msg) error {
	if errors.Is(err, errUnsigned) && m.Rcode != dns.RcodeSuccess {
		return nil
	}
	return err
}
