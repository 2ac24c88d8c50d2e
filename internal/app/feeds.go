// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"fmt"
	"slices"

	"golang.org/x/sync/errgroup"

	"nafuda.io/nafuda/internal/feed"
	"nafuda.io/nafuda/internal/feed/given"
	"nafuda.io/nafuda/internal/feed/kube"
	"nafuda.io/nafuda/internal/source"
	sources "nafuda.io/nafuda/internal/source/all"
	"nafuda.io/nafuda/internal/source/kinds"
)

// feeds brings the names that are written down in the configuration beside what another feed brings.
type feeds struct {
	static *given.Feed
	others feed.Feed // nil: nothing else is watched
}

// written are the names of --static.
func (o *Options) written() []given.Object {
	var objects []given.Object
	for _, s := range o.Sources.Static.Objects() {
		objects = append(objects, s)
	}
	return objects
}

// Run implements feed.Feed.
func (f feeds) Run(ctx context.Context, want <-chan string, out chan<- feed.Event) error {
	if f.others == nil {
		return f.static.Run(ctx, want, out)
	}
	group, ctx := errgroup.WithContext(ctx)
	static, others := make(chan string), make(chan string)
	group.Go(func() error { return f.static.Run(ctx, static, out) })
	group.Go(func() error {
		if err := f.others.Run(ctx, others, out); err != nil {
			return fmt.Errorf("bring objects: %w", err)
		}
		return nil
	})
	group.Go(func() error {
		for {
			select {
			case kind := <-want:
				to := others
				if kind == kinds.KindStatic {
					to = static
				}
				select {
				case to <- kind:
				case <-ctx.Done():
					return ctx.Err()
				}
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	})
	return group.Wait()
}

// ofCluster returns the feed that watches an API server; nil: none does.
func ofCluster(f feed.Feed) *kube.Feed {
	if both, ok := f.(feeds); ok {
		f = both.others
	}
	k, _ := f.(*kube.Feed)
	return k
}

// watches reports whether objects of an API server, or of files that look like its, are read: with names that are written down
// alone, none are.
func (o *Options) watches() bool {
	all, known := sources.Sources(o.Sources), sources.Kinds(o.Sources)
	return slices.ContainsFunc(o.Use, func(name string) bool { return known[all[name].Kind].Served() })
}

// served leaves the kinds that an API server has.
func served(list []source.Kind) []source.Kind {
	return slices.DeleteFunc(slices.Clone(list), func(k source.Kind) bool { return !k.Served() })
}
