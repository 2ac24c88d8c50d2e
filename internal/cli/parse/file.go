// SPDX-License-Identifier: Apache-2.0

package parse

import (
	"cmp"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/alecthomas/kong"

	"nafuda.io/nafuda/internal/app/flags"
	"nafuda.io/nafuda/internal/cli/document"
	"nafuda.io/nafuda/internal/model/spelling"
)

// file is a configuration file: where its keys stand, so that mistakes are told with their place.
type file struct {
	path  string
	env   []string
	table map[string]flags.Flag
	set   *setter        // what mistakes and notes are added to
	lines map[string]int // of the keys that are taken from it
	items map[string]int // of the mappings in lists, by KEY[INDEX]
	outer []string       // in a mapping of a list, the keys of the file
}

// file reads the file that a flag names, and adds what it says to what is given; nil: none is named.
func (s *setter) file(target reflect.Value, env []string, g grammar) *file {
	i := slices.IndexFunc(s.flags, func(f *kong.Flag) bool { return f.Tag.Has("file") })
	if i < 0 {
		return nil
	}
	path := ""
	for _, g := range s.given {
		if named(s.flags[i], g.name) {
			path = g.value
		}
	}
	if path == "" {
		return nil
	}
	f := &file{path: path, env: env, table: g.table, set: s, lines: make(map[string]int), items: make(map[string]int)}
	options, _ := holder(target, s.flags[i].Name)
	k, err := keysOf(options)
	if err != nil {
		s.errs = append(s.errs, err)
		return f
	}
	s.refuseBeside(f, k)
	text, err := read(path)
	if err != nil {
		s.errs = append(s.errs, fmt.Errorf("read --%s: %w", s.flags[i].Name, err))
		return f
	}
	root, mistakes := document.Read(text)
	for _, m := range mistakes {
		f.wrong(m.Line, "%s", m.Text)
	}
	f.take(root, k)
	return f
}

// refuseBeside refuses what is given beside a file and stands in its mappings.
func (s *setter) refuseBeside(f *file, k keys) {
	for _, g := range s.given {
		if slices.Contains(k.inner, g.name) {
			s.errs = append(s.errs, fmt.Errorf("%s can't stand beside the file %s: write %s there, in each of the %s that shall have it", g.origin, f.path, g.name, k.innerList))
		}
	}
	s.given = slices.DeleteFunc(s.given, func(g given) bool { return slices.Contains(k.inner, g.name) })
}

// take takes the keys of the whole file.
func (f *file) take(root document.Node, k keys) {
	var taken []given
	for _, key := range root.Keys {
		f.lines[key.Name] = key.Line
		if field := k.field(key.Name); field != nil {
			f.fill(key, *field, k)
			continue
		}
		flag := k.flag(key.Name)
		switch {
		case flag == nil && slices.Contains(k.inner, key.Name):
			f.wrong(key.Line, "%s stands in the %s, in each that shall have it", key.Name, k.innerList)
		case flag == nil:
			f.unknown(key, k)
		case f.set.has(key.Name):
			delete(f.lines, key.Name)
			f.set.notes = append(f.set.notes, fmt.Sprintf("%s is given beside the file, and wins over %s:%d", f.origin(key.Name), f.path, key.Line))
		default:
			taken = append(taken, f.given(key, flag)...)
		}
	}
	for _, g := range taken {
		f.set.add(g)
	}
}

// origin is how something was given outside the file.
func (f *file) origin(name string) string {
	i := slices.IndexFunc(f.set.given, func(g given) bool { return g.name == name })
	if i < 0 {
		return "--" + name
	}
	return f.set.given[i].origin
}

// unknown reports a key that isn't one, or that is a flag of ExternalDNS which isn't there.
func (f *file) unknown(key document.Key, k keys) {
	if slices.Contains(f.outer, key.Name) {
		f.wrong(key.Line, "%s concerns the whole process: write it at the top of the file", key.Name)
		return
	}
	if flag, listed := f.table[key.Name]; listed && flag.Class != flags.Honoured {
		f.wrong(key.Line, "%s can't be used here: %s", key.Name, flag.Advice)
		return
	}
	hint := ""
	if best := spelling.Nearest(key.Name, k.names()); best != "" {
		hint = ", did you mean " + best + "?"
	}
	f.wrong(key.Line, "unknown key %s%s", clip(key.Name), hint)
}

// given is what a key says about a flag.
func (f *file) given(key document.Key, flag *kong.Flag) []given {
	origin := fmt.Sprintf("%s:%d: %s", f.path, key.Line, key.Name)
	if key.Value.Kind == document.List && len(key.Value.Items) == 0 && kindOf(flag) == flags.List {
		return []given{{name: flag.Name, origin: origin}} // none, whatever the default
	}
	var out []given
	for _, v := range f.texts(key, kindOf(flag)) {
		g := given{name: flag.Name, value: v, origin: origin}
		if name, is := variableIn(v); is {
			g.hidden = true
			if g.value, is = f.lookup(name); !is {
				f.wrong(key.Line, "%s: the variable %s isn't set, or is empty", key.Name, name)
				continue
			}
		}
		out = append(out, g)
	}
	return out
}

var variableName = regexp.MustCompile(`^\$\{([A-Za-z_][A-Za-z0-9_]*)\}$`)

// variableIn returns the variable that a value is taken from, as for secrets.
func variableIn(value string) (string, bool) {
	parts := variableName.FindStringSubmatch(value)
	if parts == nil {
		return "", false
	}
	return parts[1], true
}

