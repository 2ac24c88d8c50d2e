// SPDX-License-Identifier: Apache-2.0

package nameserver

import (
	"github.com/miekg/dns"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/serve/zonedb"
)

// refer sends the resolver to the servers of a delegated zone, with the addresses of those that are in the zone itself or
// below the cut (glue, RFC 9471).
func (a *answer) refer(z *zonedb.Zone, m match) {
	cut := m.at.FQDN()
	for _, s := range choose(of(m.sets, record.NS), a.opts.Pick) {
		for _, host := range s.Values {
			a.reply.Ns = append(a.reply.Ns, &dns.NS{
				Hdr: dns.RR_Header{Name: cut, Rrtype: dns.TypeNS, Class: dns.ClassINET, Ttl: a.opts.ttl(s)}, Ns: dns.Fqdn(host),
			})
			a.glue(z, dnsname.Name(host))
		}
	}
}

func (a *answer) glue(z *zonedb.Zone, host dnsname.Name) {
	sets := z.At(host)
	for _, t := range []record.Type{record.A, record.AAAA} {
		for _, s := range of(sets, t) {
			for _, v := range s.Values {
				// Glue that can't be written is as good as none: the names of the servers still stand.
				if rr, err := build(host.FQDN(), t, a.opts.ttl(s), v); err == nil {
					a.extra(rr)
				}
			}
		}
	}
}

// extra adds to the additional section, before the OPT record.
func (a *answer) extra(rr dns.RR) {
	n := len(a.reply.Extra)
	if n > 0 && a.reply.Extra[n-1].Header().Rrtype == dns.TypeOPT {
		a.reply.Extra = append(a.reply.Extra[:n-1:n-1], rr, a.reply.Extra[n-1])
		return
	}
	a.reply.Extra = append(a.reply.Extra, rr)
}

// rename answers a name below a DNAME with the DNAME and the CNAME that it stands for (RFC 6672 section 3.1), and returns
// where that leads.
func (a *answer) rename(z *zonedb.Zone, m match, owner string, name dnsname.Name) (next string) {
	rrs := a.records(z, m.at.FQDN(), of(m.sets, record.DNAME))
	if len(rrs) == 0 {
		return ""
	}
	a.reply.Answer = append(a.reply.Answer, rrs[0])
	rr, ok := rrs[0].(*dns.DNAME)
	if !ok {
		return ""
	}
	labels := dns.SplitDomainName(owner)
	keep := len(labels) - dns.CountLabel(rr.Hdr.Name)
	for i := keep - 1; i >= 0; i-- {
		if next == "" {
			next = rr.Target
		}
		next = labels[i] + "." + next
	}
	if _, ok := dns.IsDomainName(next); !ok {
		a.reply.Rcode = dns.RcodeYXDomain
		return ""
	}
	a.reply.Answer = append(a.reply.Answer, &dns.CNAME{
		Hdr: dns.RR_Header{Name: owner, Rrtype: dns.TypeCNAME, Class: dns.ClassINET, Ttl: rr.Hdr.Ttl}, Target: next,
	})
	return next
}
