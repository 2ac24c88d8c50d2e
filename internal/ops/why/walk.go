// SPDX-License-Identifier: Apache-2.0

package why

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"nafuda.io/nafuda/internal/loop/reconcile"
	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/endpoint"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/ops/report"
)

// walks walks a name through each zone of each view. A zone that an object has chosen not to use says nothing where another is used, and
// so does a view that leaves it out by its filters.
func walks(e reconcile.Explanation, n reconcile.NameFacts) []Walk {
	var out []Walk
	for _, v := range n.Views {
		if len(v.Zones) == 0 || !v.NoZone.None() {
			w := walker{e: e, name: n, view: v}
			out = append(out, w.walk())
		}
		for i := range v.Zones {
			w := walker{e: e, name: n, view: v, zone: &v.Zones[i]}
			out = append(out, w.walk())
		}
	}
	passed := func(w Walk) bool {
		if w.Stop() == nil {
			return false
		}
		switch w.Stop().Reason.Code {
		case reason.ZoneNotChosen:
			return true
		case reason.Filtered, reason.NoReverse:
			return len(n.Views) > 1
		default:
			return false
		}
	}
	if slices.ContainsFunc(out, func(w Walk) bool { return !passed(w) }) {
		out = slices.DeleteFunc(out, passed)
	}
	return out
}

// walker walks a name through one zone; without one as far as it gets.
type walker struct {
	e    reconcile.Explanation
	name reconcile.NameFacts
	view reconcile.ViewFacts
	zone *reconcile.ZoneFacts
}

// mostNotes bounds what is noted at a step: any number of objects may ask for a name.
const mostNotes = 20

// stop is a reason to go no further.
type stop struct {
	at  Place
	why reason.Reason
}

func (w *walker) walk() Walk {
	out := Walk{Name: w.name.Name, View: w.view.View, Observed: []Observed{}, Changes: []report.Change{}}
	if w.zone != nil {
		out.facts(w.zone)
	}
	stops, notes := w.judge()
	slices.SortStableFunc(stops, func(a, b stop) int { return a.at.rank() - b.at.rank() })
	for _, at := range order {
		var step Step
		if len(stops) > 0 && stops[0].at == at {
			step = w.halt(stops[0])
		} else {
			step = w.pass(at)
		}
		for _, n := range notes {
			if len(step.Notes) < mostNotes && placeOf(n.Reason.Code) == at && (step.Reason == nil || *step.Reason != n.Reason) {
				step.Notes = append(step.Notes, n)
			}
		}
		out.Steps = append(out.Steps, step)
		if step.Mark == No {
			return out
		}
		if step.Mark == Wait {
			break
		}
	}
	out.Good = true
	return out
}

// facts enters what is there and what would change.
func (w *Walk) facts(z *reconcile.ZoneFacts) {
	zone := report.ZoneOf(z.Zone)
	w.Zone, w.State, w.Retry = &zone, z.State, z.Retry
	for _, s := range z.Observed {
		w.Observed = append(w.Observed, observe(s))
	}
	for _, c := range z.Changes {
		if !c.Keeps() {
			w.Changes = append(w.Changes, report.ChangeOf(z.Zone, c))
		}
	}
	if z.Entry != nil {
		w.Last = &Last{Entry: z.Entry.ID.String(), Time: z.Entry.Intent.Time, Outcome: cmp.Or(string(z.Entry.Outcome.State), "unknown")}
	}
}

// halt is the step at which the name stops.
func (w *walker) halt(s stop) Step {
	step := no(s.why)
	step.Step, step.Command = s.at, w.command(s.why)
	switch {
	case s.at == InSync: // it comes by itself
		step.Mark, step.Text = Wait, "sent, waiting for in sync: "+step.Text
		if w.zone.Why.None() {
			step.Fix = ""
		}
	case step.Command != "" && s.why.Code == reason.PolicyKeeps:
		step.Text = "left behind: " + step.Text
	case w.zone != nil && s.why == w.pending():
		step.Text = w.waiting() + ": " + step.Text
	}
	return step
}

func observe(s reconcile.SetFacts) Observed {
	o := Observed{
		Set: report.SetOf(s.Set), Type: string(s.Set.Type), ID: s.Set.ID, Ours: s.Ours, Marker: s.Marker, Owner: s.Owner, Resource: s.Resource,
	}
	if !s.Why.None() {
		o.Reason = &s.Why
	}
	return o
}

func (w *walker) decisions() []change.Decision {
	if w.zone != nil {
		return w.zone.Decisions
	}
	return w.view.Without
}

// judge sorts out what stops the name and what is only to be known.
func (w *walker) judge() (stops []stop, notes []Note) {
	for _, d := range w.decisions() {
		if w.stops(d) {
			stops = append(stops, stop{placeOf(d.Why.Code), d.Why})
		} else {
			notes = append(notes, Note{d.Resource, d.Why})
		}
	}
	add := func(at Place, why reason.Reason) {
		if !why.None() {
			stops = append(stops, stop{at, why})
		}
	}
	if len(w.name.Askers) == 0 && !w.owned() {
		add(Source, w.nobody())
	}
	add(Zone, w.view.NoZone)
	if z := w.zone; z != nil {
		add(Zone, z.Unusable)
		add(Sent, z.Parked)
		if pending := w.pending(); !pending.None() {
			add(Sent, z.Fault)
			add(Sent, pending)
		}
		w.afterwards(add)
	}
	if len(stops) == 0 && !w.published() { // what was asked for went away on the way
		for _, n := range notes {
			add(placeOf(n.Reason.Code), n.Reason)
		}
	}
	return stops, notes
}

