// SPDX-License-Identifier: Apache-2.0

// Package app puts the program together: the only place where concrete sources, feeds, providers and registries meet.
package app

import (
	"errors"
	"fmt"
	"sync/atomic"

	"nafuda.io/nafuda/internal/decide/guard"
	"nafuda.io/nafuda/internal/feed/given"
	"nafuda.io/nafuda/internal/feed/kube"
	"nafuda.io/nafuda/internal/feed/manifest"
	"nafuda.io/nafuda/internal/feed/resolver"
	"nafuda.io/nafuda/internal/loop/reconcile"
	"nafuda.io/nafuda/internal/memory/journal"
	"nafuda.io/nafuda/internal/ops/control"
	"nafuda.io/nafuda/internal/ops/metrics"
	"nafuda.io/nafuda/internal/ops/probe"
	"nafuda.io/nafuda/internal/ops/status"
	"nafuda.io/nafuda/internal/provider/local"
	sources "nafuda.io/nafuda/internal/source/all"
	"nafuda.io/nafuda/internal/wan"
)

// Options are all that a run is configured with: the options of the packages that it is made of.
type Options struct {
	Use []string `name:"source" sep:"none" placeholder:"NAME" help:"A source of names: service, ingress, gateway-httproute (and gateway-grpcroute, -tlsroute, -tcproute, -udproute), or static: the names of --static. Repeatable; at least one."`

	// ViewOptions are the one view that flags make. They don't count where a file gives Views.
	ViewOptions `embed:""`

	Config    string `name:"config" file:"" placeholder:"FILE" help:"A YAML file that says what the flags say, for several views in one process: docs/config.md. Flags that aren't of one view may stand beside it and win; it is read again when it changes."`
	LogLevel  string `name:"log-level" enum:"panic,fatal,error,warning,info,debug,trace" default:"info" help:"Least level of logged lines."`
	StateDir  string `name:"state-dir" placeholder:"DIR" help:"A folder for what has to outlive a restart: the journal, which names are undone, and what the brake has let go within the hour. Without it the last 1,000 entries of the journal are in memory, and the rest is kept in the Lease; with neither, at most --max-deletes names of a zone may go in the first hour."`
	LogFormat string `name:"log-format" enum:"text,json" default:"text" help:"Format of logged lines: text, as ExternalDNS writes them, or json."`

	// Views are those of the file of --config.
	Views []ViewOptions `kong:"-" config:"views" help:"The places to publish to, each with the keys of its own."`
	// Reread reads the command line and the file again; nil: nothing is read again.
	Reread func() (Options, []error) `kong:"-"`
	// live are Views as they were read last; nil: they are never read again.
	live *atomic.Pointer[[]ViewOptions]
	// served are the zones that we serve, once they are open; nil: who only looks reads them as they were written last.
	served *local.Served
	// static gives the names of --static; nil: no source reads them.
	static *given.Feed
	// Local is the address of an emulator to use as the account, instead of what files and environment say.
	Local string `kong:"-"`
	// Resolve asks for addresses of host names in place of the system's resolver; nil: that one does.
	Resolve resolver.Lookup `kong:"-"`

	Loop    reconcile.Options `embed:""`
	Guard   guard.Options     `embed:""`
	Sources sources.Options   `embed:""`
	Kube    kube.Options      `embed:""`
	Lease   kube.LeaseOptions `embed:""`
	Files   manifest.Options  `embed:""`
	Journal journal.Options   `embed:""`
	Status  status.Options    `embed:""`
	Metrics metrics.Options   `embed:""`
	Control control.Options   `embed:""`
	Probe   probe.Options     `embed:""`
	WAN     wan.Options       `embed:""`
	Own     local.Options     `embed:""` // the zones that we serve, whichever views publish to them
}

// Counts reports whether a field is used: the view of flags isn't where a file gives views.
func (o *Options) Counts(field string) bool { return field != "ViewOptions" || o.Config == "" }

// Check returns the mistakes that concern more than one package's options, and those of the packages whose options are only
// used sometimes.
func (o *Options) Check() error {
	var errs []error
	add := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if len(o.Use) == 0 {
		add("--source: name at least one source: service, ingress or gateway-httproute, for example")
	}
	if o.Config == "" {
		errs = append(errs, o.ViewOptions.Check())
	} else {
		errs = append(errs, o.checkViews())
	}
	if o.servesZones() {
		errs = append(errs, o.Own.Complete())
	}
	errs = append(errs, o.Sources.Check(o.Use))
	return errors.Join(errs...)
}
