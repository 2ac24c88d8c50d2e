// SPDX-License-Identifier: Apache-2.0

package probe

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/serve/zonedb"
	"nafuda.io/nafuda/test/dnsserver"
)

var example = zone.Zone{Key: zone.Key{ID: "Z1"}, Name: "example.com"}

func set(name string, t record.Type, values ...string) record.Set {
	v, err := record.Canonical(t, values)
	if err != nil {
		panic(err)
	}
	return record.Set{Key: record.Key{Name: dnsname.Name(name), Type: t}, TTL: 300, Values: v}
}

func alias(name, target string) record.Set {
	return record.Set{Key: record.Key{Name: dnsname.Name(name), Type: record.A}, Alias: &record.Alias{Target: dnsname.Name(target)}}
}

// serve runs our own name server over record sets of example.com until the test ends, and returns its address.
func serve(t testing.TB, sets ...record.Set) string {
	t.Helper()
	db := zonedb.New()
	db.Put(example, append(sets, set("example.com", record.NS, "ns.example.com")))
	return dnsserver.Serve(t, db)
}

// verify asks servers about one name: what sets have at it, and that none of the types is left.
func verify(t testing.TB, servers []string, name string, sets []record.Set, types ...record.Type) Answer {
	t.Helper()
	return New(Options{Servers: servers, Rate: 1000}).Verify(t.Context(), Question{Zone: example, Name: dnsname.Name(name), Sets: sets, Types: types})
}

