// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"log/slog"
	"path/filepath"
	"slices"

	"golang.org/x/sync/errgroup"

	"nafuda.io/nafuda/internal/loop/reconcile"
	"nafuda.io/nafuda/internal/ops/metrics"
	"nafuda.io/nafuda/internal/provider/local"
)

// ownZones are the zones that this process serves itself, and what answers for them. The nil value is none.
type ownZones struct {
	served *local.Served
	dns    *local.Listener // nil: nobody is answered
	log    *slog.Logger
}

// servesZones reports whether a view publishes to zones of this process.
func (o *Options) servesZones() bool { return slices.ContainsFunc(o.views(), ViewOptions.isLocal) }

// servesOnly reports whether all views do.
func (o *Options) servesOnly() bool {
	return !slices.ContainsFunc(o.views(), func(v ViewOptions) bool { return !v.isLocal() })
}

func (o ViewOptions) isLocal() bool { return o.Provider == local.Name }

// zonesDir is the folder of the files of zones that we serve; empty: there are none.
func (o *Options) zonesDir() string {
	if o.StateDir == "" {
		return ""
	}
	return filepath.Join(o.StateDir, "zones")
}

// own are the options of the zones that we serve.
func (o *Options) own() local.Options {
	own := o.Own
	own.Dir = o.zonesDir()
	return own
}

// openZones reads the zones that we serve and gives them to the providers. Unless nothing may change, their files are ours from now on;
// unless the run ends by itself, it listens for questions too.
func (o *Options) openZones(ctx context.Context, log *slog.Logger) (*ownZones, error) {
	if !o.servesZones() && (o.Config == "" || len(o.Own.Zones) == 0) { // a view of a file may come to publish to them
		return nil, nil //nolint:nilnil // no zones is an answer
	}
	served, err := local.Open(o.own(), log)
	if err != nil {
		return nil, err
	}
	o.served = served
	if o.Loop.DryRun {
		return nil, nil //nolint:nilnil // nothing is to be kept or answered
	}
	if o.StateDir == "" {
		log.Warn("the zones that we serve don't outlive this process: give --state-dir, or after a restart they answer nothing until the objects are read")
	}
	if err := served.Start(); err != nil {
		return nil, err
	}
	z := &ownZones{served: served, log: log}
	if !o.Loop.Once {
		z.dns, err = served.Listen(ctx)
	}
	return z, err
}

// run answers and writes until the context ends.
func (z *ownZones) run(ctx context.Context, group *errgroup.Group) {
	if z == nil {
		return
	}
	group.Go(func() error {
		z.served.Run(ctx)
		return nil
	})
	if z.dns != nil {
		group.Go(func() error { return z.dns.Serve(ctx) })
	}
}

// observe has a zone answer in full once what the objects ask for is in it.
func (z *ownZones) observe(e reconcile.Event) {
	if s, ok := e.(reconcile.ZoneSettled); ok && z != nil {
		z.served.Filled(s.Zone.Key)
	}
}

// close writes what isn't written yet, after the loop's end.
func (z *ownZones) close() {
	if z == nil {
		return
	}
	if err := z.served.Close(); err != nil {
		z.log.Warn("the last edits of the zones that we serve may be missing after a restart", "err", err)
	}
}

// addresses are where our own answers can be asked for; none: nobody is answered.
func (z *ownZones) addresses() []string {
	if z == nil || z.dns == nil {
		return nil
	}
	return z.dns.Addresses()
}

// enter sets the metrics of the name server.
func (z *ownZones) enter(m *metrics.Metrics) {
	if z == nil || z.dns == nil {
		return
	}
	server := z.dns.Server()
	s := server.Stats()
	now := metrics.DNS{
		Answers:   map[string]map[string]int{"udp": {}, "tcp": {}},
		Limited:   map[string]int{"dropped": int(s.Dropped), "truncated": int(s.Shortened)},
		Transfers: map[string]int{"axfr": int(s.Transfers), "ixfr": int(s.Incremental), "refused": int(s.Refused), "broken": int(s.Broken)},
		Notifies:  map[string]int{"acknowledged": int(s.Notified), "refused": int(s.Unwilling), "failed": int(s.Silent)},
		Serials:   make(map[string]uint32),
	}
	for _, a := range server.Answered() {
		now.Answers[a.Transport][a.Code] = int(a.N)
	}
	for _, of := range server.Serials() {
		now.Serials[of.Zone] = of.Serial
	}
	m.DNS(now)
}
