// SPDX-License-Identifier: Apache-2.0

package why

import (
	"fmt"
	"strings"

	"nafuda.io/nafuda/internal/feed"
	"nafuda.io/nafuda/internal/loop/reconcile"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/spelling"
	"nafuda.io/nafuda/internal/ops/report"
)

// pass says how a name has passed a place that doesn't stop it.
func (w *walker) pass(at Place) Step {
	s := Step{Step: at, Mark: OK}
	switch at {
	case Source:
		w.passSource(&s)
	case Filters:
		s.Text = "no filter leaves it out"
	case Zone:
		s.Text = describeZone(w.zone)
	case Owner:
		s.Text = w.owners()
	case Plan:
		s.Text = w.planned()
	case Sent:
		s.Text = w.sent()
	case InSync:
		w.passInSync(&s)
	case Answering:
		w.passAnswering(&s)
	}
	return s
}

func (w *walker) passSource(s *Step) {
	const most = 5
	texts := make([]string, 0, most+1)
	for i, a := range w.name.Askers {
		if i == most {
			texts = append(texts, fmt.Sprintf("and %s", spelling.Count(len(w.name.Askers)-most, "more object")))
			break
		}
		texts = append(texts, asks(a))
	}
	s.Text = strings.Join(texts, "; ")
	if len(texts) == 0 {
		s.Mark, s.Text = None, "no object asks for it any more"
		for _, o := range w.zone.Observed {
			if o.Ours && o.Resource != "" {
				s.Text += "; it was made for " + o.Resource
				return
			}
		}
	}
}

func describeZone(z *reconcile.ZoneFacts) string {
	if z == nil {
		return ""
	}
	text := nameZone(reconcile.ZoneSeen{Zone: z.Zone, World: z.World})
	if !z.Chosen {
		text += ", which isn't where the name's records belong now"
	}
	return text
}

func nameZone(z reconcile.ZoneSeen) string {
	return fmt.Sprintf("%s (%s), %s", z.Name, z.ID, report.Seen(z.Zone, z.World))
}

func (w *walker) owners() string {
	for _, o := range w.zone.Observed {
		if o.Ours && o.Resource != "" {
			return fmt.Sprintf("ours, made for %s", o.Resource)
		}
	}
	if w.owned() {
		return "ours"
	}
	return "nobody has the name"
}

func (w *walker) planned() string {
	n := 0
	for _, c := range w.zone.Changes {
		if !c.Marker && !c.Keeps() {
			n++
		}
	}
	if n == 0 {
		return "nothing to change"
	}
	return fmt.Sprintf("%d to change, markers apart", n)
}

func (w *walker) sent() string {
	if e := w.zone.Entry; e != nil {
		return fmt.Sprintf("last with entry %s of the journal, at %s", e.ID, e.Intent.Time.UTC().Format("2006-01-02 15:04:05 MST"))
	}
	return "nothing is waiting"
}

func (w *walker) passInSync(s *Step) {
	s.Text = "the provider has it as wanted"
	if z := w.zone; z.State == reconcile.StateSent {
		s.Mark, s.Text = None, "the provider has taken it, and nobody can say whether all its servers have it"
		if z.Why.Code == reason.Unconfirmed {
			s.Text, s.Reason = z.Why.Text, &z.Why
		}
	}
}

func (w *walker) passAnswering(s *Step) {
	z := w.zone
	why := z.Why
	if z.Answer != nil {
		why = z.Answer.Why
	}
	switch {
	case z.Answer != nil && z.Answer.As, z.State == reconcile.StateAnswering:
		s.Text = "the zone's servers answer as wanted"
	case why.Code != "" && why.Code != reason.Unconfirmed:
		s.Mark, s.Text, s.Reason = None, why.Text, &why
	case z.Pending:
		s.Mark, s.Text = None, "the zone's servers are being asked"
	default:
		s.Mark, s.Text = None, "nobody has asked the zone's servers"
	}
}

// unread says why a kind's objects aren't known; none: they are.
func unread(k reconcile.Kind) reason.Reason {
	switch k.State {
	case feed.Synced:
		return reason.Reason{}
	case feed.Forbidden:
		return reason.New(reason.KindForbidden, "objects of the kind %s can't be read: %s", k.Name, k.Error)
	default:
		return reason.New(reason.NotSynced, "objects of the kind %s haven't been read in full", k.Name)
	}
}

// looked lists where we looked.
func looked(e reconcile.Explanation) []string {
	var out []string
	for _, k := range e.Kinds {
		out = append(out, fmt.Sprintf("objects of the kind %s: %d", k.Name, k.Objects))
	}
	for _, z := range e.Zones {
		out = append(out, "zone "+nameZone(z))
	}
	for _, u := range e.Unread {
		out = append(out, "couldn't read "+u.Field)
	}
	return out
}
