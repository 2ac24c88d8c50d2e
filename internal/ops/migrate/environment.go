// SPDX-License-Identifier: Apache-2.0

package migrate

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"nafuda.io/nafuda/internal/app/flags"
)

// The prefixes of variables that set flags.
const (
	theirPrefix = "EXTERNAL_DNS_"
	ourPrefix   = "NAFUDA_"
)

// environment is what a container's variables come to.
type environment struct {
	known     map[string]string // given by a person: they beat those of the manifest
	values    map[string]string
	elsewhere []string // names of those whose values the manifest hasn't got
	literal   []string // names of secrets that stand in the manifest
	aws       []string // names of those that AWS's SDK reads
	size      int
}

// variables reads the container's variables. Later ones may use earlier ones.
func (r *Running) variables(c container, known map[string]string) (map[string]string, error) {
	e := environment{known: known, values: make(map[string]string)}
	for _, v := range c.Env {
		e.add(v)
		if e.size > maxText {
			return nil, fmt.Errorf("read the variables of the container: they have more than %d bytes", maxText)
		}
	}
	maps.Copy(e.values, known)
	r.hide(e.values)
	r.noteVariables(e, len(c.EnvFrom) > 0)
	for _, name := range e.elsewhere {
		if _, ok := e.values[name]; !ok && strings.HasPrefix(name, theirPrefix) {
			return nil, fmt.Errorf("the variable %s sets a flag and its value isn't in the manifest: add %s", brief(errors.New(name)), settings([]string{name}))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(e.values)) {
		if strings.HasPrefix(name, theirPrefix) || strings.HasPrefix(name, ourPrefix) {
			r.Env = append(r.Env, name+"="+e.values[name])
		}
	}
	return e.values, nil
}

func (e *environment) add(v variable) {
	given, isGiven := e.known[v.Name]
	switch {
	case isGiven:
		e.values[v.Name] = given
	case len(v.ValueFrom) > 0 && string(v.ValueFrom) != "null":
		delete(e.values, v.Name)
		e.elsewhere = append(e.elsewhere, v.Name)
	default:
		e.values[v.Name], _ = Expand(v.Value, e.values)
		if secret(v.Name) && v.Value != "" && !strings.HasPrefix(v.Value, "$(") {
			e.literal = append(e.literal, v.Name)
		}
	}
	e.size += len(e.values[v.Name])
	if strings.HasPrefix(v.Name, "AWS_") && !slices.Contains(e.aws, v.Name) {
		e.aws = append(e.aws, v.Name)
	}
}

func (r *Running) noteVariables(e environment, more bool) {
	note := func(format string, args ...any) { r.Notes = append(r.Notes, fmt.Sprintf(format, args...)) }
	list := func(names []string) string { return brief(errors.New(strings.Join(names, ", "))) }
	if len(e.literal) > 0 {
		note("%s: the value stands in the %s for all to read who may see it: put it into a Secret, and a reference (valueFrom.secretKeyRef) in its place", list(e.literal), r.Kind)
	}
	if len(e.aws) > 0 {
		note("the container sets %s; this plan uses the credentials and the region of this shell, which must see the same hosted zones", list(e.aws))
	}
	if more {
		note("the container takes variables from a Secret or ConfigMap (envFrom), which aren't read: one that begins with %s sets a flag; give it with --env=NAME=VALUE", theirPrefix)
	}
}

// hidden stands where a secret was.
const hidden = "(hidden)"

// hide notes which values of variables are secrets.
func (r *Running) hide(vars map[string]string) {
	for name, value := range vars {
		if secret(name) {
			r.hideValue(value)
		}
	}
}

// HideFlags notes which flags have secrets for their values: no text that is made later has them.
func (r *Running) HideFlags(given []Given, have []Known) {
	for _, g := range given {
		if !explained(g.Name, flags.All(), have).secret {
			continue
		}
		if !slices.Contains(r.secretFlags, g.Name) {
			r.secretFlags = append(r.secretFlags, g.Name)
		}
		r.hideValue(g.Value)
	}
}

func (r *Running) hideValue(value string) {
	const shortest = 4 // less hides nothing, and would take words apart
	if len(value) < shortest {
		return
	}
	r.secrets = append(r.secrets, value)
	slices.SortFunc(r.secrets, func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) }) // the longer first: one may be in another
}

// masked is a list of arguments without the values of secret flags, and whether there were any. A reference to a variable is none.
func (r *Running) masked(args []string) (out []string, some bool) {
	out = slices.Clone(args)
	for i, arg := range out {
		if !slices.Contains(r.secretFlags, flagOf(arg)) {
			continue
		}
		name, value, joined := strings.Cut(arg, "=")
		if !joined && i+1 < len(out) {
			value = out[i+1]
		}
		switch {
		case value == "" || strings.HasPrefix(value, "$(") && strings.HasSuffix(value, ")"):
			continue
		case joined:
			out[i] = name + "=" + hidden
		default:
			out[i+1] = hidden
		}
		some = true
	}
	return out, some
}

// Scrub takes the values of secret variables and flags out of a text.
func (r *Running) Scrub(text string) string {
	for _, s := range r.secrets {
		text = strings.ReplaceAll(text, s, hidden)
	}
	return text
}
