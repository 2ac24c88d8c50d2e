// SPDX-License-Identifier: Apache-2.0

package wan

import (
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"nafuda.io/nafuda/test/golden"
)

// home is a network with one server for each kind of method, each with an own world.
type home struct {
	router, stun, dns, page *world
	options                 Options
}

func atHome(t *testing.T) *home {
	h := &home{worldOf("192.0.2.1"), worldOf("192.0.2.1"), worldOf("192.0.2.1"), worldOf("192.0.2.1"), Options{}}
	mapper, _ := portMapper(t, h.router, true)
	ssdp, _ := igdServer(t, h.router, "")
	echoes := httptest.NewServer(http.Handler(echoHandler(h.page, "%s\n")))
	t.Cleanup(echoes.Close)
	h.options = Options{
		Quorum: 2, IPv4: true, AllowRange: []string{"192.0.2.0/24", "198.51.100.0/24"}, Gateway: mapper, SSDP: ssdp, Interfaces: []string{"none"},
		STUN: []string{"s=" + stunServer(t, h.stun)}, DNS: []string{"d=udp://" + dnsUDP(t, h.dns) + "?name=whoami.example.com"}, HTTPS: []string{"h=" + echoes.URL},
	}
	return h
}

// TestLook asks real servers by the options alone.
func TestLook(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for name, c := range map[string]struct {
		set  func(h *home)
		want string
		why  string
	}{
		"all is well":     {func(*home) {}, "192.0.2.1 own", "ports are kept"},
		"an echo lies":    {func(h *home) { h.page.set("192.0.2.1", "lies") }, "192.0.2.1 own", "it is alone"},
		"the DNS refuses": {func(h *home) { h.dns.set("192.0.2.1", "refuses") }, "192.0.2.1 own", "three others are there"},
		"only one is there": {func(h *home) {
			h.dns.set("192.0.2.1", "refuses")
			h.page.set("192.0.2.1", "refuses")
			h.router.set("192.0.2.1", "refuses")
		}, "WANNotKnown", "nobody confirms it"},
		"CGNAT":      {func(h *home) { h.router.set("100.64.1.2", "") }, "WANPrivate", "the router says so"},
		"double NAT": {func(h *home) { h.router.set("192.168.1.2", "") }, "WANPrivate", "the router says so"},
		"no line":    {func(h *home) { h.router.set("0.0.0.0", "") }, "192.0.2.1 own", "what the router doesn't know counts for nothing"},
		"MAP-E": {func(h *home) {
			h.stun.nat = func(n int, from uint16) uint16 { return mape(4, 8, 77)(r, n, from) }
		}, "WANShared", "the ports are a set"},
		"DS-Lite": {func(h *home) {
			h.router.set("192.0.2.1", "refuses")
			h.stun.nat = func(int, uint16) uint16 { return 2048 + uint16(r.Uint32N(1024)) }
		}, "WANShared", "the ports are a block"},
		"MAP-E that is allowed": {func(h *home) {
			h.options.AllowShared = true
			h.stun.nat = func(n int, from uint16) uint16 { return mape(6, 6, 21)(r, n, from) }
		}, "192.0.2.1 shared", "a person has said so"},
	} {
		t.Run(name, func(t *testing.T) {
			h := atHome(t)
			c.set(h)
			if err := h.options.Check(); err != nil {
				t.Fatal(err)
			}
			w, err := New(h.options, nil)
			if err != nil {
				t.Fatal(err)
			}
			s := w.Look(t.Context())
			got := show(s[0].Verdict)
			if s[0].Verdict.Known() {
				got += " " + string(s[0].Sharing)
			}
			if got != c.want || !s[1].Off {
				t.Errorf("got %s (%s), want %s: %s; %+v", got, s[0].Sign, c.want, c.why, s[0].Said)
			}
		})
	}
}

func TestReport(t *testing.T) {
	said := heard("router/router=100.64.1.2 stun/a=192.0.2.1 dns/b")
	said[0].Class, said[1].Class, said[2].Err = CGNAT, Public, "no answer in time"
	six := heard("interface/host=2001:db8::1 stun/a=2001:db8::1")
	for i := range six {
		six[i].Class = Public
	}
	r := Report{[]State{
		{Family: V4, Verdict: judge(V4, said, ofTests()), Said: said},
		{Family: V6, Verdict: judge(V6, six, ofTests()), Said: six},
	}}
	var b strings.Builder
	for _, r := range []Report{r, {[]State{{Family: V4, Verdict: Verdict{Addr: netip.MustParseAddr("192.0.2.1")}, Sharing: Own, Sign: "ports are kept"}, {Family: V6, Off: true}}}} {
		if err := r.Write(&b); err != nil {
			t.Fatal(err)
		}
		b.WriteString("---\n")
	}
	golden.File(t, "testdata/report.txt", b.String())
	if r.Good() {
		t.Error("it is good without an IPv4 address")
	}
}
