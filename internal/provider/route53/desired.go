// SPDX-License-Identifier: Apache-2.0

package route53

import (
	"fmt"
	"math"
	"slices"

	"nafuda.io/nafuda/internal/model/record"
)

// defaultTTL is what a set without a TTL gets, in seconds, as ExternalDNS has it.
const defaultTTL = 300

// maxSetValues is how many values a record set may have (Route 53 developer guide, "Quotas").
const maxSetValues = 400

var writable = []record.Type{
	record.A, record.AAAA, record.CAA, record.CNAME, record.MX, record.NAPTR, record.NS, record.PTR, record.SRV, record.TXT,
}

// Desired implements provider.Provider. A CNAME becomes an alias, which is an A and an AAAA set, where its property alias is
// "true" ("A" or "AAAA": one of them), or where its target is the name of an AWS service and neither the property ("false") nor
// --aws-prefer-cname is against it. A and AAAA sets become aliases with alias=true.
func (p *Provider) Desired(s record.Set) ([]record.Set, error) {
	out, err := p.desired(s)
	if err != nil {
		return nil, fmt.Errorf("store %s in Route 53: %w", s.Key, err)
	}
	return out, nil
}

func (p *Provider) desired(s record.Set) ([]record.Set, error) {
	if !slices.Contains(writable, s.Type) {
		return nil, fmt.Errorf("there is no type %s: use one of %v", s.Type, writable)
	}
	props, err := routing(s.Key, s.Props)
	if err != nil {
		return nil, err
	}
	types, err := p.aliasTypes(s)
	if err != nil {
		return nil, err
	}
	if types == nil {
		return plain(s, props)
	}
	if _, ok := record.FindProp(props, propMultiValue); ok {
		return nil, fmt.Errorf("%s isn't possible for an alias: use another routing policy", propMultiValue)
	}
	alias, err := p.alias(s)
	if err != nil {
		return nil, err
	}
	var out []record.Set
	for _, t := range types {
		out = append(out, record.Set{Key: record.Key{Name: s.Name, Type: t, ID: s.ID}, Alias: &alias, Props: props})
	}
	return out, nil
}

// plain is the normal form of a set that is no alias.
func plain(s record.Set, props []record.Prop) ([]record.Set, error) {
	values, err := record.Canonical(s.Type, s.Values)
	if err != nil {
		return nil, err
	}
	switch {
	case len(values) == 0:
		return nil, fmt.Errorf("it has no values")
	case s.Type == record.CNAME && len(values) > 1:
		return nil, fmt.Errorf("a CNAME has one target, not %d: keep one", len(values))
	case len(values) > maxSetValues:
		return nil, fmt.Errorf("it has %d values, more than %d: spread them over several set identifiers", len(values), maxSetValues)
	case s.TTL > math.MaxInt32:
		return nil, fmt.Errorf("its TTL of %d s is over %d s (RFC 2181 section 8)", s.TTL, math.MaxInt32)
	}
	ttl := s.TTL
	if ttl == 0 {
		ttl = defaultTTL
	}
	return []record.Set{{Key: s.Key, TTL: ttl, Values: values, Props: props}}, nil
}
