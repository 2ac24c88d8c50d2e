// SPDX-License-Identifier: Apache-2.0

package nameserver

import (
	"encoding/binary"
	"fmt"
	"net/netip"

	"github.com/miekg/dns"

	"nafuda.io/nafuda/internal/model/dnsname"
)

// query is one message from a client.
type query struct {
	packet []byte
	from   netip.Addr
	tcp    bool
	loop   int                    // which one of UDP it came by
	buf    []byte                 // where the answer may be written
	send   func(msg []byte) error // called once for each message of the answer; it doesn't keep msg
}

// size is the largest answer that the client takes over its transport.
func (q *query) size(m *dns.Msg) int {
	if q.tcp {
		return dns.MaxMsgSize
	}
	return limit(m)
}

const (
	headerSize = 12      // RFC 1035 section 4.1.1
	isResponse = 1 << 15 // QR, among the header's bits
	opcodeMask = 0xf << 11
	wantsMore  = 1 << 8 // RD
)

// exchange answers one message. What isn't a query gets nothing, for answering responses could make two servers talk for ever; what
// doesn't parse gets a format error. A mistake of ours is one failed answer, not the end of the process. The error is one of sending:
// the connection is no longer good.
func (s *Server) exchange(q query) (err error) {
	if len(q.packet) < headerSize {
		return nil
	}
	bits := binary.BigEndian.Uint16(q.packet[2:])
	if bits&isResponse != 0 {
		return nil
	}
	m := new(dns.Msg)
	defer func() {
		if p := recover(); p != nil {
			s.opts.Log.Error("panic while answering; please report it", "panic", fmt.Sprint(p))
			err = s.fail(q, dns.RcodeServerFailure)
		}
	}()
	if questions := binary.BigEndian.Uint16(q.packet[4:]); questions > 1 || m.Unpack(q.packet) != nil {
		return s.fail(q, dns.RcodeFormatError)
	}
	signed := s.verify(q.packet, m)
	switch {
	case signed.rcode != dns.RcodeSuccess:
		return s.limited(q, m, new(dns.Msg).SetRcode(m, signed.rcode), "", signed)
	case isTransfer(m):
		return s.transfer(q, m, signed)
	}
	r, about := s.answer(m)
	return s.limited(q, m, r, about, signed)
}

// limited sends an answer, unless its client's network has had many of its kind.
func (s *Server) limited(q query, m, r *dns.Msg, about dnsname.Name, signed signature) error {
	if q.tcp || signed.good() || s.limiter == nil {
		return s.finish(q, m, r, signed)
	}
	switch s.limiter.judge(q.from, kindOf(r, about)) {
	case drop:
		s.stats.dropped.Add(1)
		return nil
	case slip:
		s.stats.shortened.Add(1)
		r.Truncated, r.Answer, r.Ns = true, nil, nil
	}
	return s.finish(q, m, r, signed)
}

// answer is reply that survives a mistake of ours.
func (s *Server) answer(m *dns.Msg) (r *dns.Msg, about dnsname.Name) {
	defer func() {
		if p := recover(); p != nil {
			s.opts.Log.Error("panic while answering; please report it", "panic", fmt.Sprint(p))
			r = failure(m)
		}
	}()
	return reply(s.db, m, s.opts)
}

// finish signs an answer where the query was signed, fits it into what the client takes, and sends it.
func (s *Server) finish(q query, m, r *dns.Msg, signed signature) error {
	if signed.is() {
		room := q.size(m) - signed.size()
		if r.Truncate(room); r.Len() > room { // the library leaves 512 bytes whatever it is told
			r.Truncated, r.Answer, r.Ns, r.Extra = true, nil, nil, nil
			extend(m, r)
		}
		out, _, err := s.keys.sign(r, signed, signed.mac, false)
		if err != nil {
			return s.fail(q, dns.RcodeServerFailure)
		}
		s.answered(q, r.Rcode)
		return q.send(out)
	}
	out, err := r.PackBuffer(q.buf)
	if size := q.size(m); err == nil && len(out) > size {
		r.Truncate(size)
		out, err = r.PackBuffer(q.buf)
	}
	if err != nil {
		s.opts.Log.Warn("write an answer", "err", err)
		return s.fail(q, dns.RcodeServerFailure)
	}
	s.answered(q, r.Rcode)
	return q.send(out)
}

// fail answers with a code alone.
func (s *Server) fail(q query, rcode int) error {
	out := make([]byte, headerSize)
	copy(out, q.packet[:2])
	bits := binary.BigEndian.Uint16(q.packet[2:])
	binary.BigEndian.PutUint16(out[2:], isResponse|bits&(opcodeMask|wantsMore)|uint16(rcode))
	s.answered(q, rcode)
	return q.send(out)
}

func failure(q *dns.Msg) *dns.Msg {
	return new(dns.Msg).SetRcode(q, dns.RcodeServerFailure)
}
