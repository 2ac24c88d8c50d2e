// SPDX-License-Identifier: Apache-2.0

package migrate

import (
	"fmt"
	"slices"
	"strings"
)

// Expand puts the values of variables into an argument as the kubelet does: $(NAME) is the value, $$ a dollar sign, and all else
// stays (Kubernetes, "Define a Command and Arguments for a Container"). It returns the names that aren't known, sorted; those stay too.
func Expand(text string, known map[string]string) (string, []string) {
	var out strings.Builder
	var missing []string
	for {
		i := strings.IndexByte(text, '$')
		if i < 0 || i+1 == len(text) || out.Len() > maxText {
			out.WriteString(text)
			slices.Sort(missing)
			return out.String(), slices.Compact(missing)
		}
		out.WriteString(text[:i])
		text = text[i:]
		end := strings.IndexByte(text, ')')
		switch {
		case text[1] == '$':
			out.WriteByte('$')
			text = text[2:]
		case text[1] == '(' && end > 0:
			if value, ok := known[text[2:end]]; ok {
				out.WriteString(value)
			} else {
				missing = append(missing, text[2:end])
				out.WriteString(text[:end+1])
			}
			text = text[end+1:]
		default:
			out.WriteByte('$')
			text = text[1:]
		}
	}
}

// Variables reads NAME=VALUE pairs. Errors tell no value.
func Variables(pairs []string) (map[string]string, error) {
	out := make(map[string]string)
	for _, p := range pairs {
		name, value, ok := strings.Cut(p, "=")
		if !ok || name == "" {
			return nil, fmt.Errorf("--env: a value has no name: write NAME=VALUE")
		}
		out[name] = value
	}
	return out, nil
}

// secret reports whether a variable's name is that of something that nobody else should see.
func secret(name string) bool {
	name = strings.ToUpper(name)
	return slices.ContainsFunc([]string{"SECRET", "TOKEN", "PASSWORD", "PASSWD", "KEY", "CREDENTIAL"}, func(s string) bool { return strings.Contains(name, s) })
}
