// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"slices"

	"nafuda.io/nafuda/internal/feed"
	"nafuda.io/nafuda/internal/feed/given"
	"nafuda.io/nafuda/internal/feed/kube"
	"nafuda.io/nafuda/internal/feed/manifest"
	"nafuda.io/nafuda/internal/loop/reconcile"
	"nafuda.io/nafuda/internal/memory/statedir"
	"nafuda.io/nafuda/internal/ops/legacylog"
	"nafuda.io/nafuda/internal/ops/report"
	"nafuda.io/nafuda/internal/provider/awsconf"
	"nafuda.io/nafuda/internal/registry/awssd"
	"nafuda.io/nafuda/internal/registry/dynamodb"
	"nafuda.io/nafuda/internal/registry/noop"
	"nafuda.io/nafuda/internal/registry/txt"
	"nafuda.io/nafuda/internal/source"
	sources "nafuda.io/nafuda/internal/source/all"
	sourcekinds "nafuda.io/nafuda/internal/source/kinds"
)

// viewName is the name of the view that flags make.
const viewName = report.FlagsView

// Values of --registry: for a table, and for no ownership.
const (
	dynamodbName = "dynamodb"
	noopName     = "noop"
)

// Version says which program this is.
type Version struct{ Number, Revision string }

// Logger makes the logger that checked options ask for.
func (o *Options) Logger(w io.Writer) *slog.Logger {
	level, _ := legacylog.ParseLevel(o.LogLevel) // Check has refused what isn't a level
	return legacylog.New(w, o.LogFormat, level)
}

// prepareState finds out whether we can write in the folder of --state-dir, unless nothing will be written.
func (o *Options) prepareState() error {
	if o.StateDir == "" || o.Loop.DryRun {
		return nil
	}
	return statedir.Dir(o.StateDir).Prepare()
}

// build puts a loop together; adjust has the last word about it.
func build(ctx context.Context, o Options, v Version, log *slog.Logger, observe func(reconcile.Event), adjust ...func(*reconcile.Config)) (*reconcile.Loop, error) {
	p, err := o.publishing(ctx, nil)
	if err != nil {
		return nil, err
	}
	return o.publish(p, v, log, observe, adjust...)
}

// publish is build for what is open already.
func (o *Options) publish(p *publishing, v Version, log *slog.Logger, observe func(reconcile.Event), adjust ...func(*reconcile.Config)) (*reconcile.Loop, error) {
	kinds := sources.Kinds(o.Sources)
	var tap *nodes
	if o.WAN.AsksNodes() {
		tap = new(nodes)
		o.WAN.Nodes = tap.addresses
	}
	facts, err := o.facts(log)
	if err != nil {
		return nil, err
	}
	config := reconcile.Config{Options: o.Loop, Guard: o.Guard, Verifier: o.verifier(), Facts: facts, Observe: observe}
	if o.StateDir != "" {
		config.Keeper = statedir.Dir(o.StateDir)
	}
	for _, name := range names(o.Use) {
		config.Sources = append(config.Sources, sources.Sources(o.Sources)[name])
	}
	for _, k := range needed(config.Sources) {
		config.Kinds = append(config.Kinds, kinds[k])
	}
	config.Kinds = tap.watched(config.Kinds, kinds)
	keep, err := o.keep()
	if err != nil {
		return nil, err
	}
	config.Feed, err = o.feed(config.Kinds, keep, v, log)
	if err != nil {
		return nil, err
	}
	config.Feed = tap.tap(config.Feed)
	config.Accounts, config.Views = p.accounts(), p.views
	for _, f := range adjust {
		f(&config)
	}
	return reconcile.New(config), nil
}

// names drops repetitions.
func names(list []string) []string {
	list = slices.Clone(list)
	slices.Sort(list)
	return slices.Compact(list)
}

