// SPDX-License-Identifier: Apache-2.0

package resolver

import (
	"context"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/serve/zonedb"
	"nafuda.io/nafuda/test/dnsserver"
)

// through returns a lookup that asks one server.
func through(address string) Lookup {
	r := net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, address)
	}}
	return r.LookupNetIP
}

func set(name string, typ record.Type, values ...string) record.Set {
	values = slices.Sorted(slices.Values(values))
	return record.Set{Key: record.Key{Name: dnsname.Name(name), Type: typ}, TTL: 60, Values: values}
}

// TestRealNameServer: what Go's resolver makes of a server's answers is what we take it for.
func TestRealNameServer(t *testing.T) {
	var crowd []string
	for _, a := range many(90) {
		crowd = append(crowd, a.String())
	}
	db := zonedb.New()
	db.Put(zone.Zone{Key: zone.Key{ID: "z"}, Name: "example.net"}, []record.Set{
		set("dual.example.net", record.A, "192.0.2.2", "192.0.2.1"), set("dual.example.net", record.AAAA, "2001:db8::1"),
		set("four.example.net", record.A, "192.0.2.3"), set("six.example.net", record.AAAA, "2001:db8::2"),
		set("text.example.net", record.TXT, `"no address"`), set("crowd.example.net", record.A, crowd...),
		set("www.example.net", record.CNAME, "dual.example.net"), set("away.example.net", record.CNAME, "nowhere.example.net"),
	})
	address := dnsserver.Serve(t, db)
	for host, want := range map[string]string{
		"dual.example.net":  "[192.0.2.1 192.0.2.2] [2001:db8::1]",
		"four.example.net":  "[192.0.2.3] []",
		"six.example.net":   "[] [2001:db8::2]",
		"www.example.net":   "[192.0.2.1 192.0.2.2] [2001:db8::1]",
		"crowd.example.net": "[" + strings.Join(crowd, " ") + "] []", // over TCP
		"text.example.net":  "HostNotFound HostNotFound",
		"none.example.net":  "HostNotFound HostNotFound",
		"away.example.net":  "HostNotFound HostNotFound",
		"lb.example.org":    "HostNotResolved HostNotResolved", // it isn't the server's: REFUSED
	} {
		t.Run(host, func(t *testing.T) {
			v, _ := New(through(address)).ask(t.Context(), host, new(window), new(window))
			if got := show(v); got != want {
				t.Errorf("got %s, want %s: %s", got, want, v.V4.Why.Text)
			}
		})
	}
}

// TestRealNameServerAway: a server that refuses connections, and one that says nothing.
func TestRealNameServerAway(t *testing.T) {
	silent, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	closed, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	for name, address := range map[string]string{"refused": closed.LocalAddr().String(), "silent": silent.LocalAddr().String()} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
			defer cancel()
			a := New(through(address)).askFamily(ctx, "ip4", "lb.example.net")
			if a.failure == "" {
				t.Errorf("it is taken for %v", a.addrs)
			}
		})
	}
}
