// SPDX-License-Identifier: Apache-2.0

package nameserver

import (
	"slices"

	"github.com/miekg/dns"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/serve/zonedb"
)

// values returns what sets of one name and type say, without duplicates, and the shortest of their TTLs, for members of one
// record set share it (RFC 2181 section 5.2). Aliases are followed.
func (a *answer) values(z *zonedb.Zone, sets []record.Set, depth int) (values []string, ttl uint32) {
	ttl = maxTTL
	for _, s := range sets {
		vs, t := s.Values, a.opts.ttl(s)
		if s.Alias != nil {
			vs, t = a.flatten(z, s.Alias, s.Type, depth)
		}
		if len(sets) == 1 {
			return vs, t
		}
		for _, v := range vs {
			if !slices.Contains(values, v) {
				values = append(values, v)
			}
			ttl = min(ttl, t)
		}
	}
	return values, ttl
}

// flatten finds the data of an alias in our own zones; its TTL is that of its target, as Route 53 has it. An alias to a name
// outside of them, such as a cloud's load balancer, has no data here: we answer as if the type weren't there and say so by an
// extended error, for nobody but that cloud can resolve it and a failure would make resolvers ask again and again.
func (a *answer) flatten(z *zonedb.Zone, to *record.Alias, t record.Type, depth int) (values []string, ttl uint32) {
	target := to.Target
	for ; depth < maxChain; depth++ {
		in, ok := a.home(z, target, to.Zone)
		if !ok {
			explain(a.reply, dns.ExtendedErrorCodeOther, "the alias leads out of the zones served here")
			return nil, 0
		}
		m := lookup(in, target)
		if m.kind != exists {
			return nil, 0
		}
		if sets := of(m.sets, t); len(sets) > 0 {
			return a.values(in, choose(sets, a.opts.Pick), depth+1)
		}
		cname := of(m.sets, record.CNAME)
		if len(cname) == 0 {
			return nil, 0
		}
		hosts, _ := a.values(in, choose(cname, a.opts.Pick), depth+1)
		if len(hosts) == 0 {
			return nil, 0
		}
		target, z = dnsname.Name(hosts[0]), in
	}
	explain(a.reply, dns.ExtendedErrorCodeOther, "the alias loops")
	return nil, 0
}

// home is the zone that an alias's target is looked up in: the one that it names, its own, or the one of the longest name.
func (a *answer) home(z *zonedb.Zone, target dnsname.Name, id string) (*zonedb.Zone, bool) {
	if (id == "" || id == z.ID) && target.In(z.Name) { // z may be an earlier version than the database's, for a transfer
		return z, true
	}
	if named, ok := a.db.Zone(id); ok && target.In(named.Name) {
		return named, true
	}
	return a.db.Find(target)
}
