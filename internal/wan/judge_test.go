// SPDX-License-Identifier: Apache-2.0

package wan

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"nafuda.io/nafuda/internal/model/reason"
)

// heard reads answers: one a word, KIND/OPERATOR=ADDRESS[,ADDRESS], or without the address for none.
func heard(text string) []Said {
	var out []Said
	for _, word := range strings.Fields(text) {
		who, list, _ := strings.Cut(word, "=")
		kind, op, _ := strings.Cut(who, "/")
		s := Said{By: Source{Kind: Kind(kind), Operator: op}}
		for _, a := range strings.FieldsFunc(list, func(r rune) bool { return r == ',' }) {
			s.Addrs = append(s.Addrs, netip.MustParseAddr(a))
		}
		out = append(out, s)
	}
	return out
}

// ofTests are rules under which the addresses of documentation count.
func ofTests() Rules {
	return Rules{Quorum: 2, Allowed: parse("192.0.2.0/24", "198.51.100.0/24", "2001:db8::/32")}
}

func show(v Verdict) string {
	if v.Known() {
		return v.Addr.String()
	}
	return string(v.Why.Code)
}

func TestJudge(t *testing.T) {
	for name, c := range map[string]struct {
		family     Family
		said, want string
		host       string
		quorum     int
		why        string
	}{
		"two agree":           {said: "stun/a=192.0.2.1 dns/b=192.0.2.1", want: "192.0.2.1", why: "another method, another operator"},
		"one alone":           {said: "stun/a=192.0.2.1 dns/b", want: "WANNotKnown", why: "nobody confirms it"},
		"one operator":        {said: "stun/a=192.0.2.1 dns/a=192.0.2.1 https/a=192.0.2.1", want: "WANNotKnown", why: "it may lie three times"},
		"one method":          {said: "dns/a=192.0.2.1 dns/b=192.0.2.1 dns/c=192.0.2.1", want: "WANNotKnown", why: "port 53 may be intercepted"},
		"crosswise":           {said: "dns/a=192.0.2.1 stun/a=192.0.2.1 dns/b=192.0.2.1", want: "192.0.2.1", why: "b over DNS and a over STUN have nothing in common"},
		"router and stranger": {said: "router/router=192.0.2.1 stun/a=192.0.2.1", want: "192.0.2.1", why: "the router is one operator"},
		"router in unison":    {said: "router/router=192.0.2.1 router/router=192.0.2.1", want: "WANNotKnown", why: "NAT-PMP and UPnP are one router"},
		"a liar":              {said: "stun/a=192.0.2.1 dns/b=192.0.2.1 https/c=192.0.2.9", want: "192.0.2.1", why: "it is alone"},
		"a tie":               {said: "stun/a=192.0.2.1 dns/b=192.0.2.9", want: "WANMethodsDisagree", why: "each is alone"},
		"two uplinks":         {said: "stun/a=192.0.2.1 dns/b=192.0.2.1 stun/c=192.0.2.9 https/d=192.0.2.9", want: "WANMethodsDisagree", why: "both have the quorum"},
		"nobody":              {said: "stun/a dns/b", want: "WANNotKnown", why: "an outage"},
		"a quorum of three":   {said: "stun/a=192.0.2.1 dns/b=192.0.2.1", quorum: 3, want: "WANNotKnown", why: "two aren't three"},
		"a quorum of one":     {said: "stun/a=192.0.2.1", quorum: 1, want: "192.0.2.1", why: "a person has said that it does"},
		"private":             {said: "stun/a=10.0.0.1 dns/b=10.0.0.1", want: "WANNotKnown", why: "it can't be seen from outside"},
		"a proxy's":           {said: "stun/a=104.16.1.1 https/b=104.16.1.1", want: "WANNotKnown", why: "that is Cloudflare's"},
		"CGNAT":               {said: "router/router=100.64.1.2 stun/a=192.0.2.1 dns/b=192.0.2.1", want: "WANPrivate", why: "what the world sees is the provider's"},
		"double NAT":          {said: "stun/a=192.0.2.1 dns/b=192.0.2.1 router/router=192.168.1.2", want: "WANPrivate", why: "there is another router"},
		"DS-Lite":             {said: "router/router=192.0.0.2 stun/a=192.0.2.1 dns/b=192.0.2.1", want: "WANPrivate", why: "the B4's end of the tunnel"},
		"router elsewhere":    {said: "router/router=192.0.2.7 stun/a=192.0.2.1 dns/b=192.0.2.1", want: "WANMethodsDisagree", why: "two ways out"},
		"static":              {said: "static/you=10.1.1.1 stun/a=192.0.2.1 dns/b=192.0.2.1", want: "10.1.1.1", why: "whoever says it knows"},
		"interface":           {said: "interface/host=192.0.2.1 stun/a=192.0.2.1", want: "192.0.2.1", why: "we are the router"},
		"nodes":               {said: "node/cluster=192.0.2.1,192.0.2.2 stun/a=192.0.2.1", want: "192.0.2.1", why: "one of them is confirmed"},
		"nodes alone":         {said: "node/cluster=192.0.2.1 node/cluster=192.0.2.1", want: "WANNotKnown", why: "however many, they are one voice"},
		"private nodes":       {said: "node/cluster=10.0.0.1 interface/host=10.0.0.1", want: "WANNotKnown", why: "they can't be seen from outside"},
		"other family":        {said: "stun/a=2001:db8::1 dns/b=2001:db8::1", want: "WANNotKnown", why: "IPv6 says nothing of IPv4"},

		"six":               {family: V6, said: "stun/a=2001:db8::1 dns/b=2001:db8::1", want: "2001:db8::1", why: "another method, another operator"},
		"six, temporary":    {family: V6, said: "interface/host=2001:db8::1 stun/a=2001:db8::f00d", want: "2001:db8::1", why: "the /64 agrees, and ours is the steady one"},
		"six, two of ours":  {family: V6, said: "interface/host=2001:db8::1,2001:db8::2 stun/a=2001:db8::f00d", want: "2001:db8::1", why: "the first"},
		"six, elsewhere":    {family: V6, said: "interface/host=2001:db8:0:9::1 stun/a=2001:db8::1", want: "WANMethodsDisagree", why: "two prefixes"},
		"six, a node":       {family: V6, said: "node/cluster=2001:db8::1 stun/a=2001:db8::f00d", want: "2001:db8::1", why: "the /64 agrees, and the Node says its own"},
		"six, which":        {family: V6, said: "dns/b=2001:db8::1 stun/a=2001:db8::2", want: "WANMethodsDisagree", why: "in a pod, only a person knows the host's"},
		"six, host part":    {family: V6, said: "dns/b=2001:db8::1 stun/a=2001:db8::2", host: "::1:2:3:4", want: "2001:db8::1:2:3:4", why: "a person has said it"},
		"six, local":        {family: V6, said: "interface/host=fd00::1 stun/a=fd00::1", want: "WANNotKnown", why: "unique-local"},
		"six, two prefixes": {family: V6, said: "interface/host=2001:db8:0:1::1,2001:db8:0:2::1 stun/a=2001:db8:0:2::9", want: "2001:db8:0:2::1", why: "one of them is confirmed"},
	} {
		t.Run(name, func(t *testing.T) {
			f, r := V4, ofTests()
			if c.family != "" {
				f = c.family
			}
			if c.quorum > 0 {
				r.Quorum = c.quorum
			}
			r.Host, _ = netip.ParseAddr(c.host)
			got := judge(f, heard(c.said), r)
			if show(got) != c.want {
				t.Errorf("%s: got %s (%s), want %s, for %s", c.said, show(got), got.Why.Text, c.want, c.why)
			}
		})
	}
}

