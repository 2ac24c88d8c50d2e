// SPDX-License-Identifier: Apache-2.0

package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"nafuda.io/nafuda/internal/feed"
	"nafuda.io/nafuda/internal/loop/reconcile"
	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/ops/report"
	sources "nafuda.io/nafuda/internal/source/all"
)

// MakePlan finds out what a run with the options would change now, and changes nothing. It shows one view, or for an empty name all of them: they are
// planned together all the same, for what one has another can't get.
func MakePlan(ctx context.Context, o Options, view string, v Version, log *slog.Logger) (report.Plan, error) {
	if err := o.checkView(view); err != nil {
		return report.Plan{}, err
	}
	p, _, err := planWith(ctx, o, v, log, planning{view: view})
	return p, err
}

// MakeWholePlan is MakePlan, and an error where there is no zone, or one or the objects of a source couldn't be read: what such a plan leaves out proves
// nothing.
func MakeWholePlan(ctx context.Context, o Options, v Version, log *slog.Logger) (report.Plan, error) {
	var unread []string
	none := false
	p, whole, err := planWith(ctx, o, v, log, planning{look: func(s reconcile.Status) {
		none, unread = len(s.Zones) == 0, o.unread(s)
	}})
	switch {
	case err != nil:
		return p, err
	case len(unread) > 0:
		return p, errors.New(strings.Join(unread, "; "))
	case none:
		return p, errors.New("plan: there is no hosted zone; check which account the credentials are of, and the filters of domains and zones")
	case !whole:
		return p, errors.New("plan: not everything that it depends on could be read; the log says what")
	}
	return p, nil
}

// unread tells which sources' objects couldn't be read, and why.
func (o *Options) unread(s reconcile.Status) []string {
	var out []string
	for _, k := range s.Kinds {
		if k.State != feed.Synced && slices.ContainsFunc(o.Use, func(name string) bool { return sources.Sources(o.Sources)[name].Kind == k.Name }) {
			out = append(out, fmt.Sprintf("plan: the objects of the kind %s can't be read: %s; grant get, list and watch on them, or correct --kubeconfig", k.Name, cmp.Or(k.Error, string(k.State))))
		}
	}
	return out
}

// planning is what differs from plan to plan.
type planning struct {
	view   string                    // that is shown; empty: every one
	adjust []func(*reconcile.Config) // who has the last word about the loop's configuration
	look   func(reconcile.Status)    // sees the loop's last status; nil: nobody does
}

// planWith is MakePlan, and reports whether everything that a plan depends on could be read.
func planWith(ctx context.Context, o Options, v Version, log *slog.Logger, how planning) (plan report.Plan, whole bool, err error) {
	o.Loop.Once, o.Loop.DryRun = true, true
	log = forLooking(ctx, log)
	changes := make(map[string][]report.Change) // by view
	var last reconcile.Status
	logs := newLogger(log, &o)
	loop, err := build(ctx, o, v, log, func(e reconcile.Event) {
		logs.observe(e)
		switch e := e.(type) {
		case reconcile.Applied:
			for _, c := range e.Batch.Changes() {
				if !c.Keeps() {
					changes[c.View] = append(changes[c.View], report.ChangeOf(e.Zone, c))
				}
			}
		case reconcile.Settled:
			last = e.Status
		}
	}, how.adjust...)
	if err != nil {
		return report.Plan{}, false, err
	}
	err = loop.Run(ctx)
	if whole = err == nil; !whole && !errors.Is(err, reconcile.ErrIncomplete) { // what is incomplete is among the refused
		return report.Plan{}, false, fmt.Errorf("plan: %w", err)
	}
	if err := ctx.Err(); err != nil {
		return report.Plan{}, false, fmt.Errorf("plan: %w", err)
	}
	if how.look != nil {
		how.look(last)
	}
	shown := slices.DeleteFunc(o.viewNames(), func(name string) bool { return how.view != "" && name != how.view })
	plan, err = makePlan(shown, changes, last)
	return plan, whole, err
}

// makePlan puts a plan of views together, one by one. What concerns no view, or several, such as a brake, stands in the first that it concerns.
func makePlan(views []string, changes map[string][]report.Change, s reconcile.Status) (report.Plan, error) {
	var plan report.Plan
	var all []report.Change
	for i, name := range views {
		view := report.View{Name: name, Changes: []report.Change{}, Held: []report.Name{}, Refused: []report.Name{}}
		view.Changes = append(view.Changes, changes[name]...)
		slices.SortStableFunc(view.Changes, report.Compare)
		for _, n := range s.Names {
			if n.View == name || n.View == "" && i == 0 {
				addName(&view, n)
			}
		}
		if i == 0 {
			addShared(&view, views, s)
		}
		all = append(all, view.Changes...)
		plan.Views = append(plan.Views, view)
	}
	var err error
	plan.Hash, err = report.Hash(all)
	return plan, err
}

// addShared enters what isn't of one view. Brakes are of the zones that the views use.
func addShared(view *report.View, views []string, s reconcile.Status) {
	for _, z := range s.Zones {
		used := len(z.Views) == 0 || slices.ContainsFunc(z.Views, func(name string) bool { return slices.Contains(views, name) })
		if b := z.Braked; b != nil && used {
			view.Braked = append(view.Braked, report.Braked{Zone: report.Zone{ID: z.ID, Name: z.Name}, Deletes: b.Deletes, Updates: b.Updates, Approve: b.Approve})
		}
	}
	for _, r := range s.Refusals {
		view.Refused = append(view.Refused, report.Name{What: change.Refused, From: r.Resource, Field: r.Field, Value: r.Value, Reason: r.Reason, Fix: r.Reason.Fix()})
	}
}

// addName enters a decision where people look for it.
func addName(v *report.View, n reconcile.Name) {
	p := report.Name{Name: n.Name, Type: n.Type, ID: n.ID, What: n.Verdict, From: n.Resource, Reason: n.Reason, Fix: n.Reason.Fix()}
	if n.Zone != "" {
		p.Zone = &report.Zone{ID: n.Zone, Name: n.ZoneName}
	}
	switch {
	case n.Verdict == change.Held:
		v.Held = append(v.Held, p)
	case n.Verdict == change.Refused || n.Verdict == change.Lost || n.Verdict == reconcile.Parking:
		v.Refused = append(v.Refused, p)
	case n.Verdict == change.Noted:
		v.Noted = append(v.Noted, p)
	case n.Verdict == change.Filtered && n.Reason.Code != reason.TypeNotManaged && n.Reason.Code != reason.NoReverse: // every NodePort Service has SRV record sets that few want, most addresses no zone
		v.LeftOut = append(v.LeftOut, p)
	}
}
