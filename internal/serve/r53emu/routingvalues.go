// SPDX-License-Identifier: Apache-2.0

package r53emu

import (
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"nafuda.io/nafuda/internal/model/record"
)

// What values look like (API_ResourceRecordSet, API_GeoLocation, API_Coordinates). A region is one of a list, which isn't kept here.
var (
	regionShape    = regexp.MustCompile(`^[a-z]{2,4}(-[a-z]+)+-[0-9]{1,2}$`)
	groupShape     = regexp.MustCompile(`^[a-z]{2,4}(-[a-z]+)+-[0-9]{1,2}-[a-z]{2,8}-[0-9]{1,2}$`)
	continentShape = regexp.MustCompile(`^(AF|AN|AS|EU|NA|OC|SA)$`)
	countryShape   = regexp.MustCompile(`^([A-Z]{2}|\*)$`)
	partShape      = regexp.MustCompile(`^[A-Z0-9]{1,3}$`)
	degreeShape    = regexp.MustCompile(`^[-+]?[0-9]{1,3}(\.[0-9]{0,2})?$`)
)

// maxCheck is the length of a HealthCheckId (API_ResourceRecordSet).
const maxCheck = 64

func checkRoutingValues(member string, s record.Set) error {
	member += "resourceRecordSet."
	for _, rule := range []struct {
		prop, member, says string
		ok                 func(string) bool
	}{
		{"aws/weight", "weight", "Member must have value between 0 and 255", within(0, 255)},
		{"aws/failover", "failover", "Member must satisfy enum value set: [PRIMARY, SECONDARY]", func(v string) bool { return v == "PRIMARY" || v == "SECONDARY" }},
		{"aws/region", "region", "Member must satisfy enum value set", regionShape.MatchString},
		{"aws/geolocation-continent-code", "geoLocation.continentCode", "Member must satisfy enum value set: [AF, AN, AS, EU, NA, OC, SA]", continentShape.MatchString},
		{"aws/geolocation-country-code", "geoLocation.countryCode", "Member must have length less than or equal to 2", countryShape.MatchString},
		{"aws/geolocation-subdivision-code", "geoLocation.subdivisionCode", "Member must have length less than or equal to 3", partShape.MatchString},
		{"aws/geoproximity-region", "geoProximityLocation.aWSRegion", "Member must be a region", regionShape.MatchString},
		{"aws/geoproximity-local-zone-group", "geoProximityLocation.localZoneGroup", "Member must be a Local Zone Group", groupShape.MatchString},
		{"aws/geoproximity-bias", "geoProximityLocation.bias", "Member must have value between -99 and 99", within(-99, 99)},
		{"aws/geoproximity-coordinates", "geoProximityLocation.coordinates", "Member must satisfy regular expression pattern", coordinates},
		{"aws/health-check-id", "healthCheckId", "Member must have length less than or equal to 64", func(v string) bool { return len(v) <= maxCheck }},
	} {
		if v, given := s.Prop(rule.prop); given && !rule.ok(v) {
			return constraint(v, member+rule.member, rule.says)
		}
	}
	return checkPlace(s)
}

func within(low, high int) func(string) bool {
	return func(v string) bool {
		n, err := strconv.Atoi(v)
		return err == nil && n >= low && n <= high
	}
}

func coordinates(v string) bool {
	lat, long, _ := strings.Cut(v, ",")
	degrees := func(v string, limit float64) bool {
		f, err := strconv.ParseFloat(v, 64)
		return err == nil && degreeShape.MatchString(v) && f >= -limit && f <= limit
	}
	return degrees(lat, 90) && degrees(long, 180)
}

// checkPlace checks which parts of a place may be told together (API_GeoLocation, API_GeoProximityLocation).
func checkPlace(s record.Set) error {
	has := func(name string) bool { _, ok := s.Prop(name); return ok }
	switch {
	case has("aws/geolocation-continent-code") && (has("aws/geolocation-country-code") || has("aws/geolocation-subdivision-code")):
		return invalidInput("Invalid request: ContinentCode can't be used with CountryCode or SubdivisionCode")
	case has("aws/geolocation-subdivision-code") && !has("aws/geolocation-country-code"):
		return invalidInput("Invalid request: SubdivisionCode needs a CountryCode")
	}
	if !slices.ContainsFunc(s.Props, func(p record.Prop) bool { return strings.HasPrefix(p.Name, "aws/geoproximity-") }) {
		return nil
	}
	places := 0
	for _, p := range []string{"aws/geoproximity-region", "aws/geoproximity-local-zone-group", "aws/geoproximity-coordinates"} {
		if has(p) {
			places++
		}
	}
	if places != 1 {
		return invalidInput("Invalid request: Expected exactly one of [AWSRegion, LocalZoneGroup, or Coordinates] in GeoProximityLocation")
	}
	return nil
}

// checkHealth refuses a health check that isn't there, where Options say which are (API_ChangeResourceRecordSets, NoSuchHealthCheck).
func (s *Server) checkHealth(changes []Change) error {
	if s.opts.HealthChecks == nil {
		return nil
	}
	for _, c := range changes {
		if id, ok := c.Set.Prop("aws/health-check-id"); ok && c.Action != Delete && !slices.Contains(s.opts.HealthChecks, id) {
			return &Error{http.StatusNotFound, "NoSuchHealthCheck", "No health check exists with the specified ID: " + id}
		}
	}
	return nil
}
