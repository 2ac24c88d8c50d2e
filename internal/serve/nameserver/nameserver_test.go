// SPDX-License-Identifier: Apache-2.0

package nameserver

import (
	"context"
	"encoding/binary"
	"net"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/miekg/dns"

	"nafuda.io/nafuda/internal/serve/zonedb"
	"nafuda.io/nafuda/test/child"
)

// serve starts a server on loopback that ends with the test, and returns its address, the same for UDP and TCP.
func serve(t testing.TB, db *zonedb.DB, opts Options) string {
	t.Helper()
	udp, tcp := listen(t)
	run(t, New(db, opts), udp, tcp)
	return tcp.Addr().String()
}

// run has a server answer until the test ends.
func run(t testing.TB, s *Server, udp net.PacketConn, tcp net.Listener) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, udp, tcp) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("serve: %v", err)
		}
	})
}

// listen opens UDP and TCP on one free port; the port that one gets may be taken for the other.
func listen(t testing.TB) (net.PacketConn, net.Listener) {
	t.Helper()
	var err error
	for range 20 {
		var tcp net.Listener
		if tcp, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
			t.Fatal(err)
		}
		var udp net.PacketConn
		if udp, err = net.ListenPacket("udp", tcp.Addr().String()); err == nil {
			return udp, tcp
		}
		tcp.Close()
	}
	t.Fatal(err)
	return nil, nil
}

// exchange asks over a real socket. The reply is as it came: a truncated one isn't asked for again.
func exchange(t testing.TB, network, addr string, q *dns.Msg) *dns.Msg {
	t.Helper()
	c := &dns.Client{Net: network, UDPSize: dns.MaxMsgSize, Timeout: 10 * time.Second}
	r, _, err := c.Exchange(q, addr)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestServe(t *testing.T) {
	addr := serve(t, testDB(t), Options{})
	for _, network := range []string{"udp", "tcp"} {
		for name, c := range questions {
			t.Run(network+"/"+name, func(t *testing.T) {
				if diff := cmp.Diff(c.want, text(exchange(t, network, addr, ask(t, c.ask)))); diff != "" {
					t.Errorf("%s: %s (-want +got)\n%s", c.ask, c.why, diff)
				}
			})
		}
	}
}

func TestTruncation(t *testing.T) {
	addr := serve(t, testDB(t), Options{})
	for name, c := range map[string]struct {
		why, network, ask string
		size              uint16 // of the client's OPT record; 0: it has none
		truncated         bool
		most              int // bytes
		answers           int // -1: some
	}{
		"plain":      {"RFC 1035 4.2.1: 512 bytes", "udp", "many.example.com. A", 0, true, 512, -1},
		"large":      {"RFC 9715: at most 1232 bytes, whatever the client takes", "udp", "many.example.com. A", 4096, true, payload, -1},
		"tiny":       {"RFC 6891 6.2.3: less than 512 is 512", "udp", "many.example.com. A", 100, true, 512, -1},
		"tcp":        {"RFC 7766 5: over TCP all of it", "tcp", "many.example.com. A", 0, false, dns.MaxMsgSize, 100},
		"fits":       {"no TC where nothing is left out", "udp", "www.example.com. A", 0, false, 512, 2},
		"txt":        {"one record that doesn't fit leaves none", "udp", "long.example.com. TXT", 0, true, 512, 0},
		"txt, large": {"it fits", "udp", "long.example.com. TXT", 4096, false, payload, 1},
	} {
		t.Run(name, func(t *testing.T) {
			q := ask(t, c.ask)
			if c.size > 0 {
				q.SetEdns0(c.size, false)
			}
			r := exchange(t, c.network, addr, q)
			r.Compress = true
			if r.Truncated != c.truncated || r.Len() > c.most || c.answers >= 0 && len(r.Answer) != c.answers || c.answers < 0 && len(r.Answer) == 0 {
				t.Errorf("%s: TC %v, %d bytes, %d answers", c.why, r.Truncated, r.Len(), len(r.Answer))
			}
			if (r.IsEdns0() != nil) != (c.size > 0) {
				t.Error("RFC 6891 7: an OPT record exactly where the query has one, in truncated replies too")
			}
		})
	}
}

// A client may send several queries over one connection (RFC 7766 6.2.1).
func TestPipeline(t *testing.T) {
	conn, err := net.Dial("tcp", serve(t, testDB(t), Options{}))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	want := map[uint16]bool{}
	for range 5 {
		q := ask(t, "www.example.com. A")
		want[q.Id] = true
		out, err := q.Pack()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(out))), out...)); err != nil {
			t.Fatal(err)
		}
	}
	for len(want) > 0 {
		r, err := (&dns.Conn{Conn: conn}).ReadMsg()
		if err != nil {
			t.Fatal(err)
		}
		delete(want, r.Id)
	}
}

