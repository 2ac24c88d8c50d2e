// SPDX-License-Identifier: Apache-2.0

package local

import (
	"fmt"
	"slices"
	"time"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
)

// The times of the SOA, for secondaries, in seconds: within the ranges of RFC 1912 section 2.2.
const (
	soaRefresh = 7200
	soaRetry   = 900
	soaExpire  = 1209600
)

// apex makes what a zone has from us: its SOA and NS, and the addresses of the name server that is named after it. The server adds the
// zone's serial to the SOA's 1.
func (o Options) apex(z dnsname.Name) []record.Set {
	servers, ours := o.servers(z)
	ttl, negative := uint32(o.Server.TTL/time.Second), uint32(o.Server.NegativeTTL/time.Second)
	if ttl == 0 {
		ttl = 300
	}
	if negative == 0 {
		negative = 30
	}
	soa := fmt.Sprintf("%s. hostmaster.%s. 1 %d %d %d %d", servers[0], z, soaRefresh, soaRetry, soaExpire, negative)
	out := []record.Set{
		{Key: record.Key{Name: z, Type: record.NS}, TTL: ttl, Values: slices.Sorted(slices.Values(servers))},
		{Key: record.Key{Name: z, Type: record.SOA}, TTL: ttl, Values: []string{soa}},
	}
	if !ours {
		return out
	}
	byType := make(map[record.Type][]string)
	for _, a := range o.addresses() {
		t := record.TypeOf(a.String())
		byType[t] = append(byType[t], a.String())
	}
	for _, t := range []record.Type{record.A, record.AAAA} {
		if values := byType[t]; len(values) > 0 {
			out = append(out, record.Set{Key: record.Key{Name: dnsname.Name(servers[0]), Type: t}, TTL: ttl, Values: values})
		}
	}
	return out
}

// servers are the names of a zone's servers, and whether it is the one that we name after the zone.
func (o Options) servers(z dnsname.Name) (names []string, ours bool) {
	for _, s := range o.NS {
		if n, err := dnsname.Parse(s); err == nil && !slices.Contains(names, string(n)) {
			names = append(names, string(n))
		}
	}
	if len(names) > 0 {
		return names, false
	}
	return []string{"ns." + string(z)}, true
}
