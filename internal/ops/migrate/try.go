// SPDX-License-Identifier: Apache-2.0

package migrate

import (
	"slices"
	"strings"
)

// Try is a change of arguments: first a flag is taken away, then arguments are added.
type Try struct {
	Drop string // without dashes; empty for none
	Add  []string
}

// String is the change as a person would say it.
func (t Try) String() string {
	if len(t.Add) == 0 {
		return "leaving out --" + t.Drop
	}
	return strings.Join(t.Add, " ")
}

// useful reports whether the change changes anything: what is dropped is there, and what is added isn't.
func (t Try) useful(given []Given) bool {
	has := func(name string) bool {
		return slices.ContainsFunc(given, func(g Given) bool { return g.Name == name })
	}
	for _, a := range t.Add {
		if name := flagOf(a); name != t.Drop && has(name) {
			return false
		}
	}
	return len(t.Add) > 0 || has(t.Drop)
}

// apply makes the change. A flag's value may stand in an argument of its own.
func (t Try) apply(args []string) []string {
	var out []string
	for i := 0; i < len(args); i++ {
		switch {
		case t.Drop == "" || flagOf(args[i]) != t.Drop:
			out = append(out, args[i])
		case !strings.Contains(args[i], "=") && i+1 < len(args) && !strings.HasPrefix(args[i+1], "-"):
			i++
		}
	}
	return append(out, t.Add...)
}

// flagOf is the name of the flag that an argument is; empty where it is none.
func flagOf(arg string) string {
	if !strings.HasPrefix(arg, "-") {
		return ""
	}
	name, _, _ := strings.Cut(strings.TrimLeft(arg, "-"), "=")
	return name
}
