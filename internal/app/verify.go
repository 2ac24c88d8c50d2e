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
	"nafuda.io/nafuda/internal/ops/verify"
)

// Asked says what verify is asked about.
type Asked struct {
	Names []dnsname.Name // none: all that objects ask for or that are ours, as many as the options allow
	View  string         // empty: every one
}

// Verify finds out, with a run of its own that changes nothing, where names differ between objects, provider, the zone's servers and a
// resolver.
func Verify(ctx context.Context, o Options, c verify.Options, v Version, log *slog.Logger, about Asked) (verify.Report, error) {
	resolvers, err := c.Resolvers()
	if err != nil {
		return verify.Report{}, err
	}
	if err := o.checkView(about.View); err != nil {
		return verify.Report{}, err
	}
	subjects, more, err := o.subjects(ctx, c.Limit, v, log, about)
	if err != nil {
		return verify.Report{}, fmt.Errorf("verify: %w", err)
	}
	const patience = 10 * time.Minute // of a long list; a single question has a shorter one
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	asking := verify.Asking{Asker: o.asker(ctx), Options: c, Resolvers: resolvers, Whom: o.whom(), Inside: verify.Inside()}
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

// subjects tells all about names, or about so many of those that there are, and how many more there would have been.
func (o Options) subjects(ctx context.Context, limit int, v Version, log *slog.Logger, about Asked) (found []verify.Subject, more int, err error) {
	o.Loop.Once, o.Loop.DryRun = true, true
	log = forLooking(ctx, log)
	logs := newLogger(log, &o)
	loop, err := build(ctx, o, v, log, func(e reconcile.Event) {
		logs.observe(e)
		if s, ok := e.(reconcile.Settled); ok {
			found, more = about.collect(s, limit)
		}
	})
	if err != nil {
		return nil, 0, err
	}
	if err := loop.Run(ctx); err != nil && !errors.Is(err, reconcile.ErrIncomplete) { // what is incomplete has its reason
		return nil, 0, err
	}
	return found, more, ctx.Err()
}

// collect makes subjects of so many names at most, and counts the others.
func (a Asked) collect(s reconcile.Settled, limit int) (found []verify.Subject, more int) {
	names := a.Names
	if len(names) == 0 {
		names = s.Names()
	}
	asked := 0
	for i, n := range names {
		if asked == limit && a.View == "" { // each of the rest is in some view
			return found, len(names) - i
		}
		switch list := a.pick(s.Explain(n, endpoint.Ref{})); {
		case len(list) == 0 && a.View != "":
		case asked == limit:
			more++
		default:
			asked++
			found = append(found, list...)
		}
	}
	return found, more
}

// pick makes subjects of what was asked about. Who asks about all doesn't ask about what the options leave out, nor does who asks about a name that one
// of several views has.
func (a Asked) pick(e reconcile.Explanation) []verify.Subject {
	var out []verify.Subject
	for _, n := range e.Names {
		out = append(out, verify.Subjects(n)...)
	}
	others := func(s verify.Subject) bool { return a.View != "" && s.View != a.View }
	out = slices.DeleteFunc(out, others)
	leftOut := func(s verify.Subject) bool { return !s.LeftOut.None() }
	if len(a.Names) == 0 || slices.ContainsFunc(out, func(s verify.Subject) bool { return !leftOut(s) }) {
		out = slices.DeleteFunc(out, leftOut)
	}
	return out
}
