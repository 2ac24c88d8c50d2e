// SPDX-License-Identifier: Apache-2.0

package parse

import (
	"nafuda.io/nafuda/internal/app/flags"
	"nafuda.io/nafuda/internal/model/spelling"
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
	if best := spelling.Nearest(name, names); best != "" {
		return ", did you mean --" + best + "?"
	}
	return ""
}
