// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"slices"

	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/provider"
)

// bisection finds the bad group of a refused batch with at most log2 n calls, and one more for the good ones.
//
//	sent        answer    then
//	half        taken     the other half has the culprit
//	half        refused   it has the culprit; the other half is taken for good and waits
//	one group   known     is parked
//	the rest              is sent together, last
//
// A batch that is denied may be so for one name of it, or for the whole zone. Until a half is taken nobody knows, so both halves are tried
// first; see core.denied.
type bisection struct {
	suspects []change.Group // one of them is bad
	other    []change.Group // the half that isn't in flight
	good     []change.Group // taken for good; sent last
	why      reason.Reason  // what the provider said last
	trial    bool           // nothing has been taken, and the batch was denied
	second   bool           // of a trial: the second half is in flight
}

func (b *bisection) empty() bool { return len(b.suspects) == 0 && len(b.good) == 0 }

// has reports whether a group of the name waits.
func (b *bisection) has(n dnsname.Name) bool {
	for _, list := range [][]change.Group{b.suspects, b.other, b.good} {
		if slices.ContainsFunc(list, func(g change.Group) bool { return g.Name == n }) {
			return true
		}
	}
	return false
}

// drop leaves out the groups of names that are dirty again: what was planned for them may be wrong by now. The culprit may be among
// them, so one suspect that is left may be good.
func (b *bisection) drop(dirty func(dnsname.Name) bool) {
	is := func(g change.Group) bool { return dirty(g.Name) }
	if slices.ContainsFunc(b.suspects, is) {
		b.suspects = slices.DeleteFunc(slices.Clone(b.suspects), is)
		if len(b.suspects) == 1 {
			b.good, b.suspects = slices.Concat(b.good, b.suspects), nil
		}
	}
	b.good = slices.DeleteFunc(slices.Clone(b.good), is)
}

// begin starts with a batch that was refused as a whole.
func (b *bisection) begin(groups []change.Group) { b.suspects = groups }

// take returns what to send next.
func (b *bisection) take() change.Batch {
	if b.trial && len(b.other) > 0 {
		b.suspects, b.other, b.second = b.other, b.suspects, true
		return change.Batch{Groups: b.suspects}
	}
	if len(b.suspects) < 2 {
		groups := b.good
		*b = bisection{}
		return change.Batch{Groups: groups}
	}
	half := len(b.suspects) / 2
	b.other = b.suspects[half:]
	b.suspects = b.suspects[:half:half]
	return change.Batch{Groups: b.suspects}
}

// accepted says that what take returned was taken: the other half has the culprit.
func (b *bisection) accepted() { b.suspects, b.other, b.trial, b.second = b.other, nil, false, false }

// all returns every group that isn't settled yet.
func (b *bisection) all() []change.Group { return slices.Concat(b.suspects, b.other, b.good) }

// refused says that what take returned was refused.
func (b *bisection) refused() {
	b.good = slices.Concat(b.good, b.other)
	b.other = nil
}

// culprit returns the bad group once it stands alone.
func (b *bisection) culprit() (change.Group, bool) {
	if len(b.suspects) != 1 {
		return change.Group{}, false
	}
	g := b.suspects[0]
	b.suspects = nil
	return g, true
}

// sendPart sends the next part of a refused batch. It returns false where nothing of it is left.
func (z *zoneState) sendPart(c *core) bool {
	z.bisect.drop(func(n dnsname.Name) bool {
		_, coming := c.window.hasFor(z, n)
		return coming || z.queue.has(n)
	})
	if z.bisect.empty() {
		return false
	}
	z.send(c, z.bisect.take(), applyJob{})
	return true
}

// rejected parks the bad names of a refused batch and sends the others.
func (c *core) rejected(z *zoneState, batch change.Batch, detail *provider.Error, err error) {
	why := reason.New(reason.Rejected, "the provider refuses it: %s", err)
	if detail != nil && detail.Guardrail {
		why.Code = reason.Guardrail
	}
	if bad := culprits(batch, detail); len(bad) > 0 && len(bad) < len(batch.Groups) {
		for _, g := range bad {
			c.park(z, g.Name, why)
		}
		rest := slices.DeleteFunc(slices.Clone(batch.Groups), func(g change.Group) bool {
			return slices.ContainsFunc(bad, func(b change.Group) bool { return b.Name == g.Name })
		})
		z.bisect = bisection{good: slices.Concat(rest, z.bisect.good, z.bisect.other)}
		return
	}
	if !z.bisect.empty() {
		z.bisect.refused()
	} else if z.refusedAgain(len(batch.Groups)) {
		z.requeue(batch)
		return
	} else {
		z.bisect.begin(batch.Groups)
	}
	z.bisect.why = why
	c.parkCulprit(z)
}

// refusedAgain counts batches that were refused as a whole with none taken since. Where there are many bad names, finding them one by one would cost
// a bisection each: then batches get smaller instead, down to single names, which cost one call each. It reports whether the batch is to be sent in
// smaller ones.
func (z *zoneState) refusedAgain(groups int) bool {
	const (
		patience = 2  // bisections
		most     = 10 // that are remembered, so that batches grow again soon
	)
	z.refusals = min(z.refusals+1, most)
	if z.refusals <= patience || groups == 1 {
		return false
	}
	z.most = max(groups/4, 1)
	return true
}

// tookBatch lets batches grow again.
func (z *zoneState) tookBatch() {
	z.refusals = max(z.refusals-1, 0)
	if z.most *= 2; z.refusals == 0 {
		z.most = 0
	}
}

// parkCulprit parks the bad group if it stands alone.
func (c *core) parkCulprit(z *zoneState) {
	if g, alone := z.bisect.culprit(); alone {
		c.park(z, g.Name, z.bisect.why)
	}
}
