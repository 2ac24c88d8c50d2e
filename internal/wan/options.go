// SPDX-License-Identifier: Apache-2.0

package wan

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// Options say whom to ask for our public address, and what to believe.
type Options struct {
	Methods     []string `name:"wan-method" sep:"none" placeholder:"NAME" help:"A way to find the public address out: router, interface, stun, dns, https or node (the ExternalIP addresses of Nodes). Repeatable; all of them but node where none is given."`
	Quorum      int      `name:"wan-quorum" default:"2" help:"Independent answers that have to give the same public address before it is believed."`
	Static      []string `name:"wan-static" sep:"none" placeholder:"ADDRESS" help:"The public address, so that nobody is asked for those of its family. Repeatable."`
	IPv4        bool     `name:"wan-ipv4" default:"true" negatable:"" help:"Find the public IPv4 address out. Without it there is none."`
	IPv6        bool     `name:"wan-ipv6" default:"true" negatable:"" help:"Find the public IPv6 address out. Without it there is none."`
	Host        string   `name:"wan-ipv6-host" placeholder:"::1:2:3:4" help:"The last 64 bits of the public IPv6 address; the first are found out. Where none are given: those of the interface."`
	AllowRange  []string `name:"wan-allow-range" sep:"none" placeholder:"PREFIX" help:"A range whose addresses count as public, though they are private, special or a known provider's. Repeatable."`
	AllowShared bool     `name:"wan-allow-shared" default:"false" negatable:"" help:"Believe an IPv4 address too that is shared with other lines (MAP-E, DS-Lite, CGNAT)."`

	// Nodes returns the ExternalIP addresses of all Nodes, in any order, or why they aren't known. It is safe for concurrent use and
	// doesn't wait. Nil: there is no cluster.
	Nodes func() ([]netip.Addr, error) `kong:"-"`

	// Route reports whether this machine has a way to the Internet of a family. It is safe for concurrent use and doesn't wait. Nil: it has.
	Route func(context.Context, Family) bool `kong:"-"`

	STUN       []string `name:"wan-stun" sep:"none" placeholder:"[OPERATOR=]HOST:PORT" help:"A STUN server to ask. Repeatable; see docs/wan.md for those that are asked where none is given."`
	DNS        []string `name:"wan-dns" sep:"none" placeholder:"[OPERATOR=]URL" help:"A name whose answer is who asks, such as udp://ns1.example.com?name=whoami.example.com&type=TXT; tls:// and https:// too. Repeatable; see docs/wan.md."`
	HTTPS      []string `name:"wan-https" sep:"none" placeholder:"[OPERATOR=]URL" help:"A page that says who asks. Repeatable; see docs/wan.md."`
	Interfaces []string `name:"wan-interface" sep:"none" placeholder:"NAME" help:"An interface whose addresses may be public ones. Repeatable; all of them where none is given."`
	Gateway    string   `name:"wan-gateway" placeholder:"ADDRESS" help:"The router, asked over NAT-PMP and PCP; a port may follow. Otherwise the default gateway, which in a pod isn't the router."`
	IGD        string   `name:"wan-igd" placeholder:"URL" help:"The router's UPnP description, where searching for it doesn't work, as in a pod."`
	SSDP       string   `name:"wan-ssdp" default:"239.255.255.250:1900" help:"Where routers are searched for with UPnP."`
}

// Check returns every mistake in the options.
func (o Options) Check() error {
	var errs []error
	add := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	for _, m := range o.Methods {
		if !slices.Contains(askable(), Kind(m)) {
			add("--wan-method=%s: must be router, interface, stun, dns, https or node", m)
		}
	}
	if o.Quorum < 1 || o.Quorum > len(askable()) {
		add("--wan-quorum=%d: must be from 1 to %d, as many as there are methods", o.Quorum, len(askable()))
	}
	errs = append(errs, o.checkAddrs(), o.checkRouter())
	_, err := o.endpoints()
	return errors.Join(append(errs, err)...)
}

// checkAddrs returns the mistakes in addresses of ours.
func (o Options) checkAddrs() error {
	var errs []error
	add := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	for _, a := range o.Static {
		addr, err := netip.ParseAddr(a)
		if err != nil {
			add("--wan-static=%s: must be an address, such as 192.0.2.1", a)
		} else if c := classify(addr, o.rules().Allowed); c != Public {
			add("--wan-static=%s: must be a public address, and it is a %s one: correct it, or pass --wan-allow-range too", a, c)
		}
	}
	for _, p := range o.AllowRange {
		if _, err := netip.ParsePrefix(p); err != nil {
			add("--wan-allow-range=%s: must be a prefix, such as 192.0.2.0/24", p)
		}
	}
	if a, err := netip.ParseAddr(o.Host); o.Host != "" && (err != nil || !a.Is6() || a.Zone() != "") {
		add("--wan-ipv6-host=%s: must be an IPv6 address, of which the last 64 bits count, such as ::1:2:3:4", o.Host)
	}
	return errors.Join(errs...)
}

// checkRouter returns the mistakes in what says where the router is.
func (o Options) checkRouter() error {
	var errs []error
	add := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if _, err := o.routerAt(); o.Gateway != "" && err != nil {
		add("--wan-gateway=%s: must be an IPv4 address, such as 192.0.2.1", o.Gateway)
	}
	if u, err := url.Parse(o.IGD); o.IGD != "" && (err != nil || u.Scheme != "http" || u.Host == "") {
		add("--wan-igd=%s: must be a URL, such as http://192.0.2.1:5000/rootDesc.xml", unkeyed(o.IGD))
	}
	if _, err := netip.ParseAddrPort(o.SSDP); o.SSDP != "" && err != nil {
		add("--wan-ssdp=%s: must be an address and a port", o.SSDP)
	}
	return errors.Join(errs...)
}

// askable are the kinds that can be chosen.
func askable() []Kind { return []Kind{Router, Interface, STUN, DNS, HTTPS, Node} }

// AsksNodes reports whether the addresses of Nodes are wanted.
func (o Options) AsksNodes() bool { return o.uses(Node) }

func (o Options) uses(k Kind) bool {
	return len(o.Methods) == 0 && k != Node || slices.Contains(o.Methods, string(k))
}

// rules are what answers are judged by; the options have been checked.
func (o Options) rules() Rules {
	r := Rules{Quorum: max(o.Quorum, 1)}
	for _, p := range o.AllowRange {
		if p, err := netip.ParsePrefix(p); err == nil {
			r.Allowed = append(r.Allowed, p.Masked())
		}
	}
	r.Host, _ = netip.ParseAddr(o.Host)
	return r
}

// routerAt says where NAT-PMP and PCP are spoken.
func (o Options) routerAt() (string, error) {
	if o.Gateway == "" {
		a, err := gateway()
		return net.JoinHostPort(a.String(), portMapping), err
	}
	if ap, err := netip.ParseAddrPort(o.Gateway); err == nil && ap.Addr().Is4() {
		return ap.String(), nil
	}
	a, err := netip.ParseAddr(o.Gateway)
	if err != nil || !a.Is4() {
		return "", errors.New("it isn't an IPv4 address")
	}
	return net.JoinHostPort(a.String(), portMapping), nil
}

// fixed are the addresses that needn't be found out.
func (o Options) fixed() []Method {
	var out []Method
	for _, text := range o.Static {
		if a, err := netip.ParseAddr(strings.TrimSpace(text)); err == nil {
			out = append(out, fixed{a.Unmap().WithZone("")})
		}
	}
	return out
}
