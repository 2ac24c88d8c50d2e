// SPDX-License-Identifier: Apache-2.0

package parse

import (
	"fmt"
	"strings"

	"nafuda.io/nafuda/internal/app/flags"
)

// given is one flag as it was given.
type given struct {
	name   string // without dashes and without no-
	value  string
	origin string // how it was written, for messages: "--x" or "NAFUDA_X"
}

// line is a command line, taken apart.
type line struct {
	command string
	help    bool
	given   []given
	errs    []error
}

// scan takes arguments apart. A flag may stand before or after the command; the first argument that is no flag is the command.
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
	default:
		l.errs = append(l.errs, fmt.Errorf("unexpected argument %q: flags are written --name=value", clip(arg)))
	}
}

// flag reads the flag that args begins with, and returns how many further arguments it took.
func (g grammar) flag(l *line, args []string) int {
	name, value, hasValue := strings.Cut(strings.TrimLeft(args[0], "-"), "=")
	origin := args[0][:len(args[0])-len(strings.TrimLeft(args[0], "-"))] + clip(name)
	kind, known := g.kind(name)
	negated := false
	if positive, no := strings.CutPrefix(name, "no-"); !known && no {
		if kind, known = g.kind(positive); known && kind == flags.Switch {
			name, negated = positive, true
		} else {
			known = false
		}
	}
	next := len(args) > 1 && !strings.HasPrefix(args[1], "--")
	switch {
	case !known:
		l.errs = append(l.errs, fmt.Errorf("unknown flag %s%s", origin, g.suggest(name)))
		// What follows is likely its value; it isn't named in a message of its own, for it may be a secret.
		if !hasValue && next && !strings.HasPrefix(args[1], "-") && g.node(args[1]) == nil {
			return 1
		}
		return 0
	case negated && hasValue:
		l.errs = append(l.errs, fmt.Errorf("%s takes no value: write %s alone", origin, origin))
		return 0
	case negated:
		l.given = append(l.given, given{name, "false", origin})
		return 0
	case hasValue:
		l.given = append(l.given, given{name, value, origin})
		return 0
	case kind == flags.Switch:
		l.given = append(l.given, given{name, "true", origin})
		return 0
	case !next:
		l.errs = append(l.errs, fmt.Errorf("%s needs a value: write %s=VALUE", origin, origin))
		return 0
	default:
		l.given = append(l.given, given{name, args[1], origin})
		return 1
	}
}
