// SPDX-License-Identifier: Apache-2.0

// Package app puts the program together: the only place where concrete sources, feeds, providers and registries meet.
package app

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"nafuda.io/nafuda/internal/decide/guard"
	"nafuda.io/nafuda/internal/decide/view"
	"nafuda.io/nafuda/internal/feed/kube"
	"nafuda.io/nafuda/internal/feed/manifest"
	"nafuda.io/nafuda/internal/feed/resolver"
	"nafuda.io/nafuda/internal/loop/reconcile"
	"nafuda.io/nafuda/internal/memory/journal"
	"nafuda.io/nafuda/internal/ops/control"
	"nafuda.io/nafuda/internal/ops/metrics"
	"nafuda.io/nafuda/internal/ops/probe"
	"nafuda.io/nafuda/internal/ops/status"
	providers "nafuda.io/nafuda/internal/provider/all"
	"nafuda.io/nafuda/internal/registry/awssd"
	"nafuda.io/nafuda/internal/registry/dynamodb"
	"nafuda.io/nafuda/internal/registry/txt"
	sources "nafuda.io/nafuda/internal/source/all"
	"nafuda.io/nafuda/internal/source/selector"
	"nafuda.io/nafuda/internal/wan"
)

// Options are all that a run is configured with: the options of the packages that it is made of.
type Options struct {
	Use       []string `name:"source" sep:"none" placeholder:"NAME" help:"A source of names: service, ingress, gateway-httproute (and gateway-grpcroute, -tlsroute, -tcproute, -udproute), or static: the names of --static. Repeatable; at least one."`
	Provider  string   `name:"provider" placeholder:"NAME" help:"Where record sets are published: aws (Route 53), aws-sd (Cloud Map), rfc2136 (BIND, Knot and others, by dynamic updates) or local (zones that we serve ourselves on --dns-listen)."`
	Registry  string   `name:"registry" enum:"txt,dynamodb,aws-sd,noop" default:"txt" help:"How our ownership is stored: in txt record sets, in a dynamodb table, in descriptions (aws-sd, which --provider=aws-sd implies), or noop for not at all."`
	LogLevel  string   `name:"log-level" enum:"panic,fatal,error,warning,info,debug,trace" default:"info" help:"Least level of logged lines."`
	StateDir  string   `name:"state-dir" placeholder:"DIR" help:"A folder for what has to outlive a restart: the journal, which names are undone, and what the brake has let go within the hour. Without it the last 1,000 entries of the journal are in memory, and the rest is kept in the Lease; with neither, at most --max-deletes names of a zone may go in the first hour."`
	LogFormat string   `name:"log-format" enum:"text,json" default:"text" help:"Format of logged lines: text, as ExternalDNS writes them, or json."`

	// Local is the address of an emulator to use as the account, instead of what files and environment say.
	Local string `kong:"-"`
	// Resolve asks for addresses of host names in place of the system's resolver; nil: that one does.
	Resolve resolver.Lookup `kong:"-"`

	View     view.Options      `embed:""`
	Loop     reconcile.Options `embed:""`
	Guard    guard.Options     `embed:""`
	TXT      txt.Options       `embed:""`
	DynamoDB dynamodb.Options  `embed:""`
	Sources  sources.Options   `embed:""`
	Publish  providers.Options `embed:""`
	Kube     kube.Options      `embed:""`
	Lease    kube.LeaseOptions `embed:""`
	Files    manifest.Options  `embed:""`
	Journal  journal.Options   `embed:""`
	Status   status.Options    `embed:""`
	Metrics  metrics.Options   `embed:""`
	Control  control.Options   `embed:""`
	Probe    probe.Options     `embed:""`
	WAN      wan.Options       `embed:""`
}

// Check returns the mistakes that concern more than one package's options, and those of the packages whose options are only
// used sometimes.
func (o *Options) Check() error {
	var errs []error
	add := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if len(o.Use) == 0 {
		add("--source: name at least one source: service, ingress or gateway-httproute, for example")
	}
	if o.Provider == "" {
		add("--provider: name the provider: %s", strings.Join(providers.Names(), ", "))
	} else if !slices.Contains(providers.Names(), o.Provider) {
		add("--provider=%s: must be %s", o.Provider, strings.Join(providers.Names(), " or "))
	}
	if o.Registry == awssd.Name && o.Provider != awssd.Name {
		add("--registry=%s: only the services of --provider=%s have descriptions to store our ownership in: use txt", awssd.Name, awssd.Name)
	}
	if o.Registry == dynamodbName && o.Provider == awssd.Name {
		add("--registry=%s: our ownership of Cloud Map's services is stored in their descriptions: use %s", dynamodbName, awssd.Name)
	}
	filter := func(flag, text string) {
		if _, err := selector.Parse(text); err != nil {
			add("--%s=%s: %w", flag, text, err)
		}
	}
	filter("annotation-filter", o.View.AnnotationFilter)
	filter("label-filter", o.View.LabelFilter)
	errs = append(errs, o.Sources.Check(o.Use), o.Publish.Complete(o.Provider))
	return errors.Join(errs...)
}
