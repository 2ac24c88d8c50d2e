// SPDX-License-Identifier: Apache-2.0

package report

import (
	"io"
	"slices"

	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/spelling"
)

// Held is what the brake of one zone holds. The hash approves exactly these changes.
type Held struct {
	Zone    Zone            `json:"zone"`
	Hash    string          `json:"hash"`
	Deletes []Change        `json:"deletes"`
	Updates []Change        `json:"updates"`
	Reasons []reason.Reason `json:"reasons"`
}

// Write writes what is held for people, and the line that releases it.
func (h Held) Write(w io.Writer, colour bool) error {
	t := planText{colour: colour}
	t.line("", "Zone %s (%s): %s held", clean(h.Zone.Name), clean(h.Zone.ID), h.Counts())
	t.reasons(h.Reasons)
	t.changes(slices.Concat(h.Deletes, h.Updates))
	t.line("", "  Release exactly these: nafuda approve --plan=%s", clean(h.Hash))
	_, err := io.WriteString(w, t.b.String())
	return err
}

// Counts says how many record sets are held, such as "12 deletes and 1 update".
func (h Held) Counts() string {
	deletes, updates := Count(len(h.Deletes), "delete"), Count(len(h.Updates), "update")
	switch {
	case len(h.Updates) == 0:
		return deletes
	case len(h.Deletes) == 0:
		return updates
	default:
		return deletes + " and " + updates
	}
}

// Count says how many there are of something whose plural ends in s.
func Count(n int, what string) string { return spelling.Count(n, what) }

func (t *planText) reasons(list []reason.Reason) {
	for _, r := range list {
		t.line(yellow, "  ! %s", clean(r.String()))
	}
}

// changes writes changes of one zone.
func (t *planText) changes(list []Change) {
	sorted := slices.Clone(list)
	slices.SortStableFunc(sorted, Compare)
	for _, c := range lines(sorted) {
		t.change(c)
	}
}

// DecisionOf shows a decision about a name.
func DecisionOf(z Zone, d change.Decision) Name {
	return Name{Zone: &z, Name: d.Key.Name, Type: d.Key.Type, ID: d.Key.ID, What: d.Verdict, From: d.Resource, Reason: d.Why, Fix: d.Why.Fix()}
}
