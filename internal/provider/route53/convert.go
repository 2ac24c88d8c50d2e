// SPDX-License-Identifier: Apache-2.0

package route53

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/route53/types"

	"nafuda.io/nafuda/internal/model/record"
)

// read makes a record set of what Route 53 lists. It never fails: values that aren't of their type are kept as written, and
// every field that a DELETE has to repeat is kept.
func read(in types.ResourceRecordSet, zoneID string) record.Set {
	s := record.Set{
		Key:   record.Key{Name: readName(aws.ToString(in.Name)), Type: record.Type(in.Type), ID: aws.ToString(in.SetIdentifier)},
		Props: readProps(in),
	}
	if in.AliasTarget != nil {
		a := &record.Alias{
			Target:         readName(aws.ToString(in.AliasTarget.DNSName)),
			Zone:           bareID(aws.ToString(in.AliasTarget.HostedZoneId)),
			EvaluateHealth: in.AliasTarget.EvaluateTargetHealth,
		}
		if a.Zone == zoneID {
			a.Zone = ""
		}
		s.Alias = a
		return s
	}
	if ttl := aws.ToInt64(in.TTL); ttl > 0 {
		s.TTL = uint32(min(ttl, math.MaxUint32))
	}
	stored := make([]string, 0, len(in.ResourceRecords))
	for _, r := range in.ResourceRecords {
		stored = append(stored, aws.ToString(r.Value))
	}
	s.Values = readValues(s.Type, stored)
	if slices.Sort(stored); !slices.Equal(stored, writeValues(s)) {
		s.Stored = stored
	}
	return s
}

func readValues(t record.Type, stored []string) []string {
	values := slices.Clone(stored)
	if t == record.TXT {
		for i, v := range values {
			c, ok := readTXT(v)
			if !ok {
				return asWritten(stored)
			}
			values[i] = c
		}
	}
	canonical, err := record.Canonical(t, values)
	if err != nil {
		return asWritten(stored)
	}
	return canonical
}

func asWritten(stored []string) []string {
	out := slices.Clone(stored)
	slices.Sort(out)
	return slices.Compact(out)
}

// writeValues spells a set's values as Route 53 takes them, sorted.
func writeValues(s record.Set) []string {
	if s.Stored != nil {
		return s.Stored
	}
	out := slices.Clone(s.Values)
	if s.Type == record.TXT {
		for i, v := range out {
			out[i] = writeTXT(v)
		}
	}
	slices.Sort(out)
	return out
}

// write makes of a set what Route 53 takes.
func write(s record.Set, zoneID string) *types.ResourceRecordSet {
	out := &types.ResourceRecordSet{Name: aws.String(writeName(s.Name)), Type: types.RRType(s.Type)}
	if s.ID != "" {
		out.SetIdentifier = aws.String(s.ID)
	}
	for _, p := range s.Props {
		writeProp(out, p)
	}
	if a := s.Alias; a != nil {
		out.AliasTarget = &types.AliasTarget{
			DNSName:              aws.String(writeName(a.Target)),
			HostedZoneId:         aws.String(cmp.Or(a.Zone, zoneID)),
			EvaluateTargetHealth: a.EvaluateHealth,
		}
		return out
	}
	out.TTL = aws.Int64(int64(s.TTL))
	for _, v := range writeValues(s) {
		out.ResourceRecords = append(out.ResourceRecords, types.ResourceRecord{Value: aws.String(v)})
	}
	return out
}

