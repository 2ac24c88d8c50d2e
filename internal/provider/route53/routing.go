// SPDX-License-Identifier: Apache-2.0

package route53

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"nafuda.io/nafuda/internal/model/record"
)

// The properties that a record set keeps. The first label says the routing policy that a property belongs to; a health check
// belongs to none.
const (
	propWeight       = "aws/weight"
	propRegion       = "aws/region"
	propFailover     = "aws/failover"
	propMultiValue   = "aws/multi-value-answer"
	propContinent    = "aws/geolocation-continent-code"
	propCountry      = "aws/geolocation-country-code"
	propSubdivision  = "aws/geolocation-subdivision-code"
	propGeoRegion    = "aws/geoproximity-region"
	propGeoZoneGroup = "aws/geoproximity-local-zone-group"
	propGeoCoords    = "aws/geoproximity-coordinates"
	propGeoBias      = "aws/geoproximity-bias"
	propCIDRList     = "aws/cidr-collection-id"
	propCIDRName     = "aws/cidr-location-name"
	propHealthCheck  = "aws/health-check-id"

	// propTrafficPolicy is on record sets that a traffic policy made. It is read, and never asked for.
	propTrafficPolicy = "aws/traffic-policy-instance-id"
)

// The properties that Desired uses up.
const (
	propAlias          = "alias"
	propEvaluateHealth = "aws/evaluate-target-health"
	propTargetZone     = "aws/target-hosted-zone"
)

// properties are those that an object may ask for, with the routing policy that they belong to and what makes a value canonical.
var properties = map[string]struct {
	policy    string
	canonical func(string) (string, error)
}{
	propWeight:       {"weighted", number(0, 255)},
	propRegion:       {"latency", inRegion},
	propFailover:     {"failover", upper(`^(PRIMARY|SECONDARY)$`, "PRIMARY or SECONDARY")},
	propMultiValue:   {"multivalue answer", yes},
	propContinent:    {"geolocation", upper(`^(AF|AN|AS|EU|NA|OC|SA)$`, "one of AF, AN, AS, EU, NA, OC and SA")},
	propCountry:      {"geolocation", country},
	propSubdivision:  {"geolocation", upper(`^[A-Z0-9]{1,3}$`, "the one to three characters of a subdivision")},
	propGeoRegion:    {"geoproximity", inRegion},
	propGeoZoneGroup: {"geoproximity", zoneGroup},
	propGeoCoords:    {"geoproximity", coordinates},
	propGeoBias:      {"geoproximity", number(-99, 99)},
	propCIDRList:     {"IP-based", shaped(`^[0-9a-f-]{36}$`, "the id of a CIDR collection")},
	propCIDRName:     {"IP-based", shaped(`^([0-9A-Za-z_-]{1,16}|\*)$`, "at most 16 letters, digits, hyphens and underscores, or *")},
	propHealthCheck:  {"", shaped(`^[0-9A-Za-z-]{1,64}$`, "the id of a health check")},
}

// Routing implements provider.Router.
func (p *Provider) Routing(props []record.Prop) string {
	policy := ""
	for _, prop := range props {
		off := prop.Name == propMultiValue && strings.EqualFold(prop.Value, "false")
		if mine := properties[prop.Name].policy; mine != "" && !off {
			policy = max(policy, mine) // of several, which Desired refuses, any: the same one each time
		}
	}
	return policy
}

// routing makes the properties of a set canonical: those of Route 53 that a set keeps, sorted, with their values in one
// spelling. What belongs to nobody here is dropped.
func routing(k record.Key, in []record.Prop) ([]record.Prop, error) {
	var out []record.Prop
	for _, p := range in {
		known, ok := properties[p.Name]
		if !ok {
			continue
		}
		if p.Name == propMultiValue && strings.EqualFold(p.Value, "false") {
			continue
		}
		v, err := known.canonical(strings.TrimSpace(p.Value))
		if err != nil {
			return nil, fmt.Errorf("%s=%q: %w", p.Name, p.Value, err)
		}
		out = append(out, record.Prop{Name: p.Name, Value: v})
	}
	out = complete(out)
	slices.SortFunc(out, func(a, b record.Prop) int { return cmp.Compare(a.Name, b.Name) })
	return out, consistent(k, out)
}

// complete adds a bias of 0 to a geoproximity location, as ExternalDNS does.
func complete(props []record.Prop) []record.Prop {
	has := func(name string) bool { _, ok := record.FindProp(props, name); return ok }
	if !has(propGeoBias) && (has(propGeoRegion) || has(propGeoZoneGroup) || has(propGeoCoords)) {
		props = append(props, record.Prop{Name: propGeoBias, Value: "0"})
	}
	return props
}

// consistent checks that the properties make one routing policy (ResourceRecordSet in the Route 53 API reference).
func consistent(k record.Key, props []record.Prop) error {
	policy := ""
	for _, p := range props {
		mine := properties[p.Name].policy
		if k.ID == "" {
			return fmt.Errorf("%s needs a set identifier: add the annotation set-identifier", p.Name)
		}
		if mine != "" && policy != "" && mine != policy {
			return fmt.Errorf("%s and %s routing exclude each other: keep one of them", policy, mine)
		}
		policy = cmp.Or(mine, policy)
	}
	if k.ID != "" && policy == "" {
		return fmt.Errorf("the set identifier %q needs a routing policy: add a property such as %s", k.ID, propWeight)
	}
	if len(k.ID) > 128 {
		return fmt.Errorf("the set identifier has %d characters, more than 128: shorten it", len(k.ID))
	}
	return whole(k, props)
}

// whole checks what a routing policy needs beyond one of its properties.
func whole(k record.Key, props []record.Prop) error {
	count := func(names ...string) (n int) {
		for _, name := range names {
			if _, ok := record.FindProp(props, name); ok {
				n++
			}
		}
		return n
	}
	if err := place(props); err != nil {
		return err
	}
	if count(propGeoBias) == 1 && count(propGeoRegion, propGeoZoneGroup, propGeoCoords) != 1 {
		return fmt.Errorf("geoproximity needs exactly one of %s, %s and %s", propGeoRegion, propGeoZoneGroup, propGeoCoords)
	}
	if count(propCIDRList, propCIDRName) == 1 {
		return fmt.Errorf("IP-based routing needs both %s and %s", propCIDRList, propCIDRName)
	}
	if k.ID != "" && k.Type == record.NS {
		return fmt.Errorf("record sets of type NS have no routing policy: take the set identifier away")
	}
	if count(propMultiValue) == 1 && k.Type == record.CNAME {
		return fmt.Errorf("%s isn't possible for %s: use another routing policy", propMultiValue, k.Type)
	}
	return nil
}
