// SPDX-License-Identifier: Apache-2.0

package verify

import (
	"context"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/miekg/dns"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/ops/probe"
	"nafuda.io/nafuda/internal/serve/zonedb"
	"nafuda.io/nafuda/test/dnsserver"
)

// authoritative serves example.com with our own name server, and returns its address.
func authoritative(t *testing.T, sets ...record.Set) string {
	t.Helper()
	at, _ := editable(t, sets...)
	return at
}

// editable is authoritative with the data, whose zone has the id Z1.
func editable(t *testing.T, sets ...record.Set) (string, *zonedb.DB) {
	t.Helper()
	db := zonedb.New()
	apex := []record.Set{
		set("example.com", record.NS, "ns1.example.net", "ns2.example.net"),
		set("example.com", record.SOA, "ns1.example.net hostmaster.example.com 1 7200 900 1209600 900"),
	}
	db.Put(zone.Zone{Key: zone.Key{ID: "Z1"}, Name: "example.com"}, append(sets, apex...))
	return dnsserver.Serve(t, db), db
}

// between answers questions with what is made of the answer of another server, and returns its address.
func between(t *testing.T, upstream string, edit func(*dns.Msg)) string {
	t.Helper()
	return dnsserver.Answer(t, func(w dns.ResponseWriter, q *dns.Msg) {
		r, _, err := new(dns.Client).Exchange(q, upstream)
		if err != nil {
			return
		}
		r.Authoritative, r.RecursionAvailable = false, true
		edit(r)
		_ = w.WriteMsg(r)
	})
}

// zoneServers asks over real sockets, at addresses that stand for those of the zone's servers: port 53 isn't ours to use.
type zoneServers struct {
	*probe.Probe
	at    []string
	looks *atomic.Int64
}

func (z zoneServers) Servers(context.Context, probe.Question) ([]probe.Server, reason.Reason) {
	var out []probe.Server
	for i, at := range z.at {
		out = append(out, probe.Server{Name: "ns" + strconv.Itoa(i+1) + ".example.net", Addresses: []string{at}, Authority: true})
	}
	return out, reason.Reason{}
}

func (z zoneServers) Look(ctx context.Context, at []string, a probe.Ask) probe.Seen {
	z.looks.Add(1)
	return z.Probe.Look(ctx, at, a)
}

// ask asks about www.example.com and judges what was found.
func ask(t *testing.T, s Subject, servers []string, resolver, nobody string, edit ...func(*Asking)) (Row, int64) {
	t.Helper()
	asker := zoneServers{probe.New(probe.Options{Rate: 1000}), servers, new(atomic.Int64)}
	a := Asking{Asker: asker, Options: Options{Nobody: nobody}, Resolvers: []string{resolver}}
	for _, e := range edit {
		e(&a)
	}
	return Judge(s, a.Ask(t.Context(), []Subject{s})[0]), asker.looks.Load()
}

func nothing(*dns.Msg) {}

// TestInterception: who answers in place of the zone's servers is found by the flags of the answer, or by answering for an address at
// which nobody is. That address is asked only where something is suspect.
func TestInterception(t *testing.T) {
	www := set("www.example.com", record.A, public)
	real := authoritative(t, www)
	router := between(t, real, nothing)
	liar := between(t, real, func(r *dns.Msg) {
		r.Authoritative, r.RecursionAvailable = true, false
		for _, rr := range r.Answer {
			if a, ok := rr.(*dns.A); ok {
				a.A = net.IPv4(198, 51, 100, 66)
			}
		}
	})
	for name, tc := range map[string]struct {
		why     string
		servers []string
		nobody  string
		want    reason.Code
		text    string
		looks   int64 // apex, servers, resolver, and perhaps nobody
	}{
		"real":            {why: "nothing is suspect, so nobody else is asked", servers: []string{real, real}, nobody: liar, looks: 4},
		"without AA":      {why: "right values from somebody else", servers: []string{router}, nobody: none, want: reason.Intercepted, text: "without authority", looks: 3},
		"liar, found out": {why: "it answers for TEST-NET too", servers: []string{liar}, nobody: liar, want: reason.Intercepted, text: "nobody is there", looks: 4},
		"liar, no test":   {why: "then nobody knows better", servers: []string{liar}, nobody: none, want: reason.AnswersDiffer, text: "198.51.100.66", looks: 3},
	} {
		t.Run(name, func(t *testing.T) {
			row, looks := ask(t, subject(www), tc.servers, router, tc.nobody)
			if row.Good != (tc.want == "") || tc.want != "" && (row.Causes[0].Reason.Code != tc.want || !strings.Contains(row.Causes[0].Reason.Text, tc.text)) {
				t.Errorf("%+v, want %q with %q (%s)", row, tc.want, tc.text, tc.why)
			}
			if looks != tc.looks {
				t.Errorf("%d questions, want %d (%s)", looks, tc.looks, tc.why)
			}
		})
	}
}

