// SPDX-License-Identifier: Apache-2.0

package guard

import (
	"slices"

	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
)

// Effect is what a group of changes takes away from a name: the part of a plan that a guard looks at. It is a value; nothing in
// it is changed.
type Effect struct {
	Name dnsname.Name
	// Removes are deletes of record sets without anything in their place, sorted by key.
	Removes []change.Change
	// Moves are edits that take a target away and leave others: updates, and deletes with the creates that take their place
	// (a change of type or of set identifier), sorted by key.
	Moves []change.Change
	unit  string // names that share it count as one update
	// service counts names as one update in another way (see updates): those that are for the same Service.
	service string
}

// Of looks at a group as it would be sent if nothing were held. Markers don't count.
func Of(g change.Group) Effect {
	e := Effect{Name: g.Name}
	var creates, deletes []change.Change
	var shifts []shift
	for _, c := range g.Changes {
		switch {
		case c.Marker:
		case c.Action() == change.Create:
			creates = append(creates, c)
		case c.Action() == change.Delete:
			deletes = append(deletes, c)
		default:
			if s := shiftOf([]change.Change{c}); len(s.gone) > 0 {
				e.Moves = append(e.Moves, c)
				shifts = append(shifts, s)
			}
		}
	}
	swapped := e.swap(creates, deletes)
	if s := shiftOf(swapped); len(s.gone) > 0 {
		e.Moves = append(e.Moves, swapped...)
		shifts = append(shifts, s)
	}
	slices.SortStableFunc(e.Removes, byKey)
	slices.SortStableFunc(e.Moves, byKey)
	if len(shifts) > 0 {
		e.unit = unitOf(g.Name, shifts)
		e.service = serviceOf(e)
	}
	return e
}

// swap enters the deletes that nothing replaces as removes and returns the others, with the creates that replace them.
func (e *Effect) swap(creates, deletes []change.Change) []change.Change {
	var swapped []change.Change
	for _, d := range deletes {
		if slices.ContainsFunc(creates, takesPlace(d)) {
			swapped = append(swapped, d)
		} else {
			e.Removes = append(e.Removes, d)
		}
	}
	for _, c := range creates {
		if slices.ContainsFunc(swapped, takesPlace(c)) {
			swapped = append(swapped, c)
		}
	}
	return swapped
}

// takesPlace reports whether one of two changes, a create and a delete at one name, makes room for the other: a routing policy
// has one row for each set identifier, and a row without one stands alone (Route 53, ChangeResourceRecordSets).
func takesPlace(a change.Change) func(change.Change) bool {
	return func(b change.Change) bool {
		x, y := a.Key().ID, b.Key().ID
		return a.Action() != b.Action() && (x == y || x == "" || y == "")
	}
}

// Harmless reports that nothing is taken away.
func (e Effect) Harmless() bool { return len(e.Removes) == 0 && len(e.Moves) == 0 }

// shift is how the targets of a record set change.
type shift struct{ gone, come []string }

// shiftOf compares all targets before some changes with all after them.
func shiftOf(changes []change.Change) shift {
	var before, after []string
	for _, c := range changes {
		before = append(before, targets(c.Before)...)
		after = append(after, targets(c.After)...)
	}
	return shift{gone: without(before, after), come: without(after, before)}
}

func targets(s *record.Set) []string {
	if s == nil {
		return nil
	}
	return s.Targets()
}

// without returns what is in a and not in b, sorted, once.
func without(a, b []string) []string {
	b = slices.Sorted(slices.Values(b))
	var out []string
	for _, s := range a {
		if _, found := slices.BinarySearch(b, s); !found {
			out = append(out, s)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func byKey(a, b change.Change) int { return a.Key().Compare(b.Key()) }
