// SPDX-License-Identifier: Apache-2.0

//go:build linux

package bench

import (
	"context"
	"fmt"
	"net"
	"os"
	"testing"

	"github.com/miekg/dns"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/serve/nameserver"
	"nafuda.io/nafuda/internal/serve/zonedb"
)

// servedBy is the variable that makes this program a name server: ours, or one around the DNS library's own server, to compare with.
const servedBy = "NAFUDA_BENCH_SERVE"

// hosts is how many names the zone has.
const hosts = 10_000

// TestMain serves DNS where it was started for that.
func TestMain(m *testing.M) {
	how := os.Getenv(servedBy)
	if how == "" {
		os.Exit(m.Run())
	}
	if err := serveDNS(how); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// serveDNS prints its port and serves until it is killed.
func serveDNS(how string) error {
	db := zonedb.New()
	sets := make([]record.Set, hosts)
	for i := range sets {
		sets[i] = record.Set{Key: record.Key{Name: hostName(i), Type: record.A}, TTL: 300, Values: []string{fmt.Sprintf("198.51.100.%d", i%250)}}
	}
	db.Put(zone.Zone{Key: zone.Key{ID: "Z"}, Name: domain}, sets)
	all, err := nameserver.Options{Addresses: []string{"127.0.0.1:0"}}.Listen(context.Background())
	if err != nil {
		return err
	}
	udp := all[0].UDP
	fmt.Println(udp.LocalAddr().(*net.UDPAddr).Port)
	if how == "library" {
		srv := &dns.Server{PacketConn: udp, UDPSize: 1232, Handler: dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
			r := nameserver.Answer(db, q, nameserver.Options{})
			r.Truncate(dns.MinMsgSize)
			_ = w.WriteMsg(r) // a client that is gone
		})}
		return srv.ActivateAndServe()
	}
	return nameserver.New(db, nameserver.Options{RateLimit: 20}).Serve(context.Background(), udp, all[0].TCP)
}

func hostName(i int) dnsname.Name { return dnsname.Name(fmt.Sprintf("host%d.%s", i, domain)) }