// TestWhom: a private zone's servers aren't asked unless somebody names them, and a wildcard is asked for by a name below it.
func TestWhom(t *testing.T) {
	wild := set("*.example.com", record.A, lan)
	real := authoritative(t, wild)
	resolver := between(t, real, nothing)
	s := subject(wild)
	s.Name = "*.example.com"
	if row, _ := ask(t, s, []string{real}, resolver, none); !row.Good || row.Servers.Mark != OK || !slices.Equal(row.Resolver.Values, []string{lan}) {
		t.Errorf("wildcard: %+v", row)
	}
	s.Zone.Private = true
	if row, _ := ask(t, s, []string{real}, resolver, none); !row.Good || row.Servers.Mark != None || row.Servers.Reason.Code != reason.PrivateZone {
		t.Errorf("private: %+v", row)
	}
	if row, _ := ask(t, s, []string{real}, resolver, none, func(a *Asking) { a.Whom = NamedServers }); row.Servers.Mark != OK {
		t.Errorf("private, servers named: %+v", row)
	}
	s.Zone.Private = false
	if row, _ := ask(t, s, []string{real}, resolver, none, func(a *Asking) { a.Whom = NoServers }); !row.Good || row.Servers.Mark != None || row.Servers.Reason.Code != reason.NotVerified {
		t.Errorf("nobody is to be asked: %+v", row)
	}
}

// TestChain: a CNAME is followed to its end, within bounds.
func TestChain(t *testing.T) {
	link := func(from, to dnsname.Name) record.Set { return set(string(from), record.CNAME, string(to)) }
	good := authoritative(t, link("www.example.com", "a.example.com"), link("a.example.com", "b.example.com"), set("b.example.com", record.A, public))
	row, _ := ask(t, subject(link("www.example.com", "a.example.com")), []string{good}, between(t, good, nothing), none)
	if !row.Good {
		t.Errorf("%+v", row)
	}
	gone := authoritative(t, link("www.example.com", "a.example.com"), link("a.example.com", "b.example.com"))
	row, _ = ask(t, subject(link("www.example.com", "a.example.com")), []string{gone}, between(t, gone, nothing), none)
	if row.Good || row.Causes[0].Reason.Code != reason.TargetAbsent || !strings.Contains(row.Causes[0].Reason.Text, "b.example.com") {
		t.Errorf("%+v, want that b.example.com has no address", row)
	}
	ring := authoritative(t, link("www.example.com", "a.example.com"), link("a.example.com", "www.example.com"))
	row, _ = ask(t, subject(link("www.example.com", "a.example.com")), []string{ring}, between(t, ring, nothing), none)
	if row.Good || row.Causes[0].Place != "resolver" {
		t.Errorf("%+v, want a cause for a ring", row)
	}
}

// TestConnect: of the ports of an address one has to answer.
func TestConnect(t *testing.T) {
	open, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer open.Close()
	port := func(l net.Listener) int { return l.Addr().(*net.TCPAddr).Port }
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	shut := port(closed)
	closed.Close()
	home := set("www.example.com", record.A, "127.0.0.1")
	real := authoritative(t, home)
	resolver := between(t, real, nothing)
	with := func(ports ...int) func(*Asking) {
		return func(a *Asking) { a.Options.Connect, a.Options.Ports, a.Inside = true, ports, true }
	}
	if row, _ := ask(t, subject(home), []string{real}, resolver, none, with(shut, port(open))); !row.Good || row.Connect == nil || row.Reached[0].Port != port(open) {
		t.Errorf("%+v, want a connection to %d", row, port(open))
	}
	row, _ := ask(t, subject(home), []string{real}, resolver, none, with(shut))
	if row.Good || row.Causes[0].Reason.Code != reason.NoConnection || row.Reached[0].Why != "refused" {
		t.Errorf("%+v, want that the connection is refused", row)
	}
	if row, _ := ask(t, subject(home), []string{real}, resolver, none); row.Connect != nil {
		t.Errorf("%+v: nobody asked for a connection", row)
	}
}

