// SPDX-License-Identifier: Apache-2.0

package nameserver

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
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
	"nafuda.io/nafuda/test/authority"
	"nafuda.io/nafuda/test/child"
)

const (
	keyName   = "nafuda-key"
	keySecret = "bm90IGEgc2VjcmV0LCBqdXN0IGEgdGVzdCBvZiBvbmU="
	big       = "big.example.com"
)

// secondaryOf prepares a real secondary of one zone, whose primary is at an address.
func secondaryOf(t testing.TB, program, primary, algorithm string) *authority.Secondary {
	host, port, err := net.SplitHostPort(primary)
	if err != nil {
		t.Fatal(err)
	}
	own := authority.FreePort(t, "127.0.0.1")
	return authority.Prepare(t, program, net.JoinHostPort("127.0.0.1", own), func(dir string) (map[string]string, []string) {
		var b strings.Builder
		if program == "knotd" {
			fmt.Fprintf(&b, "server:\n  rundir: %q\n  listen: 127.0.0.1@%s\n  tcp-workers: 1\n  udp-workers: 1\n  background-workers: 1\n", dir, own)
			fmt.Fprintf(&b, "log:\n  - target: stderr\n    any: info\ndatabase:\n  storage: %q\n  journal-db-max-size: 64M\n  kasp-db-max-size: 16M\n  timer-db-max-size: 16M\n", dir)
			fmt.Fprintf(&b, "key:\n  - id: %s\n    algorithm: %s\n    secret: %s\nremote:\n  - id: primary\n    address: %s@%s\n    key: %[1]s\n", keyName, algorithm, keySecret, host, port)
			fmt.Fprintf(&b, "acl:\n  - id: told\n    address: 127.0.0.1\n    action: [notify, transfer]\nzone:\n  - domain: %s\n    storage: %q\n    master: primary\n    acl: told\n    zonefile-sync: 0\n", big, dir)
			return map[string]string{"knot.conf": b.String()}, []string{"-c", filepath.Join(dir, "knot.conf")}
		}
		fmt.Fprintf(&b, "options { directory %q; pid-file \"pid\"; session-keyfile \"session\"; lock-file none; recursion no; dnssec-validation no; notify no;\n", dir)
		fmt.Fprintf(&b, "listen-on-v6 { none; }; listen-on port %s { 127.0.0.1; }; };\ncontrols { };\nkey %q { algorithm %s; secret %q; };\n", own, keyName, algorithm, keySecret)
		fmt.Fprintf(&b, "zone %q { type secondary; file \"zone\"; primaries { %s port %s key %q; }; allow-transfer { any; }; };\n", big, host, port, keyName)
		return map[string]string{"named.conf": b.String()}, []string{"-g", "-4", "-n", "1", "-c", filepath.Join(dir, "named.conf")}
	})
}

// bigZone is 10,000 names, and one of each type.
func bigZone() (zone.Zone, []record.Set) {
	sets := []record.Set{
		set("mail."+big, record.MX, 300, "10 mx."+big), set("_sip._udp."+big, record.SRV, 300, "1 2 5060 host1."+big), set("*.wild."+big, record.A, 60, "192.0.2.7"),
		set("long."+big, record.TXT, 60, record.Quote(strings.Repeat("x", 600))), set("alias."+big, record.CNAME, 60, "host1."+big),
		set("six."+big, record.AAAA, 60, "2001:db8::1", "2001:db8::2"), set("odd."+big, record.TXT, 60, record.Quote(`a "b" \ c`)),
	}
	for i := range 10_000 {
		sets = append(sets, set(dnsname.Name(fmt.Sprintf("host%d.%s", i, big)), record.A, 300, fmt.Sprintf("198.51.100.%d", i%250)))
	}
	return zone.Zone{Key: zone.Key{ID: "B"}, Name: big}, sets
}

func keyFile(t testing.TB) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(path, []byte(keySecret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// primary runs a server of db on sockets until stop is called, at the latest until the test ends.
func primary(t testing.TB, db *zonedb.DB, opts Options, at Sockets) (s *Server, stop func()) {
	t.Helper()
	if err := opts.Check(); err != nil {
		t.Fatal(err)
	}
	opts, err := opts.Load()
	if err != nil {
		t.Fatal(err)
	}
	s = New(db, opts)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx, []Sockets{at}) }()
	ended := false
	stop = func() {
		if ended {
			return
		}
		ended = true
		cancel()
		if err := <-done; err != nil {
			t.Errorf("serve: %v", err)
		}
	}
	t.Cleanup(stop)
	return s, stop
}

func axfr(t testing.TB, at, keyed string) []string {
	t.Helper()
	m := new(dns.Msg).SetAxfr(big + ".")
	tr := new(dns.Transfer)
	if keyed != "" {
		m.SetTsig(keyName+".", dns.Fqdn(keyed), fudge, time.Now().Unix())
		tr.TsigSecret = map[string]string{keyName + ".": keySecret}
	}
	in, err := tr.In(m, at)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for e := range in {
		if e.Error != nil {
			t.Fatal(e.Error)
		}
		for _, rr := range e.RR {
			out = append(out, strings.ToLower(rr.String()))
		}
	}
	slices.Sort(out)
	return out
}

