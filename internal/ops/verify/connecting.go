// SPDX-License-Identifier: Apache-2.0

package verify

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"nafuda.io/nafuda/internal/model/record"
)

const (
	mostTargets = 4 // of one name
	dialTimeout = 3 * time.Second
)

// targets are the addresses to which a name leads: what the zone has, or what the resolver gives for a host name or an alias.
func targets(s Subject, f Found) []string {
	var out []string
	add := func(list []string) {
		for _, v := range list {
			if ip, err := netip.ParseAddr(v); err == nil && len(out) < mostTargets {
				out = append(out, ip.String())
			}
		}
	}
	switch {
	case s.Type == record.CNAME:
		for _, e := range f.Ends {
			add(e.Values)
		}
	case s.Type != record.A && s.Type != record.AAAA:
	case flexible(s.There):
		add(f.Resolver.Values)
	default:
		add(values(s.There))
	}
	return out
}

// connect tries a connection to each address, at any of the ports.
func (a Asking) connect(ctx context.Context, addresses []string) []Reached {
	ports := a.Options.Ports
	if len(ports) == 0 {
		ports = []int{443, 80}
	}
	out := make([]Reached, len(addresses))
	var g errgroup.Group
	for i, at := range addresses {
		g.Go(func() error {
			out[i] = reach(ctx, at, ports)
			return nil
		})
	}
	_ = g.Wait() // nothing in it fails
	return out
}

// reach tries the ports of an address side by side and tells of the first in their order that answers.
func reach(ctx context.Context, address string, ports []int) Reached {
	errs := make([]error, len(ports))
	var g errgroup.Group
	for i, port := range ports {
		g.Go(func() error {
			ctx, cancel := context.WithTimeout(ctx, dialTimeout)
			defer cancel()
			conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", net.JoinHostPort(address, strconv.Itoa(port)))
			if err == nil {
				err = conn.Close()
			}
			errs[i] = err
			return nil
		})
	}
	_ = g.Wait() // nothing in it fails
	out := Reached{Address: address}
	if i := slices.Index(errs, nil); i >= 0 {
		out.Port = ports[i]
		return out
	}
	out.Why, out.Skipped = kindOf(errs[0])
	return out
}

// kindOf says in the same words each time why there is no connection.
func kindOf(err error) (text string, nowhere bool) {
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return "refused", false
	case errors.Is(err, syscall.ENETUNREACH):
		return "this machine has no way there", true
	case errors.Is(err, syscall.EHOSTUNREACH):
		return "the host can't be reached", false
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return "no answer", false
	default:
		return "it fails", false
	}
}
