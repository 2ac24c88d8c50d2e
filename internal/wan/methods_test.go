// SPDX-License-Identifier: Apache-2.0

package wan

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"
	pion "github.com/pion/stun/v3"
)

// everyMethod starts a server for each method and returns the method that asks it.
func everyMethod(t *testing.T, w *world) map[string]Method {
	mapper, _ := portMapper(t, w, true)
	router := func() (string, error) { return mapper, nil }
	ssdp, description := igdServer(t, w, "")
	page, roots := httpsServer(t, echoHandler(w, "fl=1\nip=%s\nts=2\n"))
	doh, dohRoots := httpsServer(t, dohHandler(w))
	made := func(k Kind, text string, roots *x509.CertPool) Method {
		m, err := endpoint(k, text, roots)
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: doh.TLS.Certificates})
	if err != nil {
		t.Fatal(err)
	}
	dnsServer(t, &dns.Server{Listener: l, Net: "tcp-tls", Handler: whoamiHandler(w)})
	return map[string]Method{
		"stun": made(STUN, stunServer(t, w), nil), "nat-pmp": natpmp{router}, "pcp": pcp{router},
		"upnp": &igd{ssdp: ssdp}, "upnp without a search": &igd{description: description},
		"udp": made(DNS, "udp://"+dnsUDP(t, w)+"?name=whoami.example.com", nil), "udp, TXT": made(DNS, "udp://"+dnsUDP(t, w)+"?name=whoami.example&type=TXT&class=CH", nil),
		"tls":   made(DNS, "tls://"+l.Addr().String()+"?name=whoami.example.com", dohRoots),
		"doh":   made(DNS, doh.URL+"/dns-query?name=whoami.example.com&type=TXT", dohRoots),
		"https": made(HTTPS, page.URL+"/cdn-cgi/trace", roots),
	}
}

// TestMethods asks real servers with each method: they tell the truth, lie, change their mind, say nothing, refuse, or talk rubbish.
func TestMethods(t *testing.T) {
	w := worldOf("192.0.2.1")
	all := everyMethod(t, w)
	for _, c := range []struct{ addr, how, want string }{
		{"192.0.2.1", "", "192.0.2.1"},
		{"192.0.2.1", "lies", "198.51.100.66"},
		{"192.0.2.2", "", "192.0.2.2"},
		{"192.0.2.2", "refuses", ""},
		{"192.0.2.2", "garbage", ""},
		{"192.0.2.2", "silent", ""},
	} {
		w.set(c.addr, c.how)
		t.Run(c.addr+c.how, func(t *testing.T) {
			for name, m := range all {
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
					if c.how == "silent" || c.how == "garbage" {
						ctx, cancel = context.WithTimeout(t.Context(), 300*time.Millisecond)
					}
					defer cancel()
					said := ask(ctx, m, V4, ofTests())
					if got := said.first(); c.want != "" && got != netip.MustParseAddr(c.want) || c.want == "" && (got.IsValid() || said.Err == "") {
						t.Errorf("it is told %v (%s), want %q", said.Addrs, said.Err, c.want)
					}
				})
			}
		})
	}
}

// TestMethodsDown: nobody listens.
func TestMethodsDown(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	at := l.Addr().String()
	for _, m := range []Method{
		stun{"x", at},
		natpmp{func() (string, error) { return at, nil }},
		natpmp{func() (string, error) { return "", errNoGateway }},
		&igd{description: "http://" + at},
		echo{url: "https://" + at},
		whoami{scheme: "tls", host: "127.0.0.1", port: l.Addr().String()[10:], name: "whoami.example.com"},
	} {
		if s := ask(t.Context(), m, V4, ofTests()); s.Err == "" || strings.Contains(s.Err, "127.0.0.1:") && m.Source().Kind == STUN {
			t.Errorf("%+v: %q", s.By, s.Err)
		}
	}
}

// TestUnknownCertificateIsRefused, and a server of another name.
func TestUnknownCertificateIsRefused(t *testing.T) {
	w := worldOf("192.0.2.1")
	page, roots := httpsServer(t, echoHandler(w, "%s"))
	if s := ask(t.Context(), echo{url: page.URL}, V4, ofTests()); s.Err == "" {
		t.Error("a certificate that nobody knows is taken")
	}
	if s := ask(t.Context(), echo{url: strings.Replace(page.URL, "127.0.0.1", "localhost", 1), roots: roots}, V4, ofTests()); s.Err == "" {
		t.Error("a certificate of another name is taken")
	}
}

