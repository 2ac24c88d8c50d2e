// SPDX-License-Identifier: Apache-2.0

package route53

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/provider"
	"nafuda.io/nafuda/internal/provider/awsconf"
	"nafuda.io/nafuda/internal/serve/r53emu"
	"nafuda.io/nafuda/internal/serve/r53emu/r53emutest"
)

// everything is a row for each property that an object may ask for and each flag of the provider: what is asked and what is sent,
// or, after "refused: ", a part of the reason why nothing is.
func everything() []struct {
	of    string // the property or flag
	flags func(*Options)
	ask   string // "TYPE[#identifier] target property=value..."
	sent  string // "TYPE property=value... target", a line a record set
} {
	const lb, in = "lb-1.eu-west-1.elb.amazonaws.com", "Z32O12XQLNTSW2"
	return []struct {
		of    string
		flags func(*Options)
		ask   string
		sent  string
	}{
		{"aws/weight", nil, "A#x 192.0.2.1 aws/weight=10", "A#x aws/weight=10 192.0.2.1"},
		{"aws/weight", nil, "A#x 192.0.2.1 aws/weight=ten", "refused: a number from 0 to 255"}, // ExternalDNS sends 0
		{"aws/region", nil, "A#x 192.0.2.1 aws/region=eu-west-1", "A#x aws/region=eu-west-1 192.0.2.1"},
		{"aws/failover", nil, "A#x 192.0.2.1 aws/failover=SECONDARY", "A#x aws/failover=SECONDARY 192.0.2.1"},
		{"aws/multi-value-answer", nil, "A#x 192.0.2.1 aws/multi-value-answer=", "A#x aws/multi-value-answer=true 192.0.2.1"},
		{"aws/geolocation-continent-code", nil, "A#x 192.0.2.1 aws/geolocation-continent-code=EU", "A#x aws/geolocation-continent-code=EU 192.0.2.1"},
		{"aws/geolocation-country-code", nil, "A#x 192.0.2.1 aws/geolocation-country-code=JP", "A#x aws/geolocation-country-code=JP 192.0.2.1"},
		{"aws/geolocation-subdivision-code", nil, "A#x 192.0.2.1 aws/geolocation-country-code=US aws/geolocation-subdivision-code=NY", "A#x aws/geolocation-country-code=US aws/geolocation-subdivision-code=NY 192.0.2.1"},
		{"aws/geoproximity-region", nil, "A#x 192.0.2.1 aws/geoproximity-region=eu-west-1", "A#x aws/geoproximity-bias=0 aws/geoproximity-region=eu-west-1 192.0.2.1"},
		{"aws/geoproximity-local-zone-group", nil, "A#x 192.0.2.1 aws/geoproximity-local-zone-group=us-east-1-bue-1", "A#x aws/geoproximity-bias=0 aws/geoproximity-local-zone-group=us-east-1-bue-1 192.0.2.1"},
		{"aws/geoproximity-coordinates", nil, "A#x 192.0.2.1 aws/geoproximity-coordinates=35.68,139.76", "A#x aws/geoproximity-bias=0 aws/geoproximity-coordinates=35.68,139.76 192.0.2.1"},
		{"aws/geoproximity-coordinates", nil, "A#x 192.0.2.1 aws/geoproximity-coordinates=91,0", "refused: latitude"}, // ExternalDNS leaves it out
		{"aws/geoproximity-bias", nil, "A#x 192.0.2.1 aws/geoproximity-region=eu-west-1 aws/geoproximity-bias=-99", "A#x aws/geoproximity-bias=-99 aws/geoproximity-region=eu-west-1 192.0.2.1"},
		{"aws/cidr-collection-id", nil, "A#x 192.0.2.1 aws/cidr-collection-id=c8c02a84-aaaa-bbbb-e0d2-d833a2f80106 aws/cidr-location-name=here", "A#x aws/cidr-collection-id=c8c02a84-aaaa-bbbb-e0d2-d833a2f80106 aws/cidr-location-name=here 192.0.2.1"},
		{"aws/cidr-location-name", nil, "A#x 192.0.2.1 aws/cidr-location-name=here", "refused: needs both"},
		{"aws/health-check-id", nil, "A#x 192.0.2.1 aws/weight=1 aws/health-check-id=hc-1", "A#x aws/health-check-id=hc-1 aws/weight=1 192.0.2.1"},
		{"set identifier", nil, "A 192.0.2.1 aws/weight=1", "refused: needs a set identifier"}, // ExternalDNS sends it, and Route 53 refuses it
		{"alias", nil, "CNAME " + lb, "A alias " + in + " " + lb + " true\nAAAA alias " + in + " " + lb + " true"},
		{"alias", nil, "CNAME " + lb + " alias=false", "CNAME " + lb},
		{"alias", nil, "A " + lb + " alias=true", "A alias " + in + " " + lb + " true"},
		{"aws/evaluate-target-health", nil, "A " + lb + " alias=true aws/evaluate-target-health=false", "A alias " + in + " " + lb + " false"},
		{"aws/target-hosted-zone", nil, "A d1.cloudfront.net alias=true aws/target-hosted-zone=Z2FDTNDATAQYW2", "A alias Z2FDTNDATAQYW2 d1.cloudfront.net true"},
		{"aws/hosted-zone-id", nil, "A 192.0.2.1 aws/hosted-zone-id=Z1", "A 192.0.2.1"}, // it chooses the zone, and isn't sent
		{"TTL", nil, "A 192.0.2.1", "A 192.0.2.1"},
		{"aws-prefer-cname", func(o *Options) { o.PreferCNAME = true }, "CNAME " + lb, "CNAME " + lb},
		{"aws-evaluate-target-health", func(o *Options) { o.EvaluateTargetHealth = false }, "A " + lb + " alias=true", "A alias " + in + " " + lb + " false"},
	}
}

