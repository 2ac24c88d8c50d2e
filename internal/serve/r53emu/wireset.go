// SPDX-License-Identifier: Apache-2.0

package r53emu

import (
	"slices"
	"strconv"
	"strings"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
)

// wireSet is a ResourceRecordSet as XML has it.
type wireSet struct {
	Name                    string
	Type                    string
	SetIdentifier           string            `xml:",omitempty"`
	Weight                  *int64            `xml:",omitempty"`
	Region                  string            `xml:",omitempty"`
	GeoLocation             *wireGeo          `xml:",omitempty"`
	Failover                string            `xml:",omitempty"`
	MultiValueAnswer        *bool             `xml:",omitempty"`
	TTL                     *int64            `xml:",omitempty"`
	ResourceRecords         *wireRecords      `xml:",omitempty"`
	AliasTarget             *wireAlias        `xml:",omitempty"`
	HealthCheckId           string            `xml:",omitempty"`
	TrafficPolicyInstanceId string            `xml:",omitempty"`
	CidrRoutingConfig       *wireCIDR         `xml:",omitempty"`
	GeoProximityLocation    *wireGeoProximity `xml:",omitempty"`
}

type wireRecords struct{ ResourceRecord []wireValue }

type wireValue struct{ Value string }

type wireAlias struct {
	HostedZoneId         string
	DNSName              string
	EvaluateTargetHealth bool
}

type wireGeo struct {
	ContinentCode   string `xml:",omitempty"`
	CountryCode     string `xml:",omitempty"`
	SubdivisionCode string `xml:",omitempty"`
}

type wireCIDR struct{ CollectionId, LocationName string }

type wireGeoProximity struct {
	AWSRegion      string           `xml:",omitempty"`
	LocalZoneGroup string           `xml:",omitempty"`
	Coordinates    *wireCoordinates `xml:",omitempty"`
	Bias           *int64           `xml:",omitempty"`
}

type wireCoordinates struct{ Latitude, Longitude string }

// record reads a set. It refuses what a record.Set can't tell: a missing TTL, and one that isn't its type's.
func (w wireSet) record(c Change, member string) (record.Set, error) {
	c.Set = record.Set{Key: record.Key{Name: dnsname.Name(w.Name), Type: record.Type(w.Type), ID: w.SetIdentifier}, Props: w.props()}
	if w.ResourceRecords != nil {
		for _, v := range w.ResourceRecords.ResourceRecord {
			c.Set.Stored = append(c.Set.Stored, v.Value)
		}
	}
	if a := w.AliasTarget; a != nil {
		id := strings.TrimPrefix(a.HostedZoneId, "/hostedzone/")
		c.Set.Alias = &record.Alias{Target: dnsname.Name(a.DNSName), Zone: id, EvaluateHealth: a.EvaluateTargetHealth}
	}
	if w.TrafficPolicyInstanceId != "" {
		return c.Set, invalidInput("Invalid request: traffic policy instances aren't emulated, in Change with %s", change(c))
	}
	if err := checkContent(c, w.TTL != nil, w.TTL != nil && len(c.Set.Stored) > 0); err != nil || w.TTL == nil {
		return c.Set, err
	}
	if err := checkTTL(member, *w.TTL); err != nil {
		return c.Set, err
	}
	c.Set.TTL = uint32(*w.TTL)
	return c.Set, nil
}

func (w wireSet) props() []record.Prop {
	var out []record.Prop
	add := func(name, value string) {
		if value != "" {
			out = append(out, record.Prop{Name: name, Value: value})
		}
	}
	number := func(n *int64) string {
		if n == nil {
			return ""
		}
		return strconv.FormatInt(*n, 10)
	}
	add("aws/weight", number(w.Weight))
	add("aws/region", w.Region)
	add("aws/failover", w.Failover)
	add("aws/health-check-id", w.HealthCheckId)
	if w.MultiValueAnswer != nil && *w.MultiValueAnswer {
		add("aws/multi-value-answer", "true")
	}
	if g := w.GeoLocation; g != nil {
		add("aws/geolocation-continent-code", g.ContinentCode)
		add("aws/geolocation-country-code", g.CountryCode)
		add("aws/geolocation-subdivision-code", g.SubdivisionCode)
	}
	if c := w.CidrRoutingConfig; c != nil {
		add("aws/cidr-collection-id", c.CollectionId)
		add("aws/cidr-location-name", c.LocationName)
	}
	if g := w.GeoProximityLocation; g != nil {
		add("aws/geoproximity-region", g.AWSRegion)
		add("aws/geoproximity-local-zone-group", g.LocalZoneGroup)
		add("aws/geoproximity-bias", number(g.Bias))
		if g.Coordinates != nil {
			add("aws/geoproximity-coordinates", g.Coordinates.Latitude+","+g.Coordinates.Longitude)
		}
	}
	return sortedProps(out)
}

// wire writes a set.
func wire(s record.Set) wireSet {
	w := wireSet{Name: wireName(s.Name), Type: string(s.Type), SetIdentifier: s.ID}
	if s.Alias != nil {
		w.AliasTarget = &wireAlias{HostedZoneId: s.Alias.Zone, DNSName: wireName(s.Alias.Target), EvaluateTargetHealth: s.Alias.EvaluateHealth}
	} else {
		ttl := int64(s.TTL)
		w.TTL = &ttl
		w.ResourceRecords = &wireRecords{}
		for _, v := range valuesOf(s) {
			w.ResourceRecords.ResourceRecord = append(w.ResourceRecords.ResourceRecord, wireValue{v})
		}
	}
	w.setProps(s)
	return w
}

func (w *wireSet) setProps(s record.Set) {
	text := func(name string) string { v, _ := s.Prop(name); return v }
	number := func(name string) *int64 {
		n, err := strconv.ParseInt(text(name), 10, 64)
		if err != nil {
			return nil
		}
		return &n
	}
	w.Weight, w.Region, w.Failover, w.HealthCheckId = number("aws/weight"), text("aws/region"), text("aws/failover"), text("aws/health-check-id")
	if _, ok := s.Prop("aws/multi-value-answer"); ok {
		w.MultiValueAnswer = &ok
	}
	asks := func(prefix string) bool {
		return slices.ContainsFunc(s.Props, func(p record.Prop) bool { return strings.HasPrefix(p.Name, prefix) })
	}
	if asks("aws/geolocation-") {
		w.GeoLocation = &wireGeo{text("aws/geolocation-continent-code"), text("aws/geolocation-country-code"), text("aws/geolocation-subdivision-code")}
	}
	if asks("aws/cidr-") {
		w.CidrRoutingConfig = &wireCIDR{text("aws/cidr-collection-id"), text("aws/cidr-location-name")}
	}
	if asks("aws/geoproximity-") {
		w.GeoProximityLocation = &wireGeoProximity{
			AWSRegion: text("aws/geoproximity-region"), LocalZoneGroup: text("aws/geoproximity-local-zone-group"), Bias: number("aws/geoproximity-bias"),
		}
		if lat, long, ok := strings.Cut(text("aws/geoproximity-coordinates"), ","); ok {
			w.GeoProximityLocation.Coordinates = &wireCoordinates{lat, long}
		}
	}
}
