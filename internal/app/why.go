// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"

	"nafuda.io/nafuda/internal/loop/reconcile"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/endpoint"
	"nafuda.io/nafuda/internal/ops/control"
	"nafuda.io/nafuda/internal/ops/why"
	sources "nafuda.io/nafuda/internal/source/all"
)

// Explain finds out, with a run of its own that changes nothing, why a name, or an object where name is empty, is published as it is, in one view, or for an empty name in all of
// them.
func Explain(ctx context.Context, o Options, v Version, log *slog.Logger, name dnsname.Name, ref endpoint.Ref, view string) (why.Report, error) {
	if err := o.checkView(view); err != nil {
		return why.Report{}, err
	}
	o.Loop.Once, o.Loop.DryRun = true, true
	log = forLooking(ctx, log)
	var found *reconcile.Explanation
	logs := newLogger(log, &o)
	loop, err := build(ctx, o, v, log, func(e reconcile.Event) {
		logs.observe(e)
		if s, ok := e.(reconcile.Settled); ok {
			x := why.In(s.Explain(name, ref), view)
			found = &x
		}
	})
	if err != nil {
		return why.Report{}, err
	}
	if err := loop.Run(ctx); err != nil && !errors.Is(err, reconcile.ErrIncomplete) { // what is incomplete has its reason
		return why.Report{}, fmt.Errorf("explain: %w", err)
	}
	if err := ctx.Err(); err != nil {
		return why.Report{}, fmt.Errorf("explain: %w", err)
	}
	if v := o.verifierAt(o.answering(ctx)); v != nil {
		askDNS(ctx, v, found)
	}
	r := why.Make(*found)
	if len(r.Looked) > 0 {
		r.Looked = append(r.Looked, o.unwatched()...)
	}
	return r, nil
}

// whyOf explains what a command asks a running instance for.
func (o *Options) whyOf(loop *reconcile.Loop) func(ctx context.Context, of, view string) (any, error) {
	return func(ctx context.Context, of, view string) (any, error) {
		if err := o.checkView(view); err != nil {
			return nil, fmt.Errorf("%w: %w", control.ErrBadRequest, err)
		}
		name, ref, err := why.ParseSubject(of, o.namespace())
		if err != nil {
			return nil, fmt.Errorf("%w: %w", control.ErrBadRequest, err)
		}
		e, err := loop.Explain(ctx, name, ref)
		if err != nil {
			return nil, err
		}
		r := why.Make(why.In(e, view))
		if len(r.Looked) > 0 {
			r.Looked = append(r.Looked, o.unwatched()...)
		}
		return r, nil
	}
}

// askDNS asks each zone's servers for what is published as wanted, once.
func askDNS(ctx context.Context, v reconcile.Verifier, e *reconcile.Explanation) {
	const patience = 10 * time.Second
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for _, n := range e.Names {
		for _, view := range n.Views {
			for i, z := range view.Zones {
				if q := z.Question(); z.State == reconcile.StateInSync && len(q.Sets) > 0 && ctx.Err() == nil {
					a := v.Verify(ctx, q)
					view.Zones[i].Answer = &a
				}
			}
		}
	}
}

// unwatched lists what the options keep us from looking at, beside filters.
func (o *Options) unwatched() []string {
	var out []string
	others := slices.DeleteFunc(slices.Sorted(maps.Keys(sources.Sources(o.Sources))), func(name string) bool { return slices.Contains(o.Use, name) })
	switch len(others) {
	case 0:
	case 1:
		out = append(out, "nothing of the source "+others[0]+", which isn't among --source")
	default:
		out = append(out, "nothing of the sources "+strings.Join(others, ", ")+", which aren't among --source")
	}
	if list := o.namespaces(); len(list) == 1 {
		out = append(out, "only the namespace "+list[0]+" (--namespace)")
	} else if len(list) > 1 {
		out = append(out, "only the namespaces "+strings.Join(list, ", ")+" (namespace, in the views)")
	}
	return out
}
