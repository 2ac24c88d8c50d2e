// SPDX-License-Identifier: Apache-2.0

package nameserver

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/miekg/dns"

	"nafuda.io/nafuda/internal/model/dnsname"
)

// allowed is who may take whole zones: a zone tells names that nobody would guess, so that nobody may who isn't named.
type allowed struct {
	from []netip.Prefix
	keys []string // names with the final dot
}

// parseAllowed reads one --dns-transfer.
func parseAllowed(text string) (from netip.Prefix, key string, err error) {
	if name, ok := strings.CutPrefix(text, "key:"); ok {
		n, err := dnsname.Parse(strings.TrimSuffix(name, "."))
		if err != nil || n == "" {
			return from, "", fmt.Errorf("%q isn't a key's name", name)
		}
		return from, n.FQDN(), nil
	}
	if addr, err := netip.ParseAddr(text); err == nil && addr.Zone() == "" {
		return netip.PrefixFrom(addr.Unmap(), addr.Unmap().BitLen()), "", nil
	}
	if from, err = netip.ParsePrefix(text); err != nil {
		return from, "", fmt.Errorf("%q isn't an address, a prefix such as 192.0.2.0/24, or key:NAME", text)
	}
	return from.Masked(), "", nil
}

func (o Options) allow() (a allowed) {
	for _, text := range o.Transfer {
		from, name, err := parseAllowed(text)
		switch {
		case err != nil: // Check has told
		case name != "":
			a.keys = append(a.keys, name)
		default:
			a.from = append(a.from, from)
		}
	}
	return a
}

// ok reports whether a client may take zones. A bad signature is refused before.
func (a allowed) ok(from netip.Addr, g signature) bool {
	return g.good() && slices.Contains(a.keys, dns.CanonicalName(g.key)) ||
		slices.ContainsFunc(a.from, func(p netip.Prefix) bool { return p.Contains(from) })
}
