// SPDX-License-Identifier: Apache-2.0

package simulation

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

var (
	flagSchedules = flag.Int("schedules", 0, "how many schedules to run; 0: 10000, with -short 500, with -race 300")
	flagSeed      = flag.Uint64("seed", 1, "seed of the first schedule; the others follow")
	flagNoShrink  = flag.Bool("noshrink", false, "print schedules that fail as they are drawn")
	flagShare     = flag.String("share", "", "run all schedules in this process and write what they did to this file")
	flagSteps     = flag.Int("steps", 60, "steps of a schedule")
)

// tally is what schedules did together.
type tally struct {
	Faults                 map[fault]int
	Writes, Probed, Failed int
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
	if *flagShare != "" {
		share(t, n)
		return
	}
	begin := time.Now()
	total := divide(t, n)
	t.Logf("%d schedules of %d steps in %s, seeds from %d: %d writes, %d names looked at in the midst; faults:\n%s", n, *flagSteps, time.Since(begin).Round(time.Millisecond), *flagSeed, total.Writes, total.Probed, total.table())
	if n < 10000 || t.Failed() {
		return
	}
	for _, f := range everyFault() { // by 10,000 schedules each has had its chance
		if total.Faults[f] < 1000 {
			t.Errorf("%q fired %d times, want 1000", f, total.Faults[f])
		}
	}
}

// divide gives each processor a process with its share of the schedules. In a process with a single processor the order of goroutines
// hardly varies, so that a seed that fails fails again.
func divide(t *testing.T, n int) tally {
	total := tally{Faults: make(map[fault]int)}
	parts := min(runtime.NumCPU(), n)
	shares := make([]tally, parts)
	t.Run("schedules", func(t *testing.T) {
		for i := range parts {
			from, to := n*i/parts, n*(i+1)/parts
			t.Run(fmt.Sprintf("%d to %d", from, to-1), func(t *testing.T) {
				t.Parallel()
				file := filepath.Join(t.TempDir(), "tally.json")
				args := []string{
					"-test.run=^TestSimulation$", "-test.count=1", "-test.timeout=0", "-share=" + file, fmt.Sprintf("-schedules=%d", to-from),
					fmt.Sprintf("-seed=%d", *flagSeed+uint64(from)), fmt.Sprintf("-steps=%d", *flagSteps), fmt.Sprintf("-noshrink=%v", *flagNoShrink),
				}
				ctx := t.Context()
				if end, ok := t.Deadline(); ok {
					var cancel context.CancelFunc
					ctx, cancel = context.WithDeadline(ctx, end.Add(-10*time.Second))
					defer cancel()
				}
				child := exec.CommandContext(ctx, os.Args[0], args...) //nolint:gosec // this test itself
				child.Env = append(os.Environ(), "GOMAXPROCS=1")
				out, err := child.CombinedOutput()
				if err != nil {
					t.Errorf("%v\n%s", err, out)
					return
				}
				data, err := os.ReadFile(file)
				if err == nil {
					err = json.Unmarshal(data, &shares[i])
				}
				if err != nil {
					t.Errorf("read what was done: %v", err)
				}
			})
		}
	})
	for _, s := range shares {
		total.Writes, total.Probed = total.Writes+s.Writes, total.Probed+s.Probed
		for f, n := range s.Faults {
			total.Faults[f] += n
		}
	}
	return total
}

// share runs schedules in this process and writes down what they did.
func share(t *testing.T, n int) {
	const enough = 3 // more failures would tell nothing new
	total := tally{Faults: make(map[fault]int)}
	for k := 0; k < n && total.Failed < enough; k++ {
		one(t, draw(*flagSeed+uint64(k), *flagSteps), &total)
	}
	data, err := json.Marshal(total)
	if err == nil {
		err = os.WriteFile(*flagShare, data, 0o600)
	}
	if err != nil {
		t.Error(err)
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

// shrink leaves out steps as long as something of the same kind is broken. The order of what happens at the same instant isn't
// all drawn from the seed, so now and then a schedule needs more than one run to fail again.
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
	for f, n := range w.faults {
		x.Faults[f] += n
	}
	x.Writes += w.writes
	x.Probed += w.probed
	if len(w.wrong) > 0 {
		x.Failed++
	}
}

func (x *tally) table() string {
	var b strings.Builder
	for _, f := range slices.Sorted(maps.Keys(x.Faults)) {
		fmt.Fprintf(&b, "  %8d  %s\n", x.Faults[f], f)
	}
	return b.String()
}
