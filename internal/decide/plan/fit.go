// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"slices"

	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/registry"
)

// attach adds the changes of markers. An update takes its markers along though they don't change, as DELETE and CREATE of the same:
// the provider then refuses the batch if the name belongs to someone else by now, whatever the mirror says. So does a create: of
// the marker that it relies on the mirror may have an older picture than of its own name, and without one it would be nobody's.
func (p *planner) attach() []registry.Refused {
	slices.SortFunc(p.after, func(a, b registry.Owned) int { return record.Compare(a.Set, b.Set) })
	slices.SortStableFunc(p.changes, func(a, b change.Change) int { return a.Key().Compare(b.Key()) })
	markers, refused := p.Ledger.Attach(p.changes, p.after)
	if refused != nil {
		return refused
	}
	if len(p.changes) == 0 {
		markers = p.alone(markers)
	}
	records := len(p.changes)
	leaves := slices.ContainsFunc(p.changes, func(c change.Change) bool { return c.After != nil })
	for _, m := range markers {
		if m.After != nil {
			sets, err := p.Desired(*m.After)
			if err != nil || len(sets) != 1 {
				return p.refuseAll(p.changes[:records], reason.New(reason.BadValue, "the marker %s can't be stored: %v", m.Key(), err))
			}
			m.After = &sets[0]
		}
		if m.Keeps() {
			// A row will name another object; what a note says of its name is all that a delete there can rely on.
			row := slices.ContainsFunc(p.after, func(o registry.Owned) bool { return o.Set.Key == m.Key() })
			if !leaves && !row && m.Key().Type != record.Note {
				continue
			}
			m.After = m.Before
		}
		m.Why = reason.New(reason.Marks, "it marks %s", p.Name)
		p.changes = append(p.changes, m)
	}
	return nil
}

// alone leaves those markers that the policy lets change with nothing else: such a marker changes because its object did, gives way to
// one of another form, which is an update too, or goes because nothing is left for it.
func (p *planner) alone(markers []change.Change) []change.Change {
	return slices.DeleteFunc(markers, func(m change.Change) bool {
		return !p.Policy.Allows(change.Update) || m.After == nil && len(p.after) == 0 && !p.Policy.Allows(change.Delete)
	})
}

// refuseAll bars every change, because their markers can't be written.
func (p *planner) refuseAll(changes []change.Change, why reason.Reason) []registry.Refused {
	out := make([]registry.Refused, 0, len(changes)+1)
	for _, c := range changes {
		out = append(out, registry.Refused{Key: c.Key(), Why: why})
	}
	if len(out) == 0 {
		out = append(out, registry.Refused{Key: record.Key{Name: p.Name}, Why: why})
	}
	return out
}

// exclude finds creates that can't stand beside what will be at the name: a CNAME beside anything, a set with an identifier
// beside one without (RFC 1034 section 3.6.2; Route 53, ChangeResourceRecordSets). Of two creates the first in order stays.
// Sets that spare says aren't looked at.
func (p *planner) exclude(spare func(record.Set) bool) []registry.Refused {
	var out []registry.Refused
	final := slices.DeleteFunc(p.final(), spare)
	absent := make(map[record.Key]bool) // creates that come later, or are refused
	for _, c := range p.changes {
		absent[c.Key()] = c.Action() == change.Create && !c.Marker
	}
	for _, c := range p.changes {
		if !absent[c.Key()] || c.Key().Name != p.Name {
			continue
		}
		i := slices.IndexFunc(final, func(s record.Set) bool { return !absent[s.Key] && clash(s.Key, c.Key()) })
		absent[c.Key()] = i >= 0
		if i >= 0 {
			out = append(out, registry.Refused{Key: c.Key(), Why: p.beside(c.Key(), final[i])})
		}
	}
	return out
}

// beside says why a record set can't be made beside another.
func (p *planner) beside(k record.Key, s record.Set) reason.Reason {
	kept, stays := p.kept[s.Key]
	_, ours := p.ours[s.Key]
	wanted := slices.ContainsFunc(p.wanted, func(w change.Want) bool { return w.Set.Key == s.Key })
	switch {
	case p.Ledger.IsMarker(s):
		return reason.New(reason.MarkerCNAME, "%s can't stand beside the marker %s", k, s.Key)
	case stays && ours:
		return kept
	case ours || wanted:
		return reason.New(reason.ClaimHolderWins, "%s can't stand beside %s, which is asked for too", k, s.Key)
	default:
		return reason.New(reason.Foreign, "%s can't stand beside %s, which isn't ours", k, s.Key)
	}
}

// final is what will be at the name.
func (p *planner) final() []record.Set {
	gone := make(map[record.Key]bool)
	var out []record.Set
	for _, c := range p.changes {
		if c.Key().Name != p.Name {
			continue
		}
		gone[c.Key()] = true
		if c.After != nil {
			out = append(out, *c.After)
		}
	}
	for _, s := range p.Observed {
		if !gone[s.Key] {
			out = append(out, s)
		}
	}
	return out
}

// clash reports whether two record sets of one name exclude each other.
func clash(a, b record.Key) bool {
	if a.Type == record.Note || b.Type == record.Note {
		return false
	}
	if a.Type != b.Type {
		return a.Type == record.CNAME || b.Type == record.CNAME
	}
	return (a.ID == "") != (b.ID == "")
}
