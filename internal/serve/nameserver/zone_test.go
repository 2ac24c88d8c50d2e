// SPDX-License-Identifier: Apache-2.0

package nameserver

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/miekg/dns"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/serve/zonedb"
)

// testDB holds example.com, its child's parent for DS, a zone without SOA and NS, and one of long answers.
func testDB(t testing.TB) *zonedb.DB {
	t.Helper()
	db := zonedb.New()
	db.Put(zone.Zone{Key: zone.Key{ID: "Z1"}, Name: "example.com"}, append(readZone(t, "example.com.zone"), special()...))
	db.Put(zone.Zone{Key: zone.Key{ID: "Z2"}, Name: "child.example.com"}, []record.Set{
		set("www.child.example.com", record.A, 300, "192.0.2.200"),
		set("broken.child.example.com", record.A, 300, "not an address"),
	})
	return db
}

// special has the sets that zone text can't write.
func special() []record.Set {
	sets := []record.Set{
		aliasSet("flat.example.com", record.A, "www.example.com", ""),
		aliasSet("flat2.example.com", record.A, "flat.example.com", ""),
		aliasSet("flatcname.example.com", record.A, "alias2.example.com", ""),
		aliasSet("flatwild.example.com", record.A, "any.wild.example.com", ""),
		aliasSet("flatchild.example.com", record.A, "www.child.example.com", "Z2"),
		aliasSet("flatout.example.com", record.A, "lb-1.elb.example.net", "Z35SXDOTRQ7X7K"),
		aliasSet("flatgone.example.com", record.A, "nothing.example.com", ""),
		aliasSet("flatloop1.example.com", record.A, "flatloop2.example.com", ""),
		aliasSet("flatloop2.example.com", record.A, "flatloop1.example.com", ""),
		with(set("weighted.example.com", record.A, 60, "192.0.2.11"), "one", propWeight, "1"),
		with(set("weighted.example.com", record.A, 60, "192.0.2.12"), "three", propWeight, "3"),
		with(set("weighted.example.com", record.A, 60, "192.0.2.13"), "zero", propWeight, "0"),
		with(set("multi.example.com", record.A, 30, "192.0.2.21"), "a", propMultiValue, ""),
		with(set("multi.example.com", record.A, 60, "192.0.2.22", "192.0.2.21"), "b", propMultiValue, ""),
		with(set("failover.example.com", record.A, 60, "192.0.2.31"), "a", propFailover, "SECONDARY"),
		with(set("failover.example.com", record.A, 60, "192.0.2.32"), "b", propFailover, "PRIMARY"),
		with(set("geo.example.com", record.A, 60, "192.0.2.41"), "a", propCountry, "FI"),
		with(set("geo.example.com", record.A, 60, "192.0.2.42"), "b", propCountry, "*"),
		with(set("latency.example.com", record.A, 60, "192.0.2.51"), "a", "aws/region", "eu-north-1"),
		with(set("latency.example.com", record.A, 60, "192.0.2.52"), "b", "aws/region", "us-east-1"),
		set("nottl.example.com", record.A, 0, "192.0.2.61"),
		set("long.example.com", record.TXT, 60, record.Quote(strings.Repeat("x", 600))),
	}
	var many []string
	for i := range 100 {
		many = append(many, fmt.Sprintf("198.51.100.%d", i))
	}
	return append(sets, set("many.example.com", record.A, 60, many...))
}

func set(name dnsname.Name, t record.Type, ttl uint32, values ...string) record.Set {
	return record.Set{Key: record.Key{Name: name, Type: t}, TTL: ttl, Values: values}
}

func aliasSet(name dnsname.Name, t record.Type, target dnsname.Name, id string) record.Set {
	return record.Set{Key: record.Key{Name: name, Type: t}, Alias: &record.Alias{Target: target, Zone: id}}
}

func with(s record.Set, id, prop, value string) record.Set {
	s.ID, s.Props = id, []record.Prop{{Name: prop, Value: value}}
	return s
}

// readZone reads zone text into record sets with canonical values.
func readZone(t testing.TB, file string) []record.Set {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", file))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	sets := make(map[record.Key]record.Set)
	p := dns.NewZoneParser(f, "", file)
	for rr, ok := p.Next(); ok; rr, ok = p.Next() {
		h := rr.Header()
		key := record.Key{Name: dnsname.Name(strings.TrimSuffix(h.Name, ".")), Type: record.Type(dns.TypeToString[h.Rrtype])}
		s := sets[key]
		s.Key, s.TTL = key, h.Ttl
		if s.Values, err = record.Canonical(key.Type, append(s.Values, strings.TrimPrefix(rr.String(), h.String()))); err != nil {
			t.Fatal(err)
		}
		sets[key] = s
	}
	if err := p.Err(); err != nil {
		t.Fatal(err)
	}
	out := make([]record.Set, 0, len(sets))
	for _, s := range sets {
		out = append(out, s)
	}
	return out
}

// ask makes a query from "NAME TYPE [CLASS]".
func ask(t testing.TB, question string) *dns.Msg {
	t.Helper()
	f := strings.Fields(question)
	if len(f) < 2 {
		t.Fatalf("question %q has no type", question)
	}
	q := new(dns.Msg)
	qtype, ok := dns.StringToType[f[1]]
	if !ok {
		if _, err := fmt.Sscanf(f[1], "TYPE%d", &qtype); err != nil {
			t.Fatalf("question %q: no such type", question)
		}
	}
	q.SetQuestion(f[0], qtype)
	q.RecursionDesired = false
	if len(f) > 2 {
		q.Question[0].Qclass = dns.StringToClass[f[2]]
	}
	return q
}

// text writes a reply as its code, its flags and the records of its sections, without the OPT record but for its errors.
func text(r *dns.Msg) string {
	if r == nil {
		return "none"
	}
	head := []string{dns.RcodeToString[r.Rcode]}
	if r.Rcode == dns.RcodeBadVers { // shares its number with BADSIG
		head[0] = "BADVERS"
	}
	for _, f := range []struct {
		name string
		set  bool
	}{{"aa", r.Authoritative}, {"tc", r.Truncated}, {"rd", r.RecursionDesired}, {"ra", r.RecursionAvailable}, {"ad", r.AuthenticatedData}} {
		if f.set {
			head = append(head, f.name)
		}
	}
	lines := []string{strings.Join(head, " ")}
	for _, s := range []struct {
		name string
		rrs  []dns.RR
	}{{"answer", r.Answer}, {"authority", r.Ns}, {"additional", r.Extra}} {
		for _, rr := range s.rrs {
			if opt, ok := rr.(*dns.OPT); ok {
				for _, o := range opt.Option {
					lines = append(lines, "option "+o.String())
				}
				continue
			}
			lines = append(lines, s.name+" "+strings.Join(strings.Fields(rr.String()), " "))
		}
	}
	return strings.Join(lines, "\n")
}
