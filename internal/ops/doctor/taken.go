// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"context"

	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/ops/report"
	"nafuda.io/nafuda/internal/provider"
)

// wanting is what a plan says about the names that objects ask for.
type wanting struct {
	plan  report.Plan
	whole bool // everything that it depends on could be read
	err   error
}

// wanting makes the plan, once for all checks that look at it.
func (e *exam) wanting(ctx context.Context) wanting {
	e.planned.Do(func() {
		wait, cancel := most(ctx)
		defer cancel()
		var with []provider.Provider
		for _, s := range e.surveys {
			r := replay{Provider: s.account.Provider}
			r.zones, r.err = s.contents(wait)
			with = append(with, r)
		}
		e.wants.plan, e.wants.whole, e.wants.err = e.patient.Plan(ctx, with)
	})
	return e.wants
}

func checkTaken(ctx context.Context, e *exam) []Finding {
	if e.patient.NoAccounts != nil || e.patient.Plan == nil {
		return e.unopened()
	}
	return judgeTaken(e.wanting(ctx))
}

func judgeTaken(w wanting) []Finding {
	const incomplete = "see what the checks kubeconfig, rbac, kinds and permissions say"
	if w.err != nil {
		return []Finding{warn(incomplete, "which names are taken isn't known: %v", w.err)}
	}
	var out []Finding
	asked := 0
	for _, v := range w.plan.Views {
		asked += len(v.Changes)
		for _, n := range v.Refused {
			if !foreign(n.Reason.Code) {
				continue
			}
			in := ""
			if n.Zone != nil {
				in = " in the zone " + n.Zone.Name
			}
			out = append(out, fail(n.Fix, "%s asks for %s%s, which is taken: %s", n.From, n.Name, in, n.Reason.Text))
		}
	}
	if !w.whole {
		out = append(out, warn(incomplete, "not everything could be read: more names may be taken"))
	}
	if len(out) == 0 {
		out = append(out, ok("no name that an object asks for is taken; a run would make %s of record sets", report.Count(asked, "change")))
	}
	return out
}

// foreign reports whether a reason is that somebody else has the record set, or where its marker goes.
func foreign(c reason.Code) bool {
	switch c {
	case reason.Foreign, reason.OtherOwner, reason.MarkerTaken, reason.MarkerCNAME, reason.Ambiguous:
		return true
	default:
		return false
	}
}
