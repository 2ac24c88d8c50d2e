// SPDX-License-Identifier: Apache-2.0

package home

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"time"

	"nafuda.io/nafuda/internal/wan"
)

// weather is what befalls a house. All of it is drawn from one seed.
type weather struct {
	*house
	ctx    context.Context //nolint:containedctx // the day's
	r      *rand.Rand
	router bool // there is one that can be asked
}

func (w *weather) between(least, most time.Duration) time.Duration {
	return least + time.Duration(w.r.Int64N(int64(most-least)))
}

func (w *weather) sleep(d time.Duration) { pause(w.ctx, d) }

// rest sleeps for a time between two; false: the day is over.
func (w *weather) rest(end time.Time, least, most time.Duration) bool {
	w.sleep(min(w.between(least, most), max(0, time.Until(end))))
	return w.ctx.Err() == nil && time.Now().Before(end)
}

func (w *weather) fresh4() netip.Addr {
	return netip.AddrFrom4([4]byte{192, 0, 2, byte(w.r.IntN(250))})
}

// shared4 is an address of many lines.
func (w *weather) shared4() netip.Addr {
	return netip.AddrFrom4([4]byte{198, 51, 100, byte(10 + w.r.IntN(10))})
}

func (w *weather) fresh6() netip.Prefix {
	return netip.MustParsePrefix(fmt.Sprintf("2001:db8:%x:%x::/64", 1+w.r.IntN(200), w.r.IntN(4)))
}

// incidents befall the line, one after the other, each of which ends with a line that is well.
func (w *weather) incidents(end time.Time) {
	all := []func(*weather){(*weather).reset, (*weather).reset, (*weather).outage, (*weather).reboot, (*weather).prefix, (*weather).otherNAT, (*weather).flaps, (*weather).mute, (*weather).again}
	for w.rest(end, 5*time.Minute, 50*time.Minute) {
		all[w.r.IntN(len(all))](w)
	}
}

// up is a line that is well, with a new address half of the time.
func (w *weather) up(what string, before line) {
	l := line{v4: before.v4, v6: before.v6}
	if w.r.IntN(2) == 0 {
		l.v4 = w.fresh4()
	}
	if w.r.IntN(3) == 0 {
		l.v6 = w.fresh6()
	}
	w.change(what, func(h *house) { h.line = l })
}

// now is the line as it is.
func (w *weather) now() line {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.line
}

func (w *weather) down(what, router string) {
	w.change(what, func(h *house) { h.line = line{router: router} })
}

// reset is a modem's: another address within seconds.
func (w *weather) reset() {
	before := w.now()
	if w.r.IntN(2) == 0 {
		w.down("the modem is reset", "")
		w.sleep(w.between(time.Second, 90*time.Second))
	}
	before.v4 = w.fresh4()
	w.up("the modem has another address", before)
}

func (w *weather) outage() {
	before := w.now()
	w.down("the line is down", []string{"", "silent"}[w.r.IntN(2)])
	w.sleep(w.between(time.Minute, 40*time.Minute))
	w.up("the line is up again", before)
}

// reboot is the router's, which has no line at first, then perhaps a private address, and then what it will have.
func (w *weather) reboot() {
	before := w.now()
	w.down("the router is rebooted", "silent")
	w.sleep(w.between(20*time.Second, 90*time.Second))
	w.down("the router boots", "booting")
	w.sleep(w.between(5*time.Second, time.Minute))
	if w.router && w.r.IntN(2) == 0 { // nobody else could tell
		odd := line{v4: w.fresh4(), v6: before.v6, nat: second}
		w.change("the router begins with a private address", func(h *house) { h.line = odd })
		w.sleep(w.between(2*time.Second, 40*time.Second))
	}
	w.up("the router is up", before)
}

func (w *weather) prefix() {
	l := w.now()
	l.v6 = w.fresh6()
	w.change("the prefix is another one", func(h *house) { h.line = l })
}

