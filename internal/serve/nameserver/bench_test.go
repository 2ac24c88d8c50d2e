// SPDX-License-Identifier: Apache-2.0

package nameserver

import (
	"fmt"
	"net"
	"testing"
	"time"

	"github.com/miekg/dns"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/serve/zonedb"
)

// benchDB has a zone of 10,000 names beside those of testDB.
func benchDB(b *testing.B) *zonedb.DB {
	b.Helper()
	db := testDB(b)
	hosts := make([]record.Set, 10_000)
	for i := range hosts {
		hosts[i] = set(dnsname.Name(fmt.Sprintf("host%d.bench.example", i)), record.A, 60, "192.0.2.1")
	}
	db.Put(zone.Zone{Key: zone.Key{ID: "B"}, Name: "bench.example"}, hosts)
	return db
}

// From packet to packet, without sockets.
func BenchmarkAnswer(b *testing.B) {
	db := benchDB(b)
	for _, question := range []string{
		"host5000.bench.example. A", "host5000.bench.example. TXT", "nothing.bench.example. A", "alias2.example.com. A", "text.example.com. TXT", "flat.example.com. A",
	} {
		b.Run(question, func(b *testing.B) {
			packet, err := ask(b, question).Pack()
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				q := new(dns.Msg)
				if err := q.Unpack(packet); err != nil {
					b.Fatal(err)
				}
				r := Answer(db, q, Options{})
				r.Truncate(limit(q))
				if _, err := r.Pack(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// Over loopback, one question in flight a client: most of the time goes into system calls, the client's included.
func BenchmarkServe(b *testing.B) {
	addr := serve(b, benchDB(b), Options{})
	packet, err := ask(b, "host5000.bench.example. A").Pack()
	if err != nil {
		b.Fatal(err)
	}
	b.SetParallelism(8)
	b.RunParallel(func(pb *testing.PB) {
		conn, err := net.Dial("udp", addr)
		if err != nil {
			b.Error(err)
			return
		}
		defer conn.Close()
		if err := conn.SetDeadline(time.Now().Add(time.Minute)); err != nil {
			b.Error(err)
			return
		}
		reply := make([]byte, dns.MinMsgSize)
		for pb.Next() {
			if _, err := conn.Write(packet); err != nil {
				b.Error(err)
				return
			}
			if _, err := conn.Read(reply); err != nil {
				b.Error(err)
				return
			}
		}
	})
}
