// SPDX-License-Identifier: Apache-2.0

package wan

import (
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"

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
			h.stun.behind(func(n int, from uint16) uint16 { return mape(4, 8, 77)(r, n, from) })
		}, "WANShared", "the ports are a set"},
		"DS-Lite": {func(h *home) {
			h.router.set("192.0.2.1", "refuses")
			h.stun.behind(func(int, uint16) uint16 { return 2048 + uint16(r.Uint32N(1024)) })
		}, "WANShared", "the ports are a block"},
		"MAP-E that is allowed": {func(h *home) {
			h.options.AllowShared = true
			h.stun.behind(func(n int, from uint16) uint16 { return mape(6, 6, 21)(r, n, from) })
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

// TestSharedStaysKnown: a look that tells nothing, since the server is silent or lies, doesn't make a shared address one's own; another address
// is looked at anew.
func TestSharedStaysKnown(t *testing.T) {
	w := worldOf("192.0.2.1")
	r := rand.New(rand.NewPCG(1, 1))
	w.behind(func(n int, from uint16) uint16 { return mape(4, 8, 77)(r, n, from) })
	server, another := stun{"s", stunServer(t, w)}, stun{"x", stunServer(t, worldOf("198.51.100.1"))}
	var p portLook
	look := func(addr string) string {
		s := State{Family: V4, Verdict: verdict(addr)}
		p.until = time.Time{} // as an hour later
		p.enter(t.Context(), []Method{another, server}, &s, false)
		return show(s.Verdict) + " " + string(s.Sharing)
	}
	for i, c := range []struct{ how, addr, want string }{
		{"", "192.0.2.1", "WANShared shared"},
		{"refuses", "192.0.2.1", "WANShared shared"},
		{"lies", "192.0.2.1", "WANShared shared"},
		{"refuses", "192.0.2.2", "192.0.2.2 unknown"},
		{"", "192.0.2.2", "192.0.2.2 unknown"}, // it sees another one
		{"", "192.0.2.1", "WANShared shared"},
	} {
		w.set("192.0.2.1", c.how)
		if got := look(c.addr); got != c.want {
			t.Errorf("step %d: got %s, want %s", i, got, c.want)
		}
	}
	s := State{Family: V4, Verdict: verdict("192.0.2.1"), Said: heard("interface/host=192.0.2.1")}
	if p.enter(t.Context(), []Method{server}, &s, false); !s.Verdict.Known() || s.Sharing != "" {
		t.Errorf("an interface has it, and it is %+v", s)
	}
}

// told reads answers with their times and endpoints, as a report has them: ADDRESS or a failure after "!", milliseconds, endpoint.
func told(lines string) []Said {
	var out []Said
	for line := range strings.Lines(lines) {
		f := strings.SplitN(strings.TrimSpace(line), " ", 4)
		took, _ := strconv.Atoi(f[2])
		s := Said{By: Source{Kind(f[0]), strings.Split(f[1], "=")[0], f[3]}, Took: time.Duration(took) * time.Millisecond}
		if _, addr, _ := strings.Cut(f[1], "="); addr == "" {
			s.Err = errNoAnswer.Error()
		} else {
			s.Addrs = []netip.Addr{netip.MustParseAddr(addr)}
			s.Class = classify(s.first(), ofTests().Allowed)
		}
		out = append(out, s)
	}
	return out
}

func TestReport(t *testing.T) {
	well := told(`router router=198.51.100.7 3 nat-pmp
		router router= 3000 pcp
		stun google=198.51.100.7 24 stun.l.google.com:19302
		dns opendns=198.51.100.7 21 udp://resolver1.opendns.com?name=myip.opendns.com
		https amazon=192.0.2.80 88 https://checkip.amazonaws.com`)
	six := told(`interface host=2001:db8:1:2::51 0 all
		stun google=2001:db8:1:2:f00d:1:2:3 26 stun.l.google.com:19302`)
	cgnat := told(`router router=100.64.1.2 3 nat-pmp
		stun google=198.51.100.7 24 stun.l.google.com:19302
		dns opendns=198.51.100.7 21 udp://resolver1.opendns.com?name=myip.opendns.com`)
	all := Report{[]State{
		{Family: V4, Verdict: judge(V4, well, ofTests()), Said: well, Sharing: Own, Sign: "ports are kept"},
		{Family: V6, Verdict: judge(V6, six, ofTests()), Said: six},
	}}
	behind := Report{[]State{{Family: V4, Verdict: judge(V4, cgnat, ofTests()), Said: cgnat}, {Family: V6, Off: true}}}
	var b strings.Builder
	for _, r := range []Report{all, behind} {
		if err := r.Write(&b); err != nil {
			t.Fatal(err)
		}
		b.WriteString("---\n")
	}
	golden.File(t, "testdata/report.txt", b.String())
	if !all.Good() || behind.Good() {
		t.Error("it is good where an address isn't known, or isn't where all are")
	}
}
