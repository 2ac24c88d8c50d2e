// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/miekg/dns"

	"nafuda.io/nafuda/test/authority"
	"nafuda.io/nafuda/test/kube"
)

const reverseZone = "2.0.192.in-addr.arpa"

// dynamicUpdates publishes to real name servers by dynamic updates, reverse names too.
func dynamicUpdates(t *testing.T, s *suite) {
	for name, start := range authority.All() {
		t.Run(name, func(t *testing.T) { publishedByUpdates(t, s, start) })
	}
}

func publishedByUpdates(t *testing.T, s *suite, start func(testing.TB, authority.Options) *authority.Server) {
	w := s.world(t)
	at := primary{start(t, authority.Options{Zones: []string{"example.com", reverseZone}, Content: "hand IN A 192.0.2.99\n"}), t}
	args := []string{
		"--source=service", "--source=ingress", "--provider=rfc2136", "--rfc2136-host=" + at.At, "--rfc2136-zone=example.com", "--rfc2136-zone=" + reverseZone,
		"--rfc2136-tsig-keyname=" + authority.KeyName, "--policy=sync", "--txt-owner-id=ZOWNER", "--txt-prefix=prefix_", "--delete-after=1s", "--interval=10s",
		"--managed-record-types=A", "--managed-record-types=PTR", "--create-ptr", "--max-delete-percent=100", "--log-level=debug",
	}
	env := []string{"NAFUDA_RFC2136_TSIG_SECRET=" + authority.Secret, "NAFUDA_VERIFY_SERVER=" + at.At}
	p := w.start(args, env...)
	w.cluster.Apply(t, ingress("web", "web.example.com", "192.0.2.1")+service("mail", "192.0.2.2", "hostname=mail.example.com", "ttl=60"))
	hand := []string{"hand.example.com A 300 192.0.2.99", "hand." + reverseZone + " A 300 192.0.2.99"}
	web := []string{
		"web.example.com A 300 192.0.2.1", marker("prefix_a-web.example.com", "ingress/default/web"),
		"1." + reverseZone + " PTR 300 web.example.com.", marker("prefix_ptr-1."+reverseZone, "ingress/default/web"),
	}
	mail := []string{
		"mail.example.com A 60 192.0.2.2", marker("prefix_a-mail.example.com", "service/default/mail"),
		"2." + reverseZone + " PTR 60 mail.example.com.", marker("prefix_ptr-2."+reverseZone, "service/default/mail"),
	}
	at.want(hand, web, mail)

	// Somebody else is there: what is ours is put right, what isn't stays, and the zone is read again because its serial tells, not each time.
	p.wantSettled()
	transfers := p.calls("records")
	at.Somebody(t, "example.com", "-web.example.com. 300 A 192.0.2.1", "guest.example.com. 300 A 192.0.2.77")
	guest := []string{"guest.example.com A 300 192.0.2.77"}
	at.want(hand, web, mail, guest)
	p.wantLog("somebody else has changed the zone, so it is read again.*zone=example.com")
	p.wantSettled()
	if got := p.calls("records") - transfers; got != 1 {
		t.Errorf("the zones were transferred %d times, want once", got)
	}
	p.stop()

	// A restart writes nothing.
	before := at.serials()
	p = w.start(args, env...)
	p.ready()
	p.wantSettled()
	if after := at.serials(); after != before {
		t.Errorf("the serials after a restart are %s, before it %s", after, before)
	}

	w.cluster.Apply(t, ingress("web", "web.example.com", "192.0.2.3"))
	web[0], web[2], web[3] = "web.example.com A 300 192.0.2.3", "3."+reverseZone+" PTR 300 web.example.com.", marker("prefix_ptr-3."+reverseZone, "ingress/default/web")
	at.want(hand, web, mail, guest)
	w.cluster.Delete(t, service("mail", "192.0.2.2"))
	at.want(hand, web, guest)
	p.stop()
	if strings.Contains(p.log.String(), authority.Secret) {
		t.Error("the log has the secret of the TSIG key")
	}
}

// calls counts the provider's calls of an operation that went well.
func (p *process) calls(operation string) (n int) {
	p.t.Helper()
	body, err := p.get("/metrics")
	if err != nil {
		p.t.Fatal(err)
	}
	m := regexp.MustCompile(`(?m)^nafuda_api_calls_total\{class="ok",operation="` + operation + `",provider="rfc2136"\} ([0-9]+)`).FindSubmatch(body)
	if m == nil {
		p.t.Fatalf("the metrics don't tell how many calls of %s there were:\n%s", operation, regexp.MustCompile(`(?m)^.*calls.*$`).FindAll(body, -1))
	}
	if _, err := fmt.Sscan(string(m[1]), &n); err != nil {
		p.t.Fatal(err)
	}
	return n
}

// primary is a real name server under test.
type primary struct {
	*authority.Server
	t *testing.T
}

// want waits until the zones hold exactly these record sets, in any order.
func (s primary) want(lists ...[]string) {
	s.t.Helper()
	want := sorted(slices.Concat(lists...))
	kube.Wait(s.t, "the server's record sets", func() error {
		var got []string
		for _, z := range []string{"example.com", reverseZone} {
			for _, rr := range s.transfer(z) {
				h := rr.Header()
				if h.Rrtype != dns.TypeSOA && h.Rrtype != dns.TypeNS {
					got = append(got, fmt.Sprintf("%s %s %d %s", strings.TrimSuffix(h.Name, "."), dns.TypeToString[h.Rrtype], h.Ttl, strings.TrimPrefix(rr.String(), h.String())))
				}
			}
		}
		if diff := cmp.Diff(want, sorted(got)); diff != "" {
			return errors.New("(-want +got)\n" + diff)
		}
		return nil
	})
}

// serials are those of the zones.
func (s primary) serials() string {
	s.t.Helper()
	out := ""
	for _, z := range []string{"example.com", reverseZone} {
		soa, is := s.transfer(z)[0].(*dns.SOA)
		if !is {
			s.t.Fatalf("the transfer of %s doesn't begin with its SOA", z)
		}
		out += fmt.Sprintf("%s %d ", z, soa.Serial)
	}
	return out
}

// transfer reads a zone as a secondary does.
func (s primary) transfer(zone string) []dns.RR {
	s.t.Helper()
	m := new(dns.Msg)
	m.SetAxfr(dns.Fqdn(zone))
	m.SetTsig("reader.", dns.HmacSHA256, 300, time.Now().Unix())
	tr := &dns.Transfer{TsigSecret: map[string]string{"reader.": authority.Secret}}
	messages, err := tr.In(m, s.At)
	if err != nil {
		s.t.Fatal(err)
	}
	var out []dns.RR
	for e := range messages {
		if e.Error != nil {
			s.t.Fatal(e.Error)
		}
		out = append(out, e.RR...)
	}
	return out
}
