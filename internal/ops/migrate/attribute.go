// SPDX-License-Identifier: Apache-2.0

package migrate

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/ops/report"
)

// Planner makes the plan of a run with arguments. A plan for which not everything could be read is an error.
type Planner func(ctx context.Context, args []string) (report.Plan, error)

// Outcome is what a swap would change, and why.
type Outcome struct {
	Plan   report.Plan  `json:"plan"`               // with the arguments as they stand
	Causes []Cause      `json:"causes"`             // of each of its changes
	Avoid  []string     `json:"avoid,omitempty"`    // what to do to the arguments so that the zone stays as it is, as far as flags can do that
	Then   *report.Plan `json:"planThen,omitempty"` // with that done; absent where there is nothing to do

	tries []Try
}

// Cause is a difference and the changes that come of it. One without a difference has those that no known difference explains.
type Cause struct {
	Theirs  string          `json:"externalDNS,omitempty"` // what ExternalDNS does
	Ours    string          `json:"nafuda,omitempty"`
	Changes []report.Change `json:"changes"`
	Avoid   string          `json:"avoid,omitempty"` // what keeps these changes from being made: tried, not guessed
	Guess   bool            `json:"guess,omitempty"` // the changes look like it; no flag proves it
	Advice  string          `json:"advice,omitempty"`
}

// Still reports whether nothing would be changed, with the arguments as they stand.
func (o Outcome) Still() bool { return still(o.Plan) }

// still reports whether a plan neither changes anything nor waits to.
func still(p report.Plan) bool {
	return p.Empty() && !slices.ContainsFunc(p.Views, func(v report.View) bool { return len(v.Braked) > 0 })
}

// Attribute plans, and finds the cause of each change. Given are the flags that the arguments and their variables set; policy is the one
// in force.
func Attribute(ctx context.Context, args []string, given []Given, policy string, plan Planner) (Outcome, error) {
	a := attribution{args: args, given: given, policy: policy, plan: plan}
	var err error
	if a.out.Plan, err = plan(ctx, args); err != nil {
		return a.out, err
	}
	a.out.Causes = []Cause{}
	a.left = changesOf(a.out.Plan)
	for _, d := range Differences() {
		if err := a.experiment(ctx, d); err != nil {
			return a.out, err
		}
	}
	a.guess()
	if err := a.policies(ctx); err != nil {
		return a.out, err
	}
	return a.out, a.together(ctx)
}

type attribution struct {
	args   []string
	given  []Given
	policy string
	plan   Planner
	left   []report.Change // without a cause yet
	out    Outcome
}

// experiment plans with each way back to an old behaviour until changes vanish by it.
func (a *attribution) experiment(ctx context.Context, d Difference) error {
	for _, t := range d.Tries {
		if len(a.left) == 0 || !t.useful(a.given) {
			continue
		}
		gone, err := a.vanish(ctx, t)
		if err != nil {
			return err
		}
		if mine := intersect(a.left, gone); len(mine) > 0 {
			a.left = subtract(a.left, mine)
			a.out.Causes = append(a.out.Causes, Cause{Theirs: d.Theirs, Ours: d.Ours, Changes: mine, Avoid: t.String()})
			a.out.tries = append(a.out.tries, t)
			a.out.Avoid = append(a.out.Avoid, t.String())
			return nil
		}
	}
	return nil
}

// vanish returns the changes that aren't made any more with a try. One that makes others, or that only keeps them waiting, proves
// nothing.
func (a *attribution) vanish(ctx context.Context, t Try) ([]report.Change, error) {
	p, err := a.plan(ctx, t.apply(a.args))
	if err != nil {
		return nil, fmt.Errorf("plan again with %s: %w", t, err)
	}
	before, after := changesOf(a.out.Plan), changesOf(p)
	if len(subtract(after, before)) > 0 || len(newlyHeld(a.out.Plan, p)) > 0 {
		return nil, nil
	}
	return subtract(before, after), nil
}

// newlyHeld are the names that one plan holds and another doesn't, those whose object has no address apart: a name that nobody asks for
// any more, or that the brake holds, isn't as it was.
func newlyHeld(before, after report.Plan) []string {
	all := func(p report.Plan) []string {
		var out []string
		for _, v := range p.Views {
			for _, n := range v.Held {
				if n.Reason.Code != reason.NoAddressYet {
					out = append(out, strings.Join([]string{string(n.Name), string(n.Type), n.ID, string(n.Reason.Code)}, " "))
				}
			}
		}
		return out
	}
	was := all(before)
	return slices.DeleteFunc(all(after), func(n string) bool { return slices.Contains(was, n) })
}

