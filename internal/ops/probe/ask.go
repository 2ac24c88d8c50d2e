// SPDX-License-Identifier: Apache-2.0

package probe

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"github.com/miekg/dns"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
)

const (
	payload     = 1232 // of a datagram that passes any path (RFC 9715)
	mostStrange = 100  // datagrams that answer another question, before we give up
)

// askAny asks the addresses one after the other until one answers, and returns which.
func (p *Probe) askAny(ctx context.Context, addresses []string, name dnsname.Name, t record.Type) (r *dns.Msg, at string, err error) {
	q := new(dns.Msg)
	q.SetQuestion(name.FQDN(), dns.StringToType[string(t)])
	q.RecursionDesired = false
	q.SetEdns0(payload, false)
	err = errors.New("no address to ask")
	for _, at := range addresses {
		if r, err = p.ask(ctx, at, q); err == nil {
			return r, at, nil
		}
	}
	return nil, "", fmt.Errorf("ask for %s %s: %w", name, t, err)
}

// ask asks one address, over TCP too where the answer over UDP is cut or the server knows no EDNS (RFC 6891 section 6.2.2).
func (p *Probe) ask(ctx context.Context, at string, q *dns.Msg) (*dns.Msg, error) {
	q = q.Copy()
	r, err := p.exchange(ctx, "udp", at, q)
	if err == nil && r.Rcode == dns.RcodeFormatError && q.IsEdns0() != nil {
		q.Extra = nil
		r, err = p.exchange(ctx, "udp", at, q)
	}
	if err != nil || !r.Truncated {
		return r, err
	}
	return p.exchange(ctx, "tcp", at, q)
}

// exchange sends one question when it is its turn and waits for its answer.
func (p *Probe) exchange(ctx context.Context, network, at string, q *dns.Msg) (*dns.Msg, error) {
	select {
	case p.places <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-p.places }()
	if err := p.turn(ctx); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	conn, err := (&net.Dialer{}).DialContext(ctx, network, at)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })()
	q.Id = dns.Id()
	out, err := q.Pack()
	if err != nil {
		return nil, err
	}
	if network == "tcp" {
		return overTCP(conn, q, out)
	}
	return overUDP(conn, q, out)
}

// overUDP passes over what doesn't answer the question: anybody can send datagrams in a server's name.
func overUDP(conn net.Conn, q *dns.Msg, out []byte) (*dns.Msg, error) {
	if _, err := conn.Write(out); err != nil {
		return nil, err
	}
	in := make([]byte, 4096) // a server that sends more than we asked for is heard too
	for range mostStrange {
		n, err := conn.Read(in)
		if err != nil {
			return nil, err
		}
		if r := read(in[:n], q); r != nil {
			return r, nil
		}
	}
	return nil, errors.New("other datagrams came instead of an answer")
}

// overTCP sends and reads messages with their length before them (RFC 1035 section 4.2.2).
func overTCP(conn net.Conn, q *dns.Msg, out []byte) (*dns.Msg, error) {
	if _, err := conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(out))), out...)); err != nil {
		return nil, err
	}
	var length [2]byte
	if _, err := io.ReadFull(conn, length[:]); err != nil {
		return nil, err
	}
	in := make([]byte, binary.BigEndian.Uint16(length[:]))
	if _, err := io.ReadFull(conn, in); err != nil {
		return nil, err
	}
	if r := read(in, q); r != nil {
		return r, nil
	}
	return nil, errors.New("the answer isn't one to the question")
}

// read reads a message; nil where it isn't an answer to the question (RFC 5452 section 9.1).
func read(in []byte, q *dns.Msg) *dns.Msg {
	if len(in) < 2 || binary.BigEndian.Uint16(in) != q.Id {
		return nil
	}
	r := new(dns.Msg)
	if err := r.Unpack(in); err != nil || !r.Response || r.Opcode != dns.OpcodeQuery {
		return nil
	}
	refused := r.Rcode != dns.RcodeSuccess && r.Rcode != dns.RcodeNameError
	if len(r.Question) == 0 && refused || len(r.Question) == 1 && same(r.Question[0], q.Question[0]) { // a refusal needn't repeat the question
		return r
	}
	return nil
}

func same(a, b dns.Question) bool {
	return a.Qtype == b.Qtype && a.Qclass == b.Qclass && strings.EqualFold(a.Name, b.Name)
}

// turn waits until the next question may be sent.
func (p *Probe) turn(ctx context.Context) error {
	p.mu.Lock()
	now := time.Now()
	at := p.next
	if at.Before(now) {
		at = now
	}
	p.next = at.Add(time.Duration(float64(time.Second) / p.opts.Rate))
	p.mu.Unlock()
	select {
	case <-time.After(time.Until(at)):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
