// SPDX-License-Identifier: Apache-2.0

package awssd_test

import (
	"testing"

	"nafuda.io/nafuda/test/moto"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/servicediscovery"
	"github.com/google/go-cmp/cmp"

	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/provider"
	"nafuda.io/nafuda/internal/provider/awssd"
)

// TestMoto takes a name through all that can become of it on moto.
func TestMoto(t *testing.T) {
	account := accountAt(moto.Start(t))
	client := servicediscovery.NewFromConfig(account.Config)
	if _, err := client.CreatePublicDnsNamespace(t.Context(), &servicediscovery.CreatePublicDnsNamespaceInput{Name: aws.String("example.com")}); err != nil {
		t.Fatal(err)
	}
	p := awssd.New(account, awssd.Options{ServiceCleanup: true}, provider.Filter{})
	zones, err := p.Zones(t.Context())
	if err != nil || len(zones) != 1 || zones[0].Name != "example.com" || zones[0].Private {
		t.Fatalf("the zones are %v, %v", zones, err)
	}
	z := zones[0]
	another := []record.Set{{Key: record.Key{Name: web, Type: record.A}, TTL: 5, Values: []string{"192.0.2.1"}}, note(web, "another")}
	for _, tc := range []struct {
		why  string
		want []record.Set
	}{
		{"create", []record.Set{set(web, record.A, "192.0.2.1"), note(web, owned)}},
		{"TTL and description", another},
		{"values", []record.Set{set(web, record.A, "192.0.2.2", "192.0.2.3"), note(web, owned)}},
		{"another type", []record.Set{set(web, record.CNAME, "x.example.net"), note(web, owned)}},
		{"a load balancer", []record.Set{set(web, record.CNAME, "lb.eu-west-1.elb.amazonaws.com"), note(web, owned)}},
		{"six", []record.Set{set(web, record.AAAA, "2001:db8::1"), note(web, owned)}},
		{"delete", nil},
	} {
		r, err := p.Apply(t.Context(), z, between(web, read(t, p, z, web), tc.want))
		if err != nil {
			t.Fatalf("%s: %v", tc.why, err)
		}
		if r != "" {
			if _, err := p.InSync(t.Context(), r); err != nil {
				t.Errorf("%s: ask for the operation: %v", tc.why, err)
			}
		}
		if diff := cmp.Diff(append([]record.Set{}, tc.want...), append([]record.Set{}, read(t, p, z, web)...)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tc.why, diff)
		}
	}
}