// stops reports whether a decision keeps what was asked about from being as it should.
func (w *walker) stops(d change.Decision) bool {
	mine := w.e.Object == nil || d.Resource == w.e.Ref.String()
	switch d.Verdict {
	case change.Refused, change.Held:
		return mine || d.Resource == "" || !w.lost() // else it is the trouble of who has the name
	case change.Lost:
		return mine && w.lost()
	case change.Filtered:
		return mine && w.all(change.Filtered)
	default:
		return false
	}
}

// lost reports that the object that was asked about has no part in the name: another one has it.
func (w *walker) lost() bool {
	return w.e.Object != nil && len(w.subjects()) > 0 && w.all(change.Lost)
}

// all reports that a verdict hits all that is asked for at the name, by the object that was asked about or by any.
func (w *walker) all(v change.Verdict) bool {
	for _, a := range w.subjects() {
		keys := make([]record.Key, 0, len(a.Endpoints)+len(a.Holds))
		for _, e := range a.Endpoints {
			keys = append(keys, e.Key())
		}
		for _, h := range a.Holds {
			keys = append(keys, h.Key())
		}
		for _, k := range keys {
			hit := func(d change.Decision) bool {
				return d.Verdict == v && d.Resource == a.Ref.String() && d.Key.ID == k.ID && (d.Key.Type == k.Type || d.Key.Type == "" || k.Type == record.CNAME)
			}
			if !slices.ContainsFunc(w.decisions(), hit) {
				return false
			}
		}
	}
	return true
}

// subjects are the objects whose part in the name was asked about.
func (w *walker) subjects() []reconcile.Asker {
	if w.e.Object == nil {
		return w.name.Askers
	}
	return slices.DeleteFunc(slices.Clone(w.name.Askers), func(a reconcile.Asker) bool { return a.Ref != w.e.Ref })
}

func (w *walker) owned() bool {
	return w.zone != nil && slices.ContainsFunc(w.zone.Observed, func(s reconcile.SetFacts) bool { return s.Ours })
}

func (w *walker) published() bool { return w.owned() && len(w.name.Askers) > 0 }

// pending says what is still to be sent.
func (w *walker) pending() reason.Reason {
	for _, marker := range []bool{false, true} {
		for _, c := range w.zone.Changes {
			if c.Marker == marker && !c.Keeps() {
				return c.Why
			}
		}
	}
	return reason.Reason{}
}

// waiting says what the name waits for before it is sent.
func (w *walker) waiting() string {
	switch z := w.zone; {
	case w.e.DryRun:
		return "not done yet"
	case z.Queued:
		return "waits for its turn"
	case z.Busy:
		return "on its way, or waits for what is"
	default:
		return "waits"
	}
}

// afterwards judges what became of what was sent. That nobody can say is no reason to stop.
func (w *walker) afterwards(add func(Place, reason.Reason)) {
	z := w.zone
	switch {
	case z.State == reconcile.StateSent && z.Pending:
		why := z.Why
		if why.None() {
			why = reason.New(reason.Unconfirmed, "the provider has taken the change, and not all its servers have it yet")
		}
		add(InSync, why)
	case z.State == reconcile.StateInSync && z.Why.Code == reason.AnswersDiffer:
		add(Answering, z.Why)
	}
	if a := z.Answer; a != nil && !a.As && !a.Never && a.Why.Code == reason.AnswersDiffer {
		add(Answering, a.Why)
	}
}

// nobody says why nobody seems to ask for the name.
func (w *walker) nobody() reason.Reason {
	for _, k := range w.e.Kinds {
		if why := unread(k); !why.None() {
			return why
		}
	}
	if len(w.e.Unread) > 0 {
		return w.e.Unread[0].Reason
	}
	return reason.New(reason.NobodyAsks, "no object asks for %s", w.name.Name)
}

// command is what does the fix of a reason, where that is known to be one command.
func (w *walker) command(why reason.Reason) string {
	switch {
	case w.zone == nil:
		return ""
	case w.zone.Hash != "" && (why.Code == reason.BrakeDeletes || why.Code == reason.BrakeUpdates) && !w.e.DryRun:
		return "nafuda approve --plan=" + w.zone.Hash
	case why.Code == reason.PolicyKeeps && len(w.name.Askers) == 0:
		return fmt.Sprintf("nafuda run --once --policy=sync --domain-filter=%s --aws-zone-match-parent", w.name.Name)
	default:
		return ""
	}
}

// asks says what an object asks for at the name.
func asks(a reconcile.Asker) string {
	parts := make([]string, 0, len(a.Endpoints))
	for _, e := range a.Endpoints {
		parts = append(parts, describe(e))
	}
	if len(a.Holds) > 0 {
		parts = append(parts, "an address that isn't known")
	}
	return fmt.Sprintf("%s asks for %s", a.Ref, strings.Join(parts, " and "))
}

// describe says what an endpoint asks for, with all that tells it from others of its name.
func describe(e endpoint.Endpoint) string {
	text := fmt.Sprintf("%s %s", e.Type, strings.Join(e.Targets, ", "))
	if e.ID != "" {
		text += fmt.Sprintf(" [%q]", e.ID)
	}
	for _, p := range e.Props {
		text += " " + p.Name + "=" + p.Value
	}
	return text
}