// What isn't a DNS message gets a format error or nothing, and the server goes on.
func TestMalformed(t *testing.T) {
	addr := serve(t, testDB(t), Options{})
	good, err := ask(t, "www.example.com. A").Pack()
	if err != nil {
		t.Fatal(err)
	}
	response := append([]byte{}, good...)
	response[2] |= 0x80
	twice := append([]byte{}, good...)
	twice[5] = 2
	for name, c := range map[string]struct {
		why   string
		bytes []byte
		want  string
	}{
		"cut question":  {"RFC 1035 4.1.1", good[:len(good)-3], "FORMERR"},
		"cut header":    {"nothing to answer to", good[:7], ""},
		"empty":         {"nothing to answer to", nil, ""},
		"a response":    {"answering could bounce for ever", response, ""},
		"cut response":  {"not even with a format error", response[:len(response)-3], ""},
		"two questions": {"RFC 9619", twice, "FORMERR"},
		"pointer loop":  {"RFC 1035 4.1.4", append(append([]byte{}, good[:12]...), 0xc0, 12, 0, 1, 0, 1), "FORMERR"},
	} {
		t.Run(name, func(t *testing.T) {
			// Over one TCP connection answers come in the order of the queries, so that the good query's answer shows that
			// there was none to the other.
			tcp, err := net.Dial("tcp", addr)
			if err != nil {
				t.Fatal(err)
			}
			conn := &dns.Conn{Conn: tcp}
			defer conn.Close()
			if err := conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
				t.Fatal(err)
			}
			for _, b := range [][]byte{c.bytes, good} {
				if _, err := conn.Write(b); err != nil {
					t.Fatal(err)
				}
			}
			got := map[string]bool{}
			for range map[bool]int{true: 1, false: 2}[c.want == ""] {
				r, err := conn.ReadMsg()
				if err != nil {
					t.Fatal(err)
				}
				got[dns.RcodeToString[r.Rcode]] = true
			}
			want := map[string]bool{"NOERROR": true}
			if c.want != "" {
				want[c.want] = true
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s (-want +got)\n%s", c.why, diff)
			}
		})
	}
}

// A mistake in answering is one failed answer, not the end of the process.
func TestPanic(t *testing.T) {
	addr := serve(t, testDB(t), Options{Pick: func(uint64) uint64 { panic("a mistake") }})
	if got := text(exchange(t, "udp", addr, ask(t, "weighted.example.com. A"))); got != "SERVFAIL" {
		t.Errorf("got %s, want SERVFAIL", got)
	}
	if got := text(exchange(t, "udp", addr, ask(t, "www.example.com. A"))); !strings.HasPrefix(got, "NOERROR") {
		t.Errorf("after it: %s", got)
	}
}

func TestServeEnds(t *testing.T) {
	for name, c := range map[string]struct {
		why      string
		udp, tcp bool
	}{
		"both": {"as started", true, true},
		"udp":  {"TCP may be left out", true, false},
		"tcp":  {"UDP may be left out", false, true},
		"none": {"nothing to do", false, false},
	} {
		t.Run(name, func(t *testing.T) {
			udp, tcp := listen(t)
			defer udp.Close()
			defer tcp.Close()
			p, l := udp, tcp
			if !c.udp {
				p = nil
			}
			if !c.tcp {
				l = nil
			}
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			if err := New(testDB(t), Options{}).Serve(ctx, p, l); err != nil {
				t.Errorf("%s: %v", c.why, err)
			}
		})
	}
	udp, tcp := listen(t)
	udp.Close()
	if err := New(testDB(t), Options{}).Serve(t.Context(), udp, tcp); err == nil {
		t.Error("a socket that fails ends Serve with an error")
	}
	if _, err := tcp.Accept(); err == nil {
		t.Error("the other socket is still open")
	}
}

