// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"context"
	"errors"
	"fmt"
	"time"

	"nafuda.io/nafuda/internal/memory/journal"
	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/provider"
)

// errUnwritten is why a batch isn't sent that the journal doesn't take.
var errUnwritten = errors.New("send nothing that can't be undone")

// begin writes the batch of a job, if it has one, into the journal, on the worker's goroutine: it may wait for the disk. Where it fails the batch isn't sent.
func (a *account) begin(j job) error {
	if a.journal == nil || j.apply == nil {
		return nil
	}
	id, err := a.journal.Begin(journal.Intent{
		Time: time.Now(), Zone: j.zone.Key, ZoneName: j.zone.Name, View: viewOf(j.apply.batch), Batch: j.apply.batch,
	})
	if err != nil {
		return fmt.Errorf("%w: %w: make room in --state-dir and look after its disk; it is tried again", errUnwritten, err)
	}
	j.apply.entry = id
	return nil
}

// end writes what came of a batch that begin wrote. The error is for people: there is nothing to be done about it.
func (a *account) end(r result) error {
	if a.journal == nil || r.apply == nil {
		return nil
	}
	out := journal.Outcome{Time: time.Now(), State: journal.Applied, Receipt: string(r.receipt)}
	if r.err != nil {
		out.State, out.Err = outcomeOf(r.err), r.err.Error()
	}
	return a.journal.End(r.apply.entry, out)
}

// outcomeOf tells whether a failed call has changed nothing. Only an error that a provider has classified can say so, and none of a
// call that was cut off.
func outcomeOf(err error) journal.State {
	detail, classified := errors.AsType[*provider.Error](err)
	if !classified || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return journal.Uncertain
	}
	switch detail.Class {
	case provider.Throttled, provider.Stale, provider.Rejected, provider.Full, provider.Denied, provider.Unavailable:
		return journal.Refused
	default:
		return journal.Uncertain
	}
}

// viewOf is the view that all changes of a batch are made for; empty where they are for several. Each change names its own.
func viewOf(b change.Batch) string {
	view := ""
	for i, ch := range b.Changes() {
		if i > 0 && ch.View != view {
			return ""
		}
		view = ch.View
	}
	return view
}
