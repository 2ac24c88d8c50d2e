// SPDX-License-Identifier: Apache-2.0

package nameserver

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/miekg/dns"

	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/serve/zonedb"
)

// The times of a made SOA, for secondaries, in seconds: within the ranges of RFC 1912 section 2.2.
const (
	soaRefresh = 7200
	soaRetry   = 900
	soaExpire  = 1209600
)

// apexSets returns a zone's NS or SOA, made up where the zone holds none: every zone has both (RFC 1034 section 4.2.1).
// The serial advances with every version of the zone from the one that its SOA has.
func (o Options) apexSets(z *zonedb.Zone, t record.Type) []record.Set {
	if sets := of(z.At(z.Name), t); len(sets) > 0 {
		return sets
	}
	set := record.Set{Key: record.Key{Name: z.Name, Type: t}, TTL: seconds(o.TTL)}
	host := o.Host
	if host == "" {
		host = "ns." + string(z.Name)
	}
	if t == record.NS {
		set.Values = []string{host}
	} else {
		set.Values = []string{fmt.Sprintf("%s %s 1 %d %d %d %d",
			dns.Fqdn(host), dns.Fqdn("hostmaster."+string(z.Name)), soaRefresh, soaRetry, soaExpire, seconds(o.NegativeTTL))}
	}
	return []record.Set{set}
}

// soa makes the zone's SOA for a positive answer.
func (o Options) soa(z *zonedb.Zone) (*dns.SOA, error) {
	set := o.apexSets(z, record.SOA)[0]
	if len(set.Values) == 0 {
		return nil, fmt.Errorf("the SOA of zone %s has no value", z.Name)
	}
	soa, err := buildSOA(dns.RR_Header{Name: z.Name.FQDN(), Rrtype: dns.TypeSOA, Class: dns.ClassINET, Ttl: o.ttl(set)}, set.Values[0])
	if err != nil {
		return nil, fmt.Errorf("read the SOA of zone %s: %w", z.Name, err)
	}
	soa.Serial += z.Serial - 1
	return soa, nil
}

// buildSOA reads two names and five numbers (RFC 1035 section 3.3.13).
func buildSOA(h dns.RR_Header, value string) (*dns.SOA, error) {
	f := strings.Fields(value)
	if len(f) != 7 {
		return nil, fmt.Errorf("value %q hasn't 7 fields", value)
	}
	var n [5]uint32
	for i := range n {
		v, err := strconv.ParseUint(f[i+2], 10, 32)
		if err != nil {
			return nil, fmt.Errorf("value %q: %w", value, err)
		}
		n[i] = uint32(v)
	}
	return &dns.SOA{
		Hdr: h, Ns: dns.Fqdn(f[0]), Mbox: dns.Fqdn(f[1]), Serial: n[0], Refresh: n[1], Retry: n[2], Expire: n[3], Minttl: n[4],
	}, nil
}

// negative makes the SOA of an answer that says no: its TTL is how long the no may be remembered (RFC 2308 section 3).
func (o Options) negative(z *zonedb.Zone) (*dns.SOA, error) {
	soa, err := o.soa(z)
	if err != nil {
		return nil, err
	}
	soa.Hdr.Ttl = min(soa.Hdr.Ttl, soa.Minttl)
	return soa, nil
}

func (o Options) ttl(s record.Set) uint32 {
	if s.TTL == 0 {
		return seconds(o.TTL)
	}
	return min(s.TTL, maxTTL)
}

func seconds(d time.Duration) uint32 { return uint32(d / time.Second) }
