// SPDX-License-Identifier: Apache-2.0

package nameserver

import (
	"errors"
	"iter"
	"slices"

	"github.com/miekg/dns"

	"nafuda.io/nafuda/internal/serve/zonedb"
)

const (
	// maxTransfers bounds the transfers over TCP at the same time. A secondary that is refused tries again (RFC 5936 section 2.2.1).
	maxTransfers = 8
	// wellFilled is how much of records goes into one message, in bytes before they are compressed: pointers reach no further than
	// 16 KiB (RFC 1035 section 4.1.4), so that larger messages compress worse.
	wellFilled = 48 << 10
)

func isTransfer(m *dns.Msg) bool {
	return m.Opcode == dns.OpcodeQuery && len(m.Question) == 1 && (m.Question[0].Qtype == dns.TypeAXFR || m.Question[0].Qtype == dns.TypeIXFR)
}

// transfer answers AXFR (RFC 5936) and IXFR (RFC 1995), from one version of the zone whatever is edited meanwhile.
func (s *Server) transfer(q query, m *dns.Msg, signed signature) error {
	refuse := func(rcode int) error { return s.refuse(q, m, signed, rcode) }
	question := m.Question[0]
	if question.Qclass != dns.ClassINET || !s.allowed.ok(q.from, signed) {
		return refuse(dns.RcodeRefused)
	}
	name := fold(question.Name)
	z, ok := s.db.Find(name)
	if !ok || z.Name != name {
		return refuse(dns.RcodeNotAuth)
	}
	if z.Filling { // the secondary would give up what it has
		return refuse(dns.RcodeServerFailure)
	}
	w := &wholeZone{answer: answer{db: s.db, opts: s.opts, reply: new(dns.Msg)}, zone: z}
	w.opts.Pick = func(uint64) uint64 { return 0 } // the same for each secondary
	soa, err := s.opts.soa(z)
	if err != nil {
		s.opts.Log.Warn("transfer a zone", "zone", string(z.Name), "err", err)
		return refuse(dns.RcodeServerFailure)
	}
	w.soa = soa
	if question.Qtype == dns.TypeAXFR {
		if !q.tcp { // RFC 5936 section 4.2
			return refuse(dns.RcodeFormatError)
		}
		return s.stream(q, m, signed, w.all())
	}
	return s.increment(q, m, signed, w)
}

// refuse answers that there is no transfer.
func (s *Server) refuse(q query, m *dns.Msg, signed signature, rcode int) error {
	s.stats.refused.Add(1)
	return s.finish(q, m, new(dns.Msg).SetRcode(m, rcode), signed)
}

// increment answers an IXFR: with the differences, with the whole zone where those aren't known, or with the SOA alone where the
// secondary is up to date or, over UDP, has to come back over TCP (RFC 1995 section 4).
func (s *Server) increment(q query, m *dns.Msg, signed signature, w *wholeZone) error {
	if len(m.Ns) != 1 {
		return s.refuse(q, m, signed, dns.RcodeFormatError)
	}
	theirs, ok := m.Ns[0].(*dns.SOA)
	if !ok {
		return s.refuse(q, m, signed, dns.RcodeFormatError)
	}
	alone := slices.Values([]dns.RR{w.soa})
	if !zonedb.Newer(w.soa.Serial, theirs.Serial) {
		return s.single(q, m, signed, alone)
	}
	rrs, ok := w.since(theirs.Serial)
	switch {
	case !q.tcp && ok:
		if r := s.message(m, rrs); r.Len()+signedSize(signed) <= q.size(m) {
			s.stats.incremental.Add(1)
			return s.finish(q, m, r, signed)
		}
		return s.single(q, m, signed, alone)
	case !q.tcp:
		return s.single(q, m, signed, alone)
	case ok:
		return s.stream(q, m, signed, slices.Values(rrs))
	}
	return s.stream(q, m, signed, w.all())
}

func signedSize(g signature) int {
	if !g.is() {
		return 0
	}
	return g.size()
}

func (s *Server) single(q query, m *dns.Msg, signed signature, rrs iter.Seq[dns.RR]) error {
	return s.finish(q, m, s.message(m, slices.Collect(rrs)), signed)
}

func (s *Server) message(m *dns.Msg, rrs []dns.RR) *dns.Msg {
	r := new(dns.Msg).SetReply(m)
	r.Authoritative, r.RecursionDesired, r.Compress = true, false, true
	r.Answer = rrs
	extend(m, r)
	return r
}

// errTransfer ends a connection whose transfer can't be ended well: what the secondary has then isn't taken for a zone, for the second
// SOA is missing.
var errTransfer = errors.New("the transfer was broken off")

// stream sends records over TCP in as many messages as it takes, each of them signed where the query was (RFC 8945 section 5.3.1).
func (s *Server) stream(q query, m *dns.Msg, signed signature, rrs iter.Seq[dns.RR]) error {
	if !s.transfers.TryAcquire(1) {
		return s.refuse(q, m, signed, dns.RcodeRefused)
	}
	defer s.transfers.Release(1)
	out := &stream{s: s, q: q, m: m, signed: signed, mac: signed.mac}
	if err := out.all(rrs); err != nil {
		s.stats.broken.Add(1)
		return err
	}
	if m.Question[0].Qtype == dns.TypeIXFR && out.incremental {
		s.stats.incremental.Add(1)
	} else {
		s.stats.whole.Add(1)
	}
	return nil
}

// stream is a transfer under way.
type stream struct {
	s           *Server
	q           query
	m           *dns.Msg
	signed      signature
	mac         string // of the query, then of the message before
	later       bool   // a message has gone
	waiting     []dns.RR
	size, count int
	incremental bool // the second record is a SOA (RFC 1995 section 4)
}

func (t *stream) all(rrs iter.Seq[dns.RR]) error {
	for rr := range rrs {
		if err := t.add(rr); err != nil {
			return err
		}
	}
	return t.flush()
}

func (t *stream) add(rr dns.RR) error {
	n := dns.Len(rr)
	if t.size+n > wellFilled && len(t.waiting) > 0 {
		if err := t.flush(); err != nil {
			return err
		}
	}
	if t.count++; t.count == 2 {
		_, t.incremental = rr.(*dns.SOA)
	}
	t.waiting, t.size = append(t.waiting, rr), t.size+n
	return nil
}

func (t *stream) flush() error {
	r := t.s.message(t.m, t.waiting)
	if t.later {
		r.Question = nil // RFC 5936 section 2.2.1
	}
	var out []byte
	var err error
	if t.signed.is() {
		out, t.mac, err = t.s.keys.sign(r, t.signed, t.mac, t.later)
	} else {
		out, err = r.Pack()
	}
	if err != nil || len(out) > dns.MaxMsgSize {
		t.s.opts.Log.Warn("transfer a zone", "zone", t.m.Question[0].Name, "err", err)
		return errTransfer
	}
	if !t.later {
		t.s.answered(t.q, dns.RcodeSuccess)
	}
	t.later, t.waiting, t.size = true, nil, 0
	return t.q.send(out)
}
