// SPDX-License-Identifier: Apache-2.0

package route53

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"nafuda.io/nafuda/internal/model/dnsname"
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

// aliasTypes tells the types of the alias sets that a set becomes; none if it is no alias.
func (p *Provider) aliasTypes(s record.Set) ([]record.Type, error) {
	if s.Alias != nil {
		return []record.Type{s.Type}, nil
	}
	want, asked := s.Prop(propAlias)
	switch s.Type {
	case record.A, record.AAAA:
		if strings.EqualFold(want, "true") {
			return []record.Type{s.Type}, nil
		}
		return nil, nil
	case record.CNAME:
	default:
		return nil, nil
	}
	switch {
	case strings.EqualFold(want, "true"):
		return []record.Type{record.A, record.AAAA}, nil
	case strings.EqualFold(want, "A"), strings.EqualFold(want, "AAAA"):
		return []record.Type{record.Type(strings.ToUpper(want))}, nil
	case strings.EqualFold(want, "false"):
		return nil, nil
	case asked:
		return nil, fmt.Errorf("%s=%q: it is none of true, false, A and AAAA", propAlias, want)
	case p.opts.PreferCNAME || len(s.Values) == 0:
		return nil, nil
	}
	if target, err := dnsname.Parse(s.Values[0]); err == nil {
		if _, service := serviceZone(target); service {
			return []record.Type{record.A, record.AAAA}, nil
		}
	}
	return nil, nil
}

// alias makes what a set points at.
func (p *Provider) alias(s record.Set) (record.Alias, error) {
	if s.Alias != nil {
		return *s.Alias, nil
	}
	if len(s.Values) == 0 {
		return record.Alias{}, fmt.Errorf("the alias has no target")
	}
	target, err := dnsname.Parse(s.Values[0])
	if err != nil {
		return record.Alias{}, fmt.Errorf("the alias's target isn't a host name: %w", err)
	}
	if record.TypeOf(string(target)) != record.CNAME {
		return record.Alias{}, fmt.Errorf("the alias's target %s is an address: an alias points at a host name", target)
	}
	a := record.Alias{Target: target, EvaluateHealth: p.opts.EvaluateTargetHealth}
	if v, ok := s.Prop(propEvaluateHealth); ok {
		if !strings.EqualFold(v, "true") && !strings.EqualFold(v, "false") {
			return record.Alias{}, fmt.Errorf("%s=%q: it is neither true nor false", propEvaluateHealth, v)
		}
		a.EvaluateHealth = strings.EqualFold(v, "true")
	}
	a.Zone, err = targetZone(s, target)
	return a, err
}

// targetZone is the hosted zone of an alias's target, empty for that of the alias itself. A zone that was given for a target
// close to the alias's own name can only be its own: no alias reaches into another zone of one's own (AliasTarget in the API reference).
func targetZone(s record.Set, target dnsname.Name) (string, error) {
	id, given := s.Prop(propTargetZone)
	if !given {
		id, _ = serviceZone(target)
		return id, nil
	}
	id = bareID(strings.TrimSpace(id))
	if !zoneID.MatchString(id) {
		return "", fmt.Errorf("%s=%q: it isn't the id of a hosted zone, such as Z2FDTNDATAQYW2", propTargetZone, id)
	}
	if sharesDomain(s.Name, target) {
		return "", nil
	}
	return id, nil
}

// sharesDomain reports whether two names end in the same two labels.
func sharesDomain(a, b dnsname.Name) bool {
	return lastTwo(a) == lastTwo(b)
}

func lastTwo(n dnsname.Name) dnsname.Name {
	for n.Parent().Parent() != "" {
		n = n.Parent()
	}
	return n
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