// readProps returns the routing fields as properties, sorted by name.
func readProps(in types.ResourceRecordSet) []record.Prop {
	var out []record.Prop
	add := func(name string, v *string) {
		if v != nil {
			out = append(out, record.Prop{Name: name, Value: *v})
		}
	}
	if in.Weight != nil {
		add(propWeight, aws.String(strconv.FormatInt(*in.Weight, 10)))
	}
	add(propRegion, nonEmpty(string(in.Region)))
	add(propFailover, nonEmpty(string(in.Failover)))
	if in.MultiValueAnswer != nil {
		add(propMultiValue, aws.String(strconv.FormatBool(*in.MultiValueAnswer)))
	}
	if g := in.GeoLocation; g != nil {
		add(propContinent, g.ContinentCode)
		add(propCountry, g.CountryCode)
		add(propSubdivision, g.SubdivisionCode)
	}
	if g := in.GeoProximityLocation; g != nil {
		add(propGeoRegion, g.AWSRegion)
		add(propGeoZoneGroup, g.LocalZoneGroup)
		add(propGeoBias, aws.String(strconv.Itoa(int(aws.ToInt32(g.Bias)))))
		if c := g.Coordinates; c != nil {
			add(propGeoCoords, aws.String(aws.ToString(c.Latitude)+","+aws.ToString(c.Longitude)))
		}
	}
	if c := in.CidrRoutingConfig; c != nil {
		add(propCIDRList, c.CollectionId)
		add(propCIDRName, c.LocationName)
	}
	add(propHealthCheck, in.HealthCheckId)
	add(propTrafficPolicy, in.TrafficPolicyInstanceId)
	slices.SortFunc(out, func(a, b record.Prop) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

func nonEmpty(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// writeProp sets the field of a property. Numbers were checked by Desired or come from Route 53 itself.
func writeProp(out *types.ResourceRecordSet, p record.Prop) {
	switch p.Name {
	case propWeight:
		out.Weight = aws.Int64(parse(p.Value))
	case propRegion:
		out.Region = types.ResourceRecordSetRegion(p.Value)
	case propFailover:
		out.Failover = types.ResourceRecordSetFailover(p.Value)
	case propMultiValue:
		out.MultiValueAnswer = aws.Bool(p.Value == "true")
	case propHealthCheck:
		out.HealthCheckId = aws.String(p.Value)
	case propTrafficPolicy:
		out.TrafficPolicyInstanceId = aws.String(p.Value)
	case propContinent, propCountry, propSubdivision:
		writeGeoLocation(out, p)
	case propGeoRegion, propGeoZoneGroup, propGeoBias, propGeoCoords:
		writeGeoProximity(out, p)
	case propCIDRList, propCIDRName:
		if out.CidrRoutingConfig == nil {
			out.CidrRoutingConfig = &types.CidrRoutingConfig{}
		}
		if p.Name == propCIDRList {
			out.CidrRoutingConfig.CollectionId = aws.String(p.Value)
		} else {
			out.CidrRoutingConfig.LocationName = aws.String(p.Value)
		}
	}
}

func writeGeoLocation(out *types.ResourceRecordSet, p record.Prop) {
	if out.GeoLocation == nil {
		out.GeoLocation = &types.GeoLocation{}
	}
	switch p.Name {
	case propContinent:
		out.GeoLocation.ContinentCode = aws.String(p.Value)
	case propCountry:
		out.GeoLocation.CountryCode = aws.String(p.Value)
	default:
		out.GeoLocation.SubdivisionCode = aws.String(p.Value)
	}
}

func writeGeoProximity(out *types.ResourceRecordSet, p record.Prop) {
	if out.GeoProximityLocation == nil {
		out.GeoProximityLocation = &types.GeoProximityLocation{}
	}
	g := out.GeoProximityLocation
	switch p.Name {
	case propGeoRegion:
		g.AWSRegion = aws.String(p.Value)
	case propGeoZoneGroup:
		g.LocalZoneGroup = aws.String(p.Value)
	case propGeoBias:
		g.Bias = aws.Int32(int32(parse(p.Value)))
	default:
		lat, long, _ := strings.Cut(p.Value, ",")
		g.Coordinates = &types.Coordinates{Latitude: aws.String(lat), Longitude: aws.String(long)}
	}
}

// parse reads a number of at most 16 bits.
func parse(v string) int64 {
	n, _ := strconv.ParseInt(v, 10, 16)
	return n
}
