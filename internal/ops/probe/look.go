// SPDX-License-Identifier: Apache-2.0

package probe

import (
	"context"
	"fmt"
	"slices"

	"github.com/miekg/dns"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/record"
)

// Server is a name server that can be asked.
type Server struct {
	Name      string   // for people
	Addresses []string // host:port, in the order in which to try them
	Authority bool     // it should answer with authority
}

// Ask is one question about a record set.
type Ask struct {
	Zone    dnsname.Name // that the server should have; for referrals
	Name    dnsname.Name
	Type    record.Type
	Recurse bool // as a resolver's client asks
}

// Seen is what came of one question. Nothing in it can be trusted to be more than what somebody sent.
type Seen struct {
	At        string         // the address that answered; empty: none did
	Code      string         // the answer's code, such as NOERROR
	Authority bool           // the answer has the flag AA (RFC 1035 section 4.1.1)
	Recursion bool           // the answer has the flag RA
	Values    []string       // of the type that was asked for, at the end of Chain, as Canonical gives them
	TTL       uint32         // of Values, in seconds; the largest
	Chain     []dnsname.Name // that CNAMEs lead to, from the name that was asked for
	Absent    *uint32        // for how many seconds the answer that there is nothing may be remembered (RFC 2308 section 5); nil: it doesn't say
	Blocked   bool           // the answer says that it was made up for somebody's policy (RFC 8914 sections 4.16 to 4.18)
	Referred  dnsname.Name   // the name that other servers answer for (RFC 1034 section 4.3.2); empty: no referral
}

// Answered reports whether an answer came.
func (s Seen) Answered() bool { return s.At != "" }

// maxChain bounds how many CNAMEs are followed; resolvers give up after about as many.
const maxChain = 12

// Servers finds the name servers to ask for a zone: those of the options, or the zone's own. Without any, the reason says why.
func (p *Probe) Servers(ctx context.Context, q Question) ([]Server, reason.Reason) {
	list, known := p.servers(ctx, q)
	out := make([]Server, 0, len(list))
	for _, s := range list {
		out = append(out, Server{Name: s.name, Addresses: s.addresses, Authority: s.authority})
	}
	return out, known.Why
}

// Look asks the addresses (host:port), one after the other until one answers. It takes at most 6 s an address, and returns soon after
// the context ends.
func (p *Probe) Look(ctx context.Context, addresses []string, a Ask) (s Seen) {
	defer func() {
		if trouble := recover(); trouble != nil { // a mistake of ours while reading what a server sent
			s = Seen{Code: fmt.Sprintf("an answer that can't be read: %v", trouble)}
		}
	}()
	q := new(dns.Msg)
	q.SetQuestion(a.Name.FQDN(), dns.StringToType[string(a.Type)])
	q.RecursionDesired = a.Recurse
	q.SetEdns0(payload, false)
	for _, at := range addresses {
		if r, err := p.ask(ctx, at, q); err == nil {
			return seen(at, r, a)
		}
	}
	return Seen{}
}

// seen reads an answer.
func seen(at string, r *dns.Msg, a Ask) Seen {
	s := Seen{At: at, Code: rcode(r.Rcode), Authority: r.Authoritative, Recursion: r.RecursionAvailable}
	if owner, ok := (expected{zone: a.Zone, asked: a.Name}).delegated(r); ok && !a.Recurse {
		s.Referred = dnsname.Name(owner)
		return s
	}
	for end := a.Name; ; {
		if s.Values, s.TTL = found(r, end, a.Type); len(s.Values) > 0 || a.Type == record.CNAME {
			break
		}
		next, _ := found(r, end, record.CNAME)
		if len(next) != 1 || len(s.Chain) == maxChain || slices.Contains(s.Chain, dnsname.Name(next[0])) {
			break
		}
		end = dnsname.Name(next[0])
		s.Chain = append(s.Chain, end)
	}
	s.Blocked = blocked(r)
	for _, rr := range r.Ns {
		if soa, ok := rr.(*dns.SOA); ok && len(s.Values) == 0 {
			left := min(soa.Hdr.Ttl, soa.Minttl)
			s.Absent = &left
		}
	}
	return s
}

// blocked finds an extended error that tells of blocking, censoring or filtering.
func blocked(r *dns.Msg) bool {
	opt := r.IsEdns0()
	return opt != nil && slices.ContainsFunc(opt.Option, func(o dns.EDNS0) bool {
		e, ok := o.(*dns.EDNS0_EDE)
		return ok && e.InfoCode >= dns.ExtendedErrorCodeBlocked && e.InfoCode <= dns.ExtendedErrorCodeFiltered
	})
}

// Canonical is record.Canonical for values that may be wrong, with one spelling for all types: equal data give equal values, sorted.
func Canonical(t record.Type, values []string) []string { return canonical(t, values) }
