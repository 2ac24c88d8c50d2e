// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/zone"
)

// State is how far a name has come in a zone.
type State string

// The states, from what keeps a name back to what is best known of it.
const (
	StateRefused   State = "refused"   // asked for, and not published
	StateHeld      State = "held"      // published, and left as it is for now
	StateParked    State = "parked"    // its change is put off
	StatePlanned   State = "planned"   // its change waits to be sent, or is on its way
	StateSent      State = "sent"      // the provider has taken its change
	StateInSync    State = "in sync"   // every server of the provider has it, or it was read from the provider as wanted
	StateAnswering State = "answering" // the zone's servers answer with it
)

// Progress is how far a name has come in one zone.
type Progress struct {
	Zone  zone.Zone
	State State
	Why   reason.Reason // why it hasn't come further; none where it has, or that isn't known yet
}

// Progress asks the loop how far a name has come, in each zone where it has a state, sorted by the zone. A name that nobody asks for
// and about which nothing is decided or under way has none.
func (l *Loop) Progress(ctx context.Context, name dnsname.Name) ([]Progress, error) {
	var out []Progress
	err := l.ask(ctx, func(c *core) {
		for _, z := range c.sortedZones() {
			if !name.In(z.Name) {
				continue
			}
			if state, why := c.stateOf(z, name, z.moving()); state != "" {
				out = append(out, Progress{z.Zone, state, why})
			}
		}
	})
	return out, err
}

// stateOf is how far a name has come in a zone, of which moving are the names on their way; empty where there is nothing to tell.
func (c *core) stateOf(z *zoneState, n dnsname.Name, moving map[dnsname.Name]bool) (State, reason.Reason) {
	if s, why := z.kept(n); s != "" {
		return s, why
	}
	if moving[n] || c.waits(z, n) {
		return StatePlanned, reason.Reason{}
	}
	if p := z.progress[n]; p != nil {
		return p.state, p.why
	}
	if c.catalog.Has(n) && len(z.mirror.At(n)) > 0 {
		return StateInSync, reason.Reason{}
	}
	return "", reason.Reason{}
}

// kept tells what keeps a name back: that its change is parked, or a decision.
func (z *zoneState) kept(n dnsname.Name) (State, reason.Reason) {
	if p := z.parked[n]; p != nil && !p.why.None() {
		return StateParked, p.why
	}
	for _, by := range []struct {
		verdict change.Verdict
		state   State
	}{{change.Refused, StateRefused}, {change.Held, StateHeld}} {
		for _, v := range z.decided[n] {
			for _, d := range v.decisions {
				if d.Verdict == by.verdict {
					return by.state, d.Why
				}
			}
		}
	}
	return "", reason.Reason{}
}

// waits reports whether a name waits to be planned. Names of a window that every name is in don't count before they are
// dispatched: most of them have nothing to change.
func (c *core) waits(z *zoneState, n dnsname.Name) bool {
	d, there := c.window.hasFor(z, n)
	return z.queue.has(n) || there && d.why == changed
}

// moving lists the names whose change is on its way or will be next.
func (z *zoneState) moving() map[dnsname.Name]bool {
	out := make(map[dnsname.Name]bool)
	for _, gs := range [][]change.Group{z.flight.batch.Groups, z.bisect.suspects, z.bisect.good, z.bisect.other} {
		for _, g := range gs {
			out[g.Name] = true
		}
	}
	return out
}

// states counts the names of all zones by how far they have come. It walks over everything. On a standby nothing is known of them.
func (c *core) states() map[State]int {
	counts := make(map[State]int)
	if !c.turn.ours {
		return counts
	}
	for _, z := range c.zones {
		if z.vanished {
			continue
		}
		moving := z.moving()
		known := c.unusual(z, moving)
		for n := range known {
			if s, _ := c.stateOf(z, n, moving); s != "" {
				counts[s]++
			}
		}
		for n := range z.mirror.Names() {
			if !known[n] && c.catalog.Has(n) {
				counts[StateInSync]++
			}
		}
	}
	for _, decisions := range c.noZone {
		if slices.ContainsFunc(decisions, func(d change.Decision) bool { return d.Verdict == change.Refused }) {
			counts[StateRefused]++
		}
	}
	return counts
}

// unusual lists the names of a zone of which more is known than that they are asked for and there.
func (c *core) unusual(z *zoneState, moving map[dnsname.Name]bool) map[dnsname.Name]bool {
	out := maps.Clone(moving)
	for n := range z.decided {
		out[n] = true
	}
	for n := range z.parked {
		out[n] = true
	}
	for n := range z.progress {
		out[n] = true
	}
	for n := range z.queue.at {
		out[n] = true
	}
	for n := range c.window.names {
		if n.In(z.Name) {
			out[n] = true
		}
	}
	return out
}

// StateCount is how many names have come so far.
type StateCount struct {
	State State `json:"state"`
	Names int   `json:"names"`
}

// sortStates lists counts, sorted by state.
func sortStates(counts map[State]int) []StateCount {
	out := make([]StateCount, 0, len(counts))
	for s, n := range counts {
		out = append(out, StateCount{s, n})
	}
	slices.SortFunc(out, func(a, b StateCount) int { return cmp.Compare(a.State, b.State) })
	return out
}