// TestPagesAreBounded: what another page says doesn't count, nor what is longer than an address needs.
func TestPagesAreBounded(t *testing.T) {
	page, roots := httpsServer(t, http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/moved":
			http.Redirect(out, r, "/", http.StatusFound)
		case "/long":
			fmt.Fprint(out, "192.0.2.1", strings.Repeat("\n", mostEcho))
		default:
			fmt.Fprint(out, "192.0.2.1")
		}
	}))
	for path, want := range map[string]string{"/": "", "/moved": "status 302", "/long": "longer than"} {
		s := ask(t.Context(), echo{url: page.URL + path, roots: roots}, V4, ofTests())
		if s.Err == "" != (want == "") || !strings.Contains(s.Err, want) {
			t.Errorf("%s: got %v, %q, want %q", path, s.Addrs, s.Err, want)
		}
	}
}

// TestAnswerToAnotherQuestion isn't one, however it comes.
func TestAnswerToAnotherQuestion(t *testing.T) {
	q := new(dns.Msg).SetQuestion("whoami.example.com.", dns.TypeA)
	r := new(dns.Msg).SetReply(q)
	r.Answer = append(r.Answer, &dns.A{Hdr: dns.RR_Header{Name: "whoami.example.com.", Rrtype: dns.TypeA, Class: dns.ClassINET}, A: net.IPv4(192, 0, 2, 1)})
	if got, err := readWhoami(V4, q, r); err != nil || len(got) != 1 {
		t.Fatalf("got %v, %v", got, err)
	}
	for name, spoil := range map[string]func(*dns.Msg){
		"id": func(m *dns.Msg) { m.Id++ }, "a question": func(m *dns.Msg) { m.Response = false }, "name": func(m *dns.Msg) { m.Question[0].Name = "example.com." },
		"class": func(m *dns.Msg) { m.Question[0].Qclass = dns.ClassCHAOS }, "owner": func(m *dns.Msg) { m.Answer[0].Header().Name = "example.com." },
	} {
		bad := r.Copy()
		if spoil(bad); bad.String() == r.String() {
			t.Errorf("%s: nothing is spoilt", name)
		}
		if got, err := readWhoami(V4, q, bad); err == nil {
			t.Errorf("%s: got %v", name, got)
		}
	}
}

func TestReadSTUN(t *testing.T) {
	id, other := [12]byte{1}, [12]byte{2}
	right := pion.MustBuild(pion.NewTransactionIDSetter(id), pion.BindingSuccess, pion.NewSoftware("odd"), &pion.XORMappedAddress{IP: net.IPv4(192, 0, 2, 1), Port: 4711}).Raw
	if at, ok, err := readSTUN(right, id); !ok || err != nil || at.String() != "192.0.2.1:4711" {
		t.Errorf("got %v, %v, %v", at, ok, err)
	}
	if _, ok, _ := readSTUN(right, other); ok {
		t.Error("an answer to another transaction is taken")
	}
}

// TestPCPTakesItsMappingBack, and a router that knows only NAT-PMP is understood.
func TestPCPTakesItsMappingBack(t *testing.T) {
	w := worldOf("192.0.2.1")
	at, mapped := portMapper(t, w, true)
	if s := ask(t.Context(), pcp{func() (string, error) { return at, nil }}, V4, ofTests()); s.Err != "" {
		t.Fatal(s.Err)
	}
	for end := time.Now().Add(10 * time.Second); !slices.Equal(mapped(), []uint32{pcpLifetime, 0}); {
		if time.Now().After(end) {
			t.Fatalf("the lifetimes were %v", mapped())
		}
		time.Sleep(time.Millisecond)
	}
	old, _ := portMapper(t, w, false)
	if s := ask(t.Context(), pcp{func() (string, error) { return old, nil }}, V4, ofTests()); s.Err != "the router knows only NAT-PMP" {
		t.Errorf("got %q", s.Err)
	}
}

