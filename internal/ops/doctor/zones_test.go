// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"context"
	"testing"

	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/ops/report"
	"nafuda.io/nafuda/internal/provider"
	"nafuda.io/nafuda/internal/provider/awsconf"
	"nafuda.io/nafuda/internal/provider/route53"
	"nafuda.io/nafuda/internal/registry"
	"nafuda.io/nafuda/internal/registry/txt"
	"nafuda.io/nafuda/internal/serve/iamemu"
	"nafuda.io/nafuda/internal/serve/r53emu"
)

// zoned is a patient with one zone, example.com, that holds record sets.
func zoned(t testing.TB, m *txt.Registry, sets ...record.Set) Patient {
	t.Helper()
	emu := r53emu.New(r53emu.Options{})
	put(t, emu, emu.AddZone("example.com", false), sets...)
	return byMarkers(Patient{Accounts: []Account{onAWS(t, emu, iamemu.New(), awsconf.Options{})}}, m)
}

func TestOwnersAreCounted(t *testing.T) {
	www, api := set("www.example.com", record.A, "192.0.2.1"), set("api.example.com", record.CNAME, "www.example.com")
	hand := set("hand.example.com", record.MX, "10 mail.example.com")
	expect(t, found(t, zoned(t, markers(""), www, marker("a-www.example.com", "me"), hand), "owners"), OK, `1 name with our owner "me", 1 without a marker`)
	expect(t, found(t, zoned(t, markers(""), www, marker("a-www.example.com", "me"), api, marker("cname-api.example.com", "you")), "owners"), Warn, `1 name with the owner "you"`)
	both := marker("a-www.example.com", "me")
	both.Values = append(both.Values, marker("", "you").Values...)
	expect(t, found(t, zoned(t, markers(""), www, both), "owners"), Fail, "two owners have marked the same record sets: www.example.com")
	expect(t, found(t, zoned(t, nil, www), "owners"), Warn, "no markers are kept")
}

func TestMarkersAreRead(t *testing.T) {
	www, api := set("www.example.com", record.A, "192.0.2.1"), set("api.example.com", record.A, "192.0.2.1")
	typed, untyped := marker("k-a-www.example.com", "me"), marker("k-api.example.com", "me")
	expect(t, found(t, zoned(t, markers("k-"), www, api, typed, untyped, marker("zz.example.com", "you")), "markers"), OK, "our markers are 1 typed, 1 untyped")
	expect(t, found(t, zoned(t, markers("k-"), www, typed, untyped), "markers"), Warn, "1 marker of ours at the name of no record set: k-api.example.com")
	expect(t, found(t, zoned(t, markers("other-"), www, api, typed, untyped), "markers"), Fail, "none of our 2 markers")
	old := txt.New(txt.Options{Owner: "me", Prefix: "other-", Format: "auto", OldPrefix: []string{"k-"}})
	expect(t, found(t, zoned(t, old, www, api, typed, untyped), "markers"), OK, "2 of an old prefix")
	listed := untyped
	listed.Values = []string{registry.Heritage{Owner: "me", Types: "A+AAAA"}.String()}
	expect(t, found(t, zoned(t, markers("k-"), www, api, typed, listed), "markers"), OK, "our markers are 1 shared, 1 typed")
	expect(t, found(t, zoned(t, markers("")), "markers"), OK, "no markers of ours yet")
}

func TestZonesAreListed(t *testing.T) {
	emu := r53emu.New(r53emu.Options{})
	emu.AddZone("example.com", false)
	emu.AddZone("example.org", false)
	account := onAWS(t, emu, iamemu.New(), awsconf.Options{})
	only := func(name dnsname.Name) Patient {
		a := account
		a.Provider = route53.New(*a.AWS, route53.Defaults(), provider.Filter{Match: func(n dnsname.Name) bool { return n == name }})
		return Patient{Accounts: []Account{a}, Domains: []dnsname.Name{name}}
	}
	r := found(t, only("example.com"), "zones")
	expect(t, r, OK, "used: example.com")
	if len(r.Findings) != 2 || r.Findings[1].Text != "left out: hosted zone example.org (Z00000000000000000002): --domain-filter leaves it out" {
		t.Errorf("%+v", r.Findings)
	}
	expect(t, found(t, only("example.net"), "zones"), Fail, "no hosted zone is used")
	emu.AddZone("example.com", false)
	expect(t, found(t, only("example.com"), "zones"), Warn, "have the same name example.com")
}

// TestTakenReplaysTheZones has the plan look at the zones that were read, and change nothing.
func TestTakenReplaysTheZones(t *testing.T) {
	taken := report.Name{Name: "www.example.com", From: "ingress/default/web", Reason: reason.New(reason.Foreign, "no marker")}
	p := zoned(t, markers(""), set("www.example.com", record.A, "192.0.2.1"))
	p.Plan = func(ctx context.Context, with []provider.Provider) (report.Plan, bool, error) {
		zones, err := with[0].Zones(ctx)
		if err != nil || len(zones) != 1 {
			t.Fatalf("the zones are %v, %v", zones, err)
		}
		page, err := with[0].Records(ctx, zones[0], "")
		if err != nil || len(page.Sets) != 3 || page.Next != "" || page.From != "" || page.Until != "" {
			t.Errorf("the page is %+v, %v", page, err)
		}
		if _, err := with[0].Apply(ctx, zones[0], change.Batch{}); err == nil {
			t.Error("invariant foreign: a replayed zone can be changed")
		}
		return report.Plan{Views: []report.View{{Refused: []report.Name{taken}}}}, true, nil
	}
	expect(t, found(t, p, "taken"), Fail, "ingress/default/web asks for www.example.com, which is taken: no marker")
	p.Plan = func(ctx context.Context, _ []provider.Provider) (report.Plan, bool, error) {
		return report.Plan{}, false, nil
	}
	expect(t, found(t, p, "taken"), Warn, "not everything could be read")
	p.Plan = func(ctx context.Context, _ []provider.Provider) (report.Plan, bool, error) {
		return report.Plan{}, true, nil
	}
	expect(t, found(t, p, "taken"), OK, "no name that an object asks for is taken")
}