// needed lists the kinds that sources iterate over or look up, sorted.
func needed(list []source.Source) []string {
	var out []string
	for _, s := range list {
		out = append(out, s.Kind)
		for _, u := range s.Uses {
			out = append(out, u.Kind)
		}
	}
	return names(out)
}

// keep says which labels and annotations the selectors of all views look at.
func (o *Options) keep() (source.Keep, error) {
	labels, annotations, err := o.selected()
	if err != nil {
		return source.Keep{}, err
	}
	has := func(keys []string) func(string) bool {
		return func(key string) bool { return slices.Contains(keys, key) }
	}
	return source.Keep{Label: has(labels), Annotation: has(annotations)}, nil
}

// selected are the keys of labels and annotations that some view selects by, sorted.
func (o *Options) selected() (labels, annotations []string, err error) {
	for _, v := range o.views() {
		l, a, err := v.selectors()
		if err != nil {
			return nil, nil, err
		}
		labels, annotations = append(labels, l.Keys()...), append(annotations, a.Keys()...)
	}
	return names(labels), names(annotations), nil
}

// namespaces are those that some view looks at; none: all.
func (o *Options) namespaces() []string {
	var out []string
	for _, v := range o.views() {
		list := v.View.AllNamespaces()
		if len(list) == 0 {
			return nil
		}
		out = append(out, list...)
	}
	return names(out)
}

func (o *Options) feed(kinds []source.Kind, keep source.Keep, v Version, log *slog.Logger) (feed.Feed, error) {
	var others feed.Feed
	if o.watches() {
		var err error
		if others, err = o.watch(served(kinds), keep, v, log); err != nil || len(served(kinds)) == len(kinds) {
			return others, err
		}
	}
	o.static = given.New(sourcekinds.KindStatic, o.written())
	return feeds{o.static, others}, nil
}

// watch opens the feed of a cluster's objects.
func (o *Options) watch(kinds []source.Kind, keep source.Keep, v Version, log *slog.Logger) (feed.Feed, error) {
	namespaces := o.namespaces()
	if len(o.Files.Manifests) > 0 {
		if o.Kube.Kubeconfig != "" || o.Kube.Server != "" {
			log.Warn("objects come from files: no API server is asked; leave --manifests out, or --kubeconfig and --server", "manifests", o.Files.Manifests)
		}
		return manifest.New(o.Files, kinds, keep, namespaces...)
	}
	opts := o.Kube
	opts.Version, opts.Log = v.Number, log
	kube.RedirectLogs(log)
	f, err := kube.New(opts, kinds, keep, namespaces...)
	if err != nil {
		return nil, fmt.Errorf("connect to Kubernetes: %w", err)
	}
	legacylog.ClientCreated(log, f.URL())
	return f, nil
}

// register says how the view's ownership is stored. It sends nothing.
func (o *ViewOptions) register(ctx context.Context, v *reconcile.View) error {
	switch {
	case o.Registry == noopName:
		v.Registry = noop.Registry{}
	case o.Provider == awssd.Name: // which has no TXT record sets
		v.Registry = awssd.New(o.TXT.Owner, o.Publish.AWSSD.ServiceCleanup)
	case o.Registry == dynamodbName:
		store, err := o.table(ctx)
		if err != nil {
			return err
		}
		v.Store, v.Owner = store, o.TXT.Owner
	default:
		v.Registry = txt.New(o.TXT)
	}
	return nil
}

// table opens the table of --registry=dynamodb with the credentials that ExternalDNS would use: those of no --aws-profile.
func (o *ViewOptions) table(ctx context.Context) (*dynamodb.Store, error) {
	aws := o.Publish.AWS
	aws.Profiles, aws.ZoneRoles, aws.RoleTag = []string{o.DynamoDB.Profile}, nil, "" // a blank profile is none
	accounts, err := awsconf.Load(ctx, aws)
	if err != nil {
		return nil, err
	}
	return dynamodb.New(accounts[0], o.DynamoDB), nil
}