func TestVerify(t *testing.T) {
	var many []string
	for i := range 100 {
		many = append(many, fmt.Sprintf("198.51.100.%d", i))
	}
	long, escaped := record.Quote(strings.Repeat("x", 3000)), `"say \"hi\" \\ \255\010"`
	there := []record.Set{
		set("www.example.com", record.A, "192.0.2.1", "192.0.2.2"), set("www.example.com", record.AAAA, "2001:db8::1"),
		set("mapped.example.com", record.AAAA, "::ffff:192.0.2.1"),
		set("c.example.com", record.CNAME, "lb.example.net"), set("txt.example.com", record.TXT, escaped, `"b"`),
		set("long.example.com", record.TXT, long), set("many.example.com", record.A, many...),
		set("srv.example.com", record.SRV, "0 5 5060 sip.example.net"), set("mx.example.com", record.MX, "10 mail.example.net"),
		set("caa.example.com", record.CAA, `0 issue "ca.example.net"`), set("*.wild.example.com", record.A, "192.0.2.9"),
		alias("flat.example.com", "www.example.com"), set("sub.example.com", record.NS, "ns.example.net"), set("inside.example.com", record.CNAME, "www.example.com"),
	}
	addr := serve(t, there...)
	with := func(ttl uint32, s record.Set) []record.Set { s.TTL = ttl; return []record.Set{s} }
	for name, tc := range map[string]struct {
		why, name string
		sets      []record.Set
		types     []record.Type
		want      string // part of the reason; empty: as planned
		never     bool
	}{
		"two types":       {why: "each is asked for", name: "www.example.com", sets: there[:2]},
		"mapped":          {why: "::ffff:192.0.2.1 is IPv6", name: "mapped.example.com", sets: there[2:3]},
		"CNAME":           {why: "the name itself is judged", name: "c.example.com", sets: there[3:4]},
		"CNAME within":    {why: "what it points at isn't the name's", name: "inside.example.com", sets: []record.Set{set("inside.example.com", record.CNAME, "www.example.com")}},
		"TXT":             {why: "quotes, backslashes and bytes", name: "txt.example.com", sets: there[4:5]},
		"long TXT":        {why: "over TCP", name: "long.example.com", sets: there[5:6]},
		"many":            {why: "more than a datagram holds", name: "many.example.com", sets: there[6:7]},
		"SRV":             {why: "numbers and host", name: "srv.example.com", sets: there[7:8]},
		"MX":              {why: "number and host", name: "mx.example.com", sets: there[8:9]},
		"CAA":             {why: "as any spelling", name: "caa.example.com", sets: []record.Set{set("caa.example.com", record.CAA, `0  issue  ca.example.net`)}},
		"wildcard":        {why: "asked by a name below it", name: "*.wild.example.com", sets: there[10:11]},
		"wildcard, gone":  {why: "it isn't", name: "*.wild.example.com", types: []record.Type{record.A}, want: "still answers 192.0.2.9"},
		"alias":           {why: "it has no data of its own", name: "flat.example.com", sets: there[11:12]},
		"alias of none":   {why: "the type isn't there", name: "www.example.com", sets: []record.Set{{Key: record.Key{Name: "www.example.com", Type: record.MX}, Alias: &record.Alias{Target: "x.example.com"}}}, want: "no such record set"},
		"old value":       {why: "both are told", name: "www.example.com", sets: []record.Set{set("www.example.com", record.A, "192.0.2.7")}, want: "answers 192.0.2.1, 192.0.2.2 instead of 192.0.2.7"},
		"one of two":      {why: "a set is whole", name: "www.example.com", sets: []record.Set{set("www.example.com", record.A, "192.0.2.1")}, want: "instead of 192.0.2.1"},
		"TTL as planned":  {why: "at most", name: "www.example.com", sets: with(301, there[0])},
		"TTL too long":    {why: "that of before", name: "www.example.com", sets: with(60, there[0]), want: "a TTL of 300 s instead of 60 s"},
		"TTL unknown":     {why: "the provider's own", name: "www.example.com", sets: with(0, there[0])},
		"second differs":  {why: "all types count", name: "www.example.com", sets: []record.Set{there[0], set("www.example.com", record.AAAA, "2001:db8::2")}, want: "AAAA"},
		"NXDOMAIN":        {why: "not there yet", name: "new.example.com", sets: []record.Set{set("new.example.com", record.A, "192.0.2.1")}, want: "the name isn't there"},
		"NODATA":          {why: "the type isn't there yet", name: "c.example.com", sets: []record.Set{set("c.example.com", record.A, "192.0.2.1")}, want: "no such record set"},
		"gone":            {why: "the name isn't there", name: "old.example.com", types: []record.Type{record.A, record.TXT}},
		"type gone":       {why: "others stay", name: "c.example.com", types: []record.Type{record.A}},
		"not gone":        {why: "it is there", name: "www.example.com", types: []record.Type{record.A}, want: "still answers 192.0.2.1, 192.0.2.2"},
		"A becomes CNAME": {why: "the addresses that the CNAME leads to aren't the name's", name: "inside.example.com", sets: there[13:], types: []record.Type{record.A}},
		"not our zone":    {why: "it refuses", name: "www.example.net", sets: []record.Set{set("www.example.net", record.A, "192.0.2.1")}, want: "answers REFUSED"},
		"delegated":       {why: "other servers answer for it", name: "x.sub.example.com", sets: []record.Set{set("x.sub.example.com", record.A, "192.0.2.1")}, want: "other servers answer for sub.example.com", never: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := verify(t, []string{addr}, tc.name, tc.sets, tc.types...)
			if a.As != (tc.want == "") || !strings.Contains(a.Why.Text, tc.want) || a.As != a.Why.None() || a.Never != tc.never {
				t.Errorf("%+v, want %q (%s)", a, tc.want, tc.why)
			}
		})
	}
}

// Two servers of which one lags: as planned is what all of them answer.
func TestAllServersCount(t *testing.T) {
	next, last := set("www.example.com", record.A, "192.0.2.2"), set("www.example.com", record.A, "192.0.2.1")
	good, lags := serve(t, next), serve(t, last)
	if a := verify(t, []string{good, lags}, "www.example.com", []record.Set{next}); a.As || a.Why.Code != reason.AnswersDiffer || !strings.Contains(a.Why.Text, lags) {
		t.Errorf("%+v, want that %s differs", a, lags)
	}
	if a := verify(t, []string{good, good}, "www.example.com", []record.Set{next}); !a.As {
		t.Errorf("%+v, want as planned", a)
	}
	dead := closed(t)
	if a := verify(t, []string{dead, good}, "www.example.com", []record.Set{next}); a.As || a.Why.Code != reason.AnswersDiffer || !strings.Contains(a.Why.Text, "no answer from "+dead) {
		t.Errorf("%+v, want that %s doesn't answer", a, dead)
	}
	if a := verify(t, []string{dead, closed(t)}, "www.example.com", []record.Set{next}); a.As || a.Why.Code != reason.DNSUnreachable || a.Never {
		t.Errorf("%+v, want that nobody can be reached", a)
	}
}

// closed is an address at which nobody listens.
func closed(t *testing.T) string {
	t.Helper()
	udp, tcp := dnsserver.Listen(t, "127.0.0.1")
	defer udp.Close()
	defer tcp.Close()
	return tcp.Addr().String()
}

