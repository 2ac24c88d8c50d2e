// SPDX-License-Identifier: Apache-2.0

package nameserver

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/miekg/dns"
	"pgregory.net/rapid"

	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/serve/zonedb"
)

const (
	no      = "\nauthority example.com. 60 IN SOA ns1.example.com. hostmaster.example.com. 7 7200 900 1209600 60"
	noChild = "\nauthority child.example.com. 30 IN SOA ns.child.example.com. hostmaster.child.example.com. 1 7200 900 1209600 30"
	www     = "\nanswer www.example.com. 300 IN A 192.0.2.80\nanswer www.example.com. 300 IN A 192.0.2.81"
)

// questions are asked of Answer, and over UDP and TCP in TestServe.
var questions = map[string]struct{ why, ask, want string }{
	"exact":                      {"RFC 1034 4.3.2 step 3a", "www.example.com. A", "NOERROR aa" + www},
	"keeps the spelling":         {"RFC 4343 4.1: names compare without case, and come back as asked", "wWw.eXample.COM. AAAA", "NOERROR aa\nanswer wWw.eXample.COM. 300 IN AAAA 2001:db8::80"},
	"no such type":               {"RFC 2308 2.2: no data, with the SOA", "www.example.com. TXT", "NOERROR aa" + no},
	"no such name":               {"RFC 2308 2.1, TTL by 3: the smaller of the SOA's TTL and its minimum", "nothing.example.com. A", "NXDOMAIN aa" + no},
	"unknown type":               {"RFC 3597: a type that we don't know has no data", "www.example.com. TYPE65280", "NOERROR aa" + no},
	"empty non-terminal":         {"RFC 8020: a name with names below it is there", "deep.example.com. A", "NOERROR aa" + no},
	"empty non-terminal, nested": {"RFC 8020", "a.deep.example.com. A", "NOERROR aa" + no},
	"sibling of a deep name":     {"RFC 8020: below an empty non-terminal there may be nothing", "c.deep.example.com. A", "NXDOMAIN aa" + no},
	"soa":                        {"RFC 1034 4.2.1", "example.com. SOA", "NOERROR aa\nanswer example.com. 3600 IN SOA ns1.example.com. hostmaster.example.com. 7 7200 900 1209600 60"},
	"ns":                         {"RFC 1034 4.2.1: at the apex they are an answer, not a referral", "example.com. NS", "NOERROR aa\nanswer example.com. 3600 IN NS ns1.example.com.\nanswer example.com. 3600 IN NS ns2.example.net."},
	"made soa":                   {"a zone without one gets one", "child.example.com. SOA", "NOERROR aa\nanswer child.example.com. 300 IN SOA ns.child.example.com. hostmaster.child.example.com. 1 7200 900 1209600 30"},
	"made ns":                    {"a zone without one gets one", "child.example.com. NS", "NOERROR aa\nanswer child.example.com. 300 IN NS ns.child.example.com."},
	"longest zone":               {"RFC 1034 4.3.2 step 2: the nearest ancestor", "nothing.child.example.com. A", "NXDOMAIN aa" + noChild},
	"ds at a zone's top":         {"RFC 4035 3.1.4.1: the parent answers", "child.example.com. DS", "NXDOMAIN aa" + no},

	"mx":    {"RFC 1035 3.3.9", "example.com. MX", "NOERROR aa\nanswer example.com. 300 IN MX 10 mail.example.com."},
	"srv":   {"RFC 2782", "_sip._tcp.example.com. SRV", "NOERROR aa\nanswer _sip._tcp.example.com. 300 IN SRV 10 5 5060 mail.example.com."},
	"caa":   {"RFC 8659", "example.com. CAA", `NOERROR aa` + "\n" + `answer example.com. 300 IN CAA 0 issue "ca.example.net"`},
	"naptr": {"RFC 3403", "naptr.example.com. NAPTR", `NOERROR aa` + "\n" + `answer naptr.example.com. 300 IN NAPTR 10 20 "u" "sip+E2U" "!^.*$!sip:info@example.com!" .`},
	"txt":   {"RFC 1035 5.1: every byte comes back", "text.example.com. TXT", `NOERROR aa` + "\n" + `answer text.example.com. 300 IN TXT "quote \" backslash \\ bell \007 high \255"`},

	"cname itself":            {"RFC 1034 3.6.2: asked for, it isn't followed", "alias.example.com. CNAME", "NOERROR aa\nanswer alias.example.com. 300 IN CNAME www.example.com."},
	"cname":                   {"RFC 1034 4.3.2 step 3a", "alias.example.com. A", "NOERROR aa\nanswer alias.example.com. 300 IN CNAME www.example.com." + www},
	"cname chain":             {"RFC 1034 3.6.2", "alias2.example.com. A", "NOERROR aa\nanswer alias2.example.com. 300 IN CNAME alias.example.com.\nanswer alias.example.com. 300 IN CNAME www.example.com." + www},
	"cname to no such type":   {"RFC 2308 2.2.1", "alias.example.com. TXT", "NOERROR aa\nanswer alias.example.com. 300 IN CNAME www.example.com." + no},
	"cname to no such name":   {"RFC 6604 3: the code is that of the chain's last name", "dangling.example.com. A", "NXDOMAIN aa\nanswer dangling.example.com. 300 IN CNAME nothing.example.com." + no},
	"cname out":               {"the resolver goes on by itself", "out.example.com. A", "NOERROR aa\nanswer out.example.com. 300 IN CNAME www.example.net."},
	"cname to a wildcard":     {"RFC 4592 3.3.3", "intowild.example.com. A", "NOERROR aa\nanswer intowild.example.com. 300 IN CNAME any.wild.example.com.\nanswer any.wild.example.com. 300 IN A 192.0.2.100"},
	"cname into a delegation": {"RFC 1034 4.3.2: AA is about the first name", "incut.example.com. A", "NOERROR aa\nanswer incut.example.com. 300 IN CNAME www.sub.example.com." + strings.TrimPrefix(referral, "NOERROR")},
	"cname loop":              {"ends where it meets itself", "loop1.example.com. A", "NOERROR aa\nanswer loop1.example.com. 300 IN CNAME loop2.example.com.\nanswer loop2.example.com. 300 IN CNAME loop1.example.com."},

	"wildcard":                       {"RFC 4592 2.2.1", "any.wild.example.com. A", "NOERROR aa\nanswer any.wild.example.com. 300 IN A 192.0.2.100"},
	"wildcard, several labels":       {"RFC 4592 2.2.1", "a.b.c.wild.example.com. A", "NOERROR aa\nanswer a.b.c.wild.example.com. 300 IN A 192.0.2.100"},
	"wildcard, no such type":         {"RFC 4592 2.2.1", "any.wild.example.com. TXT", "NOERROR aa" + no},
	"wildcard itself":                {"RFC 4592 2.2.1: asked for, it is a name like another", "*.wild.example.com. A", "NOERROR aa\nanswer *.wild.example.com. 300 IN A 192.0.2.100"},
	"wildcard doesn't reach a name":  {"RFC 4592 2.2.1: a name that is there has only its own sets", "here.wild.example.com. A", "NOERROR aa" + no},
	"wildcard doesn't reach below":   {"RFC 4592 2.2.1: the closest encloser is here.wild", "x.here.wild.example.com. A", "NXDOMAIN aa" + no},
	"wildcard doesn't reach an ent":  {"RFC 4592 2.2.2: an empty non-terminal is there", "there.wild.example.com. A", "NOERROR aa" + no},
	"wildcard isn't for its parent":  {"RFC 4592 2.1.1", "wild.example.com. A", "NOERROR aa" + no},
	"wildcard is an ent":             {"RFC 4592 4.6: an asterisk without sets of its own gives no data", "any.wild2.example.com. A", "NOERROR aa" + no},
	"wildcard cname":                 {"RFC 4592 3.3.3", "any.cname.example.com. AAAA", "NOERROR aa\nanswer any.cname.example.com. 300 IN CNAME www.example.com.\nanswer www.example.com. 300 IN AAAA 2001:db8::80"},
	"an escaped dot is no separator": {"RFC 4343 2.1", `www\.wild.example.com. A`, "NXDOMAIN aa" + no},
	"escaped bytes below a wildcard": {"RFC 2181 11: any byte is good in a label", `a\.b\007.wild.example.com. A`, "NOERROR aa\n" + `answer a\.b\007.wild.example.com. 300 IN A 192.0.2.100`},

	"referral":             {"RFC 1034 4.3.2 step 3b, RFC 9471: without AA, with glue", "sub.example.com. A", referral},
	"referral from below":  {"RFC 1034 4.3.2 step 3b: data below the cut is hidden", "www.sub.example.com. A", referral},
	"referral for ns":      {"RFC 1034 4.2.1: the child answers for them", "sub.example.com. NS", referral},
	"ds at a delegation":   {"RFC 4035 3.1.4.1: the parent answers", "sub.example.com. DS", "NOERROR aa" + no},
	"ds below the cut":     {"RFC 4035 3.1.4.1", "www.sub.example.com. DS", referral},
	"dname":                {"RFC 6672 3.1", "a.b.old.example.com. A", "NOERROR aa\nanswer old.example.com. 300 IN DNAME new.example.net.\nanswer a.b.old.example.com. 300 IN CNAME a.b.new.example.net."},
	"dname inside":         {"RFC 6672 3.2: goes on in our zones", "x.moved.example.com. A", "NOERROR aa\nanswer moved.example.com. 300 IN DNAME wild.example.com.\nanswer x.moved.example.com. 300 IN CNAME x.wild.example.com.\nanswer x.wild.example.com. 300 IN A 192.0.2.100"},
	"dname's own name":     {"RFC 6672 2.3: it isn't renamed itself", "old.example.com. A", "NOERROR aa" + no},
	"dname over the limit": {"RFC 6672 2.2", strings.Repeat("a.", 119) + "far.example.com. A", "YXDOMAIN aa\nanswer far.example.com. 300 IN DNAME far-away.example.net."},

	"alias":                 {"its data under its own name, with the target's TTL", "flat.example.com. A", "NOERROR aa\nanswer flat.example.com. 300 IN A 192.0.2.80\nanswer flat.example.com. 300 IN A 192.0.2.81"},
	"alias of an alias":     {"followed", "flat2.example.com. A", "NOERROR aa\nanswer flat2.example.com. 300 IN A 192.0.2.80\nanswer flat2.example.com. 300 IN A 192.0.2.81"},
	"alias to a cname":      {"followed", "flatcname.example.com. A", "NOERROR aa\nanswer flatcname.example.com. 300 IN A 192.0.2.80\nanswer flatcname.example.com. 300 IN A 192.0.2.81"},
	"alias to a wildcard":   {"followed", "flatwild.example.com. A", "NOERROR aa\nanswer flatwild.example.com. 300 IN A 192.0.2.100"},
	"alias to another zone": {"followed among our zones", "flatchild.example.com. A", "NOERROR aa\nanswer flatchild.example.com. 300 IN A 192.0.2.200"},
	"alias out":             {"only its cloud can resolve it: no data", "flatout.example.com. A", "NOERROR aa" + no},
	"alias to nothing":      {"no data", "flatgone.example.com. A", "NOERROR aa" + no},
	"alias loop":            {"ends", "flatloop1.example.com. A", "NOERROR aa" + no},
	"alias of another type": {"the alias is of type A only", "flat.example.com. AAAA", "NOERROR aa" + no},

	"multivalue":  {"all sets answer, once each, with one TTL (RFC 2181 5.2)", "multi.example.com. A", "NOERROR aa\nanswer multi.example.com. 30 IN A 192.0.2.21\nanswer multi.example.com. 30 IN A 192.0.2.22"},
	"failover":    {"the primary", "failover.example.com. A", "NOERROR aa\nanswer failover.example.com. 60 IN A 192.0.2.32"},
	"geolocation": {"the default place", "geo.example.com. A", "NOERROR aa\nanswer geo.example.com. 60 IN A 192.0.2.42"},
	"latency":     {"the first", "latency.example.com. A", "NOERROR aa\nanswer latency.example.com. 60 IN A 192.0.2.51"},
	"no ttl":      {"the default", "nottl.example.com. A", "NOERROR aa\nanswer nottl.example.com. 300 IN A 192.0.2.61"},

	"any":                      {"RFC 8482 4.2", "www.example.com. ANY", "NOERROR aa\n" + `answer www.example.com. 300 IN HINFO "RFC8482" ""`},
	"any at a cname":           {"RFC 8482 4.2: not beside a CNAME", "alias.example.com. ANY", "NOERROR aa\nanswer alias.example.com. 300 IN CNAME www.example.com."},
	"any at nothing":           {"RFC 8482: the codes stay", "nothing.example.com. ANY", "NXDOMAIN aa" + no},
	"any at an ent":            {"RFC 8482: the codes stay", "deep.example.com. ANY", "NOERROR aa" + no},
	"not ours":                 {"no recursion: refused", "www.example.net. A", "REFUSED"},
	"not ours, root":           {"no upward referral", ". NS", "REFUSED"},
	"not ours, but the end":    {"labels, not letters, make a zone", "www.notexample.com. A", "REFUSED"},
	"chaos":                    {"our version is nobody's business", "version.bind. TXT CH", "REFUSED"},
	"transfer":                 {"RFC 5936: not offered", "example.com. AXFR", "REFUSED"},
	"a value can't be written": {"unknown isn't absent: a failure, not no data", "broken.child.example.com. A", "SERVFAIL aa"},
}

