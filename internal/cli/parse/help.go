// SPDX-License-Identifier: Apache-2.0

package parse

import (
	"fmt"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"nafuda.io/nafuda/internal/app/flags"
)

// Flag describes one flag of a command, for documentation.
type Flag struct {
	Name      string // without dashes
	Kind      flags.Kind
	Default   string // as it would be written; a list's values are separated by commas
	Help      string
	Choices   []string // what it may be; empty where anything
	Required  bool
	Group     string   // the tag group of its options; empty where none
	Variables []string // the variables that set it
	Secret    bool     // its value is printed nowhere (tag secret:"")
}

// Describe returns the flags of a command, in the grammar's order; those of the default command for an empty name.
func Describe(s Spec, command string) ([]Flag, error) {
	k, err := build(s)
	if err != nil {
		return nil, fmt.Errorf("build the command line: %w", err)
	}
	g := grammar{app: k.Model, table: index(s.Table)}
	n := g.node(command)
	if n == nil {
		return nil, fmt.Errorf("unknown command %q: use one of %s", command, g.commands())
	}
	return g.describe(n), nil
}

func (g grammar) describe(n *kong.Node) []Flag {
	var out []Flag
	for _, f := range visible(n) {
		if f.Hidden {
			continue
		}
		d := Flag{
			Name: f.Name, Kind: kindOf(f), Default: f.Default, Help: f.Help, Required: f.Required, Secret: f.Tag.Has("secret"),
		}
		if d.Kind == flags.Switch && d.Default == "" {
			d.Default = "false"
		}
		if f.Enum != "" {
			d.Choices = slices.DeleteFunc(f.EnumSlice(), func(s string) bool { return s == "" })
		}
		if f.Group != nil {
			d.Group = f.Group.Title
		}
		if !noVariable(f) {
			d.Variables = []string{ourPrefix + Variable(f.Name)}
			if _, theirs := g.table[f.Name]; theirs {
				d.Variables = append(d.Variables, theirPrefix+Variable(f.Name))
			}
		}
		out = append(out, d)
	}
	return out
}

// help writes the help text of a command; of the program and its default command for an empty name.
func (g grammar) help(s Spec, command string) string {
	var b strings.Builder
	n := g.node(command)
	if command != "" {
		fmt.Fprintf(&b, "Usage: %s %s%s [flags]\n\n%s\n", s.Name, command, synopsis(n), n.Help)
		arguments(&b, n)
	} else {
		fmt.Fprintf(&b, "Usage: %s [command] [flags]\n\n%s\n\nCommands:\n", s.Name, s.About)
		for _, child := range g.app.Children {
			if !child.Hidden {
				fmt.Fprintf(&b, "  %-10s %s\n", child.Name, child.Help)
			}
		}
	}
	if n == nil {
		return b.String()
	}
	list := g.describe(n)
	if len(list) == 0 {
		return b.String()
	}
	fmt.Fprintf(&b, "\nFlags of %s:\n", n.Name)
	for _, f := range list {
		fmt.Fprintf(&b, "  %s\n      %s\n", usage(f), strings.TrimSpace(f.Help+" "+terms(f)))
	}
	fmt.Fprintf(&b, "\nEach flag --a-b is also the variable %sA_B, and %sA_B if ExternalDNS has the flag.\n@FILE stands for the arguments in a file, one a line.\n",
		ourPrefix, theirPrefix)
	return b.String()
}

// arguments explains the arguments of a command that aren't flags, and what else its tag detail says.
func arguments(b *strings.Builder, n *kong.Node) {
	if n.Detail != "" {
		fmt.Fprintf(b, "\n%s\n", n.Detail)
	}
	if len(n.Positional) > 0 {
		b.WriteString("\nArguments:\n")
	}
	for _, f := range n.Positional {
		fmt.Fprintf(b, "  %-10s %s\n", strings.ToUpper(f.Name), f.Help)
	}
}

func usage(f Flag) string {
	switch f.Kind {
	case flags.Switch:
		return "--[no-]" + f.Name
	case flags.List:
		return "--" + f.Name + "=VALUE ..."
	default:
		return "--" + f.Name + "=VALUE"
	}
}

// terms says what a flag may be and is by default, in brackets.
func terms(f Flag) string {
	var parts []string
	if len(f.Choices) > 0 {
		parts = append(parts, or(f.Choices))
	}
	switch {
	case f.Required:
		parts = append(parts, "required")
	case f.Default != "" && f.Default != "false":
		parts = append(parts, "default "+f.Default)
	}
	if len(parts) == 0 {
		return ""
	}
	return "(" + strings.Join(parts, "; ") + ")"
}

// or joins choices for a sentence.
func or(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " or " + names[last]
}