func (f *file) lookup(name string) (string, bool) {
	for _, entry := range f.env {
		if n, value, _ := strings.Cut(entry, "="); n == name && value != "" {
			return strings.TrimRight(value, "\r\n"), true
		}
	}
	return "", false
}

// texts are the values of a key, if they are of the right form.
func (f *file) texts(key document.Key, kind flags.Kind) []string {
	v := key.Value
	switch {
	case kind == flags.Switch && v.Kind != document.Switch:
		f.wrong(v.Line, "%s must be true or false, without quotes", key.Name)
	case v.Kind == document.Text || v.Kind == document.Switch:
		return []string{v.Text}
	case kind != flags.List:
		f.wrong(v.Line, "%s takes one value: write %s: VALUE", key.Name, key.Name)
	case v.Kind == document.Map:
		f.wrong(v.Line, "%s takes a list: write %s: [VALUE, VALUE]", key.Name, key.Name)
	default:
		var out []string
		for _, item := range v.Items {
			if item.Kind != document.Text && item.Kind != document.Switch {
				f.wrong(item.Line, "%s takes a list of plain values: write %s: [VALUE, VALUE]", key.Name, key.Name)
				continue
			}
			out = append(out, item.Text)
		}
		return out
	}
	return nil
}

// fill sets a field that only files have.
func (f *file) fill(key document.Key, field field, k keys) {
	if list, is := field.target.Addr().Interface().(*[]string); is {
		*list = f.texts(key, flags.List)
		return
	}
	if text, is := field.target.Addr().Interface().(*string); is {
		*text = strings.Join(f.texts(key, flags.Value), "")
		return
	}
	if key.Value.Kind != document.List {
		f.wrong(key.Line, "%s takes a list of mappings: write each with a dash, - name: VALUE", key.Name)
		return
	}
	var outer []string
	for _, flag := range k.flags {
		outer = append(outer, flag.Name)
	}
	for i, item := range key.Value.Items {
		f.items[key.Name+"["+strconv.Itoa(i)+"]"] = item.Line
		one := reflect.New(field.target.Type().Elem())
		f.fillItem(item, one, key.Name, outer)
		field.target.Set(reflect.Append(field.target, one.Elem()))
	}
}

// fillItem fills a struct from a mapping.
func (f *file) fillItem(item document.Node, target reflect.Value, of string, outer []string) {
	k, err := keysOf(target.Elem())
	if err != nil {
		f.set.errs = append(f.set.errs, err)
		return
	}
	if item.Kind != document.Map {
		f.wrong(item.Line, "each of %s must be a mapping: keys, each with a colon behind it", of)
		return
	}
	in := &file{path: f.path, env: f.env, table: f.table, set: newSetter(k.node), lines: make(map[string]int), items: f.items, outer: outer}
	in.take(item, k)
	in.set.apply()
	f.set.notes = append(f.set.notes, in.set.notes...)
	f.set.errs = append(f.set.errs, in.set.errs...)
	f.set.errs = append(f.set.errs, in.placeAt(item.Line, checks(target))...)
}

func (f *file) wrong(line int, format string, args ...any) {
	at := f.path
	if line > 0 {
		at += ":" + strconv.Itoa(line)
	}
	f.set.errs = append(f.set.errs, fmt.Errorf("%s: %w", at, fmt.Errorf(format, args...)))
}

var (
	flagFirst = regexp.MustCompile(`^--([a-z0-9-]+)`)
	anyFlag   = regexp.MustCompile(`--([a-z][a-z0-9-]+)`)
	itemFirst = regexp.MustCompile(`^([a-z-]+\[\d+\]): `)
)

// sorted puts the mistakes whose place in the file is known behind the others, in the order of their lines.
func (f *file) sorted(errs []error) []error {
	if f == nil {
		return errs
	}
	line := func(err error) int {
		rest, placed := strings.CutPrefix(err.Error(), f.path+":")
		number, _, _ := strings.Cut(rest, ":")
		if n, err := strconv.Atoi(number); placed && err == nil {
			return n
		}
		return 0
	}
	slices.SortStableFunc(errs, func(a, b error) int { return cmp.Compare(line(a), line(b)) })
	return errs
}

// place says of mistakes in options where in the file they stand. Without a file they stay as they are.
func (f *file) place(errs []error) []error {
	if f == nil {
		return errs
	}
	for i, err := range errs {
		text := err.Error()
		if item := itemFirst.FindStringSubmatch(text); item != nil {
			errs[i] = fmt.Errorf("%s:%d: %s", f.path, f.items[item[1]], anyFlag.ReplaceAllString(text[len(item[0]):], "$1"))
			continue
		}
		flag := flagFirst.FindStringSubmatch(text)
		switch {
		case flag == nil:
		case f.lines[flag[1]] > 0:
			errs[i] = fmt.Errorf("%s:%d: %s", f.path, f.lines[flag[1]], anyFlag.ReplaceAllString(text, "$1"))
		case !f.set.has(flag[1]):
			errs[i] = fmt.Errorf("%s: %s", f.path, anyFlag.ReplaceAllString(text, "$1"))
		}
	}
	return errs
}

// placeAt is place for the mistakes in one mapping: what has no key there stands in its first line.
func (f *file) placeAt(line int, errs []error) []error {
	for i, err := range errs {
		text := err.Error()
		at := line
		if flag := flagFirst.FindStringSubmatch(text); flag != nil && f.lines[flag[1]] > 0 {
			at = f.lines[flag[1]]
		}
		errs[i] = fmt.Errorf("%s:%d: %s", f.path, at, anyFlag.ReplaceAllString(text, "$1"))
	}
	return errs
}