// guess puts down to differences without a flag the changes that look like it. Markers go with the record sets of their object.
func (a *attribution) guess() {
	var view report.View
	for _, v := range a.out.Plan.Views { // flags make one
		view = v
	}
	records := slices.DeleteFunc(slices.Clone(a.left), func(c report.Change) bool { return c.Marker })
	for _, d := range Differences() {
		if d.Looks == nil || d.Policy != "" && d.Policy != a.policy {
			continue
		}
		var mine []report.Change
		for _, c := range a.left {
			if d.Looks(a.marked(c, records), view) {
				mine = append(mine, c)
			}
		}
		if len(mine) > 0 {
			a.left = subtract(a.left, mine)
			a.out.Causes = append(a.out.Causes, Cause{Theirs: d.Theirs, Ours: d.Ours, Changes: mine, Guess: true, Advice: d.Advice})
		}
	}
	if len(a.left) > 0 {
		a.out.Causes = append(a.out.Causes, Cause{Changes: a.left, Advice: "no known difference explains them. ExternalDNS may not have got to them yet: " +
			"look again after its next loop. If they are still there, correct the objects, or let it happen"})
	}
}

// marked returns the change of the record set that a marker's change goes with, where there is one: of the same object, and of the name
// that the marker's has in it rather than another.
func (a *attribution) marked(c report.Change, records []report.Change) report.Change {
	if !c.Marker {
		return c
	}
	found, length := c, -1
	for _, r := range records {
		if r.Zone != c.Zone || r.From != c.From {
			continue
		}
		n := 0
		if strings.Contains(string(c.Name), strings.TrimPrefix(string(r.Name), "*.")) {
			n = len(r.Name)
		}
		if n > length {
			found, length = r, n
		}
	}
	return found
}

// policies finds out which policy would keep the changes that no flag avoids from being made.
func (a *attribution) policies(ctx context.Context) error {
	weaker := map[string][]change.Policy{
		string(change.Sync): {change.UpsertOnly, change.CreateOnly}, string(change.UpsertOnly): {change.CreateOnly},
	}[a.policy]
	for _, p := range weaker {
		if !slices.ContainsFunc(a.out.Causes, func(c Cause) bool { return c.Avoid == "" }) {
			return nil
		}
		t := Try{Drop: "policy", Add: []string{"--policy=" + string(p)}}
		then, err := a.plan(ctx, t.apply(a.args))
		if err != nil {
			return fmt.Errorf("plan again with %s: %w", t, err)
		}
		after := changesOf(then)
		for i, c := range a.out.Causes {
			if c.Avoid == "" && len(intersect(c.Changes, after)) == 0 && len(subtract(after, changesOf(a.out.Plan))) == 0 {
				a.out.Causes[i].Avoid = t.String()
			}
		}
	}
	return nil
}

// together plans with all that was found, so that what it comes to is seen rather than hoped.
func (a *attribution) together(ctx context.Context) error {
	if len(a.out.tries) == 0 {
		return nil
	}
	p, err := a.plan(ctx, a.out.apply(a.args))
	if err != nil {
		return fmt.Errorf("plan again with %s: %w", strings.Join(a.out.Avoid, " and "), err)
	}
	a.out.Then = &p
	return nil
}

// apply makes the changes of arguments that were found.
func (o Outcome) apply(args []string) []string {
	args = slices.Clone(args)
	for _, t := range o.tries {
		args = t.apply(args)
	}
	return args
}

func changesOf(p report.Plan) []report.Change {
	var out []report.Change
	for _, v := range p.Views {
		out = append(out, v.Changes...)
	}
	return out
}

// key says which change of which record set a change is.
func key(c report.Change) string {
	side := func(s *report.Set) string {
		if s == nil {
			return ""
		}
		return s.String()
	}
	return strings.Join([]string{c.Zone.ID, string(c.Name), string(c.Type), c.ID, string(c.Action), side(c.Before), side(c.After)}, "\x00")
}

func keys(list []report.Change) map[string]bool {
	out := make(map[string]bool, len(list))
	for _, c := range list {
		out[key(c)] = true
	}
	return out
}

func subtract(list, from []report.Change) []report.Change {
	there := keys(from)
	return slices.DeleteFunc(slices.Clone(list), func(c report.Change) bool { return there[key(c)] })
}

func intersect(list, with []report.Change) []report.Change {
	there := keys(with)
	return slices.DeleteFunc(slices.Clone(list), func(c report.Change) bool { return !there[key(c)] })
}
