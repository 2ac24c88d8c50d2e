// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"slices"
	"time"

	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
)

// listPatience is how long a new name waits for an account whose zones nobody knows yet. Zones are listed in less, credentials included.
const listPatience = 3 * time.Second

// knowing is what is known of the accounts whose zones may be longer than one: a name goes into the longest zone above it, which may be in
// any account that a view of the zone uses. See docs/decisions/0017.
type knowing int

const (
	unheard knowing = iota // one of them hasn't answered yet
	late                   // nor has it for a while
	heard                  // all have been listed, or couldn't be
)

// knows tells what is known of the accounts that matter to a zone, and while one is awaited, when it is late.
func (c *core) knows(z *zoneState, now time.Time) (knowing, time.Time) {
	state, next := heard, never
	for _, a := range c.accounts {
		if a.listed || a.backoff.tries > 0 || !slices.ContainsFunc(z.views, func(v *zoneView) bool { return v.reaches(a.name) }) {
			continue
		}
		if at := a.asks.Add(listPatience); now.Before(at) {
			state, next = unheard, earlier(next, at)
		} else {
			state = min(state, late)
		}
	}
	return state, next
}

// accountsKnown reports whether no account is awaited that matters to a zone.
func (c *core) accountsKnown(z *zoneState) bool {
	state, _ := c.knows(z, time.Now())
	return state == heard
}

// stays reports whether a group may be sent though a longer zone than this one may turn up: it takes nothing away, and the name stays here
// whatever turns up, or stands here already, or, once the account is late, isn't delegated, so that a longer zone would answer nobody.
func (z *zoneState) stays(c *core, g change.Group, r rank) bool {
	switch k, _ := c.knows(z, time.Now()); {
	case k == heard:
		return true
	case r != comes:
		return false
	case z.Private, g.Name == z.Name, c.owns(z, g.Name):
		return true
	default:
		return k == late && !z.delegates(g.Name)
	}
}

// delegates reports whether a name lies below a delegation of the zone, or may do so where the provider doesn't list them.
func (z *zoneState) delegates(n dnsname.Name) bool {
	if !slices.Contains(z.account.provider.Describe().Types, record.NS) {
		return true
	}
	for at := n; at != z.Name; at = at.Parent() {
		if slices.ContainsFunc(z.mirror.At(at), func(s record.Set) bool { return s.Type == record.NS }) {
			return true
		}
	}
	return false
}

// vain is a look at the queue that found nothing to send, because of accounts that are awaited: it needn't be repeated.
type vain struct {
	known knowing
	queue uint64
}

// sendKnown sends what is dirty and may go by what is known of the accounts.
func (z *zoneState) sendKnown(c *core, now time.Time) bool {
	k, _ := c.knows(z, now)
	if k != heard && z.vain == (vain{k, z.queue.pushed}) {
		return false
	}
	if z.sendDirty(c, now) {
		return true
	}
	z.vain = vain{k, z.queue.pushed}
	return false
}
