// SPDX-License-Identifier: Apache-2.0

package nameserver

import (
	"slices"

	"github.com/miekg/dns"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/serve/zonedb"
)

// maxChain bounds the names that one answer follows through CNAME, DNAME and alias.
const maxChain = 10

// answer is one reply in the making.
type answer struct {
	db    *zonedb.DB
	opts  Options
	reply *dns.Msg
	seen  []dnsname.Name
	from  dnsname.Name // of the first name: itself, its wildcard, the cut above it or the zone that doesn't have it
}

// resolve follows a name to its data. A chain that leaves our zones, loops or grows too long ends where it is: the resolver
// that asked goes on from its last name (RFC 1034 section 3.6.2).
func (a *answer) resolve(owner string, qtype uint16) {
	for owner != "" && len(a.seen) < maxChain {
		name := fold(owner)
		if slices.Contains(a.seen, name) {
			return
		}
		z, ok := a.zone(name, qtype)
		if !ok {
			if len(a.seen) == 0 {
				a.reply.Rcode = dns.RcodeRefused
			}
			return
		}
		a.seen = append(a.seen, name)
		owner = a.step(z, owner, name, qtype)
	}
}

// zone returns the zone that answers for a name. A DS is with the parent (RFC 4035 section 3.1.4.1).
func (a *answer) zone(name dnsname.Name, qtype uint16) (*zonedb.Zone, bool) {
	z, ok := a.db.Find(name)
	if ok && qtype == dns.TypeDS && name == z.Name && name != "" {
		if parent, ok := a.db.Find(name.Parent()); ok {
			return parent, true
		}
	}
	return z, ok
}

// step answers for one name of a chain and returns the next one, if there is one.
func (a *answer) step(z *zonedb.Zone, owner string, name dnsname.Name, qtype uint16) (next string) {
	m := lookup(z, name)
	if len(a.seen) == 1 {
		a.from = m.at
		if m.kind == missing {
			a.from = z.Name
		}
	}
	if m.kind == cut && !(qtype == dns.TypeDS && m.at == name) {
		a.refer(z, m)
		return ""
	}
	if z.Filling && m.kind == exists && m.at != name { // the wildcard may not be for this name
		a.notReady()
		return ""
	}
	// AA is about the first name of the answer (RFC 1034 section 4.1.1).
	a.reply.Authoritative = true
	switch m.kind {
	case missing:
		a.reply.Rcode = dns.RcodeNameError
		a.deny(z)
		return ""
	case renamed:
		return a.rename(z, m, owner, name)
	case cut:
		a.deny(z)
		return ""
	}
	return a.data(z, m, owner, qtype)
}

// data answers from the sets of a name that is there, and returns the next name if they are a CNAME.
func (a *answer) data(z *zonedb.Zone, m match, owner string, qtype uint16) (next string) {
	cname, apex := of(m.sets, record.CNAME), m.at == z.Name
	switch {
	case len(cname) > 0 && qtype != dns.TypeCNAME:
		return a.alias(z, owner, cname, qtype)
	case qtype == dns.TypeANY:
		a.any(z, m, owner)
	case qtype == dns.TypeSOA && apex:
		a.start(z, owner)
	case qtype == dns.TypeNS && apex:
		a.reply.Answer = append(a.reply.Answer, a.records(z, owner, a.opts.apexSets(z, record.NS))...)
	default:
		a.reply.Answer = append(a.reply.Answer, a.records(z, owner, of(m.sets, record.Type(dns.TypeToString[qtype])))...)
	}
	return ""
}

// alias answers with a CNAME and returns where it leads, unless the question is ANY (RFC 8482 section 4.3). A name has one
// CNAME (RFC 2181 section 10.1), whatever its sets hold.
func (a *answer) alias(z *zonedb.Zone, owner string, cname []record.Set, qtype uint16) (next string) {
	rrs := a.records(z, owner, cname)
	if len(rrs) == 0 {
		return ""
	}
	a.reply.Answer = append(a.reply.Answer, rrs[0])
	if rr, ok := rrs[0].(*dns.CNAME); ok && qtype != dns.TypeANY {
		return rr.Target
	}
	return ""
}

// start answers with the zone's SOA.
func (a *answer) start(z *zonedb.Zone, owner string) {
	soa, err := a.opts.soa(z)
	if err != nil {
		a.fail(err)
		return
	}
	soa.Hdr.Name = owner
	a.reply.Answer = append(a.reply.Answer, soa)
}

// any answers a question for everything with one made record (RFC 8482 section 4.2), or says that there is nothing.
func (a *answer) any(z *zonedb.Zone, m match, owner string) {
	if len(m.sets) == 0 && m.at != z.Name {
		a.deny(z)
		return
	}
	h := dns.RR_Header{Name: owner, Rrtype: dns.TypeHINFO, Class: dns.ClassINET, Ttl: seconds(a.opts.TTL)}
	a.reply.Answer = append(a.reply.Answer, &dns.HINFO{Hdr: h, Cpu: "RFC8482"})
}

// deny says with the zone's SOA that there is nothing, and for how long (RFC 2308 section 2), where that is known.
func (a *answer) deny(z *zonedb.Zone) {
	if z.Filling {
		a.notReady()
		return
	}
	soa, err := a.opts.negative(z)
	if err != nil {
		a.fail(err)
		return
	}
	a.reply.Ns = append(a.reply.Ns, soa)
}

// fail turns the reply into a failure: our data can't be told, which isn't the same as there being none.
func (a *answer) fail(err error) {
	a.opts.Log.Warn("answer a question", "err", err)
	a.reply.Rcode = dns.RcodeServerFailure
	a.reply.Answer, a.reply.Ns = nil, nil
	explain(a.reply, dns.ExtendedErrorCodeOther, "a record set can't be written")
}

// notReady turns the reply into a failure: what isn't there isn't known to be absent before the zone is filled.
func (a *answer) notReady() {
	a.reply.Rcode = dns.RcodeServerFailure
	a.reply.Answer, a.reply.Ns = nil, nil
	explain(a.reply, dns.ExtendedErrorCodeNotReady, "the zone isn't filled yet")
}

// records makes the records of sets of one name and type. Where there are none it has already denied them; where none can be
// written it has turned the reply into a failure.
func (a *answer) records(z *zonedb.Zone, owner string, sets []record.Set) []dns.RR {
	values, ttl := a.values(z, choose(sets, a.opts.Pick), 0)
	if len(values) == 0 {
		a.deny(z)
		return nil
	}
	rrs := make([]dns.RR, 0, len(values))
	var bad error
	for _, v := range values {
		rr, err := build(owner, sets[0].Type, ttl, v)
		if err != nil {
			bad = err
			continue
		}
		rrs = append(rrs, rr)
	}
	if len(rrs) == 0 {
		a.fail(bad)
	}
	return rrs
}
