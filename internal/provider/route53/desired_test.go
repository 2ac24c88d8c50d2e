// SPDX-License-Identifier: Apache-2.0

package route53_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/provider"
	"nafuda.io/nafuda/internal/provider/route53"
)

// A set in tests: type, set identifier, values and properties of www.example.com.
func ask(t record.Type, id string, values []string, props ...string) record.Set {
	s := record.Set{Key: record.Key{Name: "www.example.com", Type: t, ID: id}, Values: values}
	for _, p := range props {
		name, value, _ := strings.Cut(p, "=")
		s.Props = append(s.Props, record.Prop{Name: name, Value: value})
	}
	return s
}

func alias(t record.Type, target dnsname.Name, zone string, health bool) record.Set {
	return record.Set{Key: record.Key{Name: "www.example.com", Type: t}, Alias: &record.Alias{Target: target, Zone: zone, EvaluateHealth: health}}
}

const (
	elb     = "lb-1.eu-west-1.elb.amazonaws.com"
	elbZone = "Z32O12XQLNTSW2"
)

func TestDesiredAlias(t *testing.T) {
	preferCNAME := route53.Defaults()
	preferCNAME.PreferCNAME = true
	noHealth := route53.Defaults()
	noHealth.EvaluateTargetHealth = false
	plain := record.Set{Key: record.Key{Name: "www.example.com", Type: record.CNAME}, TTL: 300, Values: []string{elb}}
	both := []record.Set{alias(record.A, elb, elbZone, true), alias(record.AAAA, elb, elbZone, true)}
	for why, tc := range map[string]struct {
		opts route53.Options
		in   record.Set
		want []record.Set
	}{
		"a service's name":                 {route53.Defaults(), ask("CNAME", "", []string{elb}), both},
		"a service's name in upper case":   {route53.Defaults(), ask("CNAME", "", []string{strings.ToUpper(elb) + "."}), both},
		"alias=false keeps the CNAME":      {route53.Defaults(), ask("CNAME", "", []string{elb}, "alias=false"), []record.Set{plain}},
		"prefer CNAME":                     {preferCNAME, ask("CNAME", "", []string{elb}), []record.Set{plain}},
		"asked, whatever is preferred":     {preferCNAME, ask("CNAME", "", []string{elb}, "alias=true"), both},
		"A only":                           {route53.Defaults(), ask("CNAME", "", []string{elb}, "alias=A"), both[:1]},
		"AAAA only":                        {route53.Defaults(), ask("CNAME", "", []string{elb}, "alias=AAAA"), both[1:]},
		"no health by flag":                {noHealth, ask("A", "", []string{elb}, "alias=true"), []record.Set{alias(record.A, elb, elbZone, false)}},
		"health by property":               {noHealth, ask("A", "", []string{elb}, "alias=true", "aws/evaluate-target-health=true"), both[:1]},
		"a name of the same zone":          {route53.Defaults(), ask("CNAME", "", []string{"x.example.com"}, "alias=true"), []record.Set{alias("A", "x.example.com", "", true), alias("AAAA", "x.example.com", "", true)}},
		"the zone given":                   {route53.Defaults(), ask("A", "", []string{"x.example.net"}, "alias=true", "aws/target-hosted-zone=/hostedzone/Z9"), []record.Set{alias("A", "x.example.net", "Z9", true)}},
		"the zone given is its own":        {route53.Defaults(), ask("A", "", []string{"x.example.com"}, "alias=true", "aws/target-hosted-zone=Z9"), []record.Set{alias("A", "x.example.com", "", true)}},
		"hosted-zone-id is for the choice": {route53.Defaults(), ask("A", "", []string{elb}, "alias=true", "aws/hosted-zone-id=Z1", "record-type=A"), both[:1]},
		"an unknown host stays a CNAME":    {route53.Defaults(), ask("CNAME", "", []string{"x.example.net"}), []record.Set{{Key: plain.Key, TTL: 300, Values: []string{"x.example.net"}}}},
	} {
		t.Run(why, func(t *testing.T) {
			got, err := route53.New(accountAt("http://127.0.0.1:1"), tc.opts, provider.Filter{}).Desired(tc.in)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestServiceZones(t *testing.T) {
	for target, zone := range map[string]string{
		"lb.eu-central-1.elb.amazonaws.com":                  "Z215JYRZR1TBD5",
		"lb.elb.eu-central-1.amazonaws.com":                  "Z3F0SRJ5LGBH90",
		"dualstack.lb.us-east-1.elb.amazonaws.com":           "Z35SXDOTRQ7X7K",
		"lb.cn-north-1.elb.amazonaws.com.cn":                 "Z1GDH35T77C1KE",
		"lb.elb.cn-northwest-1.amazonaws.com.cn":             "ZQEIKTCZ8352D",
		"vpce-1.vpce-svc-1.us-west-2.vpce.amazonaws.com":     "Z1YSA3EXCYUU9Z",
		"d-abc.execute-api.us-west-2.amazonaws.com":          "Z2OJLYMUO9EFXC",
		"d111111abcdef8.cloudfront.net":                      "Z2FDTNDATAQYW2",
		"a1234567890abcdef.awsglobalaccelerator.com":         "Z2BJ6XQ5FK7U4H",
		"lb.cn-north-1.elb.amazonaws.com":                    "",
		"lb.eu-central-1.elb.amazonaws.com.cn":               "",
		"lb.xx-nowhere-1.elb.amazonaws.com":                  "",
		"bucket.s3-website-us-east-1.amazonaws.com":          "",
		"elb.amazonaws.com":                                  "",
		"amazonaws.com":                                      "",
		"lb.eu-central-1.elb.amazonaws.com.evil.example.com": "",
		"notcloudfront.net":                                  "",
	} {
		got, err := route53.New(accountAt("http://127.0.0.1:1"), route53.Defaults(), provider.Filter{}).Desired(ask("CNAME", "", []string{target}))
		if err != nil {
			t.Fatal(err)
		}
		if (got[0].Alias == nil) != (zone == "") || zone != "" && got[0].Alias.Zone != zone {
			t.Errorf("%s: %+v, want zone %q", target, got[0].Alias, zone)
		}
	}
}

func TestDesiredRouting(t *testing.T) {
	one := []string{"192.0.2.1"}
	for why, tc := range map[string]struct {
		in   record.Set
		want string // the properties, or a part of the error after "!"
	}{
		"weight in one spelling":       {ask("A", "x", one, "aws/weight=010"), "aws/weight=10"},
		"other providers' are dropped": {ask("A", "x", one, "aws/weight=1", "cloudflare/proxied=true", "aws/unheard-of=1"), "aws/weight=1"},
		"weight isn't zero by mistake": {ask("A", "x", one, "aws/weight=ten"), "!a number from 0 to 255"},
		"weight too large":             {ask("A", "x", one, "aws/weight=256"), "!a number from 0 to 255"},
		"no set identifier":            {ask("A", "", one, "aws/weight=1"), "!needs a set identifier"},
		"health check without one":     {ask("A", "", one, "aws/health-check-id=abc"), "!needs a set identifier"},
		"set identifier alone":         {ask("A", "x", one), "!needs a routing policy"},
		"health check alone":           {ask("A", "x", one, "aws/health-check-id=abc"), "!needs a routing policy"},
		"two policies":                 {ask("A", "x", one, "aws/weight=1", "aws/region=eu-west-1"), "!exclude each other"},
		"failover":                     {ask("A", "x", one, "aws/failover=primary", "aws/health-check-id=abc"), "aws/failover=PRIMARY aws/health-check-id=abc"},
		"failover misspelt":            {ask("A", "x", one, "aws/failover=first"), "!PRIMARY or SECONDARY"},
		"multivalue by presence":       {ask("A", "x", one, "aws/multi-value-answer="), "aws/multi-value-answer=true"},
		"multivalue false isn't asked": {ask("A", "x", one, "aws/multi-value-answer=false", "aws/weight=1"), "aws/weight=1"},
		"multivalue CNAME":             {ask("CNAME", "x", []string{"x.example.net"}, "aws/multi-value-answer=true"), "!isn't possible for CNAME"},
		"multivalue alias":             {ask("A", "x", []string{elb}, "alias=true", "aws/multi-value-answer=true"), "!isn't possible for an alias"},
		"a continent":                  {ask("A", "x", one, "aws/geolocation-continent-code=eu"), "aws/geolocation-continent-code=EU"},
		"continent and country":        {ask("A", "x", one, "aws/geolocation-continent-code=eu", "aws/geolocation-country-code=DE"), "!aws/geolocation-country-code exclude each other"},
		"continent and subdivision":    {ask("A", "x", one, "aws/geolocation-continent-code=na", "aws/geolocation-subdivision-code=CA"), "!aws/geolocation-subdivision-code exclude each other"},
		"no such country":              {ask("A", "x", one, "aws/geolocation-country-code=XX"), "!neither a country's"},
		"a country's name":             {ask("A", "x", one, "aws/geolocation-country-code=Japan"), "!neither a country's"},
		"a part of another country":    {ask("A", "x", one, "aws/geolocation-country-code=DE", "aws/geolocation-subdivision-code=BY"), "!only the states of the United States"},
		"a part of Ukraine":            {ask("A", "x", one, "aws/geolocation-country-code=UA", "aws/geolocation-subdivision-code=43"), "aws/geolocation-country-code=UA aws/geolocation-subdivision-code=43"},
		"no such state":                {ask("A", "x", one, "aws/geolocation-country-code=US", "aws/geolocation-subdivision-code=XX"), "!no state of the United States"},
		"a state of everywhere":        {ask("A", "x", one, "aws/geolocation-country-code=*", "aws/geolocation-subdivision-code=CA"), "!only the states"},
		"no such region":               {ask("A", "x", one, "aws/region=eu-wset-1"), "!did you mean eu-west-1?"},
		"a region in upper case":       {ask("A", "x", one, "aws/region=EU-WEST-1"), "aws/region=eu-west-1"},
		"a zone isn't a region":        {ask("A", "x", one, "aws/region=eu-west-1a"), "!no region"},
		"an empty region":              {ask("A", "x", one, "aws/region="), "!no region"},
		"failover TERTIARY":            {ask("A", "x", one, "aws/failover=TERTIARY"), "!PRIMARY or SECONDARY"},
		"an empty weight":              {ask("A", "x", one, "aws/weight="), "!a number from 0 to 255"},
		"a negative weight":            {ask("A", "x", one, "aws/weight=-1"), "!a number from 0 to 255"},
		"a weight with a fraction":     {ask("A", "x", one, "aws/weight=1.5"), "!a number from 0 to 255"},
		"multivalue misspelt":          {ask("A", "x", one, "aws/multi-value-answer=yes"), "!neither true nor false"},
		"no such geoproximity region":  {ask("A", "x", one, "aws/geoproximity-region=moon-1"), "!no region"},
		"a Local Zone group":           {ask("A", "x", one, "aws/geoproximity-local-zone-group=us-east-1-bue-1"), "aws/geoproximity-bias=0 aws/geoproximity-local-zone-group=us-east-1-bue-1"},
		"a Local Zone is no group":     {ask("A", "x", one, "aws/geoproximity-local-zone-group=us-east-1-bue-1a"), "!no group of Local Zones"},
		"a bias that's no number":      {ask("A", "x", one, "aws/geoproximity-region=eu-west-1", "aws/geoproximity-bias=much"), "!from -99 to 99"},
		"a longitude out of range":     {ask("A", "x", one, "aws/geoproximity-coordinates=0,180.01"), "!latitude"},
		"half a place":                 {ask("A", "x", one, "aws/geoproximity-coordinates=49.22"), "!latitude"},
		"three coordinates":            {ask("A", "x", one, "aws/geoproximity-coordinates=1,2,3"), "!latitude"},
		"a health check's hostile id":  {ask("A", "x", one, "aws/weight=1", "aws/health-check-id=<x/>&\r\nHost: evil"), "!the id of a health check"},
		"a health check's long id":     {ask("A", "x", one, "aws/weight=1", "aws/health-check-id="+strings.Repeat("a", 65)), "!the id of a health check"},
		"a health check's empty id":    {ask("A", "x", one, "aws/weight=1", "aws/health-check-id="), "!the id of a health check"},
		"a long set identifier":        {ask("A", strings.Repeat("x", 129), one, "aws/weight=1"), "!more than 128"},
		"NS has no policies":           {ask("NS", "x", []string{"ns.example.net"}, "aws/weight=1"), "!NS have no routing policy"},
		"country and subdivision":      {ask("A", "x", one, "aws/geolocation-subdivision-code=ca", "aws/geolocation-country-code=us"), "aws/geolocation-country-code=US aws/geolocation-subdivision-code=CA"},
		"the default location":         {ask("A", "x", one, "aws/geolocation-country-code=*"), "aws/geolocation-country-code=*"},
		"subdivision alone":            {ask("A", "x", one, "aws/geolocation-subdivision-code=CA"), "!needs aws/geolocation-country-code"},
		"no such continent":            {ask("A", "x", one, "aws/geolocation-continent-code=XX"), "!one of AF"},
		"coordinates and bias":         {ask("A", "x", one, "aws/geoproximity-coordinates= 049.220,-74.01"), "aws/geoproximity-bias=0 aws/geoproximity-coordinates=49.22,-74.01"},
		"no negative zero":             {ask("A", "x", one, "aws/geoproximity-coordinates=-0.0,0"), "aws/geoproximity-bias=0 aws/geoproximity-coordinates=0,0"},
		"coordinates too fine":         {ask("A", "x", one, "aws/geoproximity-coordinates=49.221,0"), "!at most two decimals"},
		"coordinates out of range":     {ask("A", "x", one, "aws/geoproximity-coordinates=91,0"), "!latitude"},
		"coordinates that aren't":      {ask("A", "x", one, "aws/geoproximity-coordinates=NaN,0"), "!latitude"},
		"bias":                         {ask("A", "x", one, "aws/geoproximity-region=eu-west-1", "aws/geoproximity-bias=-99"), "aws/geoproximity-bias=-99 aws/geoproximity-region=eu-west-1"},
		"bias out of range":            {ask("A", "x", one, "aws/geoproximity-region=eu-west-1", "aws/geoproximity-bias=100"), "!from -99 to 99"},
		"bias alone":                   {ask("A", "x", one, "aws/geoproximity-bias=1"), "!exactly one of"},
		"two places":                   {ask("A", "x", one, "aws/geoproximity-region=eu-west-1", "aws/geoproximity-coordinates=0,0"), "!exactly one of"},
		"CIDR in halves":               {ask("A", "x", one, "aws/cidr-location-name=here"), "!needs both"},
	} {
		t.Run(why, func(t *testing.T) {
			got, err := route53.New(accountAt("http://127.0.0.1:1"), route53.Defaults(), provider.Filter{}).Desired(tc.in)
			if wrong, isErr := strings.CutPrefix(tc.want, "!"); isErr {
				if err == nil || !strings.Contains(err.Error(), wrong) || !strings.Contains(err.Error(), "www.example.com") {
					t.Errorf("%v, %v; want an error with %q", got, err, wrong)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			var props []string
			for _, p := range got[0].Props {
				props = append(props, p.Name+"="+p.Value)
			}
			if diff := cmp.Diff(tc.want, strings.Join(props, " ")); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestDesiredRefuses(t *testing.T) {
	for why, tc := range map[string]struct {
		in   record.Set
		want string
	}{
		"a type":               {ask("SOA", "", []string{"x"}), "no type SOA"},
		"a bad address":        {ask("A", "", []string{"nowhere"}), `"nowhere"`},
		"no values":            {ask("A", "", nil), "no values"},
		"two CNAMEs":           {ask("CNAME", "", []string{"a.example.net", "b.example.net"}), "one target, not 2"},
		"an alias to nothing":  {ask("CNAME", "", nil, "alias=true"), "no target"},
		"an alias to address":  {ask("A", "", []string{"192.0.2.1"}, "alias=true"), "is an address"},
		"alias misspelt":       {ask("CNAME", "", []string{elb}, "alias=yes"), "none of true"},
		"health misspelt":      {ask("CNAME", "", []string{elb}, "aws/evaluate-target-health=1"), "neither true nor false"},
		"a zone that's no id":  {ask("A", "", []string{elb}, "alias=true", "aws/target-hosted-zone=example.com"), "isn't the id"},
		"more than 400 values": {ask("TXT", "", distinct(401)), "401 values"},
	} {
		t.Run(why, func(t *testing.T) {
			got, err := route53.New(accountAt("http://127.0.0.1:1"), route53.Defaults(), provider.Filter{}).Desired(tc.in)
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("%v, %v; want an error with %q", got, err, tc.want)
			}
		})
	}
}

func distinct(n int) []string {
	out := make(map[string]bool)
	for i := range n {
		out[strings.Repeat("x", i+1)] = true
	}
	return slices.Sorted(maps.Keys(out))
}

func TestCheck(t *testing.T) {
	if errs := route53.Defaults().Check(); errs != nil {
		t.Errorf("the defaults: %v", errs)
	}
	bad := route53.Options{ZoneType: "both", ZoneTags: []string{"=x", "a=b", ""}, BatchSize: -1, BatchBytes: 1, BatchValues: 0}
	if errs := bad.Check(); errs == nil || strings.Count(errs.Error(), "\n") != 3 {
		t.Errorf("%v", errs)
	}
	large := route53.Defaults()
	large.BatchBytes, large.BatchValues = 1<<20, 4000
	if l := route53.New(accountAt("http://127.0.0.1:1"), large, provider.Filter{}).Describe().Limits; l.Chars != 32000 || l.Values != 1000 {
		t.Errorf("Route 53's own limits are passed: %+v", l)
	}
}
