// SPDX-License-Identifier: Apache-2.0

package wan

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"nafuda.io/nafuda/internal/model/fact"
)

// party is a made-up method. It says its address after a while; none is a failure.
type party struct {
	by    Source
	mu    sync.Mutex
	addr  netip.Addr
	after time.Duration
	asked []time.Time
}

func (p *party) Source() Source { return p.by }

func (p *party) Ask(ctx context.Context, _ Family) ([]netip.Addr, error) {
	p.mu.Lock()
	p.asked = append(p.asked, time.Now())
	addr, after := p.addr, p.after
	p.mu.Unlock()
	if !pause(ctx, after) {
		return nil, ctx.Err()
	}
	if !addr.IsValid() {
		return nil, errors.New("no")
	}
	return []netip.Addr{addr}, nil
}

// says makes it say another address from now on, or with "" none.
func (p *party) says(text string, after time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.addr, p.after = netip.Addr{}, after
	if text != "" {
		p.addr = netip.MustParseAddr(text)
	}
}

func (p *party) times() []time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.asked)
}

// company are the parties of a test, by KIND/OPERATOR.
type company map[string]*party

// gather makes parties, and the methods that ask them, in the order of the list.
func gather(list string) (company, []Method) {
	c := make(company)
	var all []Method
	for who := range strings.FieldsSeq(list) {
		kind, op, _ := strings.Cut(who, "/")
		c[who] = &party{by: Source{Kind: Kind(kind), Operator: op, Endpoint: who}}
		all = append(all, c[who])
	}
	return c, all
}

func (c company) say(addr string, who ...string) {
	for name, p := range c {
		if len(who) == 0 || slices.Contains(who, name) {
			p.says(addr, 20*time.Millisecond)
		}
	}
}

const strangers = "stun/a dns/b https/c stun/d dns/e https/f"

func TestRoundAsksAsFewAsNeeded(t *testing.T) {
	for name, c := range map[string]struct {
		list  string
		slow  string
		fails string
		late  string // 100 ms
		asked int
		took  time.Duration
		why   string
	}{
		"all is well":        {list: strangers, asked: 2, took: 20 * time.Millisecond, why: "the quorum"},
		"the first is slow":  {list: strangers, slow: "stun/a", asked: 3, took: 270 * time.Millisecond, why: "the hedge"},
		"two are slow":       {list: strangers, slow: "stun/a dns/b", asked: 4, took: 520 * time.Millisecond, why: "the hedge, twice"},
		"the first fails":    {list: strangers, fails: "stun/a", late: "dns/b", asked: 3, took: 100 * time.Millisecond, why: "another is asked at once"},
		"the router is slow": {list: "router/router " + strangers, slow: "router/router", asked: 5, took: timeout, why: "it may say that there is another NAT"},
		"all are slow":       {list: strangers, slow: strangers, asked: 6, took: 4 * time.Second, why: "3 s after the last"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				parties, all := gather(c.list)
				parties.say("192.0.2.1")
				if c.fails != "" {
					parties.say("", c.fails)
				}
				if c.late != "" {
					parties[c.late].says("192.0.2.1", 100*time.Millisecond)
				}
				for who := range strings.FieldsSeq(c.slow) {
					parties[who].says("192.0.2.1", time.Hour)
				}
				began := time.Now()
				said := asker{family: V4, methods: all, rules: ofTests()}.round(t.Context(), false)
				took, n := time.Since(began), 0
				for _, p := range parties {
					n += len(p.times())
				}
				if n < min(c.asked, 5) || c.asked < 5 && n != c.asked || took != c.took {
					t.Errorf("%d were asked in %v, want %d in %v, for %s; %v", n, took, c.asked, c.took, c.why, said)
				}
			})
		})
	}
}

// watch runs a watcher over parties in a bubble.
type watch struct {
	company
	w    *Watcher
	want chan fact.Want
	out  chan fact.News
}

func in(t *testing.T, list string, o Options, f func(*watch)) {
	synctest.Test(t, func(t *testing.T) {
		parties, all := gather(list)
		parties.say("192.0.2.1")
		o.Quorum, o.IPv4, o.AllowRange = max(o.Quorum, 2), true, []string{"192.0.2.0/24", "2001:db8::/32"}
		x := &watch{parties, With(o, all, nil), make(chan fact.Want), make(chan fact.News)}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- x.w.Run(ctx, x.want, x.out) }()
		f(x)
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("it ended with %v", err)
		}
	})
}

func (x *watch) follow() { x.want <- fact.Want{Key: fact.OfWAN()} }

// news is all that is told of IPv4 within a time.
func (x *watch) news(d time.Duration) (out []string) {
	end := time.After(d)
	for {
		select {
		case n := <-x.out:
			out = append(out, text(n.Value.V4))
		case <-end:
			return out
		}
	}
}

