// SPDX-License-Identifier: Apache-2.0

package rfc2136_test

import (
	"fmt"
	"sync/atomic"
	"testing"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/provider"
	"nafuda.io/nafuda/internal/provider/rfc2136"
	"nafuda.io/nafuda/test/authority"
)

const (
	keyName = authority.KeyName
	secret  = authority.Secret
)

// server is a real name server with zones z0.example.com, z1.example.com and so on.
type server struct {
	*authority.Server
	at    string // host and port
	tls   string // host and port of DNS over TLS; empty: none
	zones int
	used  atomic.Int32
}

// plan is how a server is to be started.
type plan struct {
	zones     int    // 0: 2
	host      string // empty: 127.0.0.1
	algorithm string // empty: hmac-sha256
	content   string // zone text that every zone has beside its SOA and NS
	cert      string // files of a certificate and its key, for TLS; BIND only
	certKey   string
}

// starters are the servers that each test of the protocol runs with.
func starters() map[string]func(testing.TB, plan) *server {
	return map[string]func(testing.TB, plan) *server{"BIND": startBIND, "Knot": startKnot}
}

func startBIND(t testing.TB, p plan) *server { t.Helper(); return p.start(t, authority.BIND) }

func startKnot(t testing.TB, p plan) *server { t.Helper(); return p.start(t, authority.Knot) }

func (p plan) start(t testing.TB, start func(testing.TB, authority.Options) *authority.Server) *server {
	t.Helper()
	if p.zones == 0 {
		p.zones = 2
	}
	o := authority.Options{Content: p.content, Host: p.host, Algorithm: p.algorithm, Cert: p.cert, CertKey: p.certKey}
	for i := range p.zones {
		o.Zones = append(o.Zones, zoneName(i))
	}
	s := start(t, o)
	return &server{Server: s, at: s.At, tls: s.TLS, zones: p.zones}
}

func zoneName(i int) string { return fmt.Sprintf("z%d.example.com", i) }

// somebody changes a zone as another client of the server would (authority.Server.Somebody).
func (s *server) somebody(t testing.TB, z zone.Zone, lines ...string) {
	t.Helper()
	s.Somebody(t, string(z.Name), lines...)
}

// stop kills the server.
func (s *server) stop() { s.Stop() }

// options are those of a client with the key.
func (s *server) options() rfc2136.Options {
	o := rfc2136.Options{Hosts: []string{s.at}, KeyName: keyName, Secret: secret, BatchSize: 500, Strategy: "disabled"}
	for i := range s.zones {
		o.Zones = append(o.Zones, zoneName(i))
	}
	return o
}

// open makes a provider of options that have to be right.
func open(t testing.TB, o rfc2136.Options) *rfc2136.Provider {
	t.Helper()
	if err := o.Check(); err != nil {
		t.Fatal(err)
	}
	if err := o.Complete(); err != nil {
		t.Fatal(err)
	}
	p, err := rfc2136.New(o, provider.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// fresh is a zone that no other case has used.
func (s *server) fresh(t testing.TB) zone.Zone {
	t.Helper()
	i := int(s.used.Add(1)) - 1
	if i >= s.zones {
		t.Fatalf("there are %d zones only", s.zones)
	}
	return zoneOf(zoneName(i))
}

func zoneOf(name string) zone.Zone {
	return zone.Zone{Key: zone.Key{Provider: rfc2136.Name, Account: rfc2136.Account, ID: name}, Name: dnsname.MustParse(name), Records: -1}
}
