// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"path"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"nafuda.io/nafuda/internal/feed/kube"
	"nafuda.io/nafuda/internal/loop/reconcile"
	"nafuda.io/nafuda/internal/memory/journal"
	"nafuda.io/nafuda/internal/ops/control"
	"nafuda.io/nafuda/internal/ops/metrics"
	"nafuda.io/nafuda/internal/ops/status"
	"nafuda.io/nafuda/internal/wan"
)

// Run runs the controller with checked options until the context ends, or with --once until all is done. Whatever it is at when the
// context ends, it returns nil within five seconds.
func Run(ctx context.Context, o Options, v Version, log *slog.Logger) error {
	collectOften()
	err := begin(ctx, o, v, log)
	if ctx.Err() != nil && errors.Is(err, context.Canceled) { // it was told to end while it started
		return nil
	}
	return err
}

// begin puts a controller together and runs it.
func begin(ctx context.Context, o Options, v Version, log *slog.Logger) error {
	j, err := o.openJournal(log)
	if err != nil {
		return err
	}
	defer closeJournal(j, log)
	zones, err := o.openZones(ctx, log)
	if err != nil {
		return err
	}
	defer zones.close()
	lease, err := o.lease(v, log)
	if err != nil {
		return err
	}
	p := &program{options: o, version: v, log: log, metrics: metrics.New(o.Metrics.Legacy), journal: j, zones: zones, lease: lease}
	if err := p.assemble(ctx); err != nil {
		return err
	}
	return p.run(ctx)
}

// program is a controller that is put together.
type program struct {
	options Options
	version Version
	log     *slog.Logger
	logs    *logger
	metrics *metrics.Metrics
	journal *journal.Journal // nil in a dry run
	zones   *ownZones        // nil: we serve none
	lease   *kube.Lease      // nil: there is no election
	loop    *reconcile.Loop
	events  *kube.Events // nil: none are written
	wan     *wan.Watcher // nil: nobody looks for the public address

	providers atomic.Pointer[map[string]string] // by account
	reload    *reloader                         // nil: nothing is read again
}

// assemble makes the loop, which tells logs, metrics and Events what happens.
func (p *program) assemble(ctx context.Context) error {
	m, o := p.metrics, &p.options
	m.Build(p.version.Number, p.version.Revision)
	m.Leader(p.lease == nil)
	p.watchRequests(o)
	p.logs = newLogger(p.log, o)
	meters := &meter{metrics: m, provider: p.providerOf}
	observe := func(e reconcile.Event) {
		p.logs.observe(e)
		meters.observe(e)
		p.zones.observe(e)
	}
	to, err := o.publishing(ctx, nil)
	if err != nil {
		return err
	}
	if p.loop, err = o.publish(to, p.version, p.log, observe, p.adjust); err == nil {
		p.reload = p.newReloader(to)
	}
	return err
}

// watchRequests has ExternalDNS's metric of HTTP requests measure those of all views.
func (p *program) watchRequests(o *Options) {
	if !o.Metrics.Legacy {
		return
	}
	observe := func(r *http.Request, status int, took time.Duration) {
		p.metrics.Request(r.URL.Scheme, r.URL.Host, path.Base(r.URL.Path), r.Method, status, took)
	}
	o.Publish.AWS.Observe = observe
	for i := range o.Views {
		o.Views[i].Publish.AWS.Observe = observe
	}
}

// providerOf is the provider of an account. It is called from the loop's goroutine.
func (p *program) providerOf(account string) string { return (*p.providers.Load())[account] }

// adjust gives the loop what only a controller has.
func (p *program) adjust(c *reconcile.Config) {
	p.wan = watcher(c.Facts)
	p.events = p.options.tellEvents(c, leads(p.lease))
	c.Journal = p.journal
	p.providers.Store(providersOf(c.Accounts))
	c.Verifier = p.options.verifierAt(p.zones.addresses())
	if p.lease == nil {
		return
	}
	c.Permits = p.lease
	if c.Keeper == nil {
		c.Keeper = p.lease.Keeper()
	}
}

// run runs the loop and what serves people beside it, until the loop ends.
func (p *program) run(outer context.Context) error {
	commands, err := p.options.listen(outer, p.log)
	if err != nil {
		return err
	}
	p.logs.start(p.version)
	group, ctx := errgroup.WithContext(outer)
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	pages, err := p.listenForPages(ctx)
	if err != nil {
		return err
	}
	if pages != nil {
		about := extras{config: p.reload.state, wan: p.wan, zones: p.zones, full: p.journal.Full}
		group.Go(func() error { return status.Serve(ctx, pages, handlers(ctx, p.loop, p.metrics, p.events, about)) })
	}
	p.zones.run(ctx, group)
	group.Go(func() error {
		p.events.Run(ctx)
		return nil
	})
	group.Go(func() error {
		p.reload.run(ctx)
		return nil
	})
	group.Go(func() error {
		return control.Serve(ctx, commands, control.Instance{
			Loop: p.loop, Journal: p.journal, Why: p.options.whyOf(p.loop), Standby: standby(p.lease), Version: p.version.Number,
			Config: p.reload.state, WAN: p.wan.Status,
		})
	})
	group.Go(func() error {
		defer stop()
		return lead(ctx, p.lease, p.loop, p.log)
	})
	if err := waitFor(outer, group, p.log); err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// listenForPages opens the address of the status pages; nil: there is none.
func (p *program) listenForPages(ctx context.Context) (net.Listener, error) {
	address := p.options.Status.Address
	if address == "" {
		return nil, nil //nolint:nilnil // no listener is an answer
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen on --metrics-address=%s: %w", address, err)
	}
	p.log.Info("serving /metrics, /healthz, /readyz and /status.json", "address", l.Addr().String()) // with port 0 the system chose one
	return l, nil
}

func providersOf(accounts []reconcile.Account) *map[string]string {
	out := make(map[string]string, len(accounts))
	for _, a := range accounts {
		out[a.Name] = a.Provider.Describe().Name
	}
	return &out
}