func text(f fact.Family) string {
	if !f.Known {
		return string(f.Why.Code)
	}
	return strings.Trim(slicesText(f.Addrs), "[]")
}

func check(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("told %q, want %q", got, want)
	}
}

// TestNoticedWithin30s: whatever the company, and however many of it are down, as long as there is a quorum.
func TestNoticedWithin30s(t *testing.T) {
	for name, c := range map[string]struct{ list, down string }{
		"strangers":            {strangers, ""},
		"with a router":        {"router/router " + strangers, ""},
		"some are down":        {strangers, "stun/a dns/b"},
		"some hang":            {"router/router " + strangers, "https/c stun/d"},
		"with an interface":    {"interface/host stun/a dns/b", ""},
		"the router goes down": {"router/router " + strangers, "router/router"},
		"half are down":        {strangers, "stun/a https/c dns/e"},
	} {
		t.Run(name, func(t *testing.T) {
			in(t, c.list, Options{}, func(x *watch) {
				for who := range strings.FieldsSeq(c.down) {
					x.company[who].says("", time.Hour)
				}
				x.follow()
				check(t, x.news(20*time.Minute), "192.0.2.1")
				for i := range 5 { // at several moments of the beat
					time.Sleep(time.Duration(i) * 2300 * time.Millisecond)
					addr := fmt.Sprintf("192.0.2.%d", 10+i)
					for who, p := range x.company {
						if !slices.Contains(strings.Fields(c.down), who) {
							p.says(addr, 20*time.Millisecond)
						}
					}
					check(t, x.news(30*time.Second), addr)
					check(t, x.news(20*time.Minute))
				}
			})
		})
	}
}

// TestQuietInTheSteadyState: strangers are asked seldom, and nobody before somebody reads the fact or after.
func TestQuietInTheSteadyState(t *testing.T) {
	for list, most := range map[string]int{strangers: 500, "router/router " + strangers: 100} {
		in(t, list, Options{}, func(x *watch) {
			count := func() (n int) {
				for _, p := range x.company {
					if !p.by.Kind.local() {
						n += len(p.times())
					}
				}
				return n
			}
			if check(t, x.news(time.Hour)); count() != 0 {
				t.Error("nobody reads it, and somebody is asked")
			}
			x.follow()
			x.news(time.Minute)
			before := count()
			check(t, x.news(time.Hour))
			if n := count() - before; n > most {
				t.Errorf("%s: strangers are asked %d times an hour", list, n)
			}
			if s := x.w.Status(); len(s) != 2 || !s[0].Verdict.Known() || !s[1].Off {
				t.Errorf("the status is %+v", s)
			}
			x.want <- fact.Want{Key: fact.OfWAN(), Drop: true}
			before = count()
			if check(t, x.news(time.Hour)); count() != before || len(x.w.Status()) != 0 {
				t.Error("nobody reads it any more, and somebody is asked")
			}
			x.follow()
			check(t, x.news(time.Minute), "192.0.2.1")
		})
	}
}

// TestQuietNoOperatorIsAskedOften: of those that are asked by default, as docs/wan.md says; all of them, or with only two left.
func TestQuietNoOperatorIsAskedOften(t *testing.T) {
	o := Options{}
	list, err := o.endpoints()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, m := range list {
		names = append(names, string(m.Source().Kind)+"/"+m.Source().Operator)
	}
	all := strings.Join(names, " ")
	for why, c := range map[string]struct {
		list, down string
		most       int // questions to an operator in an hour
	}{
		"the router answers":    {"router/router " + all, "", 30},
		"there is no router":    {all, "", 160},
		"and only two are left": {all, strings.Join(names[2:], " "), 260},
	} {
		in(t, c.list, Options{}, func(x *watch) {
			x.follow()
			x.news(time.Minute)
			x.down(c.down)
			x.news(time.Hour)
			before := x.byOperator()
			check(t, x.news(time.Hour))
			for op, n := range x.byOperator() {
				if n -= before[op]; n > c.most && op != "router" || n == 0 && c.down == "" {
					t.Errorf("%s: %s is asked %d times an hour, want some, and %d at most", why, op, n, c.most)
				}
			}
		})
	}
}

// down makes some fail at once, and the others answer.
func (x *watch) down(list string) {
	for who := range strings.FieldsSeq(list) {
		x.company[who].says("", 10*time.Millisecond)
	}
}

func (x *watch) byOperator() map[string]int {
	out := make(map[string]int)
	for _, p := range x.company {
		out[p.by.Operator] += len(p.times())
	}
	return out
}

