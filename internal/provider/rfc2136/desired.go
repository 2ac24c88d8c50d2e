// SPDX-License-Identifier: Apache-2.0

package rfc2136

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/miekg/dns"

	"nafuda.io/nafuda/internal/model/record"
)

// Bounds of one batch, so that it fits the 65,535 bytes of a message over TCP (RFC 1035 section 4.2.2): each value costs 12 bytes
// beside its own, each record set its name a few times over, most of which is compressed. A batch of very long names is refused and
// split.
const (
	mostChanges   = 500
	mostValues    = 1000
	mostChars     = 24000
	mostSetValues = 400 // so that an update, which has the old values and the new ones, fits
)

// defaultTTL is that of sets without one, in seconds, where there is no --rfc2136-min-ttl.
const defaultTTL = 300

var writable = [...]record.Type{
	record.A, record.AAAA, record.CAA, record.CNAME, record.DNAME, record.MX, record.NAPTR, record.NS, record.PTR, record.SRV, record.TXT,
}

// Desired implements provider.Provider. Properties have no meaning in plain DNS and are left out.
func (p *Provider) Desired(s record.Set) ([]record.Set, error) {
	out, err := p.desired(s)
	if err != nil {
		return nil, fmt.Errorf("store %s by dynamic update: %w", s.Key, err)
	}
	return []record.Set{out}, nil
}

func (p *Provider) desired(s record.Set) (record.Set, error) {
	switch {
	case s.ID != "":
		return s, errors.New("plain DNS has no set identifiers: leave the annotation out")
	case s.Alias != nil:
		return s, errors.New("plain DNS has no aliases: use a CNAME")
	case !slices.Contains(writable[:], s.Type):
		return s, fmt.Errorf("there is no type %s: use one of %v", s.Type, writable)
	case s.TTL > math.MaxInt32:
		return s, fmt.Errorf("its TTL of %d s is over %d s (RFC 2181 section 8)", s.TTL, math.MaxInt32)
	}
	values, err := canonical(s.Key, s.Values)
	switch {
	case err != nil:
		return s, err
	case len(values) == 0:
		return s, errors.New("it has no values")
	case len(values) > 1 && (s.Type == record.CNAME || s.Type == record.DNAME):
		return s, fmt.Errorf("a %s has one target, not %d: keep one", s.Type, len(values))
	case len(values) > mostSetValues:
		return s, fmt.Errorf("it has %d values, more than %d: leave some out", len(values), mostSetValues)
	}
	return record.Set{Key: s.Key, TTL: p.ttl(s.TTL), Values: values}, nil
}

func (p *Provider) ttl(asked uint32) uint32 {
	if asked == 0 && p.minTTL == 0 {
		return defaultTTL
	}
	return max(asked, p.minTTL)
}

// canonical makes values as they are read back: of each the record is made, and its text.
func canonical(k record.Key, values []string) ([]string, error) {
	values, err := record.Canonical(k.Type, values)
	if err != nil {
		return nil, err
	}
	out := make([]string, 0, len(values))
	for _, v := range values {
		text, err := stable(k, v)
		if err != nil {
			return nil, err
		}
		out = append(out, text)
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

// stable is a value as it will be read back, which makes the same record again: there are records that have no such text.
func stable(k record.Key, value string) (string, error) {
	text, err := readBack(k, value)
	if err != nil {
		return "", err
	}
	again, err := readBack(k, text)
	if err == nil && again != text {
		err = fmt.Errorf("%s value %q can't be told from %q: write it plainly", k.Type, text, again)
	}
	return text, err
}

func readBack(k record.Key, value string) (string, error) {
	rr, err := parse(k, 0, value)
	if err != nil {
		return "", err
	}
	wire := make([]byte, dns.Len(rr))
	n, err := dns.PackRR(rr, wire, 0, nil, false)
	if err != nil {
		return "", err // parse has tried it
	}
	if rr, _, err = dns.UnpackRR(wire[:n], 0); err != nil {
		return "", fmt.Errorf("%s value %q can't be read back: %w", k.Type, value, err)
	}
	text, _ := valueOf(rr)
	return text, nil
}