const referral = "NOERROR" +
	"\nauthority sub.example.com. 3600 IN NS ns.sub.example.com." +
	"\nauthority sub.example.com. 3600 IN NS ns2.example.net." +
	"\nadditional ns.sub.example.com. 3600 IN A 192.0.2.54" +
	"\nadditional ns.sub.example.com. 3600 IN AAAA 2001:db8::54"

func TestAnswer(t *testing.T) {
	db := testDB(t)
	for name, c := range questions {
		t.Run(name, func(t *testing.T) {
			q := ask(t, c.ask)
			before := q.Copy()
			r := Answer(db, q, Options{})
			if diff := cmp.Diff(c.want, text(r)); diff != "" {
				t.Errorf("%s: %s (-want +got)\n%s", c.ask, c.why, diff)
			}
			if diff := cmp.Diff(before.Question, r.Question); diff != "" {
				t.Errorf("the question isn't echoed (-want +got)\n%s", diff)
			}
			if diff := cmp.Diff(before.String(), q.String()); diff != "" {
				t.Errorf("the query was changed (-want +got)\n%s", diff)
			}
			if _, err := r.Pack(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestHeader(t *testing.T) {
	db := testDB(t)
	edns := func(q *dns.Msg) *dns.OPT {
		q.SetEdns0(4096, false)
		return q.IsEdns0()
	}
	for name, c := range map[string]struct {
		why  string
		edit func(*dns.Msg)
		want string
	}{
		"recursion desired": {"RFC 1035 4.1.1: RD is copied, RA isn't set", func(q *dns.Msg) { q.RecursionDesired = true }, "NOERROR aa rd" + www},
		"a response":        {"an answer to it could bounce for ever", func(q *dns.Msg) { q.Response = true }, "none"},
		"update":            {"RFC 1035 4.1.1: a kind of query that we don't do", func(q *dns.Msg) { q.Opcode = dns.OpcodeUpdate }, "NOTIMP"},
		"unknown opcode":    {"RFC 1035 4.1.1", func(q *dns.Msg) { q.Opcode = 15 }, "NOTIMP"},
		"no question":       {"RFC 9619", func(q *dns.Msg) { q.Question = nil }, "FORMERR"},
		"two questions":     {"RFC 9619", func(q *dns.Msg) { q.Question = append(q.Question, q.Question[0]) }, "FORMERR"},
		"type OPT":          {"RFC 6891 6.1: no type to ask for", func(q *dns.Msg) { q.Question[0].Qtype = dns.TypeOPT }, "FORMERR"},
		"edns version":      {"RFC 6891 6.1.3", func(q *dns.Msg) { edns(q).SetVersion(1) }, "BADVERS"},
		"edns twice":        {"RFC 6891 6.1.1", func(q *dns.Msg) { q.Extra = append(q.Extra, edns(q)) }, "FORMERR"},
		"alias out, told why": {
			"RFC 8914", func(q *dns.Msg) { edns(q); q.Question[0].Name = "flatout.example.com." },
			"NOERROR aa" + no + "\noption 0 (Other): (the alias leads out of the zones served here)",
		},
	} {
		t.Run(name, func(t *testing.T) {
			q := ask(t, "www.example.com. A")
			c.edit(q)
			if diff := cmp.Diff(c.want, text(Answer(db, q, Options{}))); diff != "" {
				t.Errorf("%s (-want +got)\n%s", c.why, diff)
			}
		})
	}
}

func TestEDNS(t *testing.T) {
	db := testDB(t)
	q := ask(t, "www.example.com. A")
	if Answer(db, q, Options{}).IsEdns0() != nil {
		t.Error("an OPT record for a query without one (RFC 6891 6.1.1)")
	}
	q.SetEdns0(4096, true)
	opt := Answer(db, q, Options{}).IsEdns0()
	if opt == nil || !opt.Do() || opt.UDPSize() != payload || opt.Version() != 0 {
		t.Errorf("want version 0, DO as asked (RFC 3225 3) and size %d, got %v", payload, opt)
	}
	for size, want := range map[uint16]int{0: 512, 511: 512, 1000: 1000, 1232: 1232, 65535: 1232} {
		q.IsEdns0().SetUDPSize(size)
		if got := limit(q); got != want {
			t.Errorf("a client's size %d gives %d, want %d", size, got, want)
		}
	}
}

func TestSerial(t *testing.T) {
	db := testDB(t)
	if err := db.Edit("Z1", func(tx *zonedb.Tx) error { tx.Set(set("new.example.com", record.A, 60, "192.0.2.9")); return nil }); err != nil {
		t.Fatal(err)
	}
	r := Answer(db, ask(t, "example.com. SOA"), Options{})
	if soa, ok := r.Answer[0].(*dns.SOA); !ok || soa.Serial != 8 {
		t.Errorf("one edit after serial 7: %v", r.Answer)
	}
}

// Over all numbers that Pick can return, each weighted set is drawn as often as it weighs.
func TestWeights(t *testing.T) {
	db := testDB(t)
	got := map[string]int{}
	for n := range uint64(4) {
		r := Answer(db, ask(t, "weighted.example.com. A"), Options{Pick: func(of uint64) uint64 {
			if of != 4 {
				t.Errorf("drawn from %d, want 4", of)
			}
			return n
		}})
		got[r.Answer[0].(*dns.A).A.String()]++
	}
	if diff := cmp.Diff(map[string]int{"192.0.2.11": 1, "192.0.2.12": 3}, got); diff != "" {
		t.Error(diff)
	}
}

func TestWeightsProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		texts := rapid.SliceOfN(rapid.SampledFrom([]string{"0", "1", "2", "255", "256", "-1", "x", "99999999999999999999"}), 2, 6).Draw(t, "weights")
		var sets []record.Set
		for i, w := range texts {
			sets = append(sets, with(set("w.example.com", record.A, 60, "192.0.2.1"), string(rune('a'+i)), propWeight, w))
		}
		var sum uint64
		for _, s := range sets {
			sum += weight(s)
		}
		got := choose(sets, func(n uint64) uint64 { return rapid.Uint64Range(0, n-1).Draw(t, "pick") })
		if len(got) != 1 || sum > 0 && weight(got[0]) == 0 {
			t.Fatalf("drew %v", got)
		}
	})
}
