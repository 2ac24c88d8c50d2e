// SPDX-License-Identifier: Apache-2.0

// Package reconcile is the loop: it takes what feeds bring, remembers it, and brings every zone, name by name, to what is wanted.
//
// One goroutine owns all memory; feeds, timers and zone workers send it messages. A change of an object and a resync take the
// same path: a name becomes dirty, waits for its window, is planned and sent.
package reconcile

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"nafuda.io/nafuda/internal/decide/guard"
	"nafuda.io/nafuda/internal/decide/view"
	"nafuda.io/nafuda/internal/feed"
	"nafuda.io/nafuda/internal/memory/journal"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/provider"
	"nafuda.io/nafuda/internal/registry"
	"nafuda.io/nafuda/internal/source"
)

// Options say when the loop does what.
type Options struct {
	Interval time.Duration `name:"interval" default:"5m" help:"How often the zones' record counts are compared with ours: one call. Less than 10s counts as 10s; changes of objects don't wait for it."`
	Resync   time.Duration `name:"resync-interval" default:"2h" help:"How long a full read of a zone takes, spread by page."`
	Once     bool          `name:"once" negatable:"" help:"Do what is to do now, then exit."`
	DryRun   bool          `name:"dry-run" negatable:"" help:"Log what would change, change nothing."`
	Rate     float64       `name:"aws-api-rate" default:"5" help:"Route 53 calls a second and account, at most. The service allows 10 for all who use the account."`
	Approve  []string      `name:"approve" sep:"none" placeholder:"HASH" help:"Release what the brake of a zone holds if it is exactly what was shown under this hash. Repeatable; for runs with --once, which nafuda approve can't reach."`
	Burst    int           `name:"aws-api-burst" default:"10" help:"Route 53 calls that may come at once."`
}

// Check returns every mistake in the options.
func (o Options) Check() error {
	var errs []error
	if o.Interval <= 0 {
		errs = append(errs, fmt.Errorf("--interval=%s: must be more than 0s", o.Interval))
	}
	if o.Resync < time.Minute {
		errs = append(errs, fmt.Errorf("--resync-interval=%s: must be at least 1m", o.Resync))
	}
	if o.Rate < 0.1 || o.Rate > 1000 {
		errs = append(errs, fmt.Errorf("--aws-api-rate=%g: must be from 0.1 to 1000", o.Rate))
	}
	if o.Burst < 1 || o.Burst > 10000 {
		errs = append(errs, fmt.Errorf("--aws-api-burst=%d: must be from 1 to 10000", o.Burst))
	}
	for _, h := range o.Approve {
		if !guard.IsHash(h) {
			errs = append(errs, fmt.Errorf("--approve=%q: must be a hash of 24 hexadecimal digits, as the log and the status show it", h))
		}
	}
	return errors.Join(errs...)
}

// shortestInterval is how often the record counts are compared at most: arguments that were written for a poller poll no faster.
const shortestInterval = 10 * time.Second

// View is one place to publish to.
type View struct {
	Spec     view.Spec
	Registry registry.Registry // unless claims are rows of Store
	Store    registry.Store
	Owner    string   // of the rows of Store
	Accounts []string // names of the accounts whose zones it uses
	// Zones narrows these: whether it uses a zone. Nil: all of them. It is called from the loop's goroutine, and gives the same
	// answer for the same zone.
	Zones func(zone.Zone) bool
}

// reaches reports whether the view uses zones of an account.
func (v View) reaches(account string) bool { return slices.Contains(v.Accounts, account) }

// uses reports whether the view publishes to a zone.
func (v View) uses(z *zoneState) bool {
	return v.reaches(z.account.name) && (v.Zones == nil || v.Zones(z.Zone))
}

// Account is one account at a provider.
type Account struct {
	Name     string
	Provider provider.Provider
}

// Config is what the loop works with. It isn't changed while the loop runs.
type Config struct {
	Options
	Sources  []source.Source
	Kinds    []source.Kind
	Feed     feed.Feed
	Accounts []Account
	Views    []View
	Guard    guard.Options
	Journal  *journal.Journal // nil: nothing is recorded
	Keeper   Keeper           // nil: nothing outlives the process
	Permits  Permits          // nil: it is always our turn
	Verifier Verifier         // nil: nobody asks DNS
	Facts    Facts            // nil: facts stay unknown
	// Jitter draws from [0, n), so that what failed together isn't tried again together; nil: at random. It may be called from
	// several goroutines.
	Jitter func(n time.Duration) time.Duration
	// Observe is told what happens, from the loop's goroutine; it must not block.
	Observe func(Event)
}

// Loop is a configured loop.
type Loop struct {
	config Config
	asks   chan func(*core) // requests to look at the memory, run by the goroutine that owns it
}

// New returns a loop that Run starts.
func New(c Config) *Loop {
	if c.Observe == nil {
		c.Observe = func(Event) {}
	}
	if c.Jitter == nil {
		c.Jitter = rand.N[time.Duration]
	}
	c.Interval = max(c.Interval, shortestInterval)
	return &Loop{config: c, asks: make(chan func(*core))}
}

// ErrIncomplete is returned by Run with Once where something could not be done.
var ErrIncomplete = errors.New("not everything could be done")

// Run works until the context ends, or with Once until there is nothing left to do. It returns nil in both cases, else what makes
// going on senseless. After the context's end it starts nothing more and lets batches under way come to their end, for some seconds;
// ErrCutOff then says that one didn't.
func (l *Loop) Run(ctx context.Context) error { return l.run(ctx, nil) }

func (l *Loop) run(ctx context.Context, order *undoOrder) error {
	config := l.config
	if order != nil {
		config.Once, config.DryRun = true, config.DryRun || order.hash == ""
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	group, ctx := errgroup.WithContext(ctx)
	c := newCore(ctx, config, group)
	c.order = order
	group.Go(func() error { return l.config.Feed.Run(ctx, c.want, c.feeds) })
	group.Go(c.runFacts)
	c.tell = l.asks
	var failed error // why the loop itself ended: the feed, which ends because of that, may be the first to say so
	group.Go(func() error {
		defer cancel()
		failed = c.run(l.asks)
		return failed
	})
	first := group.Wait()
	if errors.Is(failed, ErrCutOff) {
		return failed
	}
	for _, err := range []error{failed, first} {
		if err != nil && !errors.Is(err, context.Canceled) {
			return err
		}
	}
	return nil
}

// ask runs f in the loop's goroutine and waits for it.
func (l *Loop) ask(ctx context.Context, f func(*core)) error {
	done := make(chan struct{})
	select {
	case l.asks <- func(c *core) { f(c); close(done) }:
	case <-ctx.Done():
		return fmt.Errorf("ask the loop: %w", ctx.Err())
	}
	<-done
	return nil
}
