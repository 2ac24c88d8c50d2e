// SPDX-License-Identifier: Apache-2.0

package reconcile_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"nafuda.io/nafuda/internal/feed"
	"nafuda.io/nafuda/internal/loop/reconcile"
	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/provider"
	"nafuda.io/nafuda/internal/provider/providertest"
	"nafuda.io/nafuda/internal/registry"
	"nafuda.io/nafuda/internal/registry/storetest"
)

// chance is a run with a table in which whatever is drawn happens. Each object asks for one name, so that what shall be is plain.
type chance struct {
	*rig
	wants  map[string]string // by name: targets
	theirs map[string]string // by name: what somebody else has put where nothing was
	robbed map[string]bool   // names of which somebody has removed a row
	broken []string
}

// mishap is one thing that happens; n and m say to what, and how much.
type mishap struct {
	what string
	n, m int
}

var mishaps = []string{
	"ask", "ask", "ask", "ask", "gone", "gone", "row fails", "row is lost", "write is refused", "write is cut off", "write is lost", "write is slow", "squat", "rob", "restart", "turn", "wait", "wait", "wait",
}

var offers = []string{"192.0.2.1", "192.0.2.2", "192.0.2.3,2001:db8::1", "2001:db8::2"}

func drawMishaps(t *rapid.T) []mishap {
	one := rapid.Custom(func(t *rapid.T) mishap {
		return mishap{rapid.SampledFrom(mishaps).Draw(t, "what"), rapid.IntRange(0, 4).Draw(t, "n"), rapid.IntRange(0, 3).Draw(t, "m")}
	})
	return rapid.SliceOfN(one, 1, 40).Draw(t, "mishaps")
}

// TestTableAtRandom: together and foreign hold with a table whatever fails, and in the end every record set of ours has its row, and every
// row its record set.
func TestTableAtRandom(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		all := drawMishaps(rt)
		var broken []string
		synctest.Test(t, func(t *testing.T) { broken = playTable(t, all) })
		if len(broken) > 0 {
			rt.Fatalf("%v:\n%s", all, strings.Join(broken, "\n"))
		}
	})
}

func playTable(t *testing.T, all []mishap) []string {
	c := &chance{rig: newRig(t, "example.com"), wants: make(map[string]string), theirs: make(map[string]string), robbed: make(map[string]bool)}
	c.store, c.stop, c.permits = storetest.NewMemory(), func() {}, newTurns()
	c.opts.Resync = 10 * time.Minute
	c.judged()
	c.permits.give(long)
	c.again()
	for _, h := range all {
		c.play(h)
	}
	c.store.Fail(nil)
	c.store.Lose(nil)
	c.flaky.Heal(providertest.OpApply)
	c.judged()
	c.permits.give(long)
	time.Sleep(2 * time.Hour)
	synctest.Wait()
	c.end()
	c.stop()
	return c.broken
}

func (c *chance) wrong(format string, args ...any) {
	c.broken = append(c.broken, fmt.Sprintf(format, args...))
}

// judged has every batch be looked at before it is applied.
func (c *chance) judged() {
	c.flaky.Fail(providertest.OpApply, providertest.Fault{Times: -1, When: func(_ zone.Zone, b change.Batch) bool {
		rows := c.store.Rows()
		for _, ch := range b.Changes() {
			ours := slices.ContainsFunc(rows, func(r registry.Row) bool { return r.Key == ch.Key() && r.Owner == "me" })
			if !ours && !c.robbed[string(ch.Key().Name)] {
				c.wrong("together: %s is sent without a row", ch)
			}
			if ch.Before != nil && c.theirs[string(ch.Key().Name)] == ch.Before.Values[0] {
				c.wrong("foreign: %s is somebody else's", ch)
			}
		}
		return false
	}})
}

// again starts a process, which reads everything.
func (c *chance) again() {
	ctx, cancel := context.WithCancel(context.Background())
	done, l := make(chan error), c.loop()
	go func() { done <- l.Run(ctx) }()
	c.stop = func() {
		cancel()
		if err := <-done; err != nil && !errors.Is(err, reconcile.ErrCutOff) {
			c.wrong("alive: the loop ended with %v", err)
		}
	}
	var ds []feed.Delta
	for name, targets := range c.wants {
		ds = append(ds, delta("d/"+name[:2], ask(name+"="+targets)))
	}
	c.rig.say(feed.Event{Replace: true, Deltas: ds, State: feed.Synced})
}