// A change is in the next answer.
func TestEditIsSeen(t *testing.T) {
	db := testDB(t)
	addr := serve(t, db, Options{})
	q := ask(t, "new.example.com. A")
	if got := exchange(t, "udp", addr, q); got.Rcode != dns.RcodeNameError {
		t.Fatalf("before: %s", text(got))
	}
	if err := db.Edit("Z1", func(tx *zonedb.Tx) error { tx.Set(set("new.example.com", "A", 60, "192.0.2.9")); return nil }); err != nil {
		t.Fatal(err)
	}
	if got := text(exchange(t, "udp", addr, q)); got != "NOERROR aa\nanswer new.example.com. 60 IN A 192.0.2.9" {
		t.Errorf("after: %s", got)
	}
}

// The dig that people use reads our answers.
func TestDig(t *testing.T) {
	dig := child.Find(t, "dig", "bind9-dnsutils")
	host, port, err := net.SplitHostPort(serve(t, testDB(t), Options{}))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ args, want string }{
		"short":          {"+short www.example.com A", "192.0.2.80\n192.0.2.81\n"},
		"tcp":            {"+tcp +short alias.example.com A", "www.example.com.\n192.0.2.80\n192.0.2.81\n"},
		"txt":            {"+short text.example.com TXT", `"quote \" backslash \\ bell \007 high \255"` + "\n"},
		"retries by tcp": {"+noedns +noall +answer +ttlunits long.example.com TXT", "long.example.com.\t1m\tIN\tTXT\t\"" + strings.Repeat("x", 255) + `" "` + strings.Repeat("x", 255) + `" "` + strings.Repeat("x", 90) + "\"\n"},
		"soa":            {"+short example.com SOA", "ns1.example.com. hostmaster.example.com. 7 7200 900 1209600 60\n"},
	} {
		t.Run(name, func(t *testing.T) {
			args := append([]string{"@" + host, "-p", port}, strings.Fields(c.args)...)
			out, err := exec.CommandContext(t.Context(), dig, args...).Output()
			if err != nil {
				t.Fatal(err)
			}
			var lines []string
			for line := range strings.Lines(string(out)) {
				if !strings.HasPrefix(line, ";") {
					lines = append(lines, line)
				}
			}
			if diff := cmp.Diff(c.want, strings.Join(lines, "")); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// The dig that people use takes a zone, and what has changed, signed.
func TestDigTransfers(t *testing.T) {
	dig := child.Find(t, "dig", "bind9-dnsutils")
	opts, err := Options{Keys: []string{keyName + ":hmac-sha256:" + keyFile(t)}, Transfer: []string{"key:" + keyName}}.Load()
	if err != nil {
		t.Fatal(err)
	}
	db := small(t, func(tx *zonedb.Tx) { tx.Set(set("a."+big, "A", 60, "192.0.2.2", "192.0.2.9")) })
	host, port, err := net.SplitHostPort(serve(t, db, opts))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		why, args string
		want      []string // record types and last fields, in order
	}{
		"axfr":         {"the whole zone", "-t AXFR", []string{"SOA", "NS", "A 192.0.2.2", "A 192.0.2.9", "A 192.0.2.3", "TXT", "A 192.0.2.26", "SOA"}},
		"ixfr":         {"what differs", "-t IXFR=41", []string{"SOA", "SOA", "A 192.0.2.1", "SOA", "A 192.0.2.9", "SOA"}},
		"ixfr, by udp": {"it fits", "+notcp -t IXFR=41", []string{"SOA", "SOA", "A 192.0.2.1", "SOA", "A 192.0.2.9", "SOA"}},
		"ixfr, known":  {"nothing new", "-t IXFR=42", []string{"SOA"}},
	} {
		t.Run(name, func(t *testing.T) {
			args := append([]string{"@" + host, "-p", port, "-y", "hmac-sha256:" + keyName + ":" + keySecret, "+noall", "+answer", big}, strings.Fields(c.args)...)
			out, err := exec.CommandContext(t.Context(), dig, args...).CombinedOutput()
			if err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			var got []string
			for line := range strings.Lines(string(out)) {
				f := strings.Fields(line)
				switch {
				case len(f) < 5 || strings.HasPrefix(line, ";") || f[3] == "TSIG":
				case f[3] == "A":
					got = append(got, "A "+f[4])
				default:
					got = append(got, f[3])
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" || strings.Contains(string(out), "verify") {
				t.Errorf("%s (-want +got)\n%s\n%s", c.why, diff, out)
			}
		})
	}
}
