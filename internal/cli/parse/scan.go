// SPDX-License-Identifier: Apache-2.0

package parse

import (
	"fmt"
	"strconv"
	"strings"

	"nafuda.io/nafuda/internal/app/flags"
)

// given is one flag as it was given.
type given struct {
	name   string // without dashes and without no-
	value  string
	origin string // how it was written, for messages: "--x", "NAFUDA_X" or "FILE:LINE: x"
	hidden bool   // the value comes from a variable that a file names, and isn't shown
}

// line is a command line, taken apart.
type line struct {
	command string
	help    bool
	given   []given
	rest    []string // arguments of the command that are no flags
	errs    []error
}

// scan takes arguments apart. A flag may stand before or after the command; the first argument that is no flag is the command,
// and those that follow are its own if it takes any.
func (g grammar) scan(args []string) line {
	var l line
	for i := 0; i < len(args); i++ {
		arg := args[i]
		switch {
		case arg == "--":
			for _, rest := range args[i+1:] {
				g.positional(&l, rest)
			}
			return l
		case arg == "--help", arg == "-h":
			l.help = true
		case len(arg) > 1 && arg[0] == '-':
			i += g.flag(&l, args[i:])
		default:
			g.positional(&l, arg)
		}
	}
	return l
}

func (g grammar) positional(l *line, arg string) {
	switch {
	case l.command == "" && g.node(arg) != nil && arg != "":
		l.command = g.node(arg).Name
	case l.command == "" && len(l.given) == 0 && len(l.errs) == 0:
		l.errs = append(l.errs, fmt.Errorf("unknown command %q: use one of %s", clip(arg), g.commands()))
	case l.command != "" && g.takesArguments(l.command):
		l.rest = append(l.rest, arg)
	default:
		l.errs = append(l.errs, unexpected(arg))
	}
}

// flag reads the flag that args begins with, and returns how many further arguments it took.
func (g grammar) flag(l *line, args []string) int {
	bare := strings.TrimLeft(args[0], "-")
	name, value, hasValue := strings.Cut(bare, "=")
	origin := args[0][:len(args[0])-len(bare)] + clip(name)
	f, known := g.resolve(name)
	follows := len(args) > 1 && (g.verbatim(name) || !strings.HasPrefix(args[1], "--"))
	switch {
	case !known:
		l.errs = append(l.errs, fmt.Errorf("unknown flag %s%s", origin, g.suggest(name)))
		if !hasValue && g.likelyValue(args[1:]) {
			return 1
		}
	case f.negated && hasValue:
		l.errs = append(l.errs, fmt.Errorf("%s takes no value: write %s alone", origin, origin))
	case hasValue:
		l.given = append(l.given, given{name: f.name, value: value, origin: origin})
	case f.kind == flags.Switch:
		l.given = append(l.given, given{name: f.name, value: strconv.FormatBool(!f.negated), origin: origin})
	case follows:
		l.given = append(l.given, given{name: f.name, value: args[1], origin: origin})
		return 1
	default:
		l.errs = append(l.errs, fmt.Errorf("%s needs a value: write %s=VALUE", origin, origin))
	}
	return 0
}

// likelyValue reports whether what follows an unknown flag is its value rather than a command. It then isn't named in a message
// of its own, for it may be a secret.
func (g grammar) likelyValue(rest []string) bool {
	return len(rest) > 0 && !strings.HasPrefix(rest[0], "-") && g.node(rest[0]) == nil
}

// resolved is a flag's name as the grammar or the table has it.
type resolved struct {
	name    string
	kind    flags.Kind
	negated bool // written --no-x
}

func (g grammar) resolve(name string) (resolved, bool) {
	if kind, ok := g.kind(name); ok {
		return resolved{name: name, kind: kind}, true
	}
	positive, no := strings.CutPrefix(name, "no-")
	kind, ok := g.kind(positive)
	return resolved{positive, kind, true}, no && ok && kind == flags.Switch
}
