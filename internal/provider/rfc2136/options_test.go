// SPDX-License-Identifier: Apache-2.0

package rfc2136_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/provider"
	"nafuda.io/nafuda/internal/provider/rfc2136"
)

func TestOptions(t *testing.T) {
	good := rfc2136.Options{Hosts: []string{"192.0.2.53"}, Zones: []string{"example.com"}, KeyName: "key", Secret: secret, BatchSize: 50}
	for why, tc := range map[string]struct {
		change func(*rfc2136.Options)
		want   []string // of each error a part, in their order
	}{
		"good": {func(*rfc2136.Options) {}, nil},
		"hosts": {func(o *rfc2136.Options) {
			o.Hosts = []string{"ns.example.com", "ns.example.com:5353", "2001:db8::1", "[2001:db8::1]", "[2001:db8::1]:5353"}
		}, nil},
		"no such host":             {func(o *rfc2136.Options) { o.Hosts = []string{"a b", "192.0.2.1:0", "192.0.2.1:x"} }, []string{"--rfc2136-host=a b", `"0" isn't a port`, `"x" isn't a port`}},
		"no zone's name":           {func(o *rfc2136.Options) { o.Zones = []string{"."} }, []string{"--rfc2136-zone=."}},
		"numbers":                  {func(o *rfc2136.Options) { o.Port, o.BatchSize, o.MinTTL = -1, 501, -time.Second }, []string{"--rfc2136-host=192.0.2.53", "--rfc2136-port=-1", "1 to 500", "--rfc2136-min-ttl=-1s"}},
		"half a key":               {func(o *rfc2136.Options) { o.Cert = "x"; o.TLS = true }, []string{"give both or neither"}},
		"key":                      {func(o *rfc2136.Options) { o.KeyName, o.Secret, o.Algorithm = "a b", "hunter2!", "hmac-md5" }, []string{"keyname=a b", "it isn't base64", "hmac-md5: must be"}},
		"nothing":                  {func(o *rfc2136.Options) { *o = rfc2136.Options{} }, []string{"--rfc2136-host", "--rfc2136-zone", "--rfc2136-tsig-keyname", "--rfc2136-tsig-secret"}},
		"insecure, yet with a key": {func(o *rfc2136.Options) { o.Insecure = true }, []string{"doesn't fit a TSIG key"}},
		"TLS flags without TLS":    {func(o *rfc2136.Options) { o.CA = "x" }, []string{"--rfc2136-use-tls"}},
	} {
		t.Run(why, func(t *testing.T) {
			o := good
			tc.change(&o)
			var text string
			for _, err := range []error{o.Check(), o.Complete()} {
				if err != nil {
					text += err.Error() + "\n"
				}
			}
			lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
			if text == "" {
				lines = nil
			}
			if len(lines) != len(tc.want) || strings.Contains(text, "hunter2") || strings.Contains(text, secret) {
				t.Fatalf("%q, want %q", lines, tc.want)
			}
			for i, l := range lines {
				if !strings.Contains(l, tc.want[i]) {
					t.Errorf("%q, want %q", l, tc.want[i])
				}
			}
		})
	}
}

func TestFiles(t *testing.T) {
	file := filepath.Join(t.TempDir(), "empty.pem")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for why, o := range map[string]rfc2136.Options{
		"--tls-ca: ":              {CA: "/nowhere"},
		"there is no certificate": {CA: file},
		"--tls-client-cert: ":     {Cert: "/nowhere", CertKey: file},
		"--tls-client-cert-key: ": {Cert: file, CertKey: "/nowhere"},
		"use it with its key":     {Cert: file, CertKey: file},
	} {
		o.Hosts, o.TLS = []string{"192.0.2.53"}, true
		if _, err := rfc2136.New(o, provider.Filter{}); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%v, want %s", err, why)
		}
	}
}

func TestZones(t *testing.T) {
	o := rfc2136.Options{Hosts: []string{"192.0.2.53"}, Zones: []string{"example.net", "2.0.192.in-addr.arpa.", "Example.com", "example.com"}}
	is := func(names ...dnsname.Name) func(dnsname.Name) bool {
		return func(n dnsname.Name) bool {
			return strings.Contains(" "+strings.Join(texted(names), " ")+" ", " "+string(n)+" ")
		}
	}
	for why, tc := range map[string]struct {
		filter        provider.Filter
		used, skipped string
	}{
		"all":               {provider.Filter{}, "2.0.192.in-addr.arpa example.com example.net", ""},
		"of a domain":       {provider.Filter{Match: is("example.com"), Below: is()}, "example.com", "2.0.192.in-addr.arpa example.net"},
		"above a domain":    {provider.Filter{Match: is(), Below: is("example.com")}, "example.com", "2.0.192.in-addr.arpa example.net"},
		"one that is named": {provider.Filter{IDs: []string{"example.net"}}, "example.net", "2.0.192.in-addr.arpa example.com"},
	} {
		t.Run(why, func(t *testing.T) {
			p, err := rfc2136.New(o, tc.filter)
			if err != nil {
				t.Fatal(err)
			}
			used, skipped, err := p.ExplainZones(t.Context())
			var u, s []string
			for _, z := range used {
				u = append(u, z.ID)
			}
			for _, z := range skipped {
				s = append(s, z.Zone.ID)
				if z.Why.None() {
					t.Errorf("invariant why: %s is skipped without a reason", z.Zone.ID)
				}
			}
			if strings.Join(u, " ") != tc.used || strings.Join(s, " ") != tc.skipped || err != nil {
				t.Errorf("%v, %v, %v", u, s, err)
			}
		})
	}
}

func texted(names []dnsname.Name) []string {
	var out []string
	for _, n := range names {
		out = append(out, string(n))
	}
	return out
}
