// SPDX-License-Identifier: Apache-2.0

package r53emu

import (
	"fmt"
	"slices"
	"strings"

	"nafuda.io/nafuda/internal/model/record"
)

// routing is one routing policy: the properties that ask for it, and how Route 53's messages call it.
type routing struct{ prefix, element, word string }

// routings lists the policies (routing-policy).
func routings() []routing {
	return []routing{
		{"aws/weight", "Weight", "weighted"},
		{"aws/region", "Region", "latency"},
		{"aws/failover", "Failover", "failover"},
		{"aws/geolocation-", "GeoLocation", "geolocation"},
		{"aws/multi-value-answer", "MultiValueAnswer", "multivalue answer"},
		{"aws/geoproximity-", "GeoProximityLocation", "geoproximity"},
		{"aws/cidr-", "CidrRoutingConfig", "CIDR"},
	}
}

const choices = "[Weight, Region, Failover, GeoLocation, MultiValueAnswer, GeoProximityLocation, or CidrRoutingConfig]"

// routingOf returns the routing policies that a set's properties ask for.
func routingOf(s record.Set) []routing {
	var out []routing
	for _, r := range routings() {
		if slices.ContainsFunc(s.Props, func(p record.Prop) bool { return strings.HasPrefix(p.Name, r.prefix) }) {
			out = append(out, r)
		}
	}
	return out
}

// checkRouting checks one set's routing (API_ResourceRecordSet): a set identifier and exactly one policy, or neither.
func checkRouting(member string, c Change) error {
	s, policies := c.Set, routingOf(c.Set)
	switch {
	case s.ID == "" && len(policies) > 0:
		return invalidInput("Invalid request: Missing field 'SetIdentifier' in Change with %s", change(c))
	case s.ID != "" && len(policies) == 0:
		return invalidInput("Invalid request: Expected exactly one of %s, but found none in Change with %s", choices, change(c))
	case len(policies) > 1:
		return invalidInput("Invalid request: Expected exactly one of %s, but found more than one in Change with %s", choices, change(c))
	case len(policies) == 0:
		return nil
	}
	if err := checkRoutedType(c, policies[0].element); err != nil {
		return err
	}
	return checkRoutingValues(member, s)
}

func checkRoutedType(c Change, element string) error {
	switch c.Set.Type {
	case record.NS, record.SOA, ds:
		return invalidInput("Invalid request: %s can't be used with type %s in Change with %s", element, c.Set.Type, change(c))
	}
	if element == "MultiValueAnswer" && (c.Set.Alias != nil || c.Set.Type == record.CNAME) {
		return invalidInput("Invalid request: MultiValueAnswer can't be used with AliasTarget or type CNAME in Change with %s", change(c))
	}
	return nil
}

// checkGroup checks a set against the others of its name and type (API_ResourceRecordSet): one policy, and each region, failover
// role and location once.
func (b *batch) checkGroup(s record.Set) bool {
	this := fmt.Sprintf("RRSet with DNS name %s, type %s", wireName(s.Name), s.Type)
	if s.ID != "" {
		this += ", SetIdentifier " + s.ID
	}
	policy, count := routingOf(s), 1
	for _, o := range b.tx.At(s.Name) {
		if o.Type != s.Type || o.ID == s.ID {
			continue
		}
		count++
		switch {
		case s.ID == "":
			b.refuse("%s cannot be created as other RRSets exist with the same name and type.", this)
			return false
		case !slices.Equal(policy, routingOf(o)):
			b.refuse("%s cannot be created because a non %s rrset exists with the same name and type.", this, policy[0].word)
			return false
		}
		if place, noun, taken := samePlace(s, o); taken {
			b.refuse("%s, and %s cannot be created because a %s RRSet with the same name, type and %s already exists.", this, place, policy[0].word, noun)
			return false
		}
	}
	if count > b.limits.Group {
		b.refuse("Exceeded limit on number of %s RRSets for %s, type %s in this zone.", policy[0].word, wireName(s.Name), s.Type)
		return false
	}
	return true
}

// samePlace reports whether two sets of a group want one region, failover role or location.
func samePlace(s, o record.Set) (place, noun string, taken bool) {
	for _, p := range []struct{ prop, place, noun string }{
		{"aws/region", "Region Name=", "region"}, {"aws/failover", "Failover ", "failover"},
	} {
		if v, ok := s.Prop(p.prop); ok {
			other, _ := o.Prop(p.prop)
			return p.place + v, p.noun, v == other
		}
	}
	if where := location(s); where != "" {
		return "GeoLocation " + where, "geolocation", where == location(o)
	}
	return "", "", false
}

func location(s record.Set) string {
	var parts []string
	for _, p := range sortedProps(s.Props) {
		if strings.HasPrefix(p.Name, "aws/geolocation-") {
			parts = append(parts, strings.TrimPrefix(p.Name, "aws/geolocation-")+"="+p.Value)
		}
	}
	return strings.Join(parts, " ")
}

func sortedProps(props []record.Prop) []record.Prop {
	return slices.SortedFunc(slices.Values(props), func(a, b record.Prop) int { return strings.Compare(a.Name, b.Name) })
}
