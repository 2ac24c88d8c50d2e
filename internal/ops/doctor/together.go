// SPDX-License-Identifier: Apache-2.0

package doctor

import "slices"

// Together is one report of those of several views, in their order: what all of them say stands there once, and the rest says of which view it is. A
// check that has nothing to look at in one view says so only where it has nothing in any.
func Together(views []string, reports []Report) Report {
	if len(reports) == 0 {
		return newReport(nil)
	}
	results := make([]Result, 0, len(reports[0].Checks))
	for i, c := range reports[0].Checks {
		var found []Finding
		for v, r := range reports {
			for _, f := range r.Checks[i].Findings {
				everywhere := !slices.ContainsFunc(reports, func(o Report) bool { return !slices.Contains(o.Checks[i].Findings, f) })
				switch {
				case everywhere && slices.Contains(found, f), !everywhere && f == nothing():
				case everywhere:
					found = append(found, f)
				default:
					f.View = views[v]
					found = append(found, f)
				}
			}
		}
		results = append(results, result(c.Check, found))
	}
	return newReport(results)
}
