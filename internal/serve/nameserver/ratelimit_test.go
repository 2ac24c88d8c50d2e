// SPDX-License-Identifier: Apache-2.0

package nameserver

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/serve/zonedb"
)

// stopped is a limiter whose clock stands until it is moved on.
func stopped(rate int) (l *limiter, pass func(time.Duration)) {
	l = newLimiter(rate, outside)
	at := l.start
	l.now = func() time.Time { return at }
	return l, func(d time.Duration) { at = at.Add(d) }
}

// many judges n answers of a kind and counts what becomes of them.
func many(l *limiter, to string, k answerKind, n int) (out [3]int) {
	for range n {
		out[l.judge(netip.MustParseAddr(to), k)]++
	}
	return out
}

func TestLimiter(t *testing.T) {
	www, other := answerKind{name: "www.example.com"}, answerKind{name: "other.example.com"}
	for name, c := range map[string]struct {
		why  string
		do   func(l *limiter, pass func(time.Duration)) [3]int
		want [3]int // sent, cut short, dropped
	}{
		"below": {"as many as allowed", func(l *limiter, _ func(time.Duration)) [3]int { return many(l, "203.0.113.1", www, 5) }, [3]int{5, 0, 0}},
		"above": {"every second one is cut short, so that a real client comes back over TCP", func(l *limiter, _ func(time.Duration)) [3]int { return many(l, "203.0.113.1", www, 15) }, [3]int{5, 5, 5}},
		"network": {"a /24 is one client", func(l *limiter, _ func(time.Duration)) [3]int {
			many(l, "203.0.113.1", www, 5)
			return many(l, "203.0.113.200", www, 2)
		}, [3]int{0, 1, 1}},
		"another": {"the next /24 isn't", func(l *limiter, _ func(time.Duration)) [3]int {
			many(l, "203.0.113.1", www, 5)
			return many(l, "203.0.114.1", www, 2)
		}, [3]int{2, 0, 0}},
		"six": {"a /56 is one client", func(l *limiter, _ func(time.Duration)) [3]int {
			many(l, "2001:db8:0:a::1", www, 5)
			return many(l, "2001:db8:0:b::1", www, 2)
		}, [3]int{0, 1, 1}},
		"six, two": {"the next /56 isn't", func(l *limiter, _ func(time.Duration)) [3]int {
			many(l, "2001:db8::1", www, 5)
			return many(l, "2001:db8:0:100::1", www, 2)
		}, [3]int{2, 0, 0}},
		"name": {"another answer", func(l *limiter, _ func(time.Duration)) [3]int {
			many(l, "203.0.113.1", www, 5)
			return many(l, "203.0.113.1", other, 2)
		}, [3]int{2, 0, 0}},
		"later": {"a second later there are as many again, and no more", func(l *limiter, pass func(time.Duration)) [3]int {
			many(l, "203.0.113.1", www, 50)
			pass(time.Second)
			return many(l, "203.0.113.1", www, 6)
		}, [3]int{5, 1, 0}},
		"a while": {"rest isn't saved up", func(l *limiter, pass func(time.Duration)) [3]int {
			many(l, "203.0.113.1", www, 5)
			pass(400 * 24 * time.Hour)
			return many(l, "203.0.113.1", www, 7)
		}, [3]int{5, 1, 1}},
		"a part, after long": {"no precision is lost with time", func(l *limiter, pass func(time.Duration)) [3]int {
			pass(4000 * 24 * time.Hour)
			many(l, "203.0.113.1", www, 5)
			pass(201 * time.Millisecond)
			return many(l, "203.0.113.1", www, 2)
		}, [3]int{1, 0, 1}},
		"private":  {"a LAN's resolver asks for everybody", func(l *limiter, _ func(time.Duration)) [3]int { return many(l, "192.168.1.1", www, 50) }, [3]int{50, 0, 0}},
		"loopback": {"this machine", func(l *limiter, _ func(time.Duration)) [3]int { return many(l, "::1", www, 50) }, [3]int{50, 0, 0}},
		"others": {"a flood from everywhere doesn't make room for the one that goes on", func(l *limiter, pass func(time.Duration)) [3]int {
			sent := many(l, "203.0.113.1", www, 5)[send]
			for i := range 200_000 {
				pass(time.Microsecond)
				l.judge(netip.AddrFrom4([4]byte{11, byte(i >> 16), byte(i >> 8), byte(i)}), answerKind{name: "www.example.com", rcode: i})
				if i%1000 == 0 {
					sent += many(l, "203.0.113.1", www, 10)[send]
				}
			}
			return [3]int{sent, 0, 0} // 2,000 answers in a fifth of a second
		}, [3]int{5, 0, 0}},
	} {
		t.Run(name, func(t *testing.T) {
			l, pass := stopped(5)
			if got := c.do(l, pass); got != c.want {
				t.Errorf("%s: %v, want %v", c.why, got, c.want)
			}
		})
	}
}

// What counts together: names that aren't there as their zone, names of a wildcard as the wildcard.
func TestLimitedKinds(t *testing.T) {
	db := testDB(t)
	for name, c := range map[string]struct {
		why, ask string // %d is another number each time
		limited  bool
	}{
		"same":      {"one answer again and again", "www.example.com. A", true},
		"random":    {"names that aren't there come in any number", "no%d.example.com. A", true},
		"wildcard":  {"so do those of a wildcard", "x%d.wild.example.com. A", true},
		"elsewhere": {"so do those of other zones", "x%d.example.org. A", true},
		"different": {"real names are different answers", "host%d.example.com. A", false},
	} {
		t.Run(name, func(t *testing.T) {
			for i := range 40 {
				edits := set(fold(fmt.Sprintf("host%d.example.com", i)), record.A, 60, "192.0.2.1")
				if err := db.Edit("Z1", func(tx *zonedb.Tx) error { tx.Set(edits); return nil }); err != nil {
					t.Fatal(err)
				}
			}
			s := New(db, Options{RateLimit: 10})
			s.limiter.now = func() time.Time { return s.limiter.start }
			sent, cut := 0, 0
			for i := range 40 {
				question := c.ask
				if name != "same" {
					question = fmt.Sprintf(c.ask, i)
				}
				for _, r := range messages(t, s, query{packet: packed(t, ask(t, question)), from: addr("203.0.113.1"), buf: make([]byte, payload)}) {
					if sent++; r.Truncated && len(r.Answer)+len(r.Ns) == 0 {
						cut++
					}
				}
				if got := messages(t, s, query{packet: packed(t, ask(t, question)), from: addr("203.0.113.1"), tcp: true}); len(got) != 1 {
					t.Fatal("an answer over TCP is limited")
				}
			}
			if want := map[bool]int{true: 25, false: 40}[c.limited]; sent != want || cut != sent-map[bool]int{true: 10, false: 40}[c.limited] {
				t.Errorf("%s: %d answers, %d of them cut short, want %d", c.why, sent, cut, want)
			}
			if got, want := s.Stats(), (Stats{Dropped: uint64(40 - sent), Shortened: uint64(cut)}); got != want {
				t.Errorf("%s: counted %+v, want %+v", c.why, got, want)
			}
		})
	}
}