// TestIGDLeadsNowhereElse: neither an answer to the search nor a description makes us ask another host.
func TestIGDLeadsNowhereElse(t *testing.T) {
	w := worldOf("192.0.2.1")
	_, description := igdServer(t, w, "http://127.0.0.2:1")
	if s := ask(t.Context(), &igd{description: description}, V4, ofTests()); s.Err != "the router has no connection that can be asked" {
		t.Errorf("got %q", s.Err)
	}
	from := &net.UDPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 1900}
	for text, want := range map[string]string{
		"http://192.0.2.1:5000/d.xml": "http://192.0.2.1:5000/d.xml", "http://192.0.2.9:5000/d.xml": "", "https://192.0.2.1/d.xml": "",
		"file:///etc/passwd": "", "http://router.example.com/": "", "": "", "::": "",
	} {
		u := location([]byte("HTTP/1.1 200 OK\r\nLocation: "+text+"\r\n\r\n"), from)
		if got := target(u); got != want {
			t.Errorf("%s leads to %q", text, got)
		}
	}
}

func target(u *url.URL) string {
	if u == nil {
		return ""
	}
	return u.String()
}

func TestReadEcho(t *testing.T) {
	for body, want := range map[string]string{
		"192.0.2.1": "192.0.2.1", "192.0.2.1\n": "192.0.2.1", `{"ip":"192.0.2.1","country":"X"}`: "192.0.2.1", "a=b\nip=192.0.2.1\n": "192.0.2.1", "::ffff:192.0.2.1": "192.0.2.1",
		"": "", "2001:db8::1": "", "192.0.2.1 192.0.2.2": "", "<p>192.0.2.1</p>": "", "ip=192.0.2.1\nip=192.0.2.2\n": "", `{"ip":5}`: "", "192.0.2.300": "",
	} {
		got, err := readEcho(V4, body)
		if want == "" != (err != nil) || want != "" && (len(got) != 1 || got[0].String() != want) {
			t.Errorf("%q: got %v, %v, want %q", body, got, err, want)
		}
	}
}

func TestReadRoutes(t *testing.T) {
	const head = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"
	for table, want := range map[string]string{
		head + "eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n":                                                                  "192.0.2.1",
		head + "eth0\t00000000\t010200C0\t0003\t0\t0\t100\t00000000\t0\t0\t0\nwlan0\t00000000\t090200C0\t0003\t0\t0\t600\t00000000\t0\t0\t0\n": "192.0.2.1",
		head + "eth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n":                                                                  "",
		head + "tun0\t00000000\t010200C0\t0003\t0\t0\t0\t00000080\t0\t0\t0\n":                                                                  "",
		head + "eth0\t00000000\t00000000\t0001\t0\t0\t0\t00000000\t0\t0\t0\n":                                                                  "",
		"": "",
	} {
		got, err := readRoutes(table)
		if want == "" != (err != nil) || want != "" && got.String() != want {
			t.Errorf("%q: got %v, %v, want %q", table, got, err, want)
		}
	}
}

func TestInterfaces(t *testing.T) {
	fleeting := fleetingAddrs("20010db8000000000000000000000001 02 40 00 80     eth0\n20010db8000000000000000000000f0d 02 40 00 01     eth0\nshort\n20010db80000000000000000000000ee 02 40 00 20 eth0\n")
	list := func() ([]Address, error) {
		var out []Address
		for _, text := range []string{"eth0 192.0.2.1", "eth0 10.0.0.1", "eth0 2001:db8::f0d", "eth0 2001:db8::1", "eth0 2001:db8::ee", "eth0 fd00::1", "eth0 fe80::1", "wlan0 2001:db8:1::1"} {
			name, addr, _ := strings.Cut(text, " ")
			a := netip.MustParseAddr(addr)
			out = append(out, Address{name, a, fleeting[a]})
		}
		return out, nil
	}
	for _, c := range []struct {
		names []string
		f     Family
		want  string
	}{{nil, V4, "[192.0.2.1]"}, {[]string{"eth0"}, V6, "[2001:db8::1]"}, {nil, V6, "[2001:db8::1 2001:db8:1::1]"}, {[]string{"wlan0"}, V4, "[]"}} {
		got, err := own{c.names, list}.Ask(t.Context(), c.f)
		if text := strings.Join(strings.Fields(strings.Trim(strings.ReplaceAll(slicesText(got), ",", " "), " ")), " "); text != c.want || (c.want == "[]") != (err != nil) {
			t.Errorf("%v %s: got %s, %v, want %s", c.names, c.f, text, err, c.want)
		}
	}
	if _, err := interfaces(); err != nil {
		t.Errorf("this machine's: %v", err)
	}
}

func slicesText(list []netip.Addr) string {
	var out []string
	for _, a := range list {
		out = append(out, a.String())
	}
	return "[" + strings.Join(out, " ") + "]"
}
