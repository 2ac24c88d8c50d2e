// SPDX-License-Identifier: Apache-2.0

package parse

import (
	"slices"

	"nafuda.io/nafuda/internal/app/flags"
)

// suggest returns ", did you mean --x?" for the nearest flag, or nothing.
func (g grammar) suggest(name string) string {
	var names []string
	for _, flag := range allFlags(g.app.Node) {
		if !flag.Hidden {
			names = append(names, flag.Name)
		}
	}
	for _, f := range g.table {
		if f.Class != flags.Refused {
			names = append(names, f.Name)
		}
	}
	if best := nearest(name, names); best != "" {
		return ", did you mean --" + best + "?"
	}
	return ""
}

// nearest returns the name that the fewest edits lead to, the first in the alphabet of several; none that needs more than a
// third of the letters changed.
func nearest(name string, names []string) string {
	const longest = 64
	if len(name) > longest {
		return ""
	}
	slices.Sort(names)
	best, least := "", len(name)/3+1
	for _, candidate := range names {
		if d := distance(name, candidate); d < least {
			best, least = candidate, d
		}
	}
	return best
}

// distance counts the insertions, deletions, replacements and swaps of neighbours that lead from a to b.
func distance(a, b string) int {
	before, last := make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row := make([]int, len(b)+1)
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last = last, row
	}
	return last[len(b)]
}
