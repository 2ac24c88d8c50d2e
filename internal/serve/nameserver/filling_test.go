// SPDX-License-Identifier: Apache-2.0

package nameserver

import (
	"strings"
	"testing"

	"github.com/miekg/dns"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/serve/zonedb"
)

// TestFilling: what a zone that isn't filled yet doesn't have isn't known to be absent (proof).
func TestFilling(t *testing.T) {
	db := small(t, func(tx *zonedb.Tx) {
		tx.Set(set("*.w."+big, record.A, 60, "192.0.2.5"))
		tx.Set(set("sub."+big, record.NS, 60, "ns.example.net"))
	})
	db.Put(zone.Zone{Key: zone.Key{ID: "C"}, Name: "other.example.com"}, []record.Set{set("to.other.example.com", record.CNAME, 60, "absent."+big)})
	for question, want := range map[string][2]string{ // while it is filled, and after
		big + " SOA":              {"NOERROR", "NOERROR"},
		big + " NS":               {"NOERROR", "NOERROR"},
		"a." + big + " A":         {"NOERROR", "NOERROR"},
		"x.sub." + big + " A":     {"NOERROR", "NOERROR"},
		"a." + big + " AAAA":      {"SERVFAIL", "NOERROR"},
		big + " A":                {"SERVFAIL", "NOERROR"},
		"w." + big + " A":         {"SERVFAIL", "NOERROR"},
		"x.w." + big + " A":       {"SERVFAIL", "NOERROR"},
		"absent." + big + " A":    {"SERVFAIL", "NXDOMAIN"},
		"absent." + big + " ANY":  {"SERVFAIL", "NXDOMAIN"},
		"to.other.example.com A":  {"SERVFAIL", "NXDOMAIN"},
		"not.other.example.com A": {"NXDOMAIN", "NXDOMAIN"},
	} {
		name, kind, _ := strings.Cut(question, " ")
		for i, filling := range []bool{true, false} {
			db.SetFilling("B", filling)
			q := ask(t, name+". "+kind)
			q.SetEdns0(1232, false)
			r := Answer(db, q, Options{})
			if got := dns.RcodeToString[r.Rcode]; got != want[i] {
				t.Errorf("%s, filling %v: %s, want %s", question, filling, got, want[i])
			}
			if failed := r.Rcode == dns.RcodeServerFailure; failed && (len(r.Answer)+len(r.Ns) > 0 || !strings.Contains(text(r), "isn't filled yet")) {
				t.Errorf("%s fails with records, or doesn't say why: %v", question, r)
			}
		}
	}
}

// TestNobodyTakesAFillingZone: a secondary would give up what it has.
func TestNobodyTakesAFillingZone(t *testing.T) {
	db := small(t, nil)
	db.SetFilling("B", true)
	db.Put(zone.Zone{Key: zone.Key{ID: "C"}, Name: "other.example.com"}, nil)
	addr := serve(t, db, Options{Transfer: []string{"127.0.0.1"}})
	ixfr := new(dns.Msg).SetIxfr(big+".", 40, "ns."+big+".", "hostmaster."+big+".")
	for _, q := range []struct {
		network string
		msg     *dns.Msg
	}{{"tcp", new(dns.Msg).SetAxfr(big + ".")}, {"tcp", ixfr}, {"udp", ixfr}} {
		if r := exchange(t, q.network, addr, q.msg); r.Rcode != dns.RcodeServerFailure || len(r.Answer) > 0 {
			t.Errorf("a transfer of it over %s gets %v", q.network, r)
		}
	}
	second := &secondary{s: New(db, Options{}), told: make(map[string]uint32)}
	told := func() (out []dnsname.Name) {
		for _, n := range second.due() {
			out = append(out, dnsname.Name(n.zone))
		}
		return out
	}
	if got := told(); len(got) != 1 || got[0] != "C" {
		t.Errorf("a secondary is told of %v, want C alone", got)
	}
	changed, cancel := db.Subscribe()
	defer cancel()
	db.SetFilling("B", false)
	select {
	case <-changed:
	default:
		t.Error("nobody hears that it is filled")
	}
	if got := told(); len(got) != 2 {
		t.Errorf("a secondary is told of %v, want B too", got)
	}
	if got := axfr(t, addr, ""); len(got) == 0 {
		t.Error("nobody may take it, though it is filled")
	}
}
