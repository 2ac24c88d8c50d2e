// SPDX-License-Identifier: Apache-2.0

package awsconf_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/route53"

	"nafuda.io/nafuda/internal/provider"
	"nafuda.io/nafuda/internal/provider/awsconf"
	"nafuda.io/nafuda/internal/serve/r53emu"
	"nafuda.io/nafuda/internal/serve/r53emu/stsemu"
)

// The keys and roles of these tests; a role's account is in its ARN.
const (
	oldKey, newKey = "AKIAOLD0000000000000", "AKIANEW0000000000000"
	dnsRole        = "arn:aws:iam::222222222222:role/dns"
	otherRole      = "arn:aws:iam::333333333333:role/dns"
)

// cloud is three accounts behind one address, each with a zone called after it, and a clock that only the test moves.
type cloud struct {
	*stsemu.Cloud
	ahead atomic.Int64
}

func (c *cloud) pass(d time.Duration) { c.ahead.Add(int64(d)) }

func emulate(t *testing.T) *cloud {
	t.Helper()
	c := &cloud{}
	c.Cloud = stsemu.New(func() time.Time { return time.Now().Add(time.Duration(c.ahead.Load())) })
	for _, account := range []string{"111111111111", "222222222222", "333333333333"} {
		s := r53emu.New(r53emu.Options{})
		s.AddZone("example.com", false)
		c.AddAccount(account, s)
	}
	s := httptest.NewServer(c)
	t.Cleanup(s.Close)
	t.Setenv("AWS_ENDPOINT_URL", s.URL)
	return c
}

func credentials(t *testing.T, key string) {
	t.Helper()
	write(t, os.Getenv("AWS_SHARED_CREDENTIALS_FILE"), "[default]\naws_access_key_id = "+key+"\naws_secret_access_key = "+strings.Repeat("s", 40)+"\n")
}

