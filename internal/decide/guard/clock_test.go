// SPDX-License-Identifier: Apache-2.0

package guard_test

import (
	"testing"
	"time"
	"unsafe"

	"nafuda.io/nafuda/internal/decide/guard"
)

// clock is the clock of a machine: a reading has what the wall shows, which people and time servers set, and what has passed since the start.
type clock struct {
	begin time.Time
	set   time.Duration // by how much the wall's clock has been set since
}

// at is a reading after so much time.
func (c *clock) at(t *testing.T, passed time.Duration) time.Time {
	t.Helper()
	now := c.begin.Add(passed)
	// No function makes a reading whose parts disagree, as they do after a clock was set, so its seconds are written where package time has them.
	out := now
	*(*uint64)(unsafe.Pointer(&out)) += uint64(int64(c.set/time.Second)) << 30
	if out.Sub(now) != 0 || out.Unix()-now.Unix() != int64(c.set/time.Second) {
		t.Fatal("package time keeps its seconds elsewhere now: mend this test")
	}
	return out
}

const day = 24 * time.Hour

// jumps are what happens to clocks: a machine without a battery that hears of the time late, a time server that is wrong, a person's mistake.
func jumps() map[string]time.Duration {
	return map[string]time.Duration{"forward by a day": day, "back by a day": -day, "forward by an hour": time.Hour, "back by an hour": -time.Hour, "by nothing": 0}
}

// TestBrakeIsNotOpenedByAClockThatJumps: neither while the process runs, nor over a restart after that, for what was spent is kept as how long ago it was.
func TestBrakeIsNotOpenedByAClockThatJumps(t *testing.T) {
	for why, jump := range jumps() {
		t.Run(why, func(t *testing.T) {
			c := &clock{begin: time.Now()}
			before := guard.NewZone(c.at(t, 0), example, atOnce, &guard.State{})
			own := func(g *guard.Zone, from int) {
				for i := from; i < 40; i++ {
					g.Own(name(i), true)
				}
			}
			own(before, 0)
			for i := range 6 {
				goes(t, before, c.at(t, time.Minute), remove(i))
			}
			kept := before.State()
			g := guard.NewZone(c.at(t, 2*time.Minute), example, atOnce, &kept) // six were spent before the start, six go after it
			own(g, 6)
			for i := 6; i < 12; i++ {
				goes(t, g, c.at(t, 3*time.Minute), remove(i))
			}
			c.set = jump
			for i := 12; i < 18; i++ {
				g.Ask(c.at(t, 30*time.Minute), remove(i))
			}
			if l := g.Level(c.at(t, 30*time.Minute)); !l.DeletesHeld || l.Deletes != 18 {
				t.Errorf("after the jump it is at %+v: six, six and six more are too many", l)
			}
			if opens := g.Next(); opens.Sub(c.at(t, 0)) > time.Hour+3*time.Minute {
				t.Errorf("it is looked at again after %s", opens.Sub(c.at(t, 0)))
			}
			kept = g.State()
			again := guard.NewZone(c.at(t, 31*time.Minute), example, atOnce, &kept)
			own(again, 12)
			for i := 12; i < 18; i++ {
				again.Ask(c.at(t, 31*time.Minute), remove(i))
			}
			if l := again.Level(c.at(t, 31*time.Minute)); !l.DeletesHeld || l.Deletes != 18 {
				t.Errorf("after a restart it is at %+v", l)
			}
			for what, z := range map[string]*guard.Zone{"the process": g, "the one after it": again} {
				if l := z.Level(c.at(t, time.Hour+6*time.Minute)); l.DeletesHeld || l.Deletes != 6 {
					t.Errorf("an hour after the last went %s is at %+v", what, l)
				}
			}
		})
	}
}

// TestBrakeIsStrictForAnHourWhateverTheClock: what isn't known to be unspent isn't spent sooner, nor held for ever.
func TestBrakeIsStrictForAnHourWhateverTheClock(t *testing.T) {
	for why, jump := range jumps() {
		t.Run(why, func(t *testing.T) {
			c := &clock{begin: time.Now()}
			kept := guard.NewZone(c.at(t, 0), example, atOnce, nil).State()
			for what, want := range map[time.Duration]bool{2 * time.Minute: true, 59 * time.Minute: true, 61 * time.Minute: false} {
				c.set = 0
				g := guard.NewZone(c.at(t, time.Minute), example, atOnce, &kept)
				c.set = jump
				if l := g.Level(c.at(t, what)); l.Strict != want {
					t.Errorf("after %s it is strict: %t", what, l.Strict)
				}
			}
		})
	}
}

// TestBrakeAfterAClockThatJumpedWhileNothingRan: then only the wall's clock tells how long ago what is kept was. Set back, it counts for an hour from the start; set
// forward, it is forgotten, as after a stop that was so long.
func TestBrakeAfterAClockThatJumpedWhileNothingRan(t *testing.T) {
	for why, c := range map[string]struct {
		jump time.Duration
		want int
	}{
		"back by a day":    {-day, 10},
		"not at all":       {0, 10},
		"forward by a day": {day, 0},
	} {
		t.Run(why, func(t *testing.T) {
			g := zoneOf(atOnce, 40)
			for i := range 10 {
				goes(t, g, start, remove(i))
			}
			kept := g.State()
			now := start.Add(c.jump + time.Minute)
			again := guard.NewZone(now, example, atOnce, &kept)
			if l := again.Level(now); l.Deletes != c.want {
				t.Errorf("%d are counted, want %d", l.Deletes, c.want)
			}
			if l := again.Level(now.Add(time.Hour + time.Minute)); l.Deletes != 0 {
				t.Errorf("%d are counted an hour later", l.Deletes)
			}
		})
	}
}

// TestProofGraceIsNotShortenedByAClockThatJumps: a name that waits to go waits for as long as it was told to.
func TestProofGraceIsNotShortenedByAClockThatJumps(t *testing.T) {
	for why, jump := range jumps() {
		t.Run(why, func(t *testing.T) {
			c := &clock{begin: time.Now()}
			g := guard.NewZone(c.at(t, 0), example, defaults, &guard.State{})
			for i := range 5 {
				g.Own(name(i), true)
			}
			g.Ask(c.at(t, 0), remove(0))
			c.set = jump
			if due := g.Due(c.at(t, 14*time.Second)); len(due) > 0 {
				t.Errorf("%v may go after 14 s", due)
			}
			if due := g.Due(c.at(t, 15*time.Second)); len(due) != 1 {
				t.Errorf("%v may go after 15 s, want the one", due)
			}
		})
	}
}
