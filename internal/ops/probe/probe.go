// SPDX-License-Identifier: Apache-2.0

// Package probe asks a zone's authoritative servers over DNS whether they answer as planned.
//
// It asks over UDP, and over TCP where an answer is cut (RFC 1035 section 4.2, RFC 7766), without recursion. What servers send is
// untrusted: it is read within bounds, and only compared.
package probe

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"strings"
	"sync"
	"time"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
)

// Question is what a name should answer.
type Question struct {
	Zone    zone.Zone
	Servers []string // host names of the zone's authoritative servers
	Name    dnsname.Name
	Sets    []record.Set
	Types   []record.Type // of which nothing is left
}

// Answer is what the servers said.
type Answer struct {
	As    bool          // as planned, all of them
	Why   reason.Reason // else why not, or not yet
	Never bool          // it can't be judged, however often it is asked
}

const (
	inFlight    = 8                // questions, of all callers together
	timeout     = 2 * time.Second  // of one question over one transport
	longest     = 30 * time.Second // of all questions about one name
	mostServers = 16               // of a zone; Route 53 has 4, the root 13
)

// Probe asks. Its methods may be called from several goroutines.
type Probe struct {
	opts   Options
	lookup func(ctx context.Context, network, host string) ([]netip.Addr, error)
	port   string // of the zone's own servers
	places chan struct{}

	mu    sync.Mutex // guards what follows
	next  time.Time  // when the next question may be sent
	cache map[string]addresses
}

// New returns a probe that asks the system's resolver for addresses of servers.
func New(opts Options) *Probe {
	if opts.Rate <= 0 {
		opts.Rate = 50
	}
	return &Probe{opts: opts, lookup: net.DefaultResolver.LookupNetIP, port: "53", places: make(chan struct{}, inFlight), cache: make(map[string]addresses)}
}

// Verify asks every server once for all types of a question, until one differs. It takes at most 30 s.
func (p *Probe) Verify(ctx context.Context, q Question) (a Answer) {
	defer func() {
		if trouble := recover(); trouble != nil { // a mistake of ours while reading what a server sent
			a = Answer{Why: reason.New(reason.AnswersDiffer, "an answer for %s can't be read: %v", q.Name, trouble), Never: true}
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, longest)
	defer cancel()
	servers, known := p.servers(ctx, q)
	if !known.As {
		return known
	}
	var silent []string
	for _, s := range servers {
		switch a, reached := p.askServer(ctx, s, q); {
		case !reached:
			silent = append(silent, s.name)
		case !a.As:
			return a
		}
	}
	switch {
	case len(silent) == len(servers):
		return Answer{Why: reason.New(reason.DNSUnreachable, "no answer from %s", strings.Join(silent, ", "))}
	case len(silent) > 0:
		return Answer{Why: reason.New(reason.AnswersDiffer, "no answer from %s; the other servers answer as planned", strings.Join(silent, ", "))}
	}
	return Answer{As: true}
}

// askServer asks one server for all types; reached is false where none of its addresses answers.
func (p *Probe) askServer(ctx context.Context, s server, q Question) (a Answer, reached bool) {
	asked := q.Name
	if q.Name.IsWildcard() { // RFC 4592: it answers for a name below it that isn't there
		asked = dnsname.Name(fmt.Sprintf("nafuda-%016x.%s", rand.Uint64(), q.Name.Parent()))
	}
	for _, part := range parts(q) {
		r, at, err := p.askAny(ctx, s.addresses, asked, part.typ)
		if err != nil {
			return Answer{}, false
		}
		s.addresses = []string{at} // the one that answers
		part.zone, part.server, part.name, part.asked = q.Zone.Name, s, q.Name, asked
		if a := judge(part, r); !a.As {
			return a, true
		}
	}
	return Answer{As: true}, true
}

// parts are what is to be asked, type by type.
func parts(q Question) []expected {
	var out []expected
	for i := range q.Sets {
		out = append(out, expected{typ: q.Sets[i].Type, set: &q.Sets[i]})
	}
	for _, t := range q.Types {
		out = append(out, expected{typ: t})
	}
	return out
}