func load(t *testing.T, o awsconf.Options) awsconf.Account {
	t.Helper()
	accounts, err := awsconf.Load(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return accounts[0]
}

func zones(ctx context.Context, a awsconf.Account) error {
	_, err := route53.NewFromConfig(a.Config).ListHostedZones(ctx, nil)
	return awsconf.Classify(err)
}

// TestKeysRotate has the keys in a mounted file change under a client that goes on.
func TestKeysRotate(t *testing.T) {
	isolate(t)
	c := emulate(t)
	c.AddKey("111111111111", oldKey)
	c.AddKey("111111111111", newKey)
	credentials(t, oldKey)
	a := load(t, awsconf.Options{})
	client := route53.NewFromConfig(a.Config)
	call := func() error { _, err := client.ListHostedZones(t.Context(), nil); return err }
	if err := call(); err != nil || c.Calls()[oldKey] != 1 {
		t.Fatalf("%v: %v", c.Calls(), err)
	}
	credentials(t, newKey) // of the same size, maybe within one tick of the file system's clock
	if err := call(); err != nil || c.Calls()[newKey] != 1 {
		t.Errorf("the key isn't picked up: %v: %v", c.Calls(), err)
	}
	write(t, os.Getenv("AWS_SHARED_CREDENTIALS_FILE"), "[default\naws_access") // half written
	if err := call(); err != nil || c.Calls()[newKey] != 2 {
		t.Errorf("a file that can't be read ends what was good: %v: %v", c.Calls(), err)
	}
	credentials(t, oldKey)
	c.RemoveKey(oldKey)
	if err := call(); provider.ClassOf(awsconf.Classify(err)) != provider.Denied {
		t.Errorf("a key that nobody knows: %v", err)
	}
	credentials(t, newKey)
	if err := call(); err != nil || c.Calls()[newKey] != 3 {
		t.Errorf("the key isn't picked up after a bad one: %v: %v", c.Calls(), err)
	}
}

// TestKeysAppear has the file come after the start, as a Secret does that is made later, and by the swap of a symbolic link, as
// the kubelet changes it.
func TestKeysAppear(t *testing.T) {
	isolate(t)
	c := emulate(t)
	c.AddKey("111111111111", newKey)
	a := load(t, awsconf.Options{})
	if err := zones(t.Context(), a); err == nil {
		t.Fatal("a call without keys passes")
	}
	dir := t.TempDir()
	write(t, filepath.Join(dir, "keys"), "[default]\naws_access_key_id = "+newKey+"\naws_secret_access_key = x\n")
	if err := os.Symlink(filepath.Join(dir, "keys"), os.Getenv("AWS_SHARED_CREDENTIALS_FILE")); err != nil {
		t.Fatal(err)
	}
	if err := zones(t.Context(), a); err != nil {
		t.Error(err)
	}
}

// TestTokenFileRotates has the service that the environment names give other keys once the service refuses the first ones.
func TestTokenFileRotates(t *testing.T) {
	isolate(t)
	c := emulate(t)
	c.AddKey("111111111111", oldKey)
	var key atomic.Pointer[string]
	use := func(k string) { key.Store(&k) }
	use(oldKey)
	s := serve(t, func(w http.ResponseWriter, _ *http.Request, _ string) {
		_, _ = io.WriteString(w, `{"AccessKeyId":"`+*key.Load()+`","SecretAccessKey":"x","Expiration":"2099-01-01T00:00:00Z"}`)
	})
	t.Setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", s.URL+"/v1/credentials")
	a := load(t, awsconf.Options{})
	if err := zones(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	use(newKey)
	c.RemoveKey(oldKey)
	c.AddKey("111111111111", newKey)
	if err := zones(t.Context(), a); provider.ClassOf(err) != provider.Denied {
		t.Errorf("the first call after the change: %v", err)
	}
	if err := zones(t.Context(), a); err != nil || c.Calls()[newKey] != 1 {
		t.Errorf("the keys aren't asked for again: %v: %v", c.Calls(), err)
	}
}

func TestExternalID(t *testing.T) {
	for why, tc := range map[string]struct {
		role awsconf.Options
		ok   bool
	}{
		"the right one":      {awsconf.Options{AssumeRole: dnsRole, ExternalID: "ext-1"}, true},
		"another":            {awsconf.Options{AssumeRole: dnsRole, ExternalID: "ext-2"}, false},
		"none":               {awsconf.Options{AssumeRole: dnsRole}, false},
		"a role not trusted": {awsconf.Options{AssumeRole: otherRole, ExternalID: "ext-1"}, false},
	} {
		t.Run(why, func(t *testing.T) {
			isolate(t)
			c := emulate(t)
			c.AddKey("111111111111", oldKey)
			credentials(t, oldKey)
			c.AddRole(stsemu.Role{ARN: dnsRole, Account: "222222222222", Trusts: []string{"111111111111"}, ExternalID: "ext-1"})
			c.AddRole(stsemu.Role{ARN: otherRole, Account: "333333333333", Trusts: []string{"222222222222"}, ExternalID: "ext-1"})
			err := zones(t.Context(), load(t, tc.role))
			if (err == nil) != tc.ok || err != nil && provider.ClassOf(err) != provider.Denied {
				t.Errorf("%v", err)
			}
			if e, ok := errors.AsType[*provider.Error](err); ok && e.Action != "sts:AssumeRole" {
				t.Errorf("it names the permission %q: %v", e.Action, err)
			}
			if got := c.Calls()[dnsRole] == 1; got != tc.ok {
				t.Errorf("%v", c.Calls())
			}
		})
	}
}

// TestSessionEnds has a role's session end before the time that was promised, as when a clock is wrong or someone revokes it.
func TestSessionEnds(t *testing.T) {
	isolate(t)
	c := emulate(t)
	c.AddKey("111111111111", oldKey)
	credentials(t, oldKey)
	c.AddRole(stsemu.Role{ARN: dnsRole, Account: "222222222222", Trusts: []string{"111111111111"}})
	a := load(t, awsconf.Options{AssumeRole: dnsRole})
	if err := zones(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	c.pass(2 * time.Hour)
	if err := zones(t.Context(), a); provider.ClassOf(err) != provider.Denied {
		t.Errorf("a session that has ended: %v", err)
	}
	if err := zones(t.Context(), a); err != nil || c.Calls()[dnsRole] != 2 {
		t.Errorf("the role isn't assumed again: %v: %v", c.Calls(), err)
	}
}

// TestZoneRoles has accounts made of --aws-zone-role, beside those of profiles.
func TestZoneRoles(t *testing.T) {
	isolate(t)
	c := emulate(t)
	c.AddKey("111111111111", oldKey)
	credentials(t, oldKey)
	c.AddRole(stsemu.Role{ARN: dnsRole, Account: "222222222222", Trusts: []string{"111111111111"}})
	c.AddRole(stsemu.Role{ARN: otherRole, Account: "333333333333", Trusts: []string{"111111111111"}})
	accounts, err := awsconf.Load(t.Context(), awsconf.Options{
		AssumeRole: dnsRole, ZoneRoles: []string{"Z2=" + otherRole, " /hostedzone/Z1 = " + otherRole, "Z2=" + otherRole},
	})
	if err != nil || len(accounts) != 2 || accounts[1].Name != otherRole || strings.Join(accounts[1].Zones, " ") != "Z2 Z1" || accounts[0].Zones != nil {
		t.Fatalf("%+v, %v", accounts, err)
	}
	if err := zones(t.Context(), accounts[1]); err != nil || c.Calls()[otherRole] != 1 || c.Calls()[dnsRole] != 0 {
		t.Errorf("a zone's role takes the place of --aws-assume-role: %v: %v", c.Calls(), err)
	}
}

func TestCheckZoneRoles(t *testing.T) {
	for text, want := range map[string]string{
		"Z1=" + dnsRole:                         "",
		"/hostedzone/Z1=" + dnsRole:             "",
		"Z1":                                    "write the hosted zone's id",
		"=" + dnsRole:                           "write the hosted zone's id",
		"example.com=" + dnsRole:                "write the hosted zone's id",
		"Z1=dns":                                "write the hosted zone's id",
		"Z1=arn:aws:iam::1:role/dns":            "write the hosted zone's id",
		"Z1=arn:aws:iam::111122223333:user/dns": "write the hosted zone's id",
		"Z9=" + otherRole:                       "has the role " + dnsRole + " already",
	} {
		err := (awsconf.Options{ZoneRoles: []string{"Z9=" + dnsRole, text}, ExternalID: "x"}).Check()
		if got := err == nil; got != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}
