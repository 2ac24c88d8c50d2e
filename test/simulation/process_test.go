// SPDX-License-Identifier: Apache-2.0

package simulation

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"nafuda.io/nafuda/internal/decide/view"
	"nafuda.io/nafuda/internal/feed"
	"nafuda.io/nafuda/internal/loop/reconcile"
	"nafuda.io/nafuda/internal/memory/journal"
	"nafuda.io/nafuda/internal/model/endpoint"
	"nafuda.io/nafuda/internal/registry/txt"
	"nafuda.io/nafuda/internal/source"
)

// The rate that a process may call at.
const (
	rate  = 4
	burst = 4
)

// process is one life of a party's program.
type process struct {
	*world
	party      *party
	number     int
	feed       *line
	loop       *reconcile.Loop
	turn       *turn
	journal    *journal.Journal
	unwritable bool // the journal
	cancel     context.CancelFunc
	done       chan struct{}
	dead       bool // what it does has no effect any more
	begun      time.Time
	told       map[string]*thing     // what its feed has said so far
	kinds      map[string]feed.State // and of its kinds
	pending    *feed.Event           // what its feed is saying
	free       map[string]time.Time  // keys that nothing wants, and since when
	again      map[string]time.Time  // those of them that something wants again, and since when
	unread     map[string]bool       // names that must be read before they are written again
	tokens     float64               // the model's own bucket
	counted    time.Time
	calls      int
}

func (p *process) String() string { return fmt.Sprintf("%s#%d", p.party.owner, p.number) }

// start begins a new life of a party. The world's mutex isn't held.
func (w *world) start(owner *party) {
	ctx, cancel := context.WithCancel(context.Background())
	p := &process{
		world: w, party: owner, number: 1, cancel: cancel, done: make(chan struct{}), begun: time.Now(), told: make(map[string]*thing),
		kinds: make(map[string]feed.State), free: make(map[string]time.Time), again: make(map[string]time.Time), unread: make(map[string]bool), tokens: burst, counted: time.Now(),
	}
	w.locked(func() {
		if owner.process != nil {
			p.number = owner.process.number + 1
		}
		owner.process = p
		owner.forget(w.keeps)
		p.feed, p.turn, p.journal = newLine(p), newTurn(p), p.record()
		w.note("%s starts", p)
	})
	p.loop = reconcile.New(p.config())
	go func() {
		defer close(p.done)
		if err := p.loop.Run(ctx); err != nil && !errors.Is(err, reconcile.ErrCutOff) {
			w.locked(func() { w.broken("alive", "%s ended with %v", p, err) })
		}
	}()
}

func (p *process) config() reconcile.Config {
	options := view.Options{Policy: "sync", ManagedTypes: []string{"A,AAAA,CNAME"}}
	return reconcile.Config{
		Options: reconcile.Options{Interval: 5 * time.Minute, Resync: 10 * time.Minute, Rate: rate, Burst: burst},
		Guard:   p.guard, Keeper: p.keeper(), Permits: p.turn, Journal: p.journal, Sources: sources(), Kinds: []source.Kind{{Name: "ingress"}, {Name: "service"}}, Feed: p.feed,
		Accounts: []reconcile.Account{{Name: "default", Provider: client{p.world, p}}},
		Views: []reconcile.View{{
			Spec: options.Spec("default", "model", nil, nil), Accounts: []string{"default"},
			Registry: remember(txt.New(txt.Options{Owner: p.party.owner, Prefix: p.prefix, Format: "typed"}), p.prefix),
		}},
		Jitter:  p.jitter,
		Observe: p.observe,
	}
}

func (p *process) jitter(n time.Duration) (d time.Duration) {
	p.locked(func() { d = time.Duration(p.lane(p.String(), "jitter").Int64N(int64(n))) })
	return d
}

