// SPDX-License-Identifier: Apache-2.0

package simulation

import (
	"context"
	"slices"
	"time"

	"nafuda.io/nafuda/internal/decide/guard"
	"nafuda.io/nafuda/internal/loop/reconcile"
	"nafuda.io/nafuda/internal/model/change"
)

// guarded is what the model keeps of a party to judge the brake, and what outlives the party's process.
type guarded struct {
	gone     map[string]map[string]time.Time // by zone, names that went, and when
	owned    map[string]map[string]time.Time // by zone, the names that it had when it last wrote, and when that was
	approved map[string]bool                 // names whose deletion a person has approved
	kept     []byte                          // by the keeper
}

func newGuarded() guarded {
	return guarded{gone: make(map[string]map[string]time.Time), owned: make(map[string]map[string]time.Time), approved: make(map[string]bool)}
}

// Load and Save make a process its party's Keeper, for what the brake has spent.
func (p *process) Load(context.Context) ([]byte, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.strike(p.party, "", keeperUnreadable) != "" {
		p.note("%s can't read what was kept", p)
		p.party.forget(false)
		return nil, errMadeUp
	}
	return p.party.kept, nil
}

// Save implements reconcile.Keeper.
func (p *process) Save(_ context.Context, state []byte) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.dead || p.strike(p.party, "", keeperFails) != "" {
		return errMadeUp
	}
	p.party.kept = slices.Clone(state)
	return nil
}

// keeper is where a process keeps what outlives it, if this run has such a place.
func (p *process) keeper() reconcile.Keeper {
	if !p.keeps {
		return nil
	}
	return p
}

// forget starts a new life of a party: without a keeper, the budget of the brake is as new.
func (p *party) forget(keeps bool) {
	if !keeps {
		clear(p.gone)
		clear(p.owned)
	}
}

// judgeGrace asks whether what goes has waited. A name's record sets wait together: what is no longer asked for later doesn't begin anew.
func (w *world) judgeGrace(p *process, ch change.Change) {
	since := time.Now()
	name := string(ch.Key().Name)
	for _, typ := range []string{"A", "AAAA", "CNAME"} {
		key := at(name, typ)
		free, known := p.free[key]
		if _, there := w.cloud.zones[zoneFor(name)][key]; there && !known {
			free, known = p.begun, true
		}
		if known && free.Before(since) {
			since = free
		}
	}
	if waited := time.Since(since); waited < w.guard.DeleteAfter {
		w.broken("proof", "%s plans to %s, which nothing has asked for for %s only", p, ch, waited)
	}
}

// owns counts the names of a zone that a party has record sets at.
func (h holdings) owns(prefix, owner string) map[string]bool {
	out := make(map[string]bool)
	for key := range h {
		name, typ := split(key)
		if who, _ := h.markOf(prefix, name, typ); managed(typ) && who == owner {
			out[name] = true
		}
	}
	return out
}

// judgeBrake counts the names that a zone has lost within an hour: at most so many, or so large a share, and never all, unless a person says so.
func (w *world) judgeBrake(p *process, zoneName string, before, after holdings) {
	owner := p.party
	if owner.process != p && !w.keeps {
		return // it lands late, and who came after it can't know: its budget is a new one
	}
	had, has := before.owns(w.prefix, owner.owner), after.owns(w.prefix, owner.owner)
	now := time.Now()
	if owner.gone[zoneName] == nil {
		owner.gone[zoneName], owner.owned[zoneName] = make(map[string]time.Time), make(map[string]time.Time)
	}
	for _, names := range []map[string]bool{had, has} {
		for name := range names {
			owner.owned[zoneName][name] = now
		}
	}
	more := false
	for name := range had {
		switch {
		case has[name]:
		case owner.approved[name]:
			delete(owner.approved, name)
		default:
			owner.gone[zoneName][name] = now
			more = true
		}
	}
	const hour = time.Hour - time.Minute // a batch counts from when it was sent, and may have landed later than that
	n, base := 0, 0
	for name, at := range owner.gone[zoneName] {
		if now.Sub(at) < hour && !has[name] {
			n++
		}
	}
	for _, at := range owner.owned[zoneName] { // names whose markers others have taken since may be believed to be there
		if now.Sub(at) < time.Hour {
			base++
		}
	}
	base = max(base, len(has)+n)
	if more && (n > w.guard.MaxDeletes && n*100 > w.guard.MaxDeletePercent*base || base >= 3 && n >= base) {
		w.broken("brake", "%s has taken %d of %d names from %s within an hour", p, n, base, zoneName)
	}
}

// approve lets go what the brakes of every party hold, as a person would who has looked at it. The world's mutex isn't held.
func (w *world) approve() {
	for _, p := range w.parties {
		var dead bool
		w.locked(func() { dead = p.process.dead })
		if dead {
			continue
		}
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		held, err := p.process.loop.Braked(ctx)
		for _, b := range held {
			w.locked(func() {
				w.fired(brakeHeld)
				for _, ch := range b.Deletes {
					p.approved[string(ch.Key().Name)] = true
				}
				w.note("%s: approve %s of %s: %v", p.owner, b.Hash, b.Zone.ID, b.Deletes)
			})
			_, err = p.process.loop.Approve(ctx, b.Hash)
		}
		cancel()
		w.locked(func() {
			if err != nil && !p.process.dead {
				w.broken("brake", "%s: approve what was shown at this very moment: %v", p.process, err)
			}
		})
	}
}

// drawGuard says how careful a run is.
func drawGuard(n int) guard.Options {
	o := guard.Options{DeleteAfter: 15 * time.Second, MaxDeletes: 3, MaxDeletePercent: 30, MaxUpdatePercent: 50}
	if n == 0 {
		o.DeleteAfter = 0
	}
	return o
}
