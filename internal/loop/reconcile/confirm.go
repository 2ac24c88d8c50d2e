// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"time"

	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/provider"
)

// confirmAfter is when a batch's receipt is asked about after it was applied: Route 53 is in sync within a minute, as a rule
// (GetChange), and three questions are all that a batch may cost.
var confirmAfter = [...]time.Duration{10 * time.Second, 30 * time.Second, 70 * time.Second} //nolint:gochecknoglobals // a constant in spirit

// unconfirmed is a batch of which we don't know yet whether every server of the service has it.
type unconfirmed struct {
	of      *delivery
	receipt provider.Receipt
	tries   int
}

// due is when to ask next.
func (u *unconfirmed) due() time.Time { return u.of.applied.Add(confirmAfter[u.tries]) }

// confirmLater remembers a receipt. It returns why there is nothing to ask: the provider can't tell, or may not.
func (a *account) confirmLater(d *delivery, r provider.Receipt) reason.Reason {
	const most = 1000 // batches that wait; more than a full publish of the largest zones makes at once
	_, can := a.provider.(provider.Confirmer)
	switch {
	case !can || r == "":
		return reason.New(reason.Unconfirmed, "the provider doesn't tell when its servers have a change")
	case a.mute:
		return reason.New(reason.Unconfirmed, "the account %s may not ask whether its servers have a change", a.name)
	case len(a.receipts) >= most:
		return reason.New(reason.Unconfirmed, "%d batches wait already to be asked about", most)
	}
	a.receipts = append(a.receipts, &unconfirmed{of: d, receipt: r})
	return reason.Reason{}
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
		c.start(a, job{zone: u.of.zone.Zone, confirm: &confirmJob{batch: u}})
		return never
	}
	return next
}

// finishConfirm enters an answer. A denied question isn't asked again: the first denial tells the user what it costs. What is in
// sync, or won't be known to be, is asked for over DNS.
func (c *core) finishConfirm(r result) {
	a, u, now := r.account, r.confirm.batch, time.Now()
	a.asking = false
	u.tries++
	switch {
	case r.err != nil && provider.ClassOf(r.err) == provider.Denied:
		c.silenced(a, r.err, now)
		return
	case r.err == nil && r.inSync:
		a.forget(u)
		c.Observe(InSync{Zone: u.of.zone.Zone, Receipt: u.receipt, Took: now.Sub(u.of.applied)})
		c.delivered(u.of, StateInSync, reason.Reason{}, now)
	case u.tries >= len(confirmAfter):
		a.forget(u)
		c.delivered(u.of, StateSent, reason.New(reason.Unconfirmed, "the provider hasn't said so within %s", confirmAfter[u.tries-1]), now)
	}
}

// silenced ends all questions about receipts of an account that may not ask them.
func (c *core) silenced(a *account, err error, now time.Time) {
	receipts := a.receipts
	a.mute, a.receipts = true, nil
	c.Observe(Unpermitted{Account: a.name, Action: optionalAction(a.provider, err), Err: err})
	for _, u := range receipts {
		c.delivered(u.of, StateSent, reason.New(reason.Unconfirmed, "the account %s may not ask whether its servers have a change", a.name), now)
	}
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
