// SPDX-License-Identifier: Apache-2.0

package route53_test

import (
	"errors"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/provider"
	"nafuda.io/nafuda/internal/provider/awsconf"
	"nafuda.io/nafuda/internal/provider/route53"
	"nafuda.io/nafuda/internal/serve/r53emu"
	"nafuda.io/nafuda/internal/serve/r53emu/stsemu"
)

// named is an account of another name at the same service, as a second profile of one account is.
func (e *emulated) named(name string, zones ...string) awsconf.Account {
	a := e.account
	a.Name, a.Zones = name, zones
	return a
}

// TestSharedZones has accounts see the same zones: one of them uses each, the same one whoever is faster.
func TestSharedZones(t *testing.T) {
	e := emulate(t)
	com, net := e.AddZone("example.com", false), e.AddZone("example.net", false)
	for why, tc := range map[string]struct {
		accounts []awsconf.Account
		want     []string // of each account
	}{
		"the first profile has all":       {[]awsconf.Account{e.named("one"), e.named("two")}, []string{"example.com example.net", ""}},
		"a role has the zones it's given": {[]awsconf.Account{e.named("one"), e.named("role", net)}, []string{"example.com", "example.net"}},
		"two roles":                       {[]awsconf.Account{e.named("one"), e.named("role", net), e.named("other", com)}, []string{"", "example.net", "example.com"}},
	} {
		t.Run(why, func(t *testing.T) {
			ps := route53.Open(tc.accounts, route53.Defaults(), provider.Filter{})
			got, all := make([]string, len(ps)), make([]int, len(ps))
			var group sync.WaitGroup
			for i := len(ps) - 1; i >= 0; i-- { // the last asks first
				group.Go(func() {
					used, skipped, err := ps[i].ExplainZones(t.Context())
					if err != nil {
						t.Error(err)
					}
					got[i], all[i] = strings.Join(labels(used), " "), len(used)+len(skipped)
				})
			}
			group.Wait()
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Error(diff)
			}
			for i, n := range all {
				if n != 2 {
					t.Errorf("account %d explains %d of 2 zones", i, n)
				}
			}
		})
	}
}

// TestSharedZoneOfABrokenAccount (apart): an account that can't list its zones keeps no other from those that both see, and what
// another has taken by then stays with it.
func TestSharedZoneOfABrokenAccount(t *testing.T) {
	e := emulate(t)
	e.AddZone("example.com", false)
	ps := route53.Open([]awsconf.Account{e.named("one"), e.named("two")}, route53.Defaults(), provider.Filter{})
	e.Fail("ListHostedZones", 1, r53emu.Throttled())
	if _, err := ps[0].Zones(t.Context()); err == nil {
		t.Fatal("the fault doesn't come")
	}
	for range 2 {
		two, err := ps[1].Zones(t.Context())
		if err != nil || len(two) != 1 {
			t.Errorf("%v, %v", two, err)
		}
		if one, err := ps[0].Zones(t.Context()); err != nil || len(one) != 0 {
			t.Errorf("%v, %v", one, err)
		}
	}
}

// TestRoleByTag has hosted zones say by a tag with which role they are read and changed.
func TestRoleByTag(t *testing.T) {
	const key, role, closed = "AKIAONE0000000000000", "arn:aws:iam::111111111111:role/dns", "arn:aws:iam::111111111111:role/closed"
	for _, v := range os.Environ() {
		if name, _, _ := strings.Cut(v, "="); strings.HasPrefix(name, "AWS_") {
			t.Setenv(name, "")
		}
	}
	server := r53emu.New(r53emu.Options{})
	c := stsemu.New(nil)
	c.AddAccount("111111111111", server)
	c.AddKey("111111111111", key)
	c.AddRole(stsemu.Role{ARN: role, Account: "111111111111", Trusts: []string{"111111111111"}, ExternalID: "ext-1"})
	s := httptest.NewServer(c)
	t.Cleanup(s.Close)
	t.Setenv("AWS_ENDPOINT_URL", s.URL)
	t.Setenv("AWS_CONFIG_FILE", filepath.Join(t.TempDir(), "none"))
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", filepath.Join(t.TempDir(), "none"))
	t.Setenv("AWS_ACCESS_KEY_ID", key)
	t.Setenv("AWS_SECRET_ACCESS_KEY", secretKey)
	accounts, err := awsconf.Load(t.Context(), awsconf.Options{RoleTag: "dns-role", ExternalID: "ext-1"})
	if err != nil {
		t.Fatal(err)
	}
	e := &emulated{Server: server, account: accounts[0]}
	ids := make(map[string]string)
	for name, tag := range map[string]string{"tagged.example": role, "closed.example": closed, "wrong.example": "dns", "plain.example": ""} {
		ids[name] = server.AddZone(dnsname.Name(name), false)
		if tag != "" {
			e.tag(t, ids[name], "dns-role", tag)
		}
	}
	p := e.open(route53.Defaults(), provider.Filter{})
	used, skipped, err := p.ExplainZones(t.Context())
	if err != nil || len(used) != 3 || len(skipped) != 1 || !strings.Contains(skipped[0].Why.Text, "its tag dns-role isn't the ARN of a role") {
		t.Fatalf("%v, %v, %v", used, skipped, err)
	}
	for _, z := range used {
		before := c.Calls()
		_, read := p.Records(t.Context(), z, "")
		write := create(t, p, z)
		switch by := c.Calls(); string(z.Name) {
		case "tagged.example":
			if read != nil || write != nil || by[role]-before[role] != 2 {
				t.Errorf("%s: %v, %v, by %v", z.Name, read, write, by)
			}
		case "plain.example":
			if read != nil || write != nil || by[key]-before[key] != 2 {
				t.Errorf("%s: %v, %v, by %v", z.Name, read, write, by)
			}
		default: // apart: only this zone fails, with what is missing
			e, ok := errors.AsType[*provider.Error](read)
			if provider.ClassOf(read) != provider.Denied || provider.ClassOf(write) != provider.Denied || !ok || e.Action != "sts:AssumeRole" {
				t.Errorf("%s: %v, %v", z.Name, read, write)
			}
		}
	}
}

func create(t *testing.T, p *route53.Provider, z zone.Zone) error {
	t.Helper()
	set := record.Set{Key: record.Key{Name: "www." + z.Name, Type: record.A}, TTL: 300, Values: []string{"192.0.2.1"}}
	_, err := p.Apply(t.Context(), z, change.Batch{Groups: []change.Group{{Name: set.Name, Changes: []change.Change{{After: &set}}}}})
	return err
}
