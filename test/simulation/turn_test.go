// SPDX-License-Identifier: Apache-2.0

package simulation

import (
	"math/rand/v2"
	"time"

	"nafuda.io/nafuda/internal/loop/reconcile"
	"nafuda.io/nafuda/internal/model/zone"
)

// turn is what a process knows of whose turn it is.
type turn struct {
	*process
	changed chan struct{}
	away    bool // another replica has it; guarded by the world's mutex
	term    uint64
}

var _ reconcile.Permits = (*turn)(nil)

func newTurn(p *process) *turn { return &turn{process: p, changed: make(chan struct{}, 1), term: 1} }

// Permit implements reconcile.Permits. The turn is lost at the end of a lease, which is never more than eight seconds away.
func (t *turn) Permit(zone.Key) (time.Time, uint64, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return time.Now().Add(8 * time.Second), t.term, !t.away
}

// Changed implements reconcile.Permits.
func (t *turn) Changed() <-chan struct{} { return t.changed }

// Holder implements reconcile.Permits.
func (t *turn) Holder() string { return "a replica" }

// pass gives the turn away, or back. The world's mutex is held.
func (t *turn) pass(away bool) {
	if t.away == away {
		return
	}
	if t.away = away; !away {
		t.term++
		t.party.forget(t.keeps) // a turn begins as a process does
	}
	t.note("%s: the turn has gone: %v", t.process, away)
	select {
	case t.changed <- struct{}{}:
	default:
	}
}

// passTurn takes a party's turn away, or gives it back.
func (w *world) passTurn(p *party, rng *rand.Rand) {
	away := rng.IntN(2) == 0
	if away && !p.process.turn.away {
		w.fired(turnLost)
	}
	p.process.turn.pass(away)
	for _, n := range castNames {
		p.touched[n] = time.Now()
	}
}
