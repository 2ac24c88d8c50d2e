// SPDX-License-Identifier: Apache-2.0

package parse

import (
	"fmt"
	"strings"

	"github.com/alecthomas/kong"
)

// takesArguments reports whether a command has arguments that aren't flags.
func (g grammar) takesArguments(command string) bool {
	n := g.node(command)
	return n != nil && len(n.Positional) > 0
}

// arguments sets what isn't a flag: fields with the tag arg:"", of type string, or []string for all that are left.
func (s *setter) arguments(fields []*kong.Positional, given []string) {
	for _, f := range fields {
		take := min(len(given), 1)
		if f.IsSlice() {
			take = len(given)
		}
		if take == 0 && f.Required {
			s.errs = append(s.errs, fmt.Errorf("%s is missing: %s", strings.ToUpper(f.Name), f.Help))
		}
		switch target := f.Target.Addr().Interface().(type) {
		case *[]string:
			*target = append([]string(nil), given[:take]...)
		case *string:
			*target = strings.Join(given[:take], "")
		default:
			s.errs = append(s.errs, fmt.Errorf("the argument %s is neither string nor []string", f.Name))
		}
		given = given[take:]
	}
	for _, arg := range given {
		s.errs = append(s.errs, unexpected(arg))
	}
}

func unexpected(arg string) error {
	return fmt.Errorf("unexpected argument %q: flags are written --name=value", clip(arg))
}

// synopsis shows the arguments of a command that aren't flags, each with a space before it.
func synopsis(n *kong.Node) string {
	var b strings.Builder
	for _, f := range n.Positional {
		text := strings.ToUpper(f.Name)
		if f.IsSlice() {
			text += "..."
		}
		if !f.Required {
			text = "[" + text + "]"
		}
		b.WriteString(" " + text)
	}
	return b.String()
}
