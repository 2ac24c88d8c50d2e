// SPDX-License-Identifier: Apache-2.0

package route53

import (
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/route53/types"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
)

func TestNames(t *testing.T) {
	for why, tc := range map[string]struct {
		stored string
		name   dnsname.Name
		sent   string
	}{
		"plain":                  {"www.example.com.", "www.example.com", "www.example.com."},
		"without a dot":          {"www.example.com", "www.example.com", "www.example.com."},
		"upper case":             {"WWW.Example.com.", "www.example.com", "www.example.com."},
		"wildcard":               {`\052.example.com.`, "*.example.com", "*.example.com."},
		"wildcard as is":         {"*.example.com.", "*.example.com", "*.example.com."},
		"at sign":                {`a\100b.example.com.`, "a@b.example.com", `a\100b.example.com.`},
		"upper case escaped":     {`\101.example.com.`, "a.example.com", "a.example.com."},
		"a dot in a label":       {`a\056b.example.com.`, `a\056b.example.com`, `a\056b.example.com.`},
		"a backslash":            {`a\134b.example.com.`, `a\134b.example.com`, `a\134b.example.com.`},
		"a byte above ASCII":     {`\303\251.example.com.`, "\xc3\xa9.example.com", `\303\251.example.com.`},
		"no escape after all":    {`a\99b.example.com.`, `a\13499b.example.com`, `a\13499b.example.com.`},
		"a backslash at the end": {`a\`, `a\134`, `a\134.`},
	} {
		t.Run(why, func(t *testing.T) {
			got := readName(tc.stored)
			if got != tc.name || writeName(got) != tc.sent {
				t.Errorf("%q, sent as %q", got, writeName(got))
			}
		})
	}
}

func TestTexts(t *testing.T) {
	for why, tc := range map[string]struct{ stored, canonical string }{
		"plain":                  {`"text"`, `"text"`},
		"quotes":                 {`"say \"x\""`, `"say \"x\""`},
		"octal":                  {`"\303\251"`, `"\195\169"`},
		"octal of what we write": {`"\141"`, `"a"`},
		"two strings":            {`"a" "b"`, `"ab"`},
		"three without a blank":  {`"a""b"`, `"ab"`},
		"empty":                  {`""`, `""`},
	} {
		t.Run(why, func(t *testing.T) {
			if got, ok := readTXT(tc.stored); !ok || got != tc.canonical {
				t.Errorf("%s, %v", got, ok)
			}
		})
	}
	for _, foreign := range []string{``, `bare`, `"open`, `"a" b`, `"a\`, `"a\"`} {
		if got, ok := readTXT(foreign); ok {
			t.Errorf("%q is read as %s", foreign, got)
		}
	}
}

func TestTextsComeBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := record.Quote(string(rapid.SliceOfN(rapid.Byte(), 0, 600).Draw(t, "text")))
		if got, ok := readTXT(writeTXT(want)); !ok || got != want {
			t.Fatalf("%s came back as %s", want, got)
		}
	})
}

