// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"time"

	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/provider"
)

// confirmAfter is when a batch's receipt is asked about after it was applied: Route 53 is in sync within a minute, as a rule
// (GetChange), and three questions are all that a batch may cost.
var confirmAfter = [...]time.Duration{10 * time.Second, 30 * time.Second, 70 * time.Second} //nolint:gochecknoglobals // a constant in spirit

// unconfirmed is a batch of which we don't know yet whether every server of the service has it.
type unconfirmed struct {
	zone    zone.Zone
	receipt provider.Receipt
	applied time.Time
	tries   int
}

// due is when to ask next.
func (u *unconfirmed) due() time.Time { return u.applied.Add(confirmAfter[u.tries]) }

// confirmLater remembers a receipt. Where the provider can't tell, or may not, there is nothing to ask.
func (a *account) confirmLater(z zone.Zone, r provider.Receipt, now time.Time) {
	const most = 1000 // batches that wait; more than a full publish of the largest zones makes at once
	if _, can := a.provider.(provider.Confirmer); !can || a.mute || r == "" || len(a.receipts) >= most {
		return
	}
	a.receipts = append(a.receipts, &unconfirmed{zone: z, receipt: r, applied: now})
}

// confirm asks about a receipt that is due, one at a time: a zone's own read must not wait for a permit behind hundreds of questions,
// and a person's change behind that. It tells when the next one is due. The questions don't hold up the zone's writes.
func (a *account) confirm(c *core, now time.Time) time.Time {
	next := never
	if a.asking {
		return next
	}
	for _, u := range a.receipts {
		if now.Before(u.due()) {
			next = earlier(next, u.due())
			continue
		}
		a.asking = true
		c.start(a, job{zone: u.zone, confirm: &confirmJob{batch: u}})
		return never
	}
	return next
}

// finishConfirm enters an answer. A denied question isn't asked again: the first denial tells the user what it costs.
func (c *core) finishConfirm(r result) {
	a, u := r.account, r.confirm.batch
	a.asking = false
	u.tries++
	switch {
	case r.err != nil && provider.ClassOf(r.err) == provider.Denied:
		a.mute, a.receipts = true, nil
		c.Observe(Unpermitted{Account: a.name, Action: optionalAction(a.provider, r.err), Err: r.err})
		return
	case r.err == nil && r.inSync:
		c.Observe(InSync{Zone: u.zone, Receipt: u.receipt, Took: time.Since(u.applied)})
	case u.tries < len(confirmAfter):
		return
	}
	a.forget(u)
}

func (a *account) forget(u *unconfirmed) {
	for i, other := range a.receipts {
		if other == u {
			a.receipts = append(a.receipts[:i], a.receipts[i+1:]...)
			return
		}
	}
}

// optionalAction finds the description of the action that an error says is missing.
func optionalAction(p provider.Provider, err error) provider.Action {
	for _, act := range p.Describe().Actions {
		if act.Optional && act.Name == provider.ActionOf(err) {
			return act
		}
	}
	return provider.Action{Name: provider.ActionOf(err), Optional: true}
}
