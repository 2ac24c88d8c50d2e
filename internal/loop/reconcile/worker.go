// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"context"
	"errors"
	"fmt"
	"time"

	"nafuda.io/nafuda/internal/loop/limiter"
	"nafuda.io/nafuda/internal/memory/journal"
	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/spelling"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/provider"
)

// job is one call to a provider; result is what came of it. Exactly one of a job's parts is set.
type job struct {
	zone    zone.Zone
	of      *zoneState // that it is for, as the loop knows it; the worker leaves it alone. Nil: it isn't about a zone
	term    uint64     // in which it was made, see Permits
	read    *pageJob
	names   *namesJob
	apply   *applyJob
	confirm *confirmJob
	quota   *quotaJob
	mend    *mendJob
	list    bool
}

type (
	pageJob struct {
		cursor provider.Cursor
		asked  uint64 // the mirror's clock
	}
	namesJob struct {
		names []dnsname.Name
		asked uint64
	}
	confirmJob struct{ batch *unconfirmed }
	applyJob   struct {
		batch     change.Batch
		since     map[dnsname.Name]time.Time
		dryRun    bool
		entry     journal.ID  // in the journal, once the worker has written it
		claims    *claiming   // nil: no rows go along
		unclaimed []unclaimed // groups that were left out of the batch because of their rows
		// approved says that a person has released all of it.
		approved bool
		// save keeps what must be safe before the call; nil: nothing.
		save func(context.Context) error
		edit uint64 // of what is kept, which save makes safe
		// waits ends where the batch isn't to be sent after all, if its call hasn't begun.
		waits context.Context //nolint:containedctx // of the wait, not of the call
	}
)

type result struct {
	job
	account *account
	err     error
	called  bool // false: it came to no call
	undone  bool // it wasn't our turn any more, it was recalled, or the loop is to end: no call, and no fault
	took    time.Duration
	zones   []zone.Zone
	skipped []provider.SkippedZone
	page    provider.Page
	sets    []record.Set
	receipt provider.Receipt
	inSync  bool
	limit   int
	// unbegun is why the journal couldn't take a batch, which wasn't sent then; unended why it doesn't have the outcome.
	unbegun, unended error
	unkept           error // why what must be safe before the call isn't; the batch is sent all the same if it takes nothing away
}

// Apply is the operation of Called that sends a batch, Quota the one that asks how many record sets a zone may have.
const (
	Apply = "apply"
	Quota = "quota"
)

// operation names the call, for metrics and logs.
func (j job) operation() string {
	switch {
	case j.list:
		return "zones"
	case j.read != nil:
		return "records"
	case j.names != nil:
		return "names"
	case j.confirm != nil:
		return "insync"
	case j.quota != nil:
		return Quota
	case j.mend != nil:
		return "rows"
	default:
		return Apply
	}
}

func (j job) priority() limiter.Priority {
	switch {
	case j.apply != nil && j.apply.approved:
		return limiter.Approved
	case j.apply != nil || j.names != nil || j.quota != nil && j.quota.before:
		return limiter.User
	default:
		return limiter.Background
	}
}

// start runs a job in a goroutine of its own; its result comes back as a message. Who starts a job for a zone waits for its
// result before starting another: at most one call in flight a zone.
func (c *core) start(a *account, j job) {
	j.term, j.of = c.turn.term, c.zones[j.zone.Key]
	c.calls++
	if j.apply != nil {
		c.applies++
	}
	c.group.Go(func() error {
		r := c.do(a, j)
		select {
		case c.results <- r:
		case <-c.ended:
		}
		return nil
	})
}

// do makes the call of a job. It touches nothing of the core that ever changes.
func (c *core) do(a *account, j job) result {
	r := result{job: j, account: a}
	if j.apply != nil && j.apply.dryRun {
		return r
	}
	if r.unkept = j.prepare(c.ctx); r.unkept != nil && takes(j.apply.batch) {
		r.err = r.unkept
		return r
	}
	ctx, cancel, ok := c.admit(a, j)
	if !ok {
		r.undone = true
		return r
	}
	defer cancel()
	if !j.claim(ctx) {
		return r
	}
	if j.recalled() { // while its rows were written
		c.settle(j, unsent())
		r.undone = true
		return r
	}
	if r.unbegun = a.begin(j); r.unbegun != nil {
		r.err = r.unbegun
		c.settle(j, unsent())
		return r
	}
	begin := time.Now()
	r.err = callSafely(j, func() error { return a.call(ctx, &r) })
	r.took = time.Since(begin)
	if r.undone = a.gone(r); r.undone {
		return r
	}
	r.called = true
	r.unended = a.end(r)
	c.settle(j, r.err)
	a.limiter.Report(a.ctx, provider.ClassOf(r.err) == provider.Throttled && r.err != nil)
	return r
}

