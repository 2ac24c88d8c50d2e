// SPDX-License-Identifier: Apache-2.0

package route53_test

import (
	"context"
	"os"
	"slices"
	"testing"

	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/provider"
	"nafuda.io/nafuda/internal/provider/awsconf"
	"nafuda.io/nafuda/internal/provider/providertest"
	"nafuda.io/nafuda/internal/provider/route53"
)

// TestRealRoute53 runs the suite over a hosted zone at AWS, or at AWS_ENDPOINT_URL_ROUTE_53, that is there for nothing else. It
// doesn't touch a zone that isn't empty, and empties it after each case.
func TestRealRoute53(t *testing.T) {
	id := os.Getenv("NAFUDA_TEST_ZONE")
	if id == "" {
		t.Skip("NAFUDA_TEST_ZONE isn't set to the id of an empty hosted zone")
	}
	accounts, err := awsconf.Load(t.Context(), awsconf.Options{})
	if err != nil {
		t.Fatal(err)
	}
	providertest.Run(t, func(t *testing.T) providertest.Target {
		p := route53.New(accounts[0], route53.Defaults(), provider.Filter{IDs: []string{id}})
		zones, err := p.Zones(t.Context())
		if err != nil || len(zones) != 1 {
			t.Fatalf("zone %s: %v, %v", id, zones, err)
		}
		if left := content(t.Context(), t, p, zones[0]); len(left) > 0 {
			t.Fatalf("zone %s isn't empty: it holds %v", id, left[0].Key)
		}
		t.Cleanup(func() { empty(context.WithoutCancel(t.Context()), t, p, zones[0]) })
		return providertest.Target{Provider: p, Zone: zones[0]}
	})
}

// content is what a zone holds beside the apex's NS and SOA.
func content(ctx context.Context, t *testing.T, p *route53.Provider, z zone.Zone) []record.Set {
	t.Helper()
	var out []record.Set
	for page, err := p.Records(ctx, z, ""); ; page, err = p.Records(ctx, z, page.Next) {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, page.Sets...)
		if page.Next == "" {
			break
		}
	}
	return slices.DeleteFunc(out, func(s record.Set) bool { return s.Name == z.Name && (s.Type == record.NS || s.Type == record.SOA) })
}

func empty(ctx context.Context, t *testing.T, p *route53.Provider, z zone.Zone) {
	t.Helper()
	var groups []change.Group
	for _, s := range content(ctx, t, p, z) {
		groups = append(groups, change.Group{Name: s.Name, Changes: []change.Change{{Before: &s}}})
	}
	batches, _ := change.Pack(groups, p.Describe().Limits)
	for _, b := range batches {
		if _, err := p.Apply(ctx, z, b); err != nil {
			t.Error(err)
		}
	}
}

// TestAgainstAnEndpoint runs TestRealRoute53 as a person would, over the emulator.
func TestAgainstAnEndpoint(t *testing.T) {
	e := emulate(t)
	t.Setenv("AWS_ENDPOINT_URL_ROUTE_53", *e.account.Config.BaseEndpoint)
	t.Setenv("AWS_ACCESS_KEY_ID", keyID)
	t.Setenv("AWS_SECRET_ACCESS_KEY", secretKey)
	t.Setenv("AWS_REGION", "nowhere at all")
	t.Setenv("NAFUDA_TEST_ZONE", e.zone("example.com").ID)
	TestRealRoute53(t)
}
