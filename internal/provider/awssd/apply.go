// SPDX-License-Identifier: Apache-2.0

package awssd

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/spelling"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/provider"
)

// Apply implements provider.Provider, one name after another. A name that is refused, or isn't as expected, doesn't keep the others
// from being changed: where some were, the error is Partial, and its Keys are what was refused. An error of the service itself ends
// the batch.
func (p *Provider) Apply(ctx context.Context, z zone.Zone, b change.Batch) (provider.Receipt, error) {
	doing := fmt.Sprintf("change %s of namespace %s", spelling.Count(len(b.Changes()), "record set"), z.Name)
	if err := ctx.Err(); err != nil {
		return "", &provider.Error{Class: provider.Unavailable, Err: fmt.Errorf("%s: %w", doing, err)}
	}
	edits, err := p.edits(z, b)
	if err != nil {
		return "", provider.Doing(err, "", doing)
	}
	var out outcome
	listed := false
	for _, e := range edits {
		w := &work{Provider: p, zone: z, edit: e, listed: &listed}
		out.add(w, w.run(ctx))
		if out.ends {
			break
		}
	}
	if err := out.err(); err != nil {
		return "", provider.Doing(err, "", doing)
	}
	return receipt(out.operations), nil
}

// edits checks a batch as a whole.
func (p *Provider) edits(z zone.Zone, b change.Batch) ([]edit, error) {
	var cost change.Cost
	var out []edit
	for _, g := range b.Groups {
		c := change.CostOf(g)
		cost = change.Cost{Changes: cost.Changes + c.Changes, Values: cost.Values + c.Values}
		e, err := newEdit(z, g)
		if err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	switch {
	case len(b.Changes()) == 0:
		return nil, rejected(nil, "the batch is empty")
	case !p.Describe().Limits.Fits(cost):
		return nil, rejected(nil, "the batch has %d record sets with %d values, more than %d with %d", cost.Changes, cost.Values, mostChanges, mostValues)
	}
	return out, nil
}

func rejected(keys []record.Key, format string, args ...any) error {
	return &provider.Error{Class: provider.Rejected, Keys: keys, Err: fmt.Errorf(format, args...)}
}

// outcome is what came of the names of a batch.
type outcome struct {
	operations []string
	applied    []record.Key
	wrote      bool // something was changed
	ends       bool // the service itself is in trouble
	errs       []*provider.Error
}

func (o *outcome) add(w *work, err error) {
	o.operations = append(o.operations, w.operations...)
	o.wrote = o.wrote || w.wrote
	if err == nil {
		o.applied = append(o.applied, w.keys()...)
		return
	}
	e, ok := errors.AsType[*provider.Error](err)
	if !ok {
		e = &provider.Error{Class: provider.Unavailable, Err: err}
	}
	switch e.Class {
	case provider.Stale, provider.Rejected:
		known := *e
		known.Keys = w.keys()
		e = &known
	default:
		o.ends = true
	}
	o.errs = append(o.errs, e)
}

// err is the error of the batch: that of the first name, for the names of its class, where nothing was changed at all.
func (o *outcome) err() error {
	if len(o.errs) == 0 {
		return nil
	}
	first, last := o.errs[0], o.errs[len(o.errs)-1]
	if last.Class == provider.Uncertain || o.ends && !o.wrote {
		return last
	}
	out := *first
	if o.wrote {
		out = provider.Error{Class: provider.Partial, Applied: o.applied, Action: last.Action, Err: last.Err}
	}
	out.Keys = nil
	if o.wrote && o.ends {
		return &out
	}
	for _, e := range o.errs {
		if o.wrote || e.Class == first.Class {
			out.Keys = append(out.Keys, e.Keys...)
		}
	}
	slices.SortFunc(out.Keys, record.Key.Compare)
	return &out
}
