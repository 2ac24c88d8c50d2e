// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"nafuda.io/nafuda/internal/feed/kube"
	"nafuda.io/nafuda/internal/loop/reconcile"
)

var _ reconcile.Permits = (*kube.Lease)(nil)

var _ reconcile.Keeper = kube.LeaseKeeper{}

// releaseTime bounds the release of the lease at the end.
const releaseTime = 700 * time.Millisecond

// lease prepares the election; nil: there is none. A single run in a pod, a dry run, and objects from files or the configuration alone need none,
// nor do replicas of which each fills zones of its own.
func (o *Options) lease(v Version, log *slog.Logger) (*kube.Lease, error) {
	if o.Loop.DryRun || len(o.Files.Manifests) > 0 || !o.watches() || (o.Loop.Once || o.servesOnly()) && o.Lease.Elect == kube.ElectAuto {
		return nil, nil //nolint:nilnil // no lease is an answer
	}
	scope, err := o.scope()
	if err != nil {
		return nil, err
	}
	opts := o.Kube
	opts.Version, opts.Log = v.Number, log
	l, err := kube.NewLease(opts, o.Lease, o.owner(), scope)
	if err != nil {
		return nil, fmt.Errorf("prepare the lease: %w", err)
	}
	return l, nil
}

// scope is all that two installations with one owner id may differ in, so that both may act at once: the one for public zones and
// the one for private zones.
func (o *Options) scope() (string, error) {
	if o.Config != "" { // what it says may change while replicas run, and they keep to one lease
		return "--config=" + o.Config, nil
	}
	lists := o.ViewOptions.scope(o.Use)
	for i, l := range lists {
		lists[i] = slices.Clone(l)
		slices.Sort(lists[i])
	}
	text, err := json.Marshal(append(lists, []string{string(o.Sources.Shared.AnnotationPrefix)}))
	if err != nil {
		return "", fmt.Errorf("name the lease: %w", err)
	}
	return string(text), nil
}

// scope is what a view adds: the name of a running instance's lease depends on the order.
func (o *ViewOptions) scope(use []string) [][]string {
	return [][]string{
		use,
		{o.Provider, o.Registry},
		{o.TXT.Prefix, o.TXT.Suffix, o.TXT.Wildcard},
		o.View.DomainFilter, o.View.ExcludeDomains,
		{o.View.RegexFilter, o.View.RegexExclusion},
		o.View.ZoneIDs,
		{o.View.Namespace, o.View.AnnotationFilter, o.View.LabelFilter},
		o.View.IngressClasses, o.View.ManagedTypes, o.View.ExcludedTypes,
		o.View.TargetNets, o.View.ExcludeTargetNets,
		o.Publish.AWS.Profiles,
		{o.Publish.AWS.AssumeRole, o.Publish.Route53.ZoneType},
		o.Publish.Route53.ZoneTags,
	}
}

// owner is what the lease is called by: the owner id, or that there are several.
func (o *Options) owner() string {
	if o.Config != "" {
		return "config"
	}
	return o.TXT.Owner
}

// lead runs the loop, and the election for as long as the loop may act. The lease is released after the last batch has ended; where
// one was cut off, it runs out instead, for the batch may still arrive.
func lead(ctx context.Context, lease *kube.Lease, loop *reconcile.Loop, log *slog.Logger) error {
	elect, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if lease != nil {
			lease.Run(elect)
		}
	}()
	err := loop.Run(ctx)
	stop()
	<-ended
	if errors.Is(err, reconcile.ErrCutOff) {
		log.Warn("stopped before the provider had answered", "err", err)
		return nil
	}
	if lease != nil {
		release, cancel := context.WithTimeout(context.WithoutCancel(ctx), releaseTime)
		defer cancel()
		if err := lease.Release(release); err != nil {
			log.Warn("the lease wasn't given up", "err", err)
		}
	}
	return err
}
