// SPDX-License-Identifier: Apache-2.0

package parse

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"nafuda.io/nafuda/internal/app/flags"
)

// setter gathers what is given for one command, and sets it.
type setter struct {
	flags  []*kong.Flag // those of the command
	others []string     // names of flags that only other commands have
	given  []given
	notes  []string
	errs   []error
}

func newSetter(n *kong.Node) *setter {
	s := &setter{flags: visible(n)}
	root := n
	for root.Parent != nil {
		root = root.Parent
	}
	for _, flag := range allFlags(root) {
		if s.find(flag.Name) == nil {
			s.others = append(s.others, flag.Name)
		}
	}
	return s
}

func (s *setter) add(g given) { s.given = append(s.given, g) }

func (s *setter) has(name string) bool {
	flag := s.find(name)
	return slices.ContainsFunc(s.given, func(g given) bool {
		return g.name == name || flag != nil && named(flag, g.name)
	})
}

func (s *setter) find(name string) *kong.Flag {
	i := slices.IndexFunc(s.flags, func(f *kong.Flag) bool { return named(f, name) })
	if i < 0 {
		return nil
	}
	return s.flags[i]
}

// legacy takes out what the grammar doesn't have: flags of ExternalDNS, and flags of other commands.
func (s *setter) legacy(g grammar) {
	var kept []given
	for _, gv := range s.given {
		f, listed := g.table[gv.name]
		switch {
		case s.find(gv.name) != nil && f.Class != flags.Superseded:
			kept = append(kept, gv)
		case slices.Contains(s.others, gv.name):
			s.errs = append(s.errs, fmt.Errorf("%s isn't a flag of this command", gv.origin))
		case !listed || f.Class == flags.Honoured:
			s.errs = append(s.errs, fmt.Errorf("%s isn't there yet: remove it", gv.origin))
		case f.Class == flags.Refused && !f.AtDefault(gv.value):
			s.errs = append(s.errs, fmt.Errorf("%s can't be used: %s", gv.origin, f.Advice))
		case f.Class == flags.Superseded:
			kept = append(kept, s.superseded(gv, f)...)
		}
	}
	s.given = kept
}

// superseded notes what a flag means now, and returns what is still to be set.
func (s *setter) superseded(gv given, f flags.Flag) []given {
	note := fmt.Sprintf("%s is accepted and sets nothing: %s", gv.origin, f.Advice)
	var keep []given
	switch {
	case s.find(gv.name) != nil:
		keep = []given{gv} // so that its value is checked
	case s.find(f.Becomes) != nil && !s.has(f.Becomes):
		note = fmt.Sprintf("%s is accepted: %s", gv.origin, f.Advice)
		keep = []given{{f.Becomes, gv.value, gv.origin, gv.hidden}}
	}
	if !slices.Contains(s.notes, note) {
		s.notes = append(s.notes, note)
	}
	return keep
}

// apply sets every flag of the command: to its default, then to what is given.
func (s *setter) apply() {
	by := make(map[*kong.Flag][]given)
	order := make([]*kong.Flag, 0, len(s.given))
	for _, g := range s.given {
		flag := s.find(g.name)
		if by[flag] == nil {
			order = append(order, flag)
		}
		by[flag] = append(by[flag], g)
	}
	for _, flag := range s.flags {
		if err := reset(flag); err != nil {
			s.errs = append(s.errs, fmt.Errorf("default of --%s: %w", flag.Name, err))
		}
	}
	for _, flag := range order {
		s.set(flag, by[flag])
	}
	for _, flag := range s.flags {
		asked := slices.ContainsFunc(by[flag], func(g given) bool { return g.value != "" })
		if flag.Required && !asked {
			s.errs = append(s.errs, fmt.Errorf("--%s is missing%s", flag.Name, choices(flag, ": give ")))
		}
	}
}

func (s *setter) set(flag *kong.Flag, list []given) {
	if len(list) > 1 && !flag.IsCumulative() {
		s.errs = append(s.errs, fmt.Errorf("--%s is given %d times, and takes one value", flag.Name, len(list)))
		return
	}
	target := reflect.New(flag.Target.Type()).Elem()
	if flag.IsCumulative() && flag.IsMap() {
		target.Set(reflect.MakeMap(flag.Target.Type()))
	}
	wrong := false
	for _, g := range list {
		if flag.IsCumulative() && g.value == "" {
			continue // "--x=" asks for no value, not for an empty one
		}
		if err := decode(flag, g.value, target); err != nil {
			wrong = true
			s.errs = append(s.errs, fmt.Errorf("%s=%s: %w", g.origin, g.shown(), err))
		}
	}
	if !wrong {
		flag.Apply(target)
	}
}

// shown is the value for a message.
func (g given) shown() string {
	if g.hidden {
		return "${...}"
	}
	return clip(g.value)
}

// reset sets a flag to its default. A list's default is split at commas.
func reset(flag *kong.Flag) error {
	target := reflect.New(flag.Target.Type()).Elem()
	if flag.HasDefault {
		parts := []string{flag.Default}
		if flag.IsCumulative() {
			parts = strings.FieldsFunc(flag.Default, func(r rune) bool { return r == ',' })
		}
		for _, part := range parts {
			if err := decode(flag, part, target); err != nil {
				return err
			}
		}
	}
	flag.Apply(target)
	return nil
}

func decode(flag *kong.Flag, value string, target reflect.Value) error {
	if flag.Enum != "" && !flag.EnumMap()[value] {
		return fmt.Errorf("not known%s", choices(flag, ": give "))
	}
	if target.Kind() == reflect.Pointer && target.IsNil() {
		target.Set(reflect.New(target.Type().Elem()))
	}
	scan := kong.ScanFromTokens(kong.Token{Type: kong.FlagValueToken, Value: value})
	if err := flag.Mapper.Decode(&kong.DecodeContext{Value: flag.Value, Scan: scan}, target); err != nil {
		return explain(err, element(target.Type()))
	}
	return nil
}

// explain says why a value isn't one of a type. Kong's own words name the parsing function rather than the remedy.
func explain(err error, element reflect.Type) error {
	switch {
	case element == reflect.TypeFor[time.Duration]():
		return errors.New("not a duration: write it like 90s, 5m or 1h30m")
	case element.Kind() == reflect.Bool:
		return errors.New("neither true nor false")
	case element.Kind() >= reflect.Int && element.Kind() <= reflect.Uint64:
		return errors.New("not a whole number in range")
	case element.Kind() == reflect.Float32 || element.Kind() == reflect.Float64:
		return errors.New("not a number")
	default:
		return err
	}
}

func element(t reflect.Type) reflect.Type {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice || t.Kind() == reflect.Map {
		t = t.Elem()
	}
	return t
}

// choices lists what a flag may be, after a lead; nothing where it may be anything.
func choices(flag *kong.Flag, lead string) string {
	if flag.Enum == "" {
		return ""
	}
	names := slices.DeleteFunc(flag.EnumSlice(), func(s string) bool { return s == "" })
	return lead + or(names)
}
