// SPDX-License-Identifier: Apache-2.0

package simulation

import (
	"flag"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

var (
	flagSchedules = flag.Int("schedules", 0, "how many schedules to run; 0: 10000, with -short 500, with -race 300")
	flagSeed      = flag.Uint64("seed", 1, "seed of the first schedule; the others follow")
	flagNoShrink  = flag.Bool("noshrink", false, "print schedules that fail as they are drawn")
	flagSteps     = flag.Int("steps", 60, "steps of a schedule")
)

// tally is what all schedules did together.
type tally struct {
	mu                     sync.Mutex // guards the rest
	faults                 map[fault]int
	writes, probed, failed int
}

// TestSimulation: foreign, together, proof, apart, alive, one path and quiet hold in random schedules of everything that can go wrong.
func TestSimulation(t *testing.T) {
	n := *flagSchedules
	switch {
	case n > 0:
	case race:
		n = 300
	case testing.Short():
		n = 500
	default:
		n = 10000
	}
	var next atomic.Int64
	total := tally{faults: make(map[fault]int)}
	begin := time.Now()
	t.Run("schedules", func(t *testing.T) {
		for i := range runtime.GOMAXPROCS(0) {
			t.Run(fmt.Sprint(i), func(t *testing.T) {
				t.Parallel()
				for {
					k := next.Add(1) - 1
					if k >= int64(n) || total.enough() {
						return
					}
					one(t, draw(*flagSeed+uint64(k), *flagSteps), &total)
				}
			})
		}
	})
	t.Logf("%d schedules of %d steps in %s, seeds from %d: %d writes, %d names looked at in the midst; faults:\n%s", n, *flagSteps, time.Since(begin).Round(time.Millisecond), *flagSeed, total.writes, total.probed, total.table())
	if n < 10000 || t.Failed() {
		return
	}
	for _, f := range everyFault() { // by 10,000 schedules each has had its chance
		if total.faults[f] < 1000 {
			t.Errorf("%q fired %d times, want 1000", f, total.faults[f])
		}
	}
}

// one runs one schedule, and where that breaks an invariant looks for the smallest part of it that does.
func one(t *testing.T, s schedule, total *tally) {
	w := bubble(t, s)
	total.add(w)
	if len(w.wrong) == 0 {
		return
	}
	small := s
	if !*flagNoShrink {
		small, w = shrink(t, s, w)
	}
	t.Errorf("broken:\n  %s\nin %swhich did:\n  %s", strings.Join(w.wrong, "\n  "), small, strings.Join(w.log, "\n  "))
}

func bubble(t *testing.T, s schedule) (w *world) {
	synctest.Test(t, func(*testing.T) { w = run(s) })
	return w
}

// shrink leaves out steps as long as something of the same kind is broken. The engine's jitter and the scheduler aren't drawn from the seed, so a
// schedule may need more than one run to fail again.
func shrink(t *testing.T, s schedule, w *world) (schedule, *world) {
	kind := func(w *world) string { k, _, _ := strings.Cut(w.wrong[0], ":"); return k }
	first := kind(w)
	for size := len(s.steps) / 2; size > 0; size /= 2 {
		for from := 0; from < len(s.steps); {
			less := s
			less.steps = slices.Delete(slices.Clone(s.steps), from, min(from+size, len(s.steps)))
			if w2 := bubble(t, less); len(w2.wrong) > 0 && kind(w2) == first {
				s, w = less, w2
			} else {
				from += size
			}
		}
	}
	return s, w
}

func (x *tally) add(w *world) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for f, n := range w.faults {
		x.faults[f] += n
	}
	x.writes += w.writes
	x.probed += w.probed
	if len(w.wrong) > 0 {
		x.failed++
	}
}

// enough reports that more failures would tell nothing new.
func (x *tally) enough() bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.failed >= 5
}

func (x *tally) table() string {
	var b strings.Builder
	for _, f := range slices.Sorted(maps.Keys(x.faults)) {
		fmt.Fprintf(&b, "  %8d  %s\n", x.faults[f], f)
	}
	return b.String()
}