// TestQuestions: a wildcard's own name isn't asked for, nothing is asked of a zone that isn't there, and nobody is asked once only.
func TestQuestions(t *testing.T) {
	www := set("www.example.com", record.A, public)
	wild, nowhere, private := subject(www), subject(), subject(www)
	wild.Name, nowhere.Zone, private.Zone.Private, private.Zone.Name = "*.example.com", zone.Zone{}, true, "inner.example.com"
	asker := &wrong{}
	a := Asking{Asker: asker, Options: Options{Nobody: "192.0.2.53:53"}, Resolvers: []string{"192.0.2.1:53"}}
	a.Ask(t.Context(), []Subject{subject(www), wild, nowhere, private})
	count := func(is func(probe.Ask) bool) (n int) {
		for _, q := range asker.asked {
			if is(q) {
				n++
			}
		}
		return n
	}
	if n := count(func(q probe.Ask) bool { return q.Name.IsWildcard() }); n > 0 {
		t.Errorf("%d questions for a wildcard itself", n)
	}
	if n := count(func(q probe.Ask) bool { return strings.HasPrefix(string(q.Name), "nafuda-") }); n != 2 {
		t.Errorf("%d questions below a wildcard, want one to its server and one to the resolver", n)
	}
	if n := count(func(q probe.Ask) bool { return q.Type == record.NS }); n != 2 {
		t.Errorf("%d questions for NS, want one for the public zone and one to nobody: %+v", n, asker.asked)
	}
	if n := count(func(q probe.Ask) bool { return !q.Recurse }); n != 2 {
		t.Errorf("%d questions to servers, want two: neither for no zone nor for a private one", n)
	}
}

// wrong is an Asker of which everybody answers what isn't there.
type wrong struct {
	mu    sync.Mutex
	asked []probe.Ask
}

func (*wrong) Servers(context.Context, probe.Question) ([]probe.Server, reason.Reason) {
	return []probe.Server{{Name: "ns1.example.net", Addresses: []string{"192.0.2.1:53"}}}, reason.Reason{}
}

func (w *wrong) Look(_ context.Context, at []string, a probe.Ask) probe.Seen {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked = append(w.asked, a)
	return probe.Seen{At: at[0], Code: noError, Values: []string{"198.51.100.9"}}
}

// TestPatience: who stays silent is given up, and what isn't asked is as silent as it was.
func TestPatience(t *testing.T) {
	asker := mute{looks: new(atomic.Int64)}
	a := Asking{Asker: asker, Options: Options{Nobody: none}, Resolvers: []string{"192.0.2.53:53"}}
	subjects := slices.Repeat([]Subject{subject(set("www.example.com", record.A, public))}, 200)
	found := a.Ask(t.Context(), subjects)
	// Those that are under way when the third has been in vain are asked to the end.
	if n := asker.looks.Load(); n > 2*(mostSilent+sideBySide) {
		t.Errorf("%d questions to two that don't answer", n)
	}
	for i, f := range found {
		if row := Judge(subjects[i], f); len(row.Causes) != 1 || row.Causes[0].Reason.Code != reason.DNSUnreachable || row.Resolver.Mark != No {
			t.Fatalf("%+v", row)
		}
	}
}

// mute is an Asker of which nobody answers.
type mute struct{ looks *atomic.Int64 }

func (mute) Servers(context.Context, probe.Question) ([]probe.Server, reason.Reason) {
	return []probe.Server{{Name: "ns1.example.net", Addresses: []string{"192.0.2.1:53"}}}, reason.Reason{}
}

func (m mute) Look(context.Context, []string, probe.Ask) probe.Seen {
	m.looks.Add(1)
	return probe.Seen{}
}