// TestNoOperatorDecidesAlone: whatever one operator, and whatever one method says, it isn't believed; and the order of answers
// makes no difference.
func TestNoOperatorDecidesAlone(t *testing.T) {
	kinds, ops := []Kind{STUN, DNS, HTTPS, Interface}, []string{"a", "b", "c"}
	rapid.Check(t, func(t *rapid.T) {
		good, bad := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.66")
		liar := rapid.SampledFrom(ops).Draw(t, "liar")
		way := rapid.SampledFrom(kinds).Draw(t, "way")
		byWay := rapid.Bool().Draw(t, "by way")
		var said []Said
		for range rapid.IntRange(0, 9).Draw(t, "answers") {
			s := Said{By: Source{Kind: rapid.SampledFrom(kinds).Draw(t, "kind"), Operator: rapid.SampledFrom(ops).Draw(t, "operator")}}
			s.Addrs = []netip.Addr{good}
			if byWay && s.By.Kind == way || !byWay && s.By.Operator == liar {
				s.Addrs[0] = bad
			}
			said = append(said, s)
		}
		got := judge(V4, said, ofTests())
		if got.Addr == bad {
			t.Fatalf("the lie is believed: %v", said)
		}
		turned := slices.Clone(said)
		slices.Reverse(turned)
		if again := judge(V4, turned, ofTests()); !again.same(got) || again.Why != got.Why {
			t.Fatalf("in another order it is %v, not %v", again, got)
		}
	})
}

