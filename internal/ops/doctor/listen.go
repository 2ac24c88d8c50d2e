// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"syscall"
	"time"

	"github.com/miekg/dns"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/provider/local"
	"nafuda.io/nafuda/internal/serve/nameserver"
)

// listening is an address that we are to answer on, and what was found there.
type listening struct {
	at      string
	err     error // why it can't be opened; nil: it is free
	answers bool  // somebody there answers for our zone, with authority
}

func checkListen(ctx context.Context, e *exam) []Finding {
	var all []listening
	for _, at := range e.patient.Listen {
		all = append(all, tryListen(ctx, at, e.patient.Serves))
	}
	return judgeListen(all)
}

// tryListen opens an address for a moment. Where something is there, it is asked for one of our zones.
func tryListen(ctx context.Context, at string, zones []dnsname.Name) listening {
	sockets, err := nameserver.Options{Addresses: []string{at}}.Listen(ctx)
	for _, s := range sockets {
		err = errors.Join(err, s.UDP.Close(), s.TCP.Close())
	}
	found := listening{at: at, err: err}
	if errors.Is(err, syscall.EADDRINUSE) && len(zones) > 0 {
		found.answers = answersFor(ctx, at, zones[0])
	}
	return found
}

// answersFor reports whether a server at an address of this machine answers for a zone with authority.
func answersFor(ctx context.Context, at string, zone dnsname.Name) bool {
	const patience = 2 * time.Second
	client := &dns.Client{Timeout: patience}
	r, _, err := client.ExchangeContext(ctx, new(dns.Msg).SetQuestion(zone.FQDN(), dns.TypeSOA), local.FromHere(at))
	return err == nil && r.Rcode == dns.RcodeSuccess && r.Authoritative && len(r.Answer) > 0
}

func judgeListen(all []listening) []Finding {
	var out []Finding
	for _, l := range all {
		switch {
		case l.answers:
			out = append(out, ok("at %s our zones are answered: an instance runs already", l.at))
		case l.err != nil:
			out = append(out, fail(local.Advice(l.err), "we can't answer questions at %s: %v", l.at, l.err))
		default:
			out = append(out, ok("%s is free, over UDP and TCP", l.at))
		}
	}
	if len(all) > 0 && !slices.ContainsFunc(all, func(l listening) bool { return !onlyHere(l.at) }) {
		out = append(out, warn("add an address that others reach by --dns-listen, such as :53", "every address of --dns-listen is loopback: nobody but this machine can ask us"))
	}
	return out
}

// onlyHere reports whether an address is reached from this machine alone.
func onlyHere(at string) bool {
	p, err := netip.ParseAddrPort(at)
	return err == nil && p.Addr().IsLoopback()
}
