// SPDX-License-Identifier: Apache-2.0

package bootstrap_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	"github.com/aws/aws-sdk-go-v2/service/route53/types"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/ops/bootstrap"
	"nafuda.io/nafuda/internal/provider/awsconf"
	"nafuda.io/nafuda/internal/registry/txt"
	"nafuda.io/nafuda/internal/serve/r53emu"
	"nafuda.io/nafuda/internal/serve/r53emu/r53emutest"
)

// values has one value for each type that is published.
func values() map[record.Type]string {
	return map[record.Type]string{
		record.A: "192.0.2.1", record.AAAA: "2001:db8::1", record.CNAME: "lb.example.net.", record.TXT: `"text"`, record.MX: "10 mail.example.com.",
		record.SRV: "0 0 443 host.example.com.", record.NS: "ns.example.net.", record.CAA: `0 issue "ca.example.net"`, record.PTR: "host.example.com.",
		record.NAPTR: `10 10 "u" "sip+E2U" "!^.*$!sip:a@example.com!" .`,
	}
}

// TestLimitedNames sends each type at each kind of name, with its marker at each place where that may stand, to a Route 53 that goes by
// the policy: what is published is allowed, and nothing else.
func TestLimitedNames(t *testing.T) {
	const zoneName = dnsname.Name("example.com")
	for _, domain := range []dnsname.Name{zoneName, "apps.example.com"} {
		for kind, value := range values() {
			t.Run(string(domain+" "+dnsname.Name(kind)), func(t *testing.T) {
				o := base(func(o *bootstrap.Options) {
					o.Domain, o.Zone, o.ZoneID = string(domain), string(zoneName), "Z00000000000000000001"
					o.Limit, o.Types = true, []string{string(kind)}
				})
				p, err := bootstrap.MakePlan(o)
				if err != nil {
					t.Fatal(err)
				}
				policy, err := r53emu.ParsePolicy(p.Policy)
				if err != nil {
					t.Fatal(err)
				}
				url, emu := r53emutest.Start(t, r53emu.Options{Policy: policy})
				if id := emu.AddZone(zoneName, false); id != o.ZoneID {
					t.Fatalf("the zone is %s", id)
				}
				client := route53.NewFromConfig(awsconf.Local(url).Config)
				denied := func(name dnsname.Name, kind record.Type, value string) bool {
					_, err := client.ChangeResourceRecordSets(t.Context(), &route53.ChangeResourceRecordSetsInput{
						HostedZoneId: aws.String(o.ZoneID),
						ChangeBatch: &types.ChangeBatch{Changes: []types.Change{{Action: types.ChangeActionUpsert, ResourceRecordSet: &types.ResourceRecordSet{
							Name: aws.String(name.FQDN()), Type: types.RRType(kind), TTL: aws.Int64(300),
							ResourceRecords: []types.ResourceRecord{{Value: aws.String(value)}},
						}}}},
					})
					return err != nil && strings.Contains(err.Error(), "AccessDenied") // another refusal is another matter: a CNAME at the apex
				}
				markers := txt.New(txt.Options{Owner: "x", Prefix: o.Prefix, Format: "auto"})
				for _, name := range []dnsname.Name{domain, "www." + domain, "*." + domain, "a.b." + domain} {
					if denied(name, kind, value) {
						t.Errorf("%s %s is denied", name, kind)
					}
					places := markers.Places(name, kind, zone.Zone{Name: zoneName})
					if len(places) == 0 {
						t.Errorf("%s %s has no marker", name, kind)
					}
					for _, at := range places {
						if denied(at, record.TXT, `"marker"`) {
							t.Errorf("the marker at %s is denied", at)
						}
					}
				}
				other := record.Type("SPF")
				if !denied("www."+domain, other, `"x"`) {
					t.Error("a type that isn't published is allowed")
				}
				outside := dnsname.Name("www.other.example.com")
				if got := denied(outside, kind, value); got != !slices.Contains([]dnsname.Name{zoneName}, domain) {
					t.Errorf("%s: denied is %t", outside, got)
				}
			})
		}
	}
}
