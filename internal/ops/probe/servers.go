// SPDX-License-Identifier: Apache-2.0

package probe

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"

	"nafuda.io/nafuda/internal/model/reason"
)

// server is a server to ask.
type server struct {
	name      string   // for people
	addresses []string // host:port, in the order in which to try them
	authority bool     // it should answer with authority
}

// addresses are what the resolver last said of a host.
type addresses struct {
	list  []string
	until time.Time
}

const (
	keptFor       = 10 * time.Minute
	missingFor    = time.Minute
	mostAddresses = 4 // of one server
	mostCached    = 1000
)

// servers finds whom to ask. Without any, known says why.
func (p *Probe) servers(ctx context.Context, q Question) (list []server, known Answer) {
	if len(p.opts.Servers) > 0 {
		for _, s := range p.opts.Servers {
			list = append(list, server{name: s, addresses: []string{s}})
		}
		return list, Answer{As: true}
	}
	if len(q.Servers) == 0 || len(q.Servers) > mostServers {
		return nil, Answer{Never: true, Why: reason.New(reason.NoServers, "the zone %s has %d servers in the NS record set of its apex", q.Zone.Name, len(q.Servers))}
	}
	for _, host := range q.Servers {
		found := p.resolve(ctx, strings.TrimSuffix(host, "."))
		if len(found) == 0 {
			return nil, Answer{Why: reason.New(reason.NoServers, "no address of %s, a server of the zone %s, is found", host, q.Zone.Name)}
		}
		list = append(list, server{name: host, addresses: found, authority: true})
	}
	return list, Answer{As: true}
}

// resolve finds the addresses of a host, those of IPv4 first: many networks have no other way out.
func (p *Probe) resolve(ctx context.Context, host string) []string {
	now := time.Now()
	p.mu.Lock()
	known, ok := p.cache[host]
	p.mu.Unlock()
	if ok && now.Before(known.until) {
		return known.list
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	ips, err := p.lookup(ctx, "ip", host+".") // with the dot no search domain is tried
	found := addresses{until: now.Add(missingFor)}
	if err == nil && len(ips) > 0 {
		for i, ip := range ips {
			ips[i] = ip.Unmap()
		}
		slices.SortStableFunc(ips, func(a, b netip.Addr) int { return a.BitLen() - b.BitLen() })
		for _, ip := range ips[:min(len(ips), mostAddresses)] {
			found.list = append(found.list, net.JoinHostPort(ip.String(), p.port))
		}
		found.until = now.Add(keptFor)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.cache) >= mostCached {
		clear(p.cache)
	}
	p.cache[host] = found
	return found.list
}
