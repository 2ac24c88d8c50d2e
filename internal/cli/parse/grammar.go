// SPDX-License-Identifier: Apache-2.0

package parse

import (
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"nafuda.io/nafuda/internal/app/flags"
)

// grammar looks commands and flags up by name.
type grammar struct {
	app   *kong.Application
	table map[string]flags.Flag
}

func index(table []flags.Flag) map[string]flags.Flag {
	m := make(map[string]flags.Flag, len(table))
	for _, f := range table {
		m[f.Name] = f
	}
	return m
}

// node returns a command, or the default command for an empty name; nil where there is none.
func (g grammar) node(command string) *kong.Node {
	if command == "" {
		if g.app.DefaultCmd != nil {
			return g.app.DefaultCmd
		}
		if len(g.app.Children) == 0 {
			return g.app.Node
		}
		return nil
	}
	for _, child := range g.app.Children {
		if child.Name == command || slices.Contains(child.Aliases, command) {
			return child
		}
	}
	return nil
}

// commands lists the commands that aren't hidden, for messages.
func (g grammar) commands() string {
	var names []string
	for _, child := range g.app.Children {
		if !child.Hidden {
			names = append(names, child.Name)
		}
	}
	return strings.Join(names, ", ")
}

// kind tells how a flag of any command, or of ExternalDNS, is written.
func (g grammar) kind(name string) (flags.Kind, bool) {
	for _, flag := range allFlags(g.app.Node) {
		if named(flag, name) {
			return kindOf(flag), true
		}
	}
	f, ok := g.table[name]
	return f.Kind, ok
}

// verbatim reports whether a flag takes the argument after it as its value whatever it begins with (tag verbatim:"").
func (g grammar) verbatim(name string) bool {
	return slices.ContainsFunc(allFlags(g.app.Node), func(f *kong.Flag) bool { return named(f, name) && f.Tag.Has("verbatim") })
}

func kindOf(flag *kong.Flag) flags.Kind {
	switch {
	case flag.IsBool():
		return flags.Switch
	case flag.IsCumulative():
		return flags.List
	default:
		return flags.Value
	}
}

func named(flag *kong.Flag, name string) bool {
	return flag.Name == name || slices.Contains(flag.Aliases, name) || flag.Short != 0 && string(flag.Short) == name
}

// allFlags returns the flags of a node and of all below it.
func allFlags(n *kong.Node) []*kong.Flag {
	out := slices.Clone(n.Flags)
	for _, child := range n.Children {
		out = append(out, allFlags(child)...)
	}
	return out
}

// visible returns the flags that may be given with a command.
func visible(n *kong.Node) []*kong.Flag {
	return slices.Concat(n.AllFlags(false)...)
}