// TestEverything has each property and flag once at least, and checks that none is missing.
func TestEverything(t *testing.T) {
	seen := map[string]bool{ // flags that choose zones or bound batches: TestFlagsOfZonesAndBatches
		"aws-zone-type": true, "aws-zone-tags": true, "aws-zone-match-parent": true, "aws-batch-change-size": true, "aws-batch-change-size-bytes": true, "aws-batch-change-size-values": true,
	}
	for _, row := range everything() {
		seen[row.of] = true
		o := Defaults()
		if row.flags != nil {
			row.flags(&o)
		}
		if got := sent(t, o, row.ask); got != row.sent && (!strings.HasPrefix(row.sent, "refused: ") || !strings.HasPrefix(got, "refused: ") || !strings.Contains(got, row.sent[len("refused: "):])) {
			t.Errorf("%s: of %q\n%s\nis sent, want\n%s", row.of, row.ask, got, row.sent)
		}
	}
	for name := range properties {
		if !seen[name] {
			t.Errorf("the property %s has no row", name)
		}
	}
	for field := range reflect.TypeFor[Options]().Fields() {
		if name := field.Tag.Get("name"); !seen[name] {
			t.Errorf("the flag --%s has no row", name)
		}
	}
}

// opened is a provider for an emulated account, and what it sends.
func opened(t *testing.T, o Options, f provider.Filter, calls *[]r53emu.Call) (*Provider, *r53emu.Server) {
	t.Helper()
	url, emu := r53emutest.Start(t, r53emu.Options{Log: func(c r53emu.Call) { *calls = append(*calls, c) }})
	return New(awsconf.Account{Name: awsconf.DefaultName, Config: aws.Config{
		Region: "us-east-1", BaseEndpoint: aws.String(url), Retryer: func() aws.Retryer { return aws.NopRetryer{} },
		Credentials: credentials.NewStaticCredentialsProvider("AKIAEXAMPLEEXAMPLE00", "example", ""),
	}}, o, f), emu
}

