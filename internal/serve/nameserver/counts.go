// SPDX-License-Identifier: Apache-2.0

package nameserver

import (
	"sync/atomic"

	"github.com/miekg/dns"
)

// counters are what a server has done. Each loop over UDP has a tally of its own, so that counting makes no processor wait for another.
type counters struct {
	udp [maxLoops]tally
	tcp tally

	whole, incremental, refused, broken atomic.Uint64
	dropped, shortened                  atomic.Uint64
	notified, unwilling, silent         atomic.Uint64
}

// tally counts answers by their response code.
type tally struct {
	by [dns.RcodeBadVers + 1]atomic.Uint64
	_  [64]byte // a line of a processor's cache, which the next tally doesn't share
}

// answered counts one answer, however many messages it has.
func (s *Server) answered(q query, rcode int) {
	t := &s.stats.tcp
	if !q.tcp {
		t = &s.stats.udp[q.loop]
	}
	t.by[rcode].Add(1)
}

// Stats count what a server has done since it was made, but for answers.
type Stats struct {
	Transfers   uint64 // whole zones sent (AXFR, or IXFR answered with the whole zone)
	Incremental uint64 // differences sent (IXFR)
	Refused     uint64 // transfers refused: not allowed, not of our zones, of one that is being filled, too many at a time
	Broken      uint64 // transfers that ended before their zone did
	Dropped     uint64 // answers left out by the rate limit
	Shortened   uint64 // answers cut short by the rate limit
	Notified    uint64 // NOTIFY messages that a secondary has acknowledged
	Unwilling   uint64 // NOTIFY messages that a secondary has refused
	Silent      uint64 // NOTIFY messages that weren't answered in time, or couldn't be sent; each try counts
}

// Stats returns the counts so far. It may be called at any time.
func (s *Server) Stats() Stats {
	c := &s.stats
	return Stats{
		Transfers: c.whole.Load(), Incremental: c.incremental.Load(), Refused: c.refused.Load(), Broken: c.broken.Load(),
		Dropped: c.dropped.Load(), Shortened: c.shortened.Load(), Notified: c.notified.Load(), Unwilling: c.unwilling.Load(), Silent: c.silent.Load(),
	}
}

// Answers are how many answers have gone over a transport with a response code.
type Answers struct {
	Transport string // udp or tcp
	Code      string // such as NXDOMAIN
	N         uint64
}

// Answered returns how many answers have been sent since the server was made, for each transport and code there is one, in a fixed order. A
// transfer is one answer. It may be called at any time.
func (s *Server) Answered() []Answers {
	var out []Answers
	for _, c := range []struct { // the codes that we send (RFC 6895 section 2.3)
		code int
		name string
	}{
		{dns.RcodeSuccess, "NOERROR"},
		{dns.RcodeFormatError, "FORMERR"},
		{dns.RcodeServerFailure, "SERVFAIL"},
		{dns.RcodeNameError, "NXDOMAIN"},
		{dns.RcodeNotImplemented, "NOTIMP"},
		{dns.RcodeRefused, "REFUSED"},
		{dns.RcodeNotAuth, "NOTAUTH"},
		{dns.RcodeBadVers, "BADVERS"},
	} {
		udp := Answers{Transport: "udp", Code: c.name}
		for i := range s.stats.udp {
			udp.N += s.stats.udp[i].by[c.code].Load()
		}
		out = append(out, udp, Answers{"tcp", c.name, s.stats.tcp.by[c.code].Load()})
	}
	return out
}

// Serial is the number of a zone's version, as its SOA has it.
type Serial struct {
	Zone   string // its name
	Serial uint32
}

// Serials returns those of all zones that can be answered for, sorted by name.
func (s *Server) Serials() []Serial {
	var out []Serial
	for _, z := range s.db.Zones() {
		if soa, err := s.opts.soa(z); err == nil {
			out = append(out, Serial{string(z.Name), soa.Serial})
		}
	}
	return out
}