// some makes f fail so many calls.
func some(n int, err error) func(string, record.Key) error {
	return func(op string, _ record.Key) error {
		if n--; n < -1 || op == "load" {
			return nil
		}
		return err
	}
}

func (c *chance) play(h mishap) {
	name := fmt.Sprintf("n%d.example.com", h.n)
	cut := &provider.Error{Class: provider.Uncertain, Err: errors.New("cut off")}
	there := slices.ContainsFunc(c.memory.Sets("example.com"), func(s record.Set) bool { return string(s.Name) == name })
	switch h.what {
	case "ask":
		c.wants[name] = offers[h.m]
		c.put("d/"+name[:2], ask(name+"="+offers[h.m]))
	case "gone":
		delete(c.wants, name)
		c.put("d/"+name[:2], nil)
	case "row fails":
		c.store.Fail(some(h.n, storetest.Down()))
	case "row is lost":
		f := some(h.n, storetest.Down())
		c.store.Lose(func(k record.Key) error { return f("swap", k) })
	case "write is refused":
		class := []provider.Class{provider.Throttled, provider.Rejected, provider.Stale, provider.Denied}[h.m]
		c.flaky.Fail(providertest.OpApply, providertest.Fault{Err: &provider.Error{Class: class, Err: errors.New("no")}})
	case "write is cut off":
		c.flaky.Fail(providertest.OpApply, providertest.Fault{Err: cut})
	case "write is lost":
		c.flaky.Fail(providertest.OpApply, providertest.Fault{Err: cut, Late: true})
	case "write is slow":
		c.flaky.Fail(providertest.OpApply, providertest.Fault{Delay: time.Duration(h.m+1) * 3 * time.Second})
	case "squat":
		if !there {
			c.theirs[name] = fmt.Sprintf("203.0.113.%d", h.m)
			c.memory.Put("example.com", set(name, "A", c.theirs[name]))
		}
	case "rob":
		c.robbed[name] = true
		c.store.Remove(record.Key{Name: set(name, "A", "").Name, Type: record.A})
	case "restart":
		c.stop()
		c.again()
	case "turn":
		c.permits.give(0)
		time.Sleep(time.Duration(h.m) * 2 * time.Second)
		c.permits.give(long)
	case "wait":
		time.Sleep([]time.Duration{100 * time.Millisecond, time.Second, 7 * time.Second, 2 * time.Minute}[h.m])
	}
	synctest.Wait()
}

// end looks at what has become of zone and table.
func (c *chance) end() {
	zone, rows := c.zone("example.com"), c.rows()
	var wantZone, wantRows []string
	for i := range 5 {
		name := fmt.Sprintf("n%d.example.com", i)
		about := func(line string) bool { return strings.HasPrefix(line, name) }
		if c.robbed[name] {
			zone, rows = slices.DeleteFunc(zone, about), slices.DeleteFunc(rows, about)
			continue
		}
		if value, taken := c.theirs[name]; taken {
			wantZone = append(wantZone, name+" A "+value)
			for _, line := range zone { // what was there before it may stay, with its row
				if strings.HasPrefix(line, name+" AAAA ") {
					wantZone = append(wantZone, line)
					wantRows = append(wantRows, fmt.Sprintf("%s AAAA me nafuda/zones=example.com resource=ingress/d/n%d", name, i))
				}
			}
			continue
		}
		for target := range strings.SplitSeq(c.wants[name], ",") {
			if typ := record.TypeOf(target); target != "" {
				wantZone = append(wantZone, fmt.Sprintf("%s %s %s", name, typ, target))
				wantRows = append(wantRows, fmt.Sprintf("%s %s me nafuda/zones=example.com resource=ingress/d/n%d", name, typ, i))
			}
		}
	}
	slices.Sort(wantZone)
	if !slices.Equal(zone, wantZone) {
		c.wrong("the zone holds\n\t%s\nwant\n\t%s", strings.Join(zone, "\n\t"), strings.Join(wantZone, "\n\t"))
	}
	if !slices.Equal(rows, wantRows) {
		c.wrong("the table holds\n\t%s\nwant\n\t%s", strings.Join(rows, "\n\t"), strings.Join(wantRows, "\n\t"))
	}
}
