// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"fmt"
	"log/slog"

	"golang.org/x/sync/errgroup"

	"nafuda.io/nafuda/internal/feed/resolver"
	"nafuda.io/nafuda/internal/loop/reconcile"
	"nafuda.io/nafuda/internal/model/fact"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/wan"
)

// facts are who brings facts, by their kind.
func (o *Options) facts(log *slog.Logger) (reconcile.Facts, error) {
	w, err := wan.New(o.WAN, func(s wan.State) { logWAN(log, s) })
	if err != nil {
		return nil, err
	}
	return byKind{fact.Host: resolver.New(o.Resolve), fact.WAN: w}, nil
}

// watcher is who brings the public address, if anybody does.
func watcher(f reconcile.Facts) *wan.Watcher {
	kinds, _ := f.(byKind)
	w, _ := kinds[fact.WAN].(*wan.Watcher)
	return w
}

// logWAN logs what is believed of a public address from now on.
func logWAN(log *slog.Logger, s wan.State) {
	switch v := s.Verdict; {
	case s.Off:
	case v.Known():
		attrs := []any{"family", string(s.Family), "address", v.Addr.String()}
		if s.Sharing != "" {
			attrs = append(attrs, "ports", string(s.Sharing))
		}
		log.Info("the public address is known", attrs...)
	case v.Why.Code == reason.WANAbsent:
		log.Info("there is no public address", "family", string(s.Family), "reason", v.Why.Code, "why", v.Why.String())
	default:
		log.Warn("the public address isn't known", "family", string(s.Family), "reason", v.Why.Code, "why", v.Why.String())
	}
}

// byKind has each fact brought by whoever knows its kind. Kinds that aren't in it go to the resolver, which says so.
type byKind map[fact.Kind]reconcile.Facts

// Run implements reconcile.Facts.
func (b byKind) Run(ctx context.Context, want <-chan fact.Want, out chan<- fact.News) error {
	group, ctx := errgroup.WithContext(ctx)
	to := make(map[fact.Kind]chan fact.Want, len(b))
	for kind, who := range b {
		in := make(chan fact.Want)
		to[kind] = in
		group.Go(func() error {
			if err := who.Run(ctx, in, out); err != nil {
				return fmt.Errorf("bring facts of the kind %s: %w", kind, err)
			}
			return nil
		})
	}
	group.Go(func() error {
		for {
			select {
			case w := <-want:
				in, ok := to[w.Key.Kind]
				if !ok {
					in = to[fact.Host]
				}
				select {
				case in <- w:
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
