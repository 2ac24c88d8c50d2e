// SPDX-License-Identifier: Apache-2.0

package docs

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"nafuda.io/nafuda/test/dnsserver"
	"nafuda.io/nafuda/test/resolvers"
)

// lan has a name with an address of either family that only a LAN reaches.
const lan = `apiVersion: v1
kind: Service
metadata:
  name: nas
  namespace: default
  annotations: {external-dns.kubernetes.io/hostname: nas.home.example.com}
spec:
  type: LoadBalancer
  clusterIP: 10.96.0.51
status:
  loadBalancer: {ingress: [{ip: 192.168.10.51}, {ip: "fd00::51"}]}
`

// startLAN runs the program of docs/local.md with a name of a LAN and its reverse names, and returns where it answers, once it does.
func startLAN(t *testing.T) (at string) {
	t.Helper()
	tr := &tour{dir: newHome(t)}
	examples := filepath.Join(tr.dir, "examples", "local")
	if err := os.WriteFile(filepath.Join(examples, "objects", "web.yaml"), []byte(lan), 0o600); err != nil {
		t.Fatal(err)
	}
	at = freeAddress(t)
	text, err := os.ReadFile(filepath.Join(examples, "local.args"))
	if err != nil {
		t.Fatal(err)
	}
	args := strings.NewReplacer("127.0.0.1:5300", at, "127.0.0.1:7979", freeAddress(t)).Replace(string(text)) + "--create-ptr\n--managed-record-types=A,AAAA,PTR\n"
	if err := os.WriteFile(filepath.Join(examples, "local.args"), []byte(args), 0o600); err != nil {
		t.Fatal(err)
	}
	tr.start(t, nil, os.Stderr, "bin/nafuda", "@examples/local/local.args")
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		if said(at, "51.10.168.192.in-addr.arpa PTR") == "nas.home.example.com." {
			return at
		}
		if time.Now().After(deadline) {
			t.Fatal("the reverse name isn't answered")
		}
	}
}

// said is the answer to a question, a name and a type: the values, or else the code, with "denied" where a SOA says that there is nothing.
func said(at, question string) string {
	name, kind, _ := strings.Cut(question, " ")
	q := new(dns.Msg).SetQuestion(dns.Fqdn(name), dns.StringToType[kind])
	var r *dns.Msg
	for try := 1; r == nil; try++ { // the machine may be busy, and a datagram lost
		var err error
		if r, _, err = (&dns.Client{Timeout: 10 * time.Second}).Exchange(q, at); err != nil && try == 3 {
			return err.Error()
		}
	}
	var values []string
	for _, rr := range r.Answer {
		if rr.Header().Rrtype == q.Question[0].Qtype {
			values = append(values, strings.TrimPrefix(rr.String(), rr.Header().String()))
		}
	}
	if len(values) > 0 {
		return strings.Join(values, " ")
	}
	code := dns.RcodeToString[r.Rcode]
	if slices.ContainsFunc(r.Ns, func(rr dns.RR) bool { return rr.Header().Rrtype == dns.TypeSOA }) {
		code += " denied"
	}
	return code
}

// lines are those of a block of docs/home.md, as its reader copies them, for a Nafuda that answers elsewhere.
func lines(t *testing.T, lang, at string) []string {
	t.Helper()
	list := blocks(section(t, pages(t)["docs/home.md"], "## Have the LAN ask", "## Without a cluster"))
	i := slices.IndexFunc(list, func(b block) bool { return b.Lang == lang })
	if i < 0 || !strings.Contains(list[i].Text, "192.168.10.53") {
		t.Fatalf("docs/home.md has no lines for %s", lang)
	}
	return strings.Split(strings.ReplaceAll(strings.TrimSpace(list[i].Text), "192.168.10.53", at), "\n")
}

// without leaves lines out that begin so.
func without(t *testing.T, lines []string, start string) []string {
	t.Helper()
	rest := slices.DeleteFunc(slices.Clone(lines), func(l string) bool { return strings.HasPrefix(strings.TrimSpace(l), start) })
	if len(rest) != len(lines)-1 {
		t.Fatalf("%d lines begin with %s, want one", len(lines)-len(rest), start)
	}
	return rest
}

