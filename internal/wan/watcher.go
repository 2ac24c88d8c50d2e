// SPDX-License-Identifier: Apache-2.0

package wan

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"time"

	"nafuda.io/nafuda/internal/model/fact"
	"nafuda.io/nafuda/internal/model/reason"
)

// Watcher brings the fact fact.OfWAN. It is safe for concurrent use; Run is for one call at a time.
type Watcher struct {
	options Options
	methods map[Family][]Method
	tell    func(State)

	mu    sync.Mutex // guards what follows
	now   []State    // empty: nobody is asked at present
	count Counts
	last  map[Family]netip.Addr // that was believed
}

// New returns a watcher with checked options; tell, if it isn't nil, hears what is believed of a family whenever that changes, from
// the goroutine of Run.
func New(o Options, tell func(State)) (*Watcher, error) {
	strangers, err := o.endpoints()
	if err != nil {
		return nil, fmt.Errorf("read whom to ask for the public address: %w", err)
	}
	local := o.fixed()
	if o.uses(Router) {
		local = append(local, natpmp{o.routerAt}, pcp{o.routerAt}, &igd{description: o.IGD, ssdp: o.SSDP})
	}
	if o.uses(Interface) {
		local = append(local, own{o.Interfaces, interfaces})
	}
	if o.uses(Node) {
		local = append(local, node{o.Nodes})
	}
	if o.Route == nil {
		o.Route = routed
	}
	return With(o, append(local, strangers...), tell), nil
}

// With returns a watcher that asks the methods given, local ones first, in place of those that the options name. It keeps the list.
func With(o Options, all []Method, tell func(State)) *Watcher {
	w := &Watcher{
		options: o, methods: make(map[Family][]Method), tell: tell, last: make(map[Family]netip.Addr),
		count: Counts{make(map[Family]int), make(map[Kind]map[Outcome]int)},
	}
	if tell == nil {
		w.tell = func(State) {}
	}
	for _, f := range []Family{V4, V6} {
		said := slices.ContainsFunc(all, func(m Method) bool { x, ok := m.(fixed); return ok && f.has(x.addr) })
		for _, m := range all {
			x, static := m.(fixed)
			switch {
			case static && !f.has(x.addr), !static && said: // who has said it needn't be told
			case f == V6 && m.Source().Kind == Router: // a router has no outer address of IPv6 for us
			default:
				w.methods[f] = append(w.methods[f], m)
			}
		}
	}
	return w
}

func (w *Watcher) follower(f Family) *follower {
	return &follower{
		asker: asker{family: f, methods: w.methods[f], rules: w.options.rules(), count: w.asked}, allowShared: w.options.AllowShared, route: w.options.Route,
		last: make(map[int]Said), heard: make(map[int]Said),
	}
}

func (w *Watcher) off(f Family) bool { return f == V4 && !w.options.IPv4 || f == V6 && !w.options.IPv6 }

// Look asks everybody once and returns what is to be believed of that, IPv4 first.
func (w *Watcher) Look(ctx context.Context) []State {
	out := make([]State, 2)
	var group sync.WaitGroup
	for i, f := range []Family{V4, V6} {
		group.Go(func() {
			if out[i] = (State{Family: f, Off: true}); !w.off(f) {
				out[i] = w.follower(f).look(ctx, true)
			}
		})
	}
	group.Wait()
	return out
}

// Status is what is believed at present, IPv4 first, since when, and what each said last; empty where nobody reads the fact. A nil Watcher knows nothing.
func (w *Watcher) Status() []State {
	if w == nil {
		return nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.now)
}

// Run sends what is believed, first after a round of both families, and then whenever it changes, for as long as somebody wants
// fact.OfWAN; it returns the context's error. Every other fact is unknown.
func (w *Watcher) Run(ctx context.Context, want <-chan fact.Want, out chan<- fact.News) error {
	var queue []fact.News
	stop := func() {}
	defer func() { stop() }()
	var states <-chan State
	for {
		var send chan<- fact.News
		var next fact.News
		if len(queue) > 0 {
			send, next = out, queue[0]
		}
		select {
		case x := <-want:
			if x.Key != fact.OfWAN() {
				if !x.Drop {
					queue = append(queue, fact.News{Key: x.Key, Value: fact.Unknown(reason.New(reason.FactPending, "nobody here brings the %s", x.Key))})
				}
				break
			}
			stop()
			stop, states = func() {}, nil
			w.enter(State{}, false)
			queue = slices.DeleteFunc(queue, func(n fact.News) bool { return n.Key == x.Key })
			if !x.Drop {
				states, stop = w.start(ctx)
			}
		case s := <-states:
			if value, ok := w.enter(s, true); ok {
				queue = append(queue, fact.News{Key: fact.OfWAN(), Value: value})
			}
		case send <- next:
			queue = queue[1:]
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// start follows both families until stop is called, which waits for them.
func (w *Watcher) start(ctx context.Context) (<-chan State, func()) {
	ctx, cancel := context.WithCancel(ctx)
	states := make(chan State)
	var group sync.WaitGroup
	for _, f := range []Family{V4, V6} {
		group.Go(func() {
			tell := func(s State) {
				select {
				case states <- s:
				case <-ctx.Done():
				}
			}
			if w.off(f) {
				tell(State{Family: f, Off: true})
				return
			}
			w.follower(f).run(ctx, tell)
		})
	}
	return states, func() { cancel(); group.Wait() }
}

// enter remembers what is believed of a family, or with false forgets all, and returns the fact's value where that is new.
func (w *Watcher) enter(s State, is bool) (fact.Value, bool) {
	if !is {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.now = nil
		return fact.Value{}, false
	}
	value, complete, fresh := w.put(s)
	if fresh {
		w.tell(s)
	}
	return value, complete && fresh
}

// put enters a state, and returns the fact's value, whether both families are known about, and whether the state says something new.
func (w *Watcher) put(s State) (value fact.Value, complete, fresh bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	i := slices.IndexFunc(w.now, func(o State) bool { return o.Family == s.Family })
	fresh = i < 0 || !w.now[i].Verdict.same(s.Verdict)
	if s.Since = time.Now().UTC().Round(0); !fresh {
		s.Since = w.now[i].Since
	}
	w.believe(s)
	if i < 0 {
		w.now = append(w.now, s)
		slices.SortFunc(w.now, func(a, b State) int { return order(a.Family) - order(b.Family) })
	} else {
		w.now[i] = s
	}
	if len(w.now) < 2 {
		return fact.Value{}, false, fresh
	}
	return fact.Value{V4: w.now[0].fact(), V6: w.now[1].fact()}, true, fresh
}

func order(f Family) int {
	if f == V6 {
		return 1
	}
	return 0
}

func (s State) fact() fact.Family {
	switch {
	case s.Off:
		return fact.Family{Known: true}
	case s.Verdict.Known():
		return fact.Family{Known: true, Addrs: []netip.Addr{s.Verdict.Addr}}
	default:
		return fact.Family{Why: s.Verdict.Why}
	}
}
