// SPDX-License-Identifier: Apache-2.0

package route53

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/route53/types"

	"nafuda.io/nafuda/internal/model/record"
)

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
