// SPDX-License-Identifier: Apache-2.0

package local

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/serve/nameserver"
)

// Options say which zones we serve, where, and as whom. The same zones are served by the whole process, whatever its views.
type Options struct {
	Zones  []string           `name:"dns-zone" sep:"none" placeholder:"ZONE" help:"A zone that we serve ourselves: its name, or a prefix such as 192.168.10.0/24 for the reverse zone. Repeatable; --provider=local needs one."`
	NS     []string           `name:"dns-ns" sep:"none" placeholder:"NAME" help:"A name server of our zones, for their NS and, the first one, their SOA. Repeatable; none: ns. and the zone's name, with the addresses of --dns-listen."`
	Server nameserver.Options `embed:""`
	Dir    string             `kong:"-"` // the folder of the zones' files; empty: they don't outlive the process
}

// mostZoneName bounds a zone's name, in characters: it is the name of a file too.
const mostZoneName = 200

// Check tells what is wrong with values that are given, all at once.
func (o Options) Check() error {
	var errs []error
	for _, z := range o.Zones {
		if _, err := zoneNames(z); err != nil {
			errs = append(errs, fmt.Errorf("--dns-zone=%s: %w", z, err))
		}
	}
	for _, n := range o.NS {
		if _, err := dnsname.Parse(n); err != nil {
			errs = append(errs, fmt.Errorf("--dns-ns=%s: %w", n, err))
		}
	}
	return errors.Join(errs...)
}

// Complete tells what is missing for a run that uses the provider.
func (o Options) Complete() error {
	if len(o.Zones) == 0 {
		return errors.New("--dns-zone: name at least one zone to serve, such as home.example.com")
	}
	return nil
}

// Addresses is --dns-listen, or what stands for none.
func (o Options) Addresses() []string {
	if len(o.Server.Addresses) == 0 {
		return []string{":53"}
	}
	return o.Server.Addresses
}

// ZoneNames is --dns-zone, sorted, each once. What isn't a zone is left out: Check has told.
func (o Options) ZoneNames() []dnsname.Name {
	var out []dnsname.Name
	for _, z := range o.Zones {
		names, _ := zoneNames(z)
		out = append(out, names...)
	}
	slices.SortFunc(out, dnsname.Name.Compare)
	return slices.Compact(out)
}

// zoneNames reads a zone's name, or a prefix, which may make several reverse zones.
func zoneNames(s string) ([]dnsname.Name, error) {
	if p, err := netip.ParsePrefix(s); err == nil {
		return reverse(p)
	}
	n, err := dnsname.Parse(s)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%w: give a zone's name or a prefix such as 192.168.10.0/24", err)
	case n.IsWildcard():
		return nil, errors.New("a wildcard is no zone: leave its first label out")
	case len(n) > mostZoneName:
		return nil, fmt.Errorf("its name has %d characters, more than %d: use a shorter one", len(n), mostZoneName)
	}
	return []dnsname.Name{n}, nil
}

// reverse lists the reverse zones of a prefix (RFC 1035 section 3.5, RFC 3596 section 2.5). Where it ends within a label, there are as
// many zones as it has values of that label.
func reverse(p netip.Prefix) ([]dnsname.Name, error) {
	if p != p.Masked() {
		return nil, fmt.Errorf("it has bits after the prefix: write %s", p.Masked())
	}
	size, least, most := 8, 8, 24
	if p.Addr().Is6() {
		size, least, most = 4, 4, 124
	}
	if p.Bits() < least || p.Bits() > most || p.Addr().Is4In6() {
		return nil, fmt.Errorf("reverse zones are made of prefixes from /%d to /%d", least, most)
	}
	labels := (p.Bits() + size - 1) / size
	spare := labels*size - p.Bits()
	var out []dnsname.Name
	for i := range 1 << spare {
		out = append(out, reverseZone(p.Addr(), labels, i))
	}
	return out, nil
}

// reverseZone is the zone of an address's first labels; add is added to the last of them.
func reverseZone(a netip.Addr, labels, add int) dnsname.Name {
	name := ""
	for i := range labels {
		value := 0
		if a.Is4() {
			value = int(a.As4()[i])
		} else {
			value = int(a.As16()[i/2]) >> (4 * (1 - i%2)) & 0xf
		}
		if i == labels-1 {
			value += add
		}
		if a.Is4() {
			name = strconv.Itoa(value) + "." + name
		} else {
			name = strconv.FormatInt(int64(value), 16) + "." + name
		}
	}
	if a.Is4() {
		return dnsname.Name(name + "in-addr.arpa")
	}
	return dnsname.Name(name + "ip6.arpa")
}

// addresses are those of --dns-listen that others may reach us at. What isn't one is left out: the server's Check has told.
func (o Options) addresses() []netip.Addr {
	var out []netip.Addr
	for _, l := range o.Server.Addresses {
		p, err := netip.ParseAddrPort(l)
		if a := p.Addr(); err == nil && !a.IsUnspecified() && !a.IsLoopback() && !a.IsLinkLocalUnicast() {
			out = append(out, a.Unmap().WithZone(""))
		}
	}
	slices.SortFunc(out, netip.Addr.Compare)
	return slices.Compact(out)
}
