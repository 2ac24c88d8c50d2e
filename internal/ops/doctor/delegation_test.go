// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"context"
	"net"
	"testing"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/provider/awsconf"
	"nafuda.io/nafuda/internal/serve/iamemu"
	"nafuda.io/nafuda/internal/serve/r53emu"
	"nafuda.io/nafuda/internal/serve/zonedb"
	"nafuda.io/nafuda/test/dnsserver"
)

// parent runs our own name server with the zone test, which delegates example.test to servers, and returns a resolver that asks it
// and its port.
func parent(t testing.TB, servers ...string) (*net.Resolver, string) {
	t.Helper()
	db := zonedb.New()
	sets := []record.Set{set("test", record.NS, "ns.test"), set("ns.test", record.A, "127.0.0.1")}
	if len(servers) > 0 {
		sets = append(sets, set("example.test", record.NS, servers...))
	}
	db.Put(zone.Zone{Key: zone.Key{ID: "Z0"}, Name: "test"}, sets)
	at := dnsserver.Serve(t, db)
	_, port, _ := net.SplitHostPort(at)
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, at)
	}}, port
}

// TestDelegationIsAsked asks a real name server which servers answer for a zone.
func TestDelegationIsAsked(t *testing.T) {
	emu := r53emu.New(r53emu.Options{})
	id := emu.AddZone("example.test", false)
	account := onAWS(t, emu, iamemu.New(), awsconf.Options{})
	z, _ := emu.DB().Zone(id)
	var own []string
	for _, s := range z.At(dnsname.Name("example.test")) {
		if s.Type == record.NS {
			own = s.Values
		}
	}
	if len(own) != 4 {
		t.Fatalf("the zone has the servers %v", own)
	}
	for why, tt := range map[string]struct {
		parent []string
		level  Level
		want   string
	}{
		"to the zone's own":    {own, OK, "is delegated to its servers"},
		"to some of its own":   {own[:3], Warn, "its parent names"},
		"to another account's": {[]string{"ns-1.example.net", "ns-2.example.net"}, Fail, "its parent names ns-1.example.net, ns-2.example.net"},
		"not at all":           {nil, Fail, "isn't delegated"},
	} {
		p := Patient{Accounts: []Account{account}}
		p.Resolver, p.Port = parent(t, tt.parent...)
		r := found(t, p, "delegation")
		if r.Level != tt.level {
			t.Errorf("%s:", why)
		}
		expect(t, r, tt.level, tt.want)
	}
	p := Patient{Accounts: []Account{account}, Port: "1"} // where nobody answers
	p.Resolver, _ = parent(t, own...)
	expect(t, found(t, p, "delegation"), Warn, "who answers for example.test isn't known")
	private := r53emu.New(r53emu.Options{})
	private.AddZone("example.test", true)
	expect(t, found(t, Patient{Accounts: []Account{onAWS(t, private, iamemu.New(), awsconf.Options{})}}, "delegation"), OK, "is private")
	expect(t, found(t, Patient{NoDNS: true}, "delegation"), OK, "--no-verify")
}