// TestProofAnOutageIsUnknown: after a minute, not before, and the same address is back at once.
func TestProofAnOutageIsUnknown(t *testing.T) {
	in(t, "router/router "+strangers, Options{}, func(x *watch) {
		x.follow()
		check(t, x.news(time.Minute), "192.0.2.1")
		x.say("")
		check(t, x.news(time.Minute))
		check(t, x.news(time.Minute), "WANNotKnown")
		check(t, x.news(time.Hour))
		x.say("192.0.2.1")
		check(t, x.news(30*time.Second), "192.0.2.1")
	})
}

// TestPromptAfterAnOutage: when those who were silent for long answer again, the address that it was is believed again within 30 s, whoever of us kept answering.
func TestPromptAfterAnOutage(t *testing.T) {
	for name, c := range map[string]struct {
		list string
		back time.Duration // from one that answers again to the next
	}{
		"strangers alone":              {strangers, 0},
		"the router kept answering":    {"router/router " + strangers, 0},
		"an interface kept answering":  {"interface/host " + strangers, 0},
		"two operators alone":          {"stun/a dns/b", 0},
		"one after the other":          {strangers, time.Second},
		"slowly, and the router early": {"router/router " + strangers, 3 * time.Second},
	} {
		for _, outage := range []time.Duration{3 * time.Minute, 17 * time.Minute, 3*time.Hour + 5*time.Second} {
			t.Run(name+" "+outage.String(), func(t *testing.T) {
				in(t, c.list, Options{}, func(x *watch) {
					x.follow()
					check(t, x.news(time.Minute), "192.0.2.1")
					for _, p := range x.company {
						if !p.by.Kind.local() {
							p.says("", 10*time.Millisecond)
						}
					}
					check(t, x.news(outage), "WANNotKnown")
					go func() {
						for who := range strings.FieldsSeq(c.list) {
							x.say("192.0.2.1", who)
							time.Sleep(c.back)
						}
					}()
					check(t, x.news(30*time.Second), "192.0.2.1")
				})
			})
		}
	}
}

// TestQuietWhileOneComesAndGoes: who answers now and then, alone, has nobody asked more often than docs/wan.md says.
func TestQuietWhileOneComesAndGoes(t *testing.T) {
	o := Options{}
	list, err := o.endpoints()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, m := range list {
		names = append(names, string(m.Source().Kind)+"/"+m.Source().Operator)
	}
	in(t, strings.Join(names, " "), Options{}, func(x *watch) {
		x.follow()
		x.news(time.Minute)
		x.say("")
		x.news(time.Hour)
		before := x.byOperator()
		go func() {
			for range 3600 {
				x.say("192.0.2.1", names[0])
				time.Sleep(500 * time.Millisecond)
				x.say("")
				time.Sleep(500 * time.Millisecond)
			}
		}()
		x.news(time.Hour)
		for op, n := range x.byOperator() {
			if n -= before[op]; n > 320 {
				t.Errorf("%s is asked %d times an hour, want 320 at most", op, n)
			}
		}
	})
}

// TestCGNATIsTold when the router's own address becomes private, and the way back.
func TestCGNATIsTold(t *testing.T) {
	in(t, "router/router "+strangers, Options{}, func(x *watch) {
		x.follow()
		check(t, x.news(time.Minute), "192.0.2.1")
		x.say("100.64.3.4", "router/router")
		check(t, x.news(time.Minute), "WANPrivate")
		x.say("192.0.2.1", "router/router")
		check(t, x.news(time.Minute), "192.0.2.1")
	})
}

// TestFlapping: an address that changes to and fro every 12 s is followed less and less.
func TestFlapping(t *testing.T) {
	in(t, strangers, Options{}, func(x *watch) {
		x.follow()
		check(t, x.news(time.Minute), "192.0.2.1")
		told := 0
		for i := range 100 { // 20 minutes
			x.say(fmt.Sprintf("192.0.2.%d", 2+i%2))
			told += len(x.news(12 * time.Second))
		}
		if told > 6 {
			t.Errorf("it is told %d times", told)
		}
		x.say("192.0.2.9")
		if got := x.news(6 * time.Minute); len(got) == 0 || got[len(got)-1] != "192.0.2.9" {
			t.Errorf("once it is steady, %q is told", got)
		}
	})
}

// TestADay: modem resets, lies, outages and slow servers for a day, at random. A lie is never told, and once all is
// quiet, the right address is.
func TestADay(t *testing.T) {
	for seed := range uint64(8) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			in(t, "router/router "+strangers, Options{}, func(x *watch) { day(t, x, rand.New(rand.NewPCG(seed, 2))) })
		})
	}
}

