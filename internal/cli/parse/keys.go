// SPDX-License-Identifier: Apache-2.0

package parse

import (
	"fmt"
	"io"
	"reflect"
	"slices"

	"github.com/alecthomas/kong"
)

// keys are what a mapping of a file may have, by the tags of a struct.
type keys struct {
	node      *kong.Node
	flags     []*kong.Flag
	fields    []field  // of files alone
	inner     []string // names of flags that are keys of the mappings in a list
	innerList string   // the key of that list
}

// field is a key that no flag has.
type field struct {
	name, help string
	target     reflect.Value
}

// keysOf reads the tags of a struct that can be set.
func keysOf(target reflect.Value) (keys, error) {
	app, err := model(target.Addr().Interface())
	if err != nil {
		return keys{}, err
	}
	k := keys{node: app.Node, fields: fieldsOf(target)}
	for _, f := range slices.Clone(k.fields) {
		if !listOfStructs(f.target.Type()) || !embeds(target.Type(), f.target.Type().Elem()) {
			continue
		}
		own, err := model(reflect.New(f.target.Type().Elem()).Interface())
		if err != nil {
			return keys{}, err
		}
		k.innerList = f.name
		for _, flag := range visible(own.Node) {
			k.inner = append(k.inner, flag.Name)
		}
		k.fields = slices.DeleteFunc(k.fields, func(o field) bool { return within(target, f.target.Type().Elem(), o.target) })
	}
	for _, flag := range visible(app.Node) {
		if !slices.Contains(k.inner, flag.Name) && !flag.Tag.Has("file") {
			k.flags = append(k.flags, flag)
		}
	}
	return k, nil
}

func model(target any) (*kong.Application, error) {
	k, err := kong.New(target, kong.Name("file"), kong.Exit(func(int) {}), kong.Writers(io.Discard, io.Discard), kong.NoDefaultHelp())
	if err != nil {
		return nil, fmt.Errorf("build the keys of a file: %w", err)
	}
	for _, flag := range allFlags(k.Model.Node) {
		flag.Tag.Sep, flag.Tag.MapSep = -1, -1
	}
	return k.Model, nil
}

func listOfStructs(t reflect.Type) bool {
	return t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Struct
}

// embeds reports whether a struct's flags have those of another.
func embeds(t, other reflect.Type) bool {
	return slices.ContainsFunc(reflect.VisibleFields(t), func(f reflect.StructField) bool { return f.Anonymous && f.Type == other })
}

// within reports whether a field is one of an embedded struct.
func within(v reflect.Value, embedded reflect.Type, target reflect.Value) bool {
	for i := range v.NumField() {
		if v.Type().Field(i).Anonymous && v.Field(i).Type() == embedded {
			return slices.ContainsFunc(fieldsOf(v.Field(i)), func(f field) bool { return f.target.Addr().Pointer() == target.Addr().Pointer() })
		}
	}
	return false
}

// fieldsOf lists the fields with the tag config, those of embedded structs too.
func fieldsOf(v reflect.Value) []field {
	var out []field
	for i := range v.NumField() {
		f := v.Type().Field(i)
		_, embed := f.Tag.Lookup("embed")
		if name := f.Tag.Get("config"); name != "" {
			out = append(out, field{name, f.Tag.Get("help"), v.Field(i)})
		} else if v.Field(i).Kind() == reflect.Struct && f.IsExported() && (embed || f.Anonymous) {
			out = append(out, fieldsOf(v.Field(i))...)
		}
	}
	return out
}

// holder finds the struct that has a flag as a field of its own.
func holder(v reflect.Value, flag string) (reflect.Value, bool) {
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if f.Tag.Get("name") == flag {
			return v, true
		}
		if v.Field(i).Kind() == reflect.Struct && f.IsExported() {
			if found, ok := holder(v.Field(i), flag); ok {
				return found, true
			}
		}
	}
	return v, false
}

func (k keys) field(name string) *field {
	i := slices.IndexFunc(k.fields, func(f field) bool { return f.name == name })
	if i < 0 {
		return nil
	}
	return &k.fields[i]
}

func (k keys) flag(name string) *kong.Flag {
	i := slices.IndexFunc(k.flags, func(f *kong.Flag) bool { return f.Name == name })
	if i < 0 {
		return nil
	}
	return k.flags[i]
}

// names are all keys.
func (k keys) names() []string {
	var out []string
	for _, f := range k.fields {
		out = append(out, f.name)
	}
	for _, f := range k.flags {
		out = append(out, f.Name)
	}
	return out
}