// caughtUp waits until a secondary has a version, and returns its serial.
func caughtUp(t testing.TB, s *authority.Secondary, serial uint32) {
	t.Helper()
	q := new(dns.Msg).SetQuestion(big+".", dns.TypeSOA)
	last := "nothing"
	for deadline := time.Now().Add(60 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		r, _, err := (&dns.Client{Timeout: time.Second}).Exchange(q, s.At)
		if err != nil || len(r.Answer) != 1 {
			continue
		}
		if soa, ok := r.Answer[0].(*dns.SOA); ok && soa.Serial == serial {
			return
		}
		last = r.Answer[0].String()
	}
	t.Fatalf("the secondary doesn't get to serial %d; it has %s. Its log:\n%s", serial, last, s.Log())
}

// TestSecondaries has real secondaries follow our zone: the first transfer, differences after NOTIFY, restarts of either side.
func TestSecondaries(t *testing.T) {
	if testing.Short() {
		t.Skip("starts real name servers")
	}
	for program, algorithm := range map[string]string{"named": "hmac-sha256", "knotd": "hmac-sha512"} {
		t.Run(program, func(t *testing.T) {
			udp, tcp := listen(t)
			ours := tcp.Addr().String()
			their := secondaryOf(t, program, ours, algorithm)
			db := zonedb.New()
			z, sets := bigZone()
			db.Put(z, sets)
			opts := Options{Host: "ns.example.net", Keys: []string{keyName + ":" + algorithm + ":" + keyFile(t)}, Transfer: []string{"key:" + keyName}, Notify: []string{their.At}}
			s, stop := primary(t, db, opts, Sockets{udp, tcp})
			if !their.Start(t, big) {
				t.Fatal(their.Log())
			}
			same := func(why string) {
				t.Helper()
				now, _ := db.Zone(z.ID)
				caughtUp(t, their, now.Serial)
				if diff := cmp.Diff(axfr(t, ours, algorithm), axfr(t, their.At, "")); diff != "" {
					t.Fatalf("%s: the secondary's zone isn't ours (-ours +theirs)\n%s", why, diff)
				}
			}
			same("first transfer")
			whole := s.Stats().Transfers

			for i := range 200 {
				edit(t, db, func(tx *zonedb.Tx) {
					tx.Set(set(dnsname.Name(fmt.Sprintf("host%d.%s", i, big)), record.A, 60, "192.0.2.1", "192.0.2.2"))
					tx.Set(set(dnsname.Name(fmt.Sprintf("new%d.%s", i, big)), record.TXT, 60, record.Quote("new")))
					tx.Delete(record.Key{Name: dnsname.Name(fmt.Sprintf("host%d.%s", 5000+i, big)), Type: record.A})
				})
			}
			same("200 edits")
			if got := s.Stats(); got.Incremental == 0 || got.Transfers != whole+1 || got.Notified == 0 { // one is the comparison's
				t.Errorf("200 edits were to come as differences after NOTIFY: %+v, before it %d whole transfers", got, whole)
			}

			their.Stop()
			whole = s.Stats().Transfers
			differences := s.Stats().Incremental
			edit(t, db, func(tx *zonedb.Tx) { tx.Set(set("while-down."+big, record.A, 60, "192.0.2.3")) })
			if !their.Start(t, big) {
				t.Fatal(their.Log())
			}
			edit(t, db, func(tx *zonedb.Tx) { tx.Set(set("while-up."+big, record.A, 60, "192.0.2.3")) })
			same("restart of the secondary")
			if got := s.Stats(); got.Incremental == differences || got.Transfers != whole+1 {
				t.Errorf("a restarted secondary was to go on with differences: %+v, before it %d whole transfers", got, whole)
			}

			stop()
			now, _ := db.Zone(z.ID)
			db = zonedb.New()
			db.Restore(z, slices.Collect(now.From("")), now.Serial+100)
			primary(t, db, opts, listenAgain(t, ours))
			same("restart of ours with a raised serial")
			checkZone(t, their)
		})
	}
}

func edit(t testing.TB, db *zonedb.DB, f func(*zonedb.Tx)) {
	t.Helper()
	if err := db.Edit("B", func(tx *zonedb.Tx) error { f(tx); return nil }); err != nil {
		t.Fatal(err)
	}
}

// listenAgain opens an address that was open a moment ago.
func listenAgain(t testing.TB, at string) Sockets {
	t.Helper()
	var err error
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		var all []Sockets
		if all, err = (Options{Addresses: []string{at}}).Listen(t.Context()); err == nil {
			return all[0]
		}
	}
	t.Fatal(err)
	return Sockets{}
}

// checkZone has the servers' own checkers read the zone as the secondary has it.
func checkZone(t *testing.T, s *authority.Secondary) {
	file := filepath.Join(t.TempDir(), "zone")
	if err := os.WriteFile(file, []byte(strings.Join(slices.Compact(axfr(t, s.At, "")), "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, check := range [][]string{
		{child.Find(t, "named-checkzone", "bind9-utils"), "-i", "none", big, file},
		{child.Find(t, "kzonecheck", "knot-dnssecutils"), "-o", big, file},
	} {
		if out, err := exec.CommandContext(t.Context(), check[0], check[1:]...).CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", filepath.Base(check[0]), err, out)
		}
	}
}