// TestIndependentAgainstTryingAll compares the matching with the largest of all choices.
func TestIndependentAgainstTryingAll(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var said []Said
		for range rapid.IntRange(0, 8).Draw(t, "answers") {
			said = append(said, Said{By: Source{
				Kind:     rapid.SampledFrom([]Kind{STUN, DNS, HTTPS, Router}).Draw(t, "kind"),
				Operator: rapid.SampledFrom([]string{"a", "b", "c", "d"}).Draw(t, "operator"),
			}})
		}
		best := 0
		for choice := range 1 << len(said) {
			kinds, ops, n := make(map[Kind]bool), make(map[string]bool), 0
			for i, s := range said {
				if choice>>i&1 == 1 {
					kinds[s.By.Kind], ops[s.By.Operator] = true, true
					n++
				}
			}
			if len(kinds) == n && len(ops) == n {
				best = max(best, n)
			}
		}
		if got := independent(said); got != best {
			t.Fatalf("%d of %v, want %d", got, said, best)
		}
	})
}

func TestClassify(t *testing.T) {
	for text, want := range map[string]Class{
		"10.0.0.1": Private, "172.16.0.1": Private, "172.32.0.1": Public, "192.168.10.51": Private, "100.64.0.1": CGNAT, "100.127.255.255": CGNAT, "100.128.0.1": Public,
		"169.254.1.1": Local, "127.0.0.1": Special, "0.1.2.3": Special, "192.0.0.2": DSLite, "192.0.0.8": Special, "192.0.2.1": Special, "198.18.0.1": Special,
		"198.20.0.1": Public, "203.0.113.9": Special, "192.88.99.1": Special, "224.0.0.1": Special, "240.0.0.1": Special, "255.255.255.255": Special,
		"104.16.0.1": Provider, "104.27.255.255": Provider, "104.28.5.5": Provider, "104.32.0.1": Public, "162.159.1.1": Provider, "131.0.75.1": Provider, "1.1.1.1": Provider, "8.8.8.8": Provider, "8.8.9.1": Public, "::ffff:10.0.0.1": Private,
		"2400:cb00::1": Provider, "2606:4700::6810:1": Provider, "2a09:bac5::1": Provider, "2a09:bac8::1": Public, "2606:54c3::1": Provider, "2606:54c4::1": Public,
		"100.100.100.100": CGNAT, "fd7a:115c:a1e0::1": Private, "2620:fe::fe": Provider, "192.31.196.1": Special, "192.52.193.1": Special, "192.175.48.1": Special,
		"2620:4f:8000::1": Special, "5f00::1": Special, "100::1": Special, "100:0:0:1::1": Special, "64:ff9b:1::1": Special, "::ffff:8.8.8.8": Provider,
		"3.5.7.9": Public, "192.0.1.1": Public, "203.0.114.1": Public, "223.255.255.1": Public, "fd00::1": Private, "fe80::1%eth0": Local, "::1": Special, "2001:db8::1": Special, "2001:100::1": Special, "2001:200::1": Public,
		"2002:c000:201::1": Special, "64:ff9b::1": Special, "3fff::1": Special, "2a00::1": Public, "4000::1": Special, "ff02::1": Special, "::": Special,
	} {
		if got := classify(netip.MustParseAddr(text), nil); got != want {
			t.Errorf("%s is %s, want %s", text, got, want)
		}
	}
	if got := classify(netip.MustParseAddr("192.0.2.1"), ofTests().Allowed); got != Public {
		t.Errorf("in an allowed range it is %s", got)
	}
}

func TestReasonsHaveAFix(t *testing.T) {
	for _, c := range []reason.Code{reason.WANUnknown, reason.WANDisagree, reason.WANPrivate, reason.WANShared} {
		if reason.New(c, "x").Fix() == "" {
			t.Errorf("%s doesn't say what to do", c)
		}
	}
}
