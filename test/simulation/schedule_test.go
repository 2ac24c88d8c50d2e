// SPDX-License-Identifier: Apache-2.0

package simulation

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

// deed is what a step does.
type deed string

const (
	doPut      deed = "put"
	doDelete   deed = "delete"
	doBlank    deed = "blank"
	doFill     deed = "fill"
	doFault    deed = "fault"
	doRefuse   deed = "refuse"
	doAccept   deed = "accept"
	doDrift    deed = "drift"
	doKindLost deed = "lose kind"
	doKindBack deed = "kind back"
	doRelist   deed = "relist"
	doCrash    deed = "crash"
	doRestart  deed = "restart"
	doVanish   deed = "vanish"
	doRival    deed = "rival"
	doProbe    deed = "probe"
	doApprove  deed = "approve"
	doTurn     deed = "turn"
	doJournal  deed = "journal"
)

// weights say how often each deed is drawn.
var weights = []struct {
	deed deed
	n    int
}{
	{doPut, 26},
	{doDelete, 8},
	{doBlank, 5},
	{doFill, 4},
	{doFault, 22},
	{doRefuse, 4},
	{doAccept, 2},
	{doDrift, 8},
	{doKindLost, 4},
	{doKindBack, 4},
	{doRelist, 2},
	{doCrash, 3},
	{doRestart, 2},
	{doVanish, 2},
	{doRival, 6},
	{doProbe, 5},
	{doApprove, 3},
	{doTurn, 4},
	{doJournal, 1},
}

var pauses = []time.Duration{0, 20 * time.Millisecond, 150 * time.Millisecond, 400 * time.Millisecond, time.Second, 3 * time.Second, 3 * time.Second, 20 * time.Second, 2 * time.Minute, 12 * time.Minute}

// step is a deed and all that chance says about it, so that it does the same whatever other steps are left out.
type step struct {
	deed  deed
	seed  uint64
	pause time.Duration
}

func (s step) rng() *rand.Rand { return rand.New(rand.NewPCG(s.seed, 3)) }

func (s step) String() string { return fmt.Sprintf("%s(%d) %s", s.deed, s.seed, s.pause) }

// schedule is one run as drawn.
type schedule struct {
	seed    uint64
	prefix  string
	rival   bool // a second owner publishes to the same zones
	spoiled bool // the service refuses a name from the start
	keeps   bool // what the brake has spent outlives the process
	settled bool // the zones hold something at the start
	steps   []step
}

func (s schedule) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "seed %d, prefix %q, second owner %v, keeper %v, zones in use %v, %d steps\n", s.seed, s.prefix, s.rival, s.keeps, s.settled, len(s.steps))
	for i, st := range s.steps {
		fmt.Fprintf(&b, "  %d %s\n", i, st)
	}
	return b.String()
}

// draw makes the schedule of a seed.
func draw(seed uint64, steps int) schedule {
	rng := rand.New(rand.NewPCG(seed, 1))
	s := schedule{seed: seed, prefix: plainPrefix, rival: rng.IntN(2) == 0, settled: rng.IntN(2) == 0, keeps: rng.IntN(2) == 0}
	if rng.IntN(8) == 0 { // it costs the registry much more time
		s.prefix = templatePrefix
	}
	if s.spoiled = rng.IntN(3) == 0; s.spoiled {
		s.steps = append(s.steps, step{doProbe, rng.Uint64() >> 32, 0})
	}
	total := 0
	for _, w := range weights {
		total += w.n
	}
	for range steps {
		n := rng.IntN(total)
		for _, w := range weights {
			if n -= w.n; n < 0 {
				s.steps = append(s.steps, step{w.deed, rng.Uint64() >> 32, pauses[rng.IntN(len(pauses))]})
				break
			}
		}
	}
	return s
}