// otherNAT puts the line behind the provider's for a while. Somebody is there to tell it: the router, or a STUN server.
func (w *weather) otherNAT() {
	before := w.now()
	l := line{v4: w.shared4(), v6: before.v6, nat: []nat{cgnat, mape, mape}[w.r.IntN(3)]}
	if w.r.IntN(3) == 0 {
		l.router = "silent"
	}
	w.change("behind the provider's NAT", func(h *house) {
		h.line = l
		h.moods["stun/nextcloud"] = mood{}
	})
	w.sleep(w.between(time.Minute, 40*time.Minute))
	w.up("a line of our own again", before)
}

// flaps is an address that goes to and fro, each time for less than it takes to be believed.
func (w *weather) flaps() {
	l := w.now()
	other := l
	other.v4 = w.fresh4()
	for range 2 + w.r.IntN(10) {
		w.change("it flaps", func(h *house) { h.line = other })
		w.sleep(w.between(500*time.Millisecond, 4500*time.Millisecond))
		w.change("it flaps back", func(h *house) { h.line = l })
		w.sleep(w.between(500*time.Millisecond, 4500*time.Millisecond))
	}
}

// mute is a router that nobody can ask for a while.
func (w *weather) mute() {
	l := w.now()
	l.router = "silent"
	w.change("the router says nothing", func(h *house) { h.line = l })
	w.sleep(w.between(time.Minute, time.Hour))
	w.up("the router answers again", l)
}

// again is a second change soon after one.
func (w *weather) again() {
	for range 2 + w.r.IntN(2) {
		w.reset()
		w.sleep(w.between(30*time.Second, 8*time.Minute))
	}
}

// talk draws anew, now and then, how each stranger answers. Those who lie or are stale are of one operator, or of one kind.
func (w *weather) talk(end time.Time) {
	for w.rest(end, 3*time.Minute, 50*time.Minute) {
		w.mu.Lock()
		w.redraw()
		w.mu.Unlock()
	}
}

func (w *weather) redraw() {
	var told []string
	w.shifty = w.r.IntN(4) == 0
	group, say := w.liars()
	junk4 := []string{"10.0.0.1", "104.16.1.1", "127.0.0.1", "100.64.9.9", "169.254.7.7", "8.8.8.8", "203.0.113.1", "0.0.0.0"}
	junk6 := []string{"fd00::1", "2606:4700::1111", "fe80::1", "::1", "2002:c000:201::1"}
	junk := map[wan.Family]netip.Addr{ // the same of all, as a portal gives it
		wan.V4: netip.MustParseAddr(junk4[w.r.IntN(len(junk4))]), wan.V6: netip.MustParseAddr(junk6[w.r.IntN(len(junk6))]),
	}
	for who := range strings.FieldsSeq(strangers) {
		m := w.mood(junk)
		if group != "" && strings.Contains(who, group) {
			m = mood{how: "lies", says: say}
		}
		if who == "stun/nextcloud" && w.line.nat != none {
			m = mood{} // see otherNAT
		}
		w.moods[who] = m
		if m.how != "" {
			told = append(told, who+" "+m.how)
		}
	}
	w.note("from now on %s; %v", strings.Join(told, ", "), say)
}

// mood draws how one answers who doesn't lie: a few are slow or gone, or give what can't be ours.
func (w *weather) mood(junk map[wan.Family]netip.Addr) mood {
	switch n := w.r.IntN(100); {
	case n < 8:
		return mood{how: "slow"}
	case n < 16:
		return mood{how: "hangs"}
	case n < 22:
		return mood{how: "refuses"}
	case n < 27:
		return mood{how: "html"}
	case n < 38:
		return mood{how: "junk", says: junk}
	}
	return mood{}
}

// liars are an operator, or a kind, part of whose name this is, and what they say: anything, or what was true until now.
func (w *weather) liars() (string, map[wan.Family]netip.Addr) {
	groups := []string{"/google", "/cloudflare", "/amazon", "/opendns", "dns/", "stun/", "https/"}
	switch n := w.r.IntN(10); {
	case n < 3:
		return groups[w.r.IntN(len(groups))], map[wan.Family]netip.Addr{wan.V4: netip.MustParseAddr("198.51.100.66"), wan.V6: netip.MustParseAddr("2001:db8:bad::66")}
	case n < 6:
		return groups[w.r.IntN(len(groups))], map[wan.Family]netip.Addr{wan.V4: w.line.v4, wan.V6: under(w.line.v6, "::f00d:1")}
	}
	return "", nil
}
