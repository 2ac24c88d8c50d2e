// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"nafuda.io/nafuda/internal/loop/reconcile"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/endpoint"
	"nafuda.io/nafuda/internal/ops/probe"
	"nafuda.io/nafuda/internal/ops/verify"
)

// Verify finds out, with a run of its own that changes nothing, where names differ between objects, provider, the zone's servers and a
// resolver; without names, which of those that objects ask for or that are ours, as many as the options allow.
func Verify(ctx context.Context, o Options, c verify.Options, v Version, log *slog.Logger, names []dnsname.Name) (verify.Report, error) {
	resolvers, err := c.Resolvers()
	if err != nil {
		return verify.Report{}, err
	}
	known, more, err := o.explain(ctx, c.Limit, v, log, names)
	if err != nil {
		return verify.Report{}, fmt.Errorf("verify: %w", err)
	}
	var subjects []verify.Subject
	for _, n := range known {
		subjects = append(subjects, verify.Subjects(n)...)
	}
	if len(names) == 0 { // who asks about all doesn't ask about what the options leave out
		subjects = slices.DeleteFunc(subjects, func(s verify.Subject) bool { return !s.LeftOut.None() })
	}
	const patience = 10 * time.Minute // of a long list; a single question has a shorter one
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	asking := verify.Asking{Asker: probe.New(o.Probe), Options: c, Resolvers: resolvers, Whom: o.whom(), Inside: verify.Inside()}
	r := verify.Make(subjects, asking.Ask(ctx, subjects))
	if err := ctx.Err(); err != nil {
		return verify.Report{}, fmt.Errorf("verify: %w", err)
	}
	r.Resolvers, r.More = append(r.Resolvers, resolvers...), more
	return r, nil
}

// whom says which servers can be asked: see verifier.
func (o *Options) whom() verify.Whom {
	switch {
	case o.verifier() == nil:
		return verify.NoServers
	case len(o.Probe.Servers) > 0:
		return verify.NamedServers
	default:
		return verify.OwnServers
	}
}

// explain tells all about names, or about so many of those that there are, and how many more there would have been.
func (o Options) explain(ctx context.Context, limit int, v Version, log *slog.Logger, names []dnsname.Name) (known []reconcile.NameFacts, more int, err error) {
	o.Loop.Once, o.Loop.DryRun = true, true
	logs := newLogger(log, &o)
	loop, err := build(ctx, o, v, log, func(e reconcile.Event) {
		logs.observe(e)
		s, ok := e.(reconcile.Settled)
		if !ok {
			return
		}
		if len(names) == 0 {
			names = s.Names()
		}
		more = max(len(names)-limit, 0)
		for _, n := range names[:len(names)-more] {
			known = append(known, s.Explain(n, endpoint.Ref{}).Names...)
		}
	})
	if err != nil {
		return nil, 0, err
	}
	if err := loop.Run(ctx); err != nil && !errors.Is(err, reconcile.ErrIncomplete) { // what is incomplete has its reason
		return nil, 0, err
	}
	return known, more, ctx.Err()
}
