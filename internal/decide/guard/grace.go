// SPDX-License-Identifier: Apache-2.0

package guard

import "time"

// Grace remembers since when keys have been waiting, and when each one's time is over. All wait equally long. Its methods change
// it; one goroutine owns it. The zero Grace has no patience: every time is over as it starts, and Due has nothing to tell.
type Grace[K comparable] struct {
	after time.Duration
	since map[K]started[K]
	queue []started[K] // in the order of their starts; those that were stopped or started anew since are skipped
	count uint64       // starts
}

type started[K comparable] struct {
	key K
	at  time.Time
	nth uint64
}

// NewGrace returns a Grace that gives each key so much time.
func NewGrace[K comparable](after time.Duration) *Grace[K] {
	return &Grace[K]{after: after, since: make(map[K]started[K])}
}

// Start lets a key wait from now on. One that waits already goes on as it was.
func (g *Grace[K]) Start(now time.Time, k K) {
	if _, waits := g.since[k]; waits {
		return
	}
	if g.since == nil {
		g.since = make(map[K]started[K])
	}
	g.count++
	g.since[k] = started[K]{k, now, g.count}
	if g.after > 0 {
		g.queue = append(g.queue, g.since[k])
	}
}

// Stop forgets a key.
func (g *Grace[K]) Stop(k K) {
	delete(g.since, k)
	if len(g.since) == 0 {
		g.queue = nil
	}
	if len(g.queue) > 2*len(g.since)+16 { // a name that comes and goes must not make it grow
		g.queue = g.live()
	}
}

// live returns the entries of the queue that still stand.
func (g *Grace[K]) live() []started[K] {
	out := make([]started[K], 0, len(g.since))
	for _, s := range g.queue {
		if g.stands(s) {
			out = append(out, s)
		}
	}
	return out
}

func (g *Grace[K]) stands(s started[K]) bool {
	return g.since[s.key].nth == s.nth
}

// Len is how many keys wait, those whose time is over included.
func (g *Grace[K]) Len() int { return len(g.since) }

// Ends tells when a key's time is over; false where it doesn't wait.
func (g *Grace[K]) Ends(k K) (time.Time, bool) {
	s, waits := g.since[k]
	return s.at.Add(g.after), waits
}

// Over reports whether a key waits and its time is over: at the very end of it is over.
func (g *Grace[K]) Over(now time.Time, k K) bool {
	ends, waits := g.Ends(k)
	return waits && !now.Before(ends)
}

// Due returns the keys whose time is over, in the order of their starts, each once: it isn't returned again unless it is stopped
// and started anew.
func (g *Grace[K]) Due(now time.Time) []K {
	var out []K
	for len(g.queue) > 0 && (!g.stands(g.queue[0]) || !now.Before(g.queue[0].at.Add(g.after))) {
		if g.stands(g.queue[0]) {
			out = append(out, g.queue[0].key)
		}
		g.queue = g.queue[1:]
	}
	return out
}

// Next is when Due will have something; zero: never.
func (g *Grace[K]) Next() time.Time {
	for len(g.queue) > 0 && !g.stands(g.queue[0]) {
		g.queue = g.queue[1:]
	}
	if len(g.queue) == 0 {
		return time.Time{}
	}
	return g.queue[0].at.Add(g.after)
}
