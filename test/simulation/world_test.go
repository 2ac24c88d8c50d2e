// SPDX-License-Identifier: Apache-2.0

package simulation

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"nafuda.io/nafuda/internal/decide/guard"
	"nafuda.io/nafuda/internal/feed"
)

// world is one run: the service, those who write to it, what goes wrong, and what was found.
type world struct {
	mu      sync.Mutex // guards all of it
	seed    uint64
	lanes   map[string]*rand.Rand
	cloud   *cloud
	prefix  string
	guard   guard.Options
	keeps   bool // what the brake has spent outlives the process
	parties []*party
	begin   time.Time
	log     []string
	faults  map[fault]int
	wrong   []string             // broken invariants
	bad     map[string]bool      // names that the service refuses; true: without telling which
	drifted map[string]time.Time // names that somebody changed by hand, and when last
	trouble map[string]time.Time // zones that calls failed for, and when last
	late    sync.WaitGroup       // writes that land after their caller has given up
	writes  int
	reads   int
	probed  int  // names that were looked at in the midst
	silent  bool // no log: a second run for comparison
}

// party is one installation: an owner id, its objects and the process that it runs, if it is up.
type party struct {
	owner   string
	objects map[string]*thing
	kinds   map[string]feed.State
	armed   []armed
	process *process
	born    int // things so far, for their age
	touched map[string]time.Time
	guarded
}

// armed is a fault that waits for a call which it hits.
type armed struct {
	fault fault
	where string // empty: anywhere
	left  int
	until time.Time // it isn't armed any more; zero: until it has hit
}

func newWorld(s schedule) *world {
	return &world{
		seed: s.seed, lanes: make(map[string]*rand.Rand), cloud: newCloud(), prefix: s.prefix, guard: drawGuard(int(s.seed % 4)), keeps: s.keeps, begin: time.Now(), faults: make(map[fault]int), bad: make(map[string]bool),
		drifted: make(map[string]time.Time), trouble: make(map[string]time.Time),
	}
}

func (w *world) party(owner string) *party {
	p := &party{owner: owner, objects: make(map[string]*thing), kinds: make(map[string]feed.State), touched: make(map[string]time.Time), guarded: newGuarded()}
	for _, k := range castKinds {
		p.kinds[k] = feed.Synced
	}
	w.parties = append(w.parties, p)
	return p
}

// note adds a line to the log that is printed when something is wrong.
func (w *world) note(format string, args ...any) {
	const most = 4000
	if !w.silent && len(w.log) < most {
		w.log = append(w.log, fmt.Sprintf("%10s  ", time.Since(w.begin).Round(time.Millisecond))+fmt.Sprintf(format, args...))
	}
}

// broken notes a broken invariant.
func (w *world) broken(invariant, format string, args ...any) {
	line := invariant + ": " + fmt.Sprintf(format, args...)
	w.wrong = append(w.wrong, line)
	w.note("BROKEN %s", line)
}

// lane is a source of chance of its own, so that what happens there doesn't depend on the order of what happens elsewhere at the same
// instant. The world's mutex is held.
func (w *world) lane(name ...string) *rand.Rand {
	key := strings.Join(name, " ")
	if w.lanes[key] == nil {
		h := fnv.New64a()
		h.Write([]byte(key))
		w.lanes[key] = rand.New(rand.NewPCG(w.seed, h.Sum64()))
	}
	return w.lanes[key]
}

func (w *world) fired(f fault) { w.faults[f]++ }

// locked runs f with the world to itself.
func (w *world) locked(f func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	f()
}
