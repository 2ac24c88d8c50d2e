// SPDX-License-Identifier: Apache-2.0

package probe

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/miekg/dns"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
)

// Delegation asks the servers of a zone's parent which servers answer for the zone; none: the parent says that there are none. The
// resolver tells who the parent's servers are, and the port is where they are asked. An error says that nobody could be asked. What
// comes back are host names without final dots, as a stranger wrote them.
func (p *Probe) Delegation(ctx context.Context, resolver *net.Resolver, port string, zone dnsname.Name) ([]string, error) {
	parents, err := parentServers(ctx, resolver, zone)
	if err != nil {
		return nil, err
	}
	last := errors.New("none of their names has an address")
	for _, host := range parents[:min(len(parents), mostServers)] {
		limited, cancel := context.WithTimeout(ctx, timeout)
		ips, err := resolver.LookupNetIP(limited, "ip", host+".") // with the dot no search domain is tried
		cancel()
		if err != nil {
			last = fmt.Errorf("find the address of %s: %w", host, err)
			continue
		}
		var at []string
		for _, ip := range ips[:min(len(ips), mostAddresses)] {
			at = append(at, net.JoinHostPort(ip.Unmap().String(), port))
		}
		r, _, err := p.askAny(ctx, at, zone, record.NS)
		switch {
		case err != nil:
			last = err
		case r.Rcode == dns.RcodeSuccess || r.Rcode == dns.RcodeNameError:
			return delegated(r, zone), nil
		default:
			last = fmt.Errorf("%s answers %s", host, rcode(r.Rcode))
		}
	}
	return nil, fmt.Errorf("ask the servers of the zone above %s: %w", zone, last)
}

// parentServers finds the servers of the closest zone above a zone. A name that isn't a zone's has none; the resolver says then that
// it isn't there.
func parentServers(ctx context.Context, resolver *net.Resolver, zone dnsname.Name) ([]string, error) {
	for at := zone.Parent(); ; at = at.Parent() {
		limited, cancel := context.WithTimeout(ctx, timeout)
		list, err := resolver.LookupNS(limited, at.FQDN())
		cancel()
		if len(list) > 0 {
			out := make([]string, 0, len(list))
			for _, ns := range list {
				out = append(out, strings.TrimSuffix(ns.Host, "."))
			}
			return out, nil
		}
		if missing, is := errors.AsType[*net.DNSError](err); err != nil && (!is || !missing.IsNotFound) {
			return nil, fmt.Errorf("find the servers of the zone above %s: %w", zone, err)
		}
		if at == "" {
			return nil, fmt.Errorf("find the servers of the zone above %s: the resolver knows none, not even of the root", zone)
		}
	}
}

// delegated lists the servers that an answer refers to (RFC 1034 section 4.3.2), or has itself where the server answers for both zones.
func delegated(r *dns.Msg, zone dnsname.Name) []string {
	var out []string
	for _, rr := range append(r.Answer, r.Ns...) {
		if ns, is := rr.(*dns.NS); is && strings.EqualFold(ns.Hdr.Name, zone.FQDN()) && len(out) < mostServers {
			out = append(out, strings.TrimSuffix(ns.Ns, "."))
		}
	}
	return out
}
