// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"fmt"
	"slices"
)

// Level is how bad a finding is.
type Level string

// The levels, the best first: with a Fail something doesn't work; with a Warn it works, or it couldn't be found out.
const (
	OK   Level = "ok"
	Warn Level = "warn"
	Fail Level = "fail"
)

// worse orders levels.
func worse(a, b Level) int {
	order := []Level{OK, Warn, Fail}
	return slices.Index(order, a) - slices.Index(order, b)
}

// Finding is one thing that a check has found.
type Finding struct {
	Level Level  `json:"level"`
	Text  string `json:"text"`
	Fix   string `json:"fix,omitempty"`  // what a person can do about it; empty where nothing needs doing
	View  string `json:"view,omitempty"` // that it is found in, where several are examined; empty: in all of them
}

func ok(format string, args ...any) Finding {
	return Finding{Level: OK, Text: fmt.Sprintf(format, args...)}
}

func warn(fix, format string, args ...any) Finding {
	return Finding{Level: Warn, Text: fmt.Sprintf(format, args...), Fix: fix}
}

func fail(fix, format string, args ...any) Finding {
	return Finding{Level: Fail, Text: fmt.Sprintf(format, args...), Fix: fix}
}

// Result is what one check has found. Level is the worst of its findings.
type Result struct {
	Check    string    `json:"check"`
	Level    Level     `json:"level"`
	Findings []Finding `json:"findings"`
}

// Report is what all checks have found, in the order of Checks. Level is the worst of theirs.
type Report struct {
	Level  Level    `json:"level"`
	Checks []Result `json:"checks"`
}

// nothing is the finding of a check that has found nothing to look at.
func nothing() Finding { return ok("nothing to check") }

// result puts the worst findings first, and gives a check that has found nothing a finding.
func result(name string, found []Finding) Result {
	if len(found) == 0 {
		found = []Finding{nothing()}
	}
	found = slices.Clone(found)
	slices.SortStableFunc(found, func(a, b Finding) int { return worse(b.Level, a.Level) })
	for i := range found {
		found[i].Text, found[i].Fix = clean(found[i].Text), clean(found[i].Fix)
	}
	return Result{Check: name, Level: found[0].Level, Findings: found}
}

func newReport(results []Result) Report {
	r := Report{Level: OK, Checks: results}
	for _, c := range results {
		if worse(c.Level, r.Level) > 0 {
			r.Level = c.Level
		}
	}
	return r
}