// observe hears what the loop says, in the loop's goroutine.
func (p *process) observe(e reconcile.Event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.dead {
		return
	}
	switch e := e.(type) {
	case reconcile.Planned:
		p.judgePlan(p, e)
		if p.strike(p.party, "", crashPlanned) != "" {
			p.crash()
		}
	case reconcile.Applied:
		if p.strike(p.party, "", crashApplied) != "" {
			p.crash()
		}
	case reconcile.Parked:
		p.note("%s parks %s: %s", p, e.Name, e.Why)
	}
}

// crash ends what the process can do, at once. The world's mutex is held.
func (p *process) crash() {
	if !p.dead {
		p.note("%s crashes", p)
		p.dead = true
		p.cancel()
	}
}

// stop ends the process as a person would, and waits for it.
func (p *process) stop() {
	p.cancel()
	<-p.done
}

// called counts a call against the rate. The world's mutex is held.
func (p *process) called() {
	now := time.Now()
	p.tokens = min(burst, p.tokens+rate*now.Sub(p.counted).Seconds())
	p.counted = now
	p.tokens--
	p.calls++
	if p.turn.away {
		p.broken("one writer", "%s makes a call though it isn't its turn", p)
	}
	if p.tokens < -0.01 {
		p.broken("rate", "%s makes more than %d calls a second", p, rate)
	}
}

// line is a feed that says what the world tells it to, in order.
type line struct {
	p      *process
	events chan feed.Event
	wanted map[string]bool // guarded by the world's mutex
}

func newLine(p *process) *line {
	return &line{p: p, events: make(chan feed.Event, 1000), wanted: make(map[string]bool)}
}

// Run implements feed.Feed.
func (l *line) Run(ctx context.Context, want <-chan string, out chan<- feed.Event) error {
	var queue []feed.Event
	for {
		var next feed.Event
		var to chan<- feed.Event
		if len(queue) > 0 {
			to, next = out, queue[0]
			l.p.locked(func() { l.p.pending = &next })
		}
		select {
		case kind := <-want:
			l.p.locked(func() {
				l.wanted[kind] = true
				l.relist(kind)
			})
		case e := <-l.events:
			queue = append(queue, e)
		case to <- next:
			queue = queue[1:]
			l.p.locked(func() { l.p.heard(next) })
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// relist says what a kind's state is, and everything there is of it where it can be read. The world's mutex is held.
func (l *line) relist(kind string) {
	state := l.p.party.kinds[kind]
	e := feed.Event{Kind: kind, State: state}
	if state == feed.Synced {
		e.Replace = true
		for _, ref := range slices.Sorted(maps.Keys(l.p.party.objects)) {
			if kindOf(ref) == kind {
				e.Deltas = append(e.Deltas, delta(ref, l.p.party.objects[ref]))
			}
		}
	} else {
		e.Err = errMadeUp
	}
	l.events <- e
}

func delta(ref string, t *thing) feed.Delta {
	parsed, _ := endpoint.ParseRef(ref)
	d := feed.Delta{Ref: parsed}
	if t != nil {
		d.Object = t
	}
	return d
}

// tell passes a change of an object on, if its kind is watched now. The world's mutex is held.
func (p *process) tell(ref string, t *thing) {
	kind := kindOf(ref)
	if p.party.kinds[kind] == feed.Synced && p.feed.wanted[kind] {
		p.feed.events <- feed.Event{Kind: kind, Deltas: []feed.Delta{delta(ref, t)}}
	}
}

// heard enters what the feed has said. The world's mutex is held.
func (p *process) heard(e feed.Event) {
	p.pending = nil
	before := maps.Clone(p.told)
	if e.Replace {
		maps.DeleteFunc(p.told, func(ref string, _ *thing) bool { return kindOf(ref) == e.Kind })
	}
	for _, d := range e.Deltas {
		if t, there := d.Object.(*thing); there {
			p.told[d.Ref.String()] = t
		} else {
			delete(p.told, d.Ref.String())
		}
	}
	if e.State != feed.Same {
		p.kinds[e.Kind] = e.State
	}
	p.asked(before)
}
