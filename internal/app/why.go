// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"nafuda.io/nafuda/internal/loop/reconcile"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/endpoint"
	"nafuda.io/nafuda/internal/ops/why"
)

// Explain finds out, with a run of its own that changes nothing, why a name, or an object where name is empty, is published as it is.
func Explain(ctx context.Context, o Options, v Version, log *slog.Logger, name dnsname.Name, ref endpoint.Ref) (why.Report, error) {
	o.Loop.Once, o.Loop.DryRun = true, true
	var found *reconcile.Explanation
	logs := &logger{log: log, options: &o, warned: make(map[string]bool)}
	loop, err := build(ctx, o, v, log, func(e reconcile.Event) {
		logs.observe(e)
		if s, ok := e.(reconcile.Settled); ok {
			x := s.Explain(name, ref)
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
	return why.Make(*found), nil
}

// explainRunning asks a running loop, as Explain asks one of its own.
func explainRunning(ctx context.Context, loop *reconcile.Loop, name dnsname.Name, ref endpoint.Ref) (why.Report, error) {
	e, err := loop.Explain(ctx, name, ref)
	if err != nil {
		return why.Report{}, err
	}
	return why.Make(e), nil
}
