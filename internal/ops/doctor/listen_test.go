// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"net"
	"testing"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/serve/zonedb"
	"nafuda.io/nafuda/test/dnsserver"
)

// TestListen looks at addresses that are free, ours, somebody else's and nobody's.
func TestListen(t *testing.T) {
	db := zonedb.New()
	db.Put(zone.Zone{Key: zone.Key{ID: "Z1"}, Name: "home.example.com"}, nil)
	ours := dnsserver.Serve(t, db)
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for why, tc := range map[string]struct {
		at    []string
		level Level
		want  string
	}{
		"another provider":          {nil, OK, "nothing to check"},
		"free":                      {[]string{":0"}, OK, "free"},
		"an instance runs":          {[]string{ours, ":0"}, OK, "an instance runs already"},
		"another zone's server":     {[]string{ours}, Fail, "can't answer"},
		"something else":            {[]string{taken.Addr().String(), ":0"}, Fail, "address already in use"},
		"an address of nobody here": {[]string{"192.0.2.53:53"}, Fail, "cannot assign"},
		"only for this machine":     {[]string{"127.0.0.1:0"}, Warn, "nobody but this machine"},
	} {
		zones := []dnsname.Name{"home.example.com"}
		if why == "another zone's server" {
			zones = []dnsname.Name{"lan.example.com"}
		}
		r := found(t, Patient{Listen: tc.at, Serves: zones}, "listen")
		t.Run(why, func(t *testing.T) { expect(t, r, tc.level, tc.want) })
	}
}
