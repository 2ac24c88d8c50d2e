// SPDX-License-Identifier: Apache-2.0

package rfc2136

import (
	"fmt"
	"slices"
	"strings"

	"github.com/miekg/dns"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
)

// records makes the records of a set, as the server spells them where it has told.
func records(s *record.Set) ([]dns.RR, error) {
	values := s.Values
	if s.Stored != nil {
		values = s.Stored
	}
	out := make([]dns.RR, 0, len(values))
	for _, v := range values {
		rr, err := parse(s.Key, s.TTL, v)
		if err != nil {
			return nil, err
		}
		out = append(out, rr)
	}
	return out, nil
}

// mostValue bounds one value, in characters: what is longer fits no batch.
const mostValue = mostChars

// parse makes a record of a value, which is one line of a zone file (RFC 1035 section 5.1) and may be anybody's.
func parse(k record.Key, ttl uint32, value string) (dns.RR, error) {
	if n, err := dnsname.Parse(string(k.Name)); err != nil || n != k.Name {
		return nil, fmt.Errorf("%q isn't a host name in plain spelling", k.Name)
	}
	wrong := func(what string) error {
		return fmt.Errorf("%s value %q%s %s", k.Type, value[:min(len(value), 100)], more(value), what)
	}
	switch {
	case len(value) > mostValue:
		return nil, wrong("is too long for an update message")
	case strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r > '~' }):
		return nil, wrong("has a character that isn't printable ASCII: write it as \\DDD")
	}
	switch k.Type {
	case record.CNAME, record.DNAME, record.NS, record.PTR, record.MX, record.SRV, record.NAPTR:
		if !strings.HasSuffix(value, ".") {
			value += "."
		}
	}
	rr, err := dns.NewRR(fmt.Sprintf("%s %d IN %s %s", k.Name.FQDN(), ttl, k.Type, value))
	if err != nil || rr == nil || rr.Header().Rrtype != dns.StringToType[string(k.Type)] { // the error's text repeats what it was given, and not well
		return nil, wrong("isn't one that a zone file could have")
	}
	if _, err := dns.PackRR(rr, make([]byte, dns.Len(rr)), 0, nil, false); err != nil {
		return nil, wrong("fits no record")
	}
	return rr, nil
}

// more shows that a value goes on.
func more(value string) string {
	if len(value) > 100 {
		return "..."
	}
	return ""
}

// valueOf is a record's value in our spelling and in the server's.
func valueOf(rr dns.RR) (ours, stored string) {
	if t, is := rr.(*dns.TXT); is {
		stored = `"` + strings.Join(t.Txt, `" "`) + `"`
	} else {
		stored = strings.TrimPrefix(rr.String(), rr.Header().String())
	}
	canonical, err := record.Canonical(record.Type(dns.TypeToString[rr.Header().Rrtype]), []string{stored})
	if err != nil || len(canonical) != 1 { // nothing that we would have written
		return stored, stored
	}
	return canonical[0], stored
}

// keyOf is the record set that a record belongs to; false where it is of none that we deal with.
func keyOf(rr dns.RR) (record.Key, bool) {
	h := rr.Header()
	name := strings.TrimSuffix(strings.ToLower(h.Name), ".")
	t := record.Type(dns.TypeToString[h.Rrtype])
	// Names with escaped characters are no host names; nothing is ever asked for there.
	if h.Class != dns.ClassINET || strings.ContainsRune(name, '\\') || !slices.Contains(readable(), t) {
		return record.Key{}, false
	}
	return record.Key{Name: dnsname.Name(name), Type: t}, true
}

// collector gathers records into sets.
type collector map[record.Key]*gathered

type gathered struct {
	ttl    uint32
	values map[string]string // ours to the server's
}

func (c collector) add(rr dns.RR) {
	k, ok := keyOf(rr)
	if !ok {
		return
	}
	g := c[k]
	if g == nil {
		g = &gathered{ttl: rr.Header().Ttl, values: make(map[string]string, 1)}
		c[k] = g
	}
	ours, stored := valueOf(rr)
	if _, twice := g.values[ours]; twice { // two texts that are cut in pieces otherwise are two records to the server
		ours = stored
	}
	g.values[ours] = stored
	g.ttl = min(g.ttl, rr.Header().Ttl)
}

// sets are the record sets, sorted.
func (c collector) sets() []record.Set {
	out := make([]record.Set, 0, len(c))
	for k, g := range c {
		s := record.Set{Key: k, TTL: g.ttl, Values: make([]string, 0, len(g.values))}
		same := true
		for ours, stored := range g.values {
			s.Values = append(s.Values, ours)
			same = same && ours == stored
		}
		slices.Sort(s.Values)
		if !same {
			for _, v := range s.Values {
				s.Stored = append(s.Stored, g.values[v])
			}
		}
		out = append(out, s)
	}
	slices.SortFunc(out, record.Compare)
	return out
}