// sent is what the service gets where a record set is asked for at www.example.com.
func sent(t *testing.T, o Options, text string) string {
	t.Helper()
	var calls []r53emu.Call
	p, emu := opened(t, o, provider.Filter{}, &calls)
	z := zone.Zone{Key: zone.Key{Provider: Name, ID: emu.AddZone("example.com", false)}, Name: "example.com"}
	f := strings.Fields(text)
	typ, id, _ := strings.Cut(f[0], "#")
	s := record.Set{Key: record.Key{Name: "www.example.com", Type: record.Type(typ), ID: id}, Values: []string{f[1]}}
	for _, p := range f[2:] {
		name, value, _ := strings.Cut(p, "=")
		s.Props = append(s.Props, record.Prop{Name: name, Value: value})
	}
	desired, err := p.Desired(s)
	if err != nil {
		return "refused: " + err.Error()
	}
	g := change.Group{Name: s.Name}
	for i := range desired {
		g.Changes = append(g.Changes, change.Change{After: &desired[i]})
	}
	if _, err := p.Apply(t.Context(), z, change.Batch{Groups: []change.Group{g}}); err != nil {
		return "Route 53 refuses it: " + err.Error()
	}
	var lines []string
	for _, c := range calls[len(calls)-1].Changes {
		lines = append(lines, wire(c.Set))
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

func wire(s record.Set) string {
	out := string(s.Type)
	if s.ID != "" {
		out += "#" + s.ID
	}
	slices.SortFunc(s.Props, func(a, b record.Prop) int { return strings.Compare(a.Name, b.Name) })
	for _, p := range s.Props {
		out += " " + p.Name + "=" + p.Value
	}
	if s.Alias != nil {
		return fmt.Sprintf("%s alias %s %s %t", out, s.Alias.Zone, strings.TrimSuffix(string(s.Alias.Target), "."), s.Alias.EvaluateHealth)
	}
	values := s.Values
	if s.Stored != nil {
		values = s.Stored
	}
	return out + " " + strings.TrimSuffix(strings.Join(values, " "), ".")
}

// TestFlagsOfZonesAndBatches has the other flags.
func TestFlagsOfZonesAndBatches(t *testing.T) {
	for flag, tc := range map[string]struct {
		set   func(*Options)
		zones string
	}{
		"none":                  {zones: "example.com sub.example.com"},
		"aws-zone-type":         {set: func(o *Options) { o.ZoneType = "private" }, zones: "sub.example.com"},
		"aws-zone-tags":         {set: func(o *Options) { o.ZoneTags = []string{"team=dns"} }},
		"aws-zone-match-parent": {set: func(o *Options) { o.ZoneMatchParent = true }, zones: "example.com example.org sub.example.com"},
	} {
		var calls []r53emu.Call
		o := Defaults()
		if tc.set != nil {
			tc.set(&o)
		}
		p, emu := opened(t, o, provider.Filter{Match: func(n dnsname.Name) bool { return n.In("example.com") }}, &calls)
		emu.AddZone("example.com", false)
		emu.AddZone("sub.example.com", true)
		emu.AddZone("example.org", false)
		zones, err := p.Zones(t.Context())
		var got []string
		for _, z := range zones {
			got = append(got, string(z.Name))
		}
		slices.Sort(got)
		if err != nil || strings.Join(got, " ") != tc.zones {
			t.Errorf("--%s: %v, %v; want %s", flag, got, err, tc.zones)
		}
	}
	o := Options{BatchSize: 7, BatchBytes: 8, BatchValues: 9}
	if got := New(awsconf.Account{}, o, provider.Filter{}).Describe().Limits; got != (change.Limits{Changes: 7, Chars: 8, Values: 9}) {
		t.Errorf("--aws-batch-change-size=7, -bytes=8 and -values=9 give %+v", got)
	}
}
