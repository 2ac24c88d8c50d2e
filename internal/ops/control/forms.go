// SPDX-License-Identifier: Apache-2.0

package control

import (
	"cmp"
	"slices"

	"nafuda.io/nafuda/internal/loop/reconcile"
	"nafuda.io/nafuda/internal/memory/journal"
	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/ops/report"
)

func heldOf(b reconcile.Braked) report.Held {
	return report.Held{
		Zone: report.ZoneOf(b.Zone), Hash: b.Hash, Deletes: changesOf(b.Zone, b.Deletes), Updates: changesOf(b.Zone, b.Updates),
		Reasons: append([]reason.Reason{}, b.Why...),
	}
}

func changesOf(z zone.Zone, list []change.Change) []report.Change {
	out := make([]report.Change, 0, len(list))
	for _, c := range list {
		if !c.Keeps() {
			out = append(out, report.ChangeOf(z, c))
		}
	}
	return out
}

// UndoOf shows what an undo does.
func UndoOf(u reconcile.Undoing) report.Undo {
	out := report.Undo{Hash: u.Hash, Entries: append([]journal.ID{}, u.Entries...), Damage: u.Damage, Names: make([]report.UndoName, 0, len(u.Names))}
	for _, n := range u.Names {
		name := report.UndoName{Zone: report.ZoneOf(n.Zone), Name: n.Name, Changes: changesOf(n.Zone, n.Changes), Against: []report.Name{}, Later: n.Later}
		for _, d := range n.Decisions {
			name.Against = append(name.Against, report.DecisionOf(name.Zone, d))
		}
		out.Names = append(out.Names, name)
	}
	return out
}

func statusOf(s reconcile.Status, braked []reconcile.Braked) report.Status {
	out := report.Status{
		Ready: s.Ready, Missing: s.Missing, Waiting: s.Waiting, Views: s.Views,
		Zones: []report.ZoneStatus{}, Kinds: []report.KindStatus{}, Brakes: []report.Brake{}, Names: counts(s),
	}
	for _, z := range s.Zones {
		out.Zones = append(out.Zones, report.ZoneStatus{
			Zone: report.Zone{ID: z.ID, Name: z.Name}, Account: z.Account, Views: z.Views, Private: z.Private, Read: z.Read, Records: z.Records, Limit: z.Limit, NoRoom: z.NoRoom,
			Waiting: z.Waiting, Vanished: z.Vanished, Error: z.Error, Retry: z.Retry,
		})
	}
	for _, k := range s.Kinds {
		state := string(k.State)
		if state == "" {
			state = "not read yet"
		}
		out.Kinds = append(out.Kinds, report.KindStatus{Name: k.Name, State: state, Objects: k.Objects, Error: k.Error})
	}
	for _, b := range braked {
		out.Brakes = append(out.Brakes, report.Brake{Zone: report.ZoneOf(b.Zone), Hash: b.Hash, Deletes: len(b.Deletes), Updates: len(b.Updates)})
	}
	return out
}

// counts sums up the decisions about names and the refused parts of objects, by verdict and reason.
func counts(s reconcile.Status) []report.NameCount {
	by := make(map[report.NameCount]int)
	for _, n := range s.Names {
		c := report.NameCount{What: n.Verdict, Reason: n.Reason.Code}
		if len(s.Views) > 1 {
			c.View = n.View
		}
		by[c]++
	}
	for _, r := range s.Refusals {
		by[report.NameCount{What: change.Refused, Reason: r.Reason.Code}]++
	}
	out := make([]report.NameCount, 0, len(by))
	for c, n := range by {
		c.N = n
		out = append(out, c)
	}
	slices.SortFunc(out, func(a, b report.NameCount) int {
		return cmp.Or(cmp.Compare(a.What, b.What), cmp.Compare(a.Reason, b.Reason), cmp.Compare(a.View, b.View))
	})
	return out
}