// gone reports whether a call that changes nothing has failed because the account has gone.
func (a *account) gone(r result) bool {
	return r.err != nil && a.ctx.Err() != nil && r.apply == nil && r.mend == nil
}

// call makes the call of a job.
func (a *account) call(ctx context.Context, r *result) (err error) {
	switch {
	case r.list:
		r.zones, r.skipped, err = a.list(ctx)
	case r.read != nil:
		r.page, err = a.provider.Records(ctx, r.zone, r.read.cursor)
	case r.names != nil:
		r.sets, err = a.readNames(ctx, r.job)
	case r.confirm != nil:
		r.inSync, err = a.provider.(provider.Confirmer).InSync(ctx, r.confirm.batch.receipt) // confirmLater has looked
	case r.quota != nil:
		r.limit, err = a.provider.(provider.QuotaReader).Quota(ctx, r.zone) // measure has looked
	case r.mend != nil:
		err = r.mend.run(ctx)
	case r.apply != nil:
		r.receipt, err = a.provider.Apply(ctx, r.zone, r.apply.batch)
	}
	return err
}

// claim writes the rows that the batch of a job needs, if it has one, and leaves groups out whose rows can't be had. It reports whether
// there is something to call for.
func (j job) claim(ctx context.Context) bool {
	if j.apply == nil || j.apply.claims == nil {
		return true
	}
	j.apply.batch, j.apply.unclaimed = j.apply.claims.begin(ctx, j.apply.batch)
	return len(j.apply.batch.Groups) > 0
}

// recalled reports whether the batch of a job, if it has one, isn't to be sent after all.
func (j job) recalled() bool { return j.apply != nil && j.apply.waits.Err() != nil }

// unsent stands for the outcome of a batch that was never sent.
func unsent() error {
	return &provider.Error{Class: provider.Unavailable, Err: errors.New("it wasn't sent")}
}

// settle writes the rows of the batch of a job by what came of it, as long as it is our turn: whoever has it then brings rows in order.
func (c *core) settle(j job, err error) {
	if j.apply == nil || j.apply.claims == nil {
		return
	}
	deadline, ok := c.deadline(j)
	if !ok {
		j.apply.claims.left = true
		return
	}
	ctx, cancel := context.WithDeadline(c.batches, deadline)
	defer cancel()
	j.apply.claims.end(ctx, j.apply.batch, err)
}

// prepare makes safe what must be before the call.
func (j job) prepare(ctx context.Context) error {
	if j.apply == nil || j.apply.save == nil {
		return nil
	}
	return j.apply.save(ctx)
}

// admit waits until the call of a job may be made and returns its context; ok is false where it isn't our turn, the batch was
// recalled, or the loop is to end.
func (c *core) admit(a *account, j job) (ctx context.Context, cancel context.CancelFunc, ok bool) {
	waits := a.ctx
	if j.apply != nil {
		waits = j.apply.waits
	}
	if err := a.limiter.Wait(waits, j.priority()); err != nil || waits.Err() != nil {
		return nil, nil, false
	}
	deadline, ok := c.deadline(j)
	if !ok {
		return nil, nil, false
	}
	switch ctx = a.ctx; {
	case j.apply != nil:
		ctx = c.batches
	case j.mend != nil:
		ctx = c.ctx
	}
	ctx, cancel = context.WithDeadline(ctx, deadline)
	return ctx, cancel, true
}

// list lists the zones, and where the provider tells, those that its options leave out.
func (a *account) list(ctx context.Context) (used []zone.Zone, skipped []provider.SkippedZone, err error) {
	if x, ok := a.provider.(provider.ZoneExplainer); ok {
		return x.ExplainZones(ctx)
	}
	used, err = a.provider.Zones(ctx)
	return used, nil, err
}

var errCantReadNames = errors.New("the provider can't read single names")

func (a *account) readNames(ctx context.Context, j job) ([]record.Set, error) {
	reader, ok := a.provider.(provider.NameReader)
	if !ok {
		return nil, fmt.Errorf("read %s: %w", spelling.Count(len(j.names.names), "name"), errCantReadNames)
	}
	return reader.Names(ctx, j.zone, j.names.names)
}