// TestForeignIsKept reads what others stored and writes it as a DELETE does: every field has to be as it was.
func TestForeignIsKept(t *testing.T) {
	value := func(v ...string) []types.ResourceRecord {
		var out []types.ResourceRecord
		for _, s := range v {
			out = append(out, types.ResourceRecord{Value: aws.String(s)})
		}
		return out
	}
	for why, in := range map[string]types.ResourceRecordSet{
		"addresses in another spelling": {Type: "AAAA", TTL: aws.Int64(60), ResourceRecords: value("2001:0DB8::0001", "2001:db8::2")},
		"no address at all":             {Type: "A", TTL: aws.Int64(60), ResourceRecords: value("nonsense")},
		"host with dot and case":        {Type: "CNAME", TTL: aws.Int64(0), ResourceRecords: value("WWW.Example.net.")},
		"TXT in two strings":            {Type: "TXT", TTL: aws.Int64(60), ResourceRecords: value(`"a" "b"`, `"\141\000"`)},
		"TXT without quotes":            {Type: "TXT", TTL: aws.Int64(60), ResourceRecords: value(`bare\195`, `"x"`)},
		"a type we never write":         {Type: "HTTPS", TTL: aws.Int64(60), ResourceRecords: value(`1 . alpn="h2"`)},
		"two values that are one":       {Type: "A", TTL: aws.Int64(60), ResourceRecords: value("192.0.2.1", "192.0.2.1")},
		"weighted alias":                {Type: "A", SetIdentifier: aws.String("x"), Weight: aws.Int64(0), HealthCheckId: aws.String("hc"), AliasTarget: &types.AliasTarget{DNSName: aws.String(`\052.example.net.`), HostedZoneId: aws.String("Z2"), EvaluateTargetHealth: true}},
		"alias in the zone":             {Type: "A", AliasTarget: &types.AliasTarget{DNSName: aws.String("x.example.com."), HostedZoneId: aws.String("Z1")}},
		"latency":                       {Type: "A", SetIdentifier: aws.String("x"), Region: "eu-west-1", TTL: aws.Int64(60), ResourceRecords: value("192.0.2.1")},
		"failover":                      {Type: "A", SetIdentifier: aws.String("x"), Failover: "SECONDARY", TTL: aws.Int64(60), ResourceRecords: value("192.0.2.1")},
		"multivalue":                    {Type: "A", SetIdentifier: aws.String("x"), MultiValueAnswer: aws.Bool(true), TTL: aws.Int64(60), ResourceRecords: value("192.0.2.1")},
		"multivalue that says no":       {Type: "A", SetIdentifier: aws.String("x"), MultiValueAnswer: aws.Bool(false), TTL: aws.Int64(60), ResourceRecords: value("192.0.2.1")},
		"geolocation":                   {Type: "A", SetIdentifier: aws.String("x"), GeoLocation: &types.GeoLocation{CountryCode: aws.String("US"), SubdivisionCode: aws.String("CA")}, TTL: aws.Int64(60), ResourceRecords: value("192.0.2.1")},
		"geolocation by continent":      {Type: "A", SetIdentifier: aws.String("x"), GeoLocation: &types.GeoLocation{ContinentCode: aws.String("EU")}, TTL: aws.Int64(60), ResourceRecords: value("192.0.2.1")},
		"geoproximity":                  {Type: "A", SetIdentifier: aws.String("x"), GeoProximityLocation: &types.GeoProximityLocation{Bias: aws.Int32(-5), Coordinates: &types.Coordinates{Latitude: aws.String("49.20"), Longitude: aws.String("-74.0")}}, TTL: aws.Int64(60), ResourceRecords: value("192.0.2.1")},
		"geoproximity by region":        {Type: "A", SetIdentifier: aws.String("x"), GeoProximityLocation: &types.GeoProximityLocation{Bias: aws.Int32(0), AWSRegion: aws.String("eu-west-1")}, TTL: aws.Int64(60), ResourceRecords: value("192.0.2.1")},
		"CIDR":                          {Type: "A", SetIdentifier: aws.String("x"), CidrRoutingConfig: &types.CidrRoutingConfig{CollectionId: aws.String("c"), LocationName: aws.String("*")}, TTL: aws.Int64(60), ResourceRecords: value("192.0.2.1")},
		"traffic policy":                {Type: "A", TrafficPolicyInstanceId: aws.String("tp"), TTL: aws.Int64(60), ResourceRecords: value("192.0.2.1")},
	} {
		t.Run(why, func(t *testing.T) {
			in.Name = aws.String("x.example.com.")
			out := write(read(in, "Z1"), "Z1")
			if a := out.AliasTarget; a != nil && strings.HasPrefix(*a.DNSName, "*") {
				a.DNSName = aws.String(`\052` + (*a.DNSName)[1:]) // Route 53 takes both
			}
			if diff := cmp.Diff(byValue(&in), byValue(out)); diff != "" {
				t.Errorf("(-stored +sent):\n%s", diff)
			}
		})
	}
}

// byValue flattens a set into what its DELETE says, values sorted: their order means nothing.
func byValue(in *types.ResourceRecordSet) []string {
	s := read(*in, "")
	out := []string{*in.Name, string(in.Type), aws.ToString(in.SetIdentifier)}
	for _, p := range s.Props {
		out = append(out, p.Name+"="+p.Value)
	}
	if in.TTL != nil {
		out = append(out, "TTL")
	}
	if a := in.AliasTarget; a != nil {
		return append(out, *a.DNSName, *a.HostedZoneId, map[bool]string{true: "health"}[a.EvaluateTargetHealth])
	}
	values := make([]string, 0, len(in.ResourceRecords))
	for _, r := range in.ResourceRecords {
		values = append(values, *r.Value)
	}
	return append(out, slices.Sorted(slices.Values(values))...)
}

func FuzzRead(f *testing.F) {
	f.Add(`\052.example.com.`, "TXT", `"a\141" "b"`, int64(60))
	f.Add("x", "MX", "10 .", int64(-1))
	f.Add(`\`, "AAAA", "::1%eth0", int64(1)<<40)
	f.Fuzz(func(t *testing.T, name, kind, value string, ttl int64) {
		s := read(types.ResourceRecordSet{
			Name: &name, Type: types.RRType(kind), TTL: &ttl, ResourceRecords: []types.ResourceRecord{{Value: &value}},
		}, "Z1")
		out := write(s, "Z1")
		if got := *out.ResourceRecords[0].Value; got != value {
			t.Errorf("%q would be deleted as %q", value, got)
		}
		if again := readName(*out.Name); again != s.Name {
			t.Errorf("%q is sent as %q, which reads as %q", s.Name, *out.Name, again)
		}
	})
}

func TestEmptySet(t *testing.T) {
	if got := read(types.ResourceRecordSet{}, "Z1"); len(got.Values) != 0 || got.Alias != nil {
		t.Errorf("%+v", got)
	}
}