func day(t *testing.T, x *watch, r *rand.Rand) {
	const lie = "192.0.2.66"
	ours := "192.0.2.1"
	x.follow()
	last := ""
	hear := func(d time.Duration) {
		for _, v := range x.news(d) {
			if last = v; v == lie {
				t.Errorf("a lie is told")
			}
		}
	}
	hear(time.Minute)
	for i := range 40 {
		switch r.IntN(4) {
		case 0: // the modem is reset: nobody answers, and then there is a new address
			x.say("")
			hear(time.Duration(r.Int64N(int64(5 * time.Minute))))
			ours = fmt.Sprintf("192.0.2.%d", 100+i)
		case 1: // one operator lies from now on
			x.say(ours)
			x.say(lie, []string{"stun/a", "dns/b", "https/c"}[r.IntN(3)])
			hear(time.Duration(r.Int64N(int64(20 * time.Minute))))
		case 2: // some hang
			for _, p := range x.company {
				if r.IntN(3) == 0 {
					p.says(ours, time.Hour)
				}
			}
			hear(time.Duration(r.Int64N(int64(20 * time.Minute))))
		case 3: // a new address without any outage
			ours = fmt.Sprintf("192.0.2.%d", 150+i)
		}
		x.say(ours)
		hear(15 * time.Minute)
		if last != ours {
			t.Fatalf("after %v of quiet %q is told, and it is %s", 15*time.Minute, last, ours)
		}
	}
}

// TestWhoIsAskedInTurn: strangers that agree, of another kind and operator each time, the others seldom; the first protocol in which the
// router answered, or each in turn.
func TestWhoIsAskedInTurn(t *testing.T) {
	const all = "router/r router/r router/r interface/h stun/a dns/b https/c stun/b dns/d"
	for why, c := range map[string]struct{ told, last, want string }{
		"nobody has said anything":              {want: "134 235 036 137 238 034 135 236"},
		"the router is silent":                  {told: "192.0.2.1", last: "stun/a=192.0.2.1 dns/b=192.0.2.1 https/c=192.0.2.1", want: "134 235 036 1348 236 035 134 236"},
		"the router agrees":                     {told: "192.0.2.1", last: "router/r router/r=192.0.2.1 router/r=192.0.2.1 stun/a=192.0.2.1 dns/b", want: "13 13 13 135 13 13 13 134"},
		"the router says something else":        {told: "192.0.2.1", last: "router/r=192.0.2.7 stun/a=192.0.2.1 dns/b=192.0.2.1", want: "034 035 034 0356 034 035 034 035"},
		"a liar, and one who gives no public":   {told: "192.0.2.1", last: "stun/a=192.0.2.1 dns/b=192.0.2.66 https/c=10.0.0.1 dns/d=192.0.2.1", want: "134 238 034 1368 234 038 134 238"},
		"all have failed":                       {told: "192.0.2.1", last: "stun/a dns/b https/c stun/b dns/d", want: "134 235 036 137 238 034 135 236"},
		"an interface agrees, the router can't": {told: "192.0.2.1", last: "interface/h=192.0.2.1 stun/a=192.0.2.1", want: "13 23 03 135 23 03 13 234"},
	} {
		_, methods := gather(all)
		f := &follower{asker: asker{family: V4, methods: methods, rules: ofTests()}, last: make(map[int]Said), heard: make(map[int]Said)}
		if c.told != "" {
			f.state.told, f.found = verdict(c.told), verdict(c.told).Addr
		}
		routers := 0
		for _, s := range heard(c.last) {
			i := slices.IndexFunc(methods, func(m Method) bool { return m.Source().Kind == s.By.Kind && m.Source().Operator == s.By.Operator })
			if s.By.Kind == Router {
				i += routers
				routers++
			}
			f.last[i] = s
		}
		var got []string
		for range 8 {
			got = append(got, strings.ReplaceAll(strings.Trim(fmt.Sprint(f.places()), "[]"), " ", ""))
		}
		if text := strings.Join(got, " "); text != c.want {
			t.Errorf("%s: asked are %s, want %s", why, text, c.want)
		}
	}
}

func TestStaticAsksNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		parties, all := gather(strangers)
		all = append([]Method{fixed{netip.MustParseAddr("192.0.2.7")}}, all...)
		w := With(Options{IPv4: true, Quorum: 2}, all, nil)
		if s := w.Look(t.Context()); show(s[0].Verdict) != "192.0.2.7" || len(s[0].Said) != 1 {
			t.Errorf("got %+v", s[0])
		}
		for who, p := range parties {
			if len(p.times()) != 0 {
				t.Errorf("%s is asked", who)
			}
		}
	})
}

func TestOtherFactsAreUnknown(t *testing.T) {
	in(t, strangers, Options{}, func(x *watch) {
		x.want <- fact.Want{Key: fact.OfHost("a.example.com")}
		check(t, x.news(time.Minute), "FactPending")
	})
}
