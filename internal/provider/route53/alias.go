// SPDX-License-Identifier: Apache-2.0

package route53

import (
	"fmt"
	"strings"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
)

// aliasTypes tells the types of the alias sets that a set becomes; none if it is no alias.
func (p *Provider) aliasTypes(s record.Set) ([]record.Type, error) {
	if s.Alias != nil {
		return []record.Type{s.Type}, nil
	}
	switch want, _ := s.Prop(propAlias); {
	case s.Type == record.CNAME:
		return p.cnameTypes(s)
	case (s.Type == record.A || s.Type == record.AAAA) && strings.EqualFold(want, "true"):
		return []record.Type{s.Type}, nil
	default:
		return nil, nil
	}
}

// cnameTypes is aliasTypes for a CNAME.
func (p *Provider) cnameTypes(s record.Set) ([]record.Type, error) {
	want, asked := s.Prop(propAlias)
	switch want = strings.ToUpper(want); {
	case want == "TRUE", !asked && !p.opts.PreferCNAME && pointsAtService(s):
		return []record.Type{record.A, record.AAAA}, nil
	case want == "A", want == "AAAA":
		return []record.Type{record.Type(want)}, nil
	case want == "FALSE", !asked:
		return nil, nil
	default:
		return nil, fmt.Errorf("%s=%q: it is none of true, false, A and AAAA", propAlias, want)
	}
}

// pointsAtService reports whether a set's first target is the name of an AWS service.
func pointsAtService(s record.Set) bool {
	if len(s.Values) == 0 {
		return false
	}
	target, err := dnsname.Parse(s.Values[0])
	if err != nil {
		return false
	}
	_, ok := serviceZone(target)
	return ok
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
func sharesDomain(a, b dnsname.Name) bool { return lastTwo(a) == lastTwo(b) }

func lastTwo(n dnsname.Name) dnsname.Name {
	for n.Parent().Parent() != "" {
		n = n.Parent()
	}
	return n
}