// The zone's own servers are found through the resolver, asked at their first address that answers, and must have authority.
func TestOwnServers(t *testing.T) {
	www := set("www.example.com", record.A, "192.0.2.1")
	_, port, _ := net.SplitHostPort(serve(t, www))
	asked := 0
	p := New(Options{Rate: 1000})
	p.port = port
	p.lookup = func(_ context.Context, network, host string) ([]netip.Addr, error) {
		asked++
		switch host {
		case "ns1.example.net.":
			return []netip.Addr{netip.MustParseAddr("127.0.0.3"), netip.MustParseAddr("::ffff:127.0.0.1")}, nil
		case "ns2.example.net.":
			return []netip.Addr{netip.MustParseAddr("127.0.0.1")}, nil
		}
		return nil, errors.New("no such host")
	}
	q := Question{Zone: example, Name: "www.example.com", Sets: []record.Set{www}, Servers: []string{"ns1.example.net", "ns2.example.net"}}
	for range 2 {
		if a := p.Verify(t.Context(), q); !a.As {
			t.Errorf("%+v, want as planned", a)
		}
	}
	if asked != 2 {
		t.Errorf("the resolver was asked %d times, want once a server", asked)
	}
	q.Servers = []string{"ns3.example.net"}
	if a := p.Verify(t.Context(), q); a.Why.Code != reason.NoServers || a.Never {
		t.Errorf("%+v: a resolver may find it later", a)
	}
	for _, servers := range [][]string{nil, make([]string, 100)} {
		q.Servers = servers
		if a := p.Verify(t.Context(), q); a.Why.Code != reason.NoServers || !a.Never {
			t.Errorf("%d servers: %+v, want never", len(servers), a)
		}
	}
}

// A questioner that is told to stop stops, whatever its server does; and so many questions a second are all.
func TestBounds(t *testing.T) {
	mute := dnsserver.Answer(t, func(dns.ResponseWriter, *dns.Msg) {})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan Answer)
	q := Question{Zone: example, Name: "www.example.com", Types: []record.Type{record.A}}
	go func() { done <- New(Options{Servers: []string{mute}}).Verify(ctx, q) }()
	cancel()
	if a := <-done; a.As {
		t.Errorf("%+v, want no answer", a)
	}

	good := serve(t)
	p := New(Options{Servers: []string{good}, Rate: 20})
	q.Types = []record.Type{record.A, record.AAAA, record.TXT, record.MX}
	begin := time.Now()
	if a := p.Verify(t.Context(), q); !a.As {
		t.Errorf("%+v, want as planned", a)
	}
	if took := time.Since(begin); took < 150*time.Millisecond {
		t.Errorf("four questions took %s at 20 a second", took)
	}
}

func TestOptions(t *testing.T) {
	for name, tc := range map[string]struct {
		why  string
		opts Options
		want string
	}{
		"default":   {why: "50 a second", opts: Options{Verify: true, Rate: 50}},
		"servers":   {why: "name or address", opts: Options{Rate: 1, Servers: []string{"192.0.2.53:53", "[2001:db8::53]:5353", "dns.example.com:53"}}},
		"no port":   {why: "which one", opts: Options{Rate: 1, Servers: []string{"192.0.2.53"}}, want: "host and a port"},
		"port 0":    {why: "nobody listens there", opts: Options{Rate: 1, Servers: []string{"192.0.2.53:0"}}, want: "host and a port"},
		"no host":   {why: "whom", opts: Options{Rate: 1, Servers: []string{":53"}}, want: "host and a port"},
		"too many":  {why: "each is asked for each name", opts: Options{Rate: 1, Servers: strings.Split(strings.Repeat("192.0.2.53:53,", 16)+"192.0.2.53:53", ",")}, want: "more than 16"},
		"no rate":   {why: "nothing would ever be asked", opts: Options{}, want: "--verify-rate=0"},
		"high rate": {why: "someone else's server", opts: Options{Rate: 1e6}, want: "--verify-rate"},
	} {
		t.Run(name, func(t *testing.T) {
			err := tc.opts.Check()
			if (err == nil) != (tc.want == "") || err != nil && !strings.Contains(err.Error(), tc.want) {
				t.Errorf("Check() = %v, want %q (%s)", err, tc.want, tc.why)
			}
		})
	}
}
