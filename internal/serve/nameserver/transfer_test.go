// SPDX-License-Identifier: Apache-2.0

package nameserver

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/miekg/dns"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/serve/zonedb"
)

// anyone lets this machine transfer.
var anyone = []string{"127.0.0.0/8"}

// messages asks a server over its packet path, and returns all messages of the answer.
func messages(t testing.TB, s *Server, q query) []*dns.Msg {
	t.Helper()
	var out []*dns.Msg
	q.send = func(b []byte) error {
		m := new(dns.Msg)
		if err := m.Unpack(b); err != nil {
			t.Fatal(err)
		}
		if len(b) > payload && !q.tcp {
			t.Errorf("a datagram of %d bytes", len(b))
		}
		out = append(out, m)
		return nil
	}
	if err := s.exchange(q); err != nil {
		t.Fatal(err)
	}
	return out
}

// records are the lines of the answer sections.
func records(ms []*dns.Msg) (out []string) {
	for _, m := range ms {
		for _, rr := range m.Answer {
			out = append(out, strings.Join(strings.Fields(rr.String()), " "))
		}
	}
	return out
}

func packed(t testing.TB, m *dns.Msg) []byte {
	t.Helper()
	out, err := m.Pack()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// small is a zone of two versions: 41, and 42 with the edit.
func small(t testing.TB, f func(*zonedb.Tx)) *zonedb.DB {
	t.Helper()
	db := zonedb.New()
	sets := []record.Set{set("a."+big, record.A, 60, "192.0.2.1", "192.0.2.2"), set("b."+big, record.A, 60, "192.0.2.3"), set("c."+big, record.TXT, 60, `"c"`), set("z."+big, record.A, 60, "192.0.2.26")}
	db.Restore(zone.Zone{Key: zone.Key{ID: "B"}, Name: big}, sets, 41)
	if f != nil {
		edit(t, db, f)
	}
	return db
}

func soaLine(serial int) string {
	return fmt.Sprintf("%s. 300 IN SOA ns.%[1]s. hostmaster.%[1]s. %d 7200 900 1209600 30", big, serial)
}

// TestTransfer asks for small zones, over both transports.
func TestTransfer(t *testing.T) {
	ns := big + ". 300 IN NS ns." + big + "."
	a := func(name, addr string) string { return name + "." + big + ". 60 IN A " + addr }
	move := func(tx *zonedb.Tx) {
		tx.Set(set("a."+big, record.A, 60, "192.0.2.2", "192.0.2.9"))
		tx.Delete(record.Key{Name: "b." + big, Type: record.A})
	}
	whole := []string{soaLine(42), ns, a("a", "192.0.2.2"), a("a", "192.0.2.9"), "c." + big + `. 60 IN TXT "c"`, a("z", "192.0.2.26"), soaLine(42)}
	difference := []string{soaLine(42), soaLine(41), a("a", "192.0.2.1"), a("b", "192.0.2.3"), soaLine(42), a("a", "192.0.2.9"), soaLine(42)}
	alone := []string{soaLine(42)}
	many := func(tx *zonedb.Tx) {
		for i := range 40 {
			tx.Set(set(dnsname.Name(fmt.Sprintf("n%d.%s", i, big)), record.A, 60, "192.0.2.1"))
		}
	}
	for name, c := range map[string]struct {
		why  string
		edit func(*zonedb.Tx)
		ask  string // AXFR, or IXFR and the serial
		tcp  bool
		want []string // nil: only the code and the form count
		form string
	}{
		"axfr":           {"RFC 5936 2.2: SOA first and last", move, "AXFR", true, whole, "NOERROR whole"},
		"axfr, udp":      {"RFC 5936 4.2: not defined", move, "AXFR", false, nil, "FORMERR"},
		"ixfr":           {"RFC 1995 4: only the values that changed", move, "IXFR 41", true, difference, "NOERROR difference"},
		"ixfr, udp":      {"it fits", move, "IXFR 41", false, difference, "NOERROR difference"},
		"ixfr, now":      {"RFC 1995 2: nothing new", move, "IXFR 42", true, alone, "NOERROR alone"},
		"ixfr, ahead":    {"ours is older: the secondary keeps what it has", move, "IXFR 43", true, alone, "NOERROR alone"},
		"ixfr, unknown":  {"a version that isn't remembered", move, "IXFR 40", true, whole, "NOERROR whole"},
		"ixfr, half":     {"RFC 1982: half of the circle away isn't older", move, "IXFR 2147483690", true, alone, "NOERROR alone"},
		"unknown, udp":   {"come back over TCP", move, "IXFR 40", false, alone, "NOERROR alone"},
		"too large, udp": {"come back over TCP", many, "IXFR 41", false, alone, "NOERROR alone"},
		"ns changes": {
			"the made-up NS goes without an edit of its own",
			func(tx *zonedb.Tx) { tx.Set(set(big, record.NS, 60, "ns.example.net")) },
			"IXFR 41", true, nil, "NOERROR whole",
		},
		"alias": {"its records change without an edit", func(tx *zonedb.Tx) { tx.Set(aliasSet("d."+big, record.A, "a."+big, "")) }, "IXFR 41", true, nil, "NOERROR whole"},
		"weighted": {
			"several sets make one",
			func(tx *zonedb.Tx) { tx.Set(with(set("d."+big, record.A, 60, "192.0.2.1"), "x", propWeight, "1")) },
			"IXFR 41", true, nil, "NOERROR whole",
		},
		"replaced": {"RFC 1995 5: a difference larger than the zone", func(tx *zonedb.Tx) {
			for _, n := range []dnsname.Name{"a", "b", "z"} {
				tx.Set(set(n+"."+big, record.A, 60, "192.0.2.77"))
			}
		}, "IXFR 41", true, nil, "NOERROR whole"},
	} {
		t.Run(name, func(t *testing.T) {
			s := New(small(t, c.edit), Options{Transfer: anyone})
			kind, serial, _ := strings.Cut(c.ask, " ")
			q := new(dns.Msg).SetQuestion(big+".", dns.StringToType[kind])
			if kind == "IXFR" {
				var n uint32
				if _, err := fmt.Sscan(serial, &n); err != nil {
					t.Fatal(err)
				}
				q.SetIxfr(big+".", n, "ns.example.net.", "hostmaster.example.net.")
			}
			ms := messages(t, s, query{packet: packed(t, q), tcp: c.tcp, from: loopback, buf: make([]byte, payload)})
			if got := formOf(ms); got != c.form {
				t.Errorf("%s: %s, want %s", c.why, got, c.form)
			}
			if diff := cmp.Diff(c.want, records(ms)); c.want != nil && diff != "" {
				t.Errorf("%s (-want +got)\n%s", c.why, diff)
			}
			got, want := s.Stats(), Stats{}
			switch code, form, _ := strings.Cut(c.form, " "); {
			case form == "whole":
				want.Transfers = 1
			case form == "difference":
				want.Incremental = 1
			case code != "NOERROR":
				want.Refused = 1
			}
			if got != want {
				t.Errorf("%s: counted %+v, want %+v", c.why, got, want)
			}
		})
	}
}

// formOf is the code of an answer and which of the three forms it has.
func formOf(ms []*dns.Msg) string {
	if len(ms) == 0 {
		return "none"
	}
	code, all := dns.RcodeToString[ms[0].Rcode], records(ms)
	switch {
	case ms[0].Rcode != dns.RcodeSuccess:
		return code
	case len(all) == 1:
		return code + " alone"
	case strings.Contains(all[1], " SOA "):
		return code + " difference"
	}
	return code + " whole"
}

// A zone of one name and type with identifiers goes out as one record set, the same to each secondary, and what can't be written is left out.
func TestTransferOfIntricateSets(t *testing.T) {
	s := New(testDB(t), Options{Transfer: anyone})
	ask := packed(t, new(dns.Msg).SetQuestion("example.com.", dns.TypeAXFR))
	lines := records(messages(t, s, query{packet: ask, tcp: true, from: loopback}))
	of := func(name string) (out []string) {
		for _, l := range lines {
			if strings.HasPrefix(l, name+".") {
				out = append(out, strings.TrimPrefix(l, name+".example.com. "))
			}
		}
		return out
	}
	for name, want := range map[string][]string{
		"weighted": {"60 IN A 192.0.2.11", "60 IN A 192.0.2.12"}, // not the one of weight 0
		"multi":    {"30 IN A 192.0.2.21", "30 IN A 192.0.2.22"},
		"failover": {"60 IN A 192.0.2.32"},
		"geo":      {"60 IN A 192.0.2.42"},
		"flat":     {"300 IN A 192.0.2.80", "300 IN A 192.0.2.81"},
		"flatout":  nil,
	} {
		if diff := cmp.Diff(want, of(name)); diff != "" {
			t.Errorf("%s (-want +got)\n%s", name, diff)
		}
	}
	if again := records(messages(t, s, query{packet: ask, tcp: true, from: loopback})); !slices.Equal(lines, again) {
		t.Error("two transfers of one version differ")
	}
}

// What an alias says changes without an edit of its own, so that a zone with one goes out whole; and it says what its target had in the
// version that is sent.
func TestTransferOfAliases(t *testing.T) {
	db := zonedb.New()
	db.Restore(zone.Zone{Key: zone.Key{ID: "B"}, Name: big}, []record.Set{
		set("a."+big, record.A, 60, "192.0.2.1"), aliasSet("x."+big, record.A, "a."+big, ""), aliasSet("y."+big, record.A, "a."+big, "B"),
		set("b."+big, record.A, 60, "192.0.2.3"), set("c."+big, record.A, 60, "192.0.2.4"),
	}, 41)
	old, _ := db.Zone("B")
	edit(t, db, func(tx *zonedb.Tx) { tx.Set(set("a."+big, record.A, 60, "192.0.2.9")) })
	s := New(db, Options{Transfer: anyone})
	q := new(dns.Msg).SetIxfr(big+".", 41, "ns.example.net.", "hostmaster.example.net.")
	if got := formOf(messages(t, s, query{packet: packed(t, q), tcp: true, from: loopback})); got != "NOERROR whole" {
		t.Errorf("a difference doesn't say what x is now: %s", got)
	}
	w := &wholeZone{answer: answer{db: db, opts: s.opts, reply: new(dns.Msg)}, zone: old, soa: &dns.SOA{}}
	for rr := range w.all() {
		if a, ok := rr.(*dns.A); ok && a.A.String() == "192.0.2.9" {
			t.Errorf("the old version has the new address at %s", a.Hdr.Name)
		}
	}
}

// Who may take a zone: nobody who isn't named.
func TestTransferAccess(t *testing.T) {
	keyed := []string{keyName + ":hmac-sha256:" + keyFile(t), "other:hmac-sha256:" + keyFile(t)}
	for name, c := range map[string]struct {
		why      string
		transfer []string
		from     string
		key      string
		zone     string
		want     string
	}{
		"nobody":          {"the default", nil, "127.0.0.1", "", big, "REFUSED"},
		"nobody, signed":  {"a key that may ask may not take", nil, "127.0.0.1", keyName, big, "REFUSED"},
		"prefix":          {"named", []string{"192.0.2.0/24"}, "192.0.2.9", "", big, "NOERROR whole"},
		"prefix, not in":  {"beside it", []string{"192.0.2.0/24"}, "192.0.3.9", "", big, "REFUSED"},
		"address":         {"one only", []string{"192.0.2.9"}, "192.0.2.9", "", big, "NOERROR whole"},
		"six":             {"IPv6", []string{"2001:db8::/32"}, "2001:db8::1", "", big, "NOERROR whole"},
		"key":             {"named", []string{"key:" + keyName}, "192.0.2.9", keyName, big, "NOERROR whole"},
		"key, unsigned":   {"no signature", []string{"key:" + keyName}, "192.0.2.9", "", big, "REFUSED"},
		"key, another":    {"another holder", []string{"key:" + keyName}, "192.0.2.9", "other", big, "REFUSED"},
		"key, or address": {"either does", []string{"key:" + keyName, "192.0.2.9"}, "192.0.2.9", "other", big, "NOERROR whole"},
		"below the apex":  {"RFC 5936 2.2.1: not a zone", []string{"192.0.2.9"}, "192.0.2.9", "", "a." + big, "NOTAUTH"},
		"elsewhere":       {"not ours", []string{"192.0.2.9"}, "192.0.2.9", "", "example.org", "NOTAUTH"},
	} {
		t.Run(name, func(t *testing.T) {
			opts := Options{Transfer: c.transfer, Keys: keyed}
			if err := opts.Check(); err != nil {
				t.Fatal(err)
			}
			opts, err := opts.Load()
			if err != nil {
				t.Fatal(err)
			}
			packet := packed(t, new(dns.Msg).SetQuestion(c.zone+".", dns.TypeAXFR))
			if c.key != "" {
				packet, _ = signedQuery(t, new(dns.Msg).SetQuestion(c.zone+".", dns.TypeAXFR), c.key, dns.HmacSHA256, keySecret, time.Now())
			}
			if got := formOf(messages(t, New(small(t, nil), opts), query{packet: packet, tcp: true, from: addr(c.from)})); got != c.want {
				t.Errorf("%s: %s, want %s", c.why, got, c.want)
			}
		})
	}
}

// The messages of a large transfer are well filled, and each is signed.
func TestTransferOfManyMessages(t *testing.T) {
	db := zonedb.New()
	db.Put(bigZone())
	opts, err := Options{Transfer: []string{"key:" + keyName}, Keys: []string{keyName + ":hmac-sha256:" + keyFile(t)}}.Load()
	if err != nil {
		t.Fatal(err)
	}
	packet, mac := signedQuery(t, new(dns.Msg).SetQuestion(big+".", dns.TypeAXFR), keyName, dns.HmacSHA256, keySecret, time.Now())
	count, sets := 0, 0
	err = New(db, opts).exchange(query{packet: packet, tcp: true, from: loopback, send: func(b []byte) error {
		m := new(dns.Msg)
		if err := m.Unpack(b); err != nil {
			return err
		}
		sig := m.IsTsig()
		if sig == nil {
			return fmt.Errorf("message %d isn't signed", count)
		}
		if err := dns.TsigVerify(b, keySecret, mac, count > 0); err != nil {
			return fmt.Errorf("message %d: %w", count, err)
		}
		mac = sig.MAC
		if (len(m.Question) == 1) != (count == 0) {
			return fmt.Errorf("message %d has %d questions (RFC 5936 2.2.1: the first has it)", count, len(m.Question))
		}
		if sets += len(m.Answer); count == 0 {
			edit(t, db, func(tx *zonedb.Tx) { tx.Delete(record.Key{Name: "host9999." + big, Type: record.A}) }) // no concern of this transfer
		}
		count++
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	if want := 10_000 + 7 + 1 + 3; sets != want || count > 12 { // two values of one set; NS and twice SOA
		t.Errorf("%d records in %d messages, want %d in at most 12", sets, count, want)
	}
}

// No more than so many transfers at a time; the next is refused rather than kept waiting, and has its turn later.
func TestTransfersAreBounded(t *testing.T) {
	s := New(small(t, nil), Options{Transfer: anyone})
	packet := packed(t, new(dns.Msg).SetQuestion(big+".", dns.TypeAXFR))
	var codes []string
	var ask func(depth int) error
	ask = func(depth int) error {
		return s.exchange(query{packet: packet, tcp: true, from: loopback, send: func(b []byte) error {
			m := new(dns.Msg)
			if err := m.Unpack(b); err != nil {
				return err
			}
			codes = append(codes, dns.RcodeToString[m.Rcode])
			if depth < maxTransfers {
				return ask(depth + 1) // while this one is under way
			}
			return nil
		}})
	}
	for round := range uint64(2) { // the second time shows that the first left no turn taken
		codes = nil
		if err := ask(0); err != nil {
			t.Fatal(err)
		}
		if want := append(slices.Repeat([]string{"NOERROR"}, maxTransfers), "REFUSED"); !slices.Equal(want, codes) {
			t.Errorf("%v, want %v", codes, want)
		}
		if got, want := s.Stats(), (Stats{Transfers: (round + 1) * maxTransfers, Refused: round + 1}); got != want {
			t.Errorf("counted %+v, want %+v", got, want)
		}
	}
}
