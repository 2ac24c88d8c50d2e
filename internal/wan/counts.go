// SPDX-License-Identifier: Apache-2.0

package wan

import "maps"

// Counts are what happened since the start.
type Counts struct {
	Changes map[Family]int // how often another address was believed
	Asks    map[Kind]map[Outcome]int
}

// Counts returns what happened since the start, as a value of the caller's.
func (w *Watcher) Counts() Counts {
	if w == nil {
		return Counts{}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	out := Counts{maps.Clone(w.count.Changes), make(map[Kind]map[Outcome]int)}
	for k, n := range w.count.Asks {
		out.Asks[k] = maps.Clone(n)
	}
	return out
}

func (w *Watcher) asked(k Kind, what Outcome) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.count.Asks[k] == nil {
		w.count.Asks[k] = make(map[Outcome]int)
	}
	w.count.Asks[k][what]++
}

// believe counts another address that is believed; the mutex is held.
func (w *Watcher) believe(s State) {
	a := s.Verdict.Addr
	if !a.IsValid() {
		return
	}
	if was := w.last[s.Family]; was.IsValid() && was != a {
		w.count.Changes[s.Family]++
	}
	w.last[s.Family] = a
}
