// SPDX-License-Identifier: Apache-2.0

package nameserver

import (
	"github.com/miekg/dns"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/serve/zonedb"
)

// Answer makes the whole reply to a query from the current versions of the zones; fitting it into a datagram is up to the
// caller. It returns nil where no reply may be sent: to a message that is itself a response. It doesn't change q, touches
// nothing but the database and opts.Pick, and may be called from several goroutines.
func Answer(db *zonedb.DB, q *dns.Msg, opts Options) *dns.Msg {
	r, _ := reply(db, q, opts.withDefaults())
	return r
}

// reply is Answer with defaults filled in, and with what the answer is made of: the name asked for, the wildcard that stands for it, or
// the zone that doesn't have it. It is empty where we have nothing to do with the name.
func reply(db *zonedb.DB, q *dns.Msg, opts Options) (*dns.Msg, dnsname.Name) {
	if q.Response {
		return nil, ""
	}
	r := &dns.Msg{MsgHdr: dns.MsgHdr{
		Id: q.Id, Response: true, Opcode: q.Opcode, RecursionDesired: q.RecursionDesired, CheckingDisabled: q.CheckingDisabled,
	}}
	if len(q.Question) == 1 {
		r.Question = []dns.Question{q.Question[0]}
	}
	r.Rcode = extend(q, r)
	if r.Rcode == dns.RcodeSuccess {
		r.Rcode = refuse(q)
	}
	if r.Rcode != dns.RcodeSuccess {
		return r, ""
	}
	a := &answer{db: db, opts: opts, reply: r}
	a.resolve(q.Question[0].Name, q.Question[0].Qtype)
	return r, a.from
}

// payload is the largest datagram that we send: it passes any path unfragmented (RFC 9715, DNS flag day 2020).
const payload = 1232

// extend gives the reply the OPT record that the query asks for by its own (RFC 6891 section 6.1.1).
func extend(q, r *dns.Msg) (rcode int) {
	var opt *dns.OPT
	for _, rr := range q.Extra {
		o, ok := rr.(*dns.OPT)
		switch {
		case !ok:
		case opt != nil:
			return dns.RcodeFormatError
		default:
			opt = o
		}
	}
	if opt == nil {
		return dns.RcodeSuccess
	}
	ours := &dns.OPT{Hdr: dns.RR_Header{Name: ".", Rrtype: dns.TypeOPT}}
	ours.SetUDPSize(payload)
	if opt.Do() { // RFC 3225 section 3
		ours.SetDo()
	}
	r.Extra = []dns.RR{ours}
	if opt.Version() != 0 {
		return dns.RcodeBadVers
	}
	return dns.RcodeSuccess
}

// refuse returns the code for questions that aren't about our data, or success.
func refuse(q *dns.Msg) (rcode int) {
	if q.Opcode != dns.OpcodeQuery {
		return dns.RcodeNotImplemented
	}
	if len(q.Question) != 1 { // RFC 9619
		return dns.RcodeFormatError
	}
	switch q.Question[0].Qtype {
	case dns.TypeNone, dns.TypeOPT:
		return dns.RcodeFormatError
	case dns.TypeAXFR, dns.TypeIXFR, dns.TypeMAILA, dns.TypeMAILB, dns.TypeTKEY, dns.TypeTSIG:
		return dns.RcodeRefused
	}
	if q.Question[0].Qclass != dns.ClassINET {
		return dns.RcodeRefused
	}
	return dns.RcodeSuccess
}

// limit is how large a datagram the sender of a query can take (RFC 6891 section 6.2.3), within our own bound.
func limit(q *dns.Msg) int {
	opt := q.IsEdns0()
	if opt == nil {
		return dns.MinMsgSize
	}
	return min(max(int(opt.UDPSize()), dns.MinMsgSize), payload)
}

// explain adds an extended error (RFC 8914) where the query had an OPT record.
func explain(r *dns.Msg, code uint16, text string) {
	if opt := r.IsEdns0(); opt != nil {
		opt.Option = append(opt.Option, &dns.EDNS0_EDE{InfoCode: code, ExtraText: text})
	}
}