// answers of a LAN's zones that a resolver has to give.
var answers = map[string]string{
	"nas.home.example.com A":         "192.168.10.51",
	"nas.home.example.com AAAA":      "fd00::51",
	"NAS.home.example.com TXT":       "NOERROR denied",
	"absent.home.example.com A":      "NXDOMAIN denied",
	"absent.home.example.com AAAA":   "NXDOMAIN denied",
	"51.10.168.192.in-addr.arpa PTR": "nas.home.example.com.",
	"52.10.168.192.in-addr.arpa PTR": "NXDOMAIN denied",
}

// same compares what a resolver says with the answers, those of them that are to differ apart.
func same(t *testing.T, at, why string, but map[string]string) {
	t.Helper()
	for question, want := range answers {
		if other, differs := but[question]; differs {
			want = other
		}
		if got := said(at, question); got != want {
			t.Errorf("%s: %s is %q, want %q", why, question, got, want)
		}
	}
}

// TestHomeDnsmasq asks a dnsmasq that protects itself as OpenWrt's does, with the page's lines, and with one of them less.
func TestHomeDnsmasq(t *testing.T) {
	t.Parallel()
	own := []string{"stop-dns-rebind", "rebind-localhost-ok", "bogus-priv", "domain-needed", "dnssec", "trust-anchor=.,20326,8,2," + anchor}
	all := lines(t, "dnsmasq", strings.Replace(startLAN(t), ":", "#", 1))
	for why, tc := range map[string]struct {
		lines []string
		but   map[string]string
	}{
		"all lines":                    {all, nil},
		"as OpenWrt writes the domain": {append(without(t, all, "rebind"), "rebind-domain-ok=home.example.com"), nil},
		"without the exception":        {without(t, all, "rebind"), map[string]string{"nas.home.example.com A": "NOERROR", "nas.home.example.com AAAA": "NOERROR"}},
		"without the reverse zone": {
			without(t, all, "server=/10."),
			map[string]string{"51.10.168.192.in-addr.arpa PTR": "NXDOMAIN", "52.10.168.192.in-addr.arpa PTR": "NXDOMAIN"},
		},
	} {
		same(t, resolvers.Dnsmasq(t, "home.example.com", slices.Concat(own, tc.lines)...), why, tc.but)
	}
}

// anchor is the digest of a key that nobody has.
const anchor = "0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF"

// TestHomeUnbound asks an Unbound that protects itself and validates, as pfSense's does, with the page's lines, and with one of them less.
// There is no Internet behind it.
func TestHomeUnbound(t *testing.T) {
	t.Parallel()
	nobody := dnsserver.Answer(t, func(w dns.ResponseWriter, q *dns.Msg) { _ = w.WriteMsg(new(dns.Msg).SetRcode(q, dns.RcodeRefused)) })
	own := []string{
		"server:", `module-config: "validator iterator"`, `trust-anchor: ". DS 20326 8 2 ` + anchor + `"`,
		"private-address: 192.168.0.0/16", "private-address: fd00::/8", "stub-zone:", `name: "."`, "stub-addr: " + strings.Replace(nobody, ":", "@", 1),
	}
	all := lines(t, "unbound", strings.Replace(startLAN(t), ":", "@", 1))
	forward, reverse := make(map[string]string), make(map[string]string)
	for question := range answers {
		if strings.Contains(question, "arpa") {
			reverse[question] = "SERVFAIL"
		} else {
			forward[question] = "SERVFAIL"
		}
	}
	for why, tc := range map[string]struct {
		lines []string
		but   map[string]string
	}{
		"all lines":                            {all, nil},
		"without the exception":                {without(t, all, "private-domain"), map[string]string{"nas.home.example.com A": "NOERROR", "nas.home.example.com AAAA": "NOERROR"}},
		"validating what nobody has signed":    {without(t, all, `domain-insecure: "home`), forward},
		"validating the reverse zone":          {without(t, all, `domain-insecure: "10`), reverse},
		"with the reverse zones that it knows": {without(t, all, "local-zone"), map[string]string{"51.10.168.192.in-addr.arpa PTR": "NXDOMAIN denied"}},
	} {
		same(t, resolvers.Unbound(t, slices.Concat(own, tc.lines)...), why, tc.but)
	}
}

// TestHomeCoreDNS asks one with the page's block. It protects nobody against rebinding.
func TestHomeCoreDNS(t *testing.T) {
	t.Parallel()
	same(t, resolvers.CoreDNS(t, "home.example.com", lines(t, "coredns", startLAN(t))...), "the block", nil)
}
