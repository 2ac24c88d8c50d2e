// SPDX-License-Identifier: Apache-2.0

package parse

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"nafuda.io/nafuda/internal/app/flags"
)

// schema is a JSON Schema, draft 2020-12 (json-schema.org/draft/2020-12), as far as files need it.
type schema struct {
	Schema      string             `json:"$schema,omitempty"`
	Title       string             `json:"title,omitempty"`
	Description string             `json:"description,omitempty"`
	Type        any                `json:"type,omitempty"` // a text, or several
	Enum        []string           `json:"enum,omitempty"`
	Default     any                `json:"default,omitempty"`
	Items       *schema            `json:"items,omitempty"`
	Properties  map[string]*schema `json:"properties,omitempty"`
	Required    []string           `json:"required,omitempty"`
	Closed      *bool              `json:"additionalProperties,omitempty"`
}

// Schema describes the file of an options struct, which options points to, for editors. What it lets pass may still have mistakes.
func Schema(title string, options any) ([]byte, error) {
	s, err := schemaOf(reflect.ValueOf(options).Elem())
	if err != nil {
		return nil, err
	}
	s.Schema, s.Title = "https://json-schema.org/draft/2020-12/schema", title
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write the schema: %w", err)
	}
	return append(text, '\n'), nil
}

func schemaOf(v reflect.Value) (*schema, error) {
	k, err := keysOf(v)
	if err != nil {
		return nil, err
	}
	s := &schema{Type: "object", Properties: make(map[string]*schema), Closed: new(bool)}
	for _, f := range k.flags {
		if !f.Hidden {
			s.Properties[f.Name] = ofFlag(f)
		}
	}
	for _, f := range k.fields {
		one := &schema{Type: "string"}
		switch t := f.target.Type(); {
		case listOfStructs(t):
			items, err := schemaOf(reflect.New(t.Elem()).Elem())
			if err != nil {
				return nil, err
			}
			one = &schema{Type: "array", Items: items}
		case t.Kind() == reflect.Slice:
			one = &schema{Type: []string{"string", "array"}, Items: &schema{Type: "string"}}
		}
		one.Description = f.help
		s.Properties[f.name] = one
	}
	return s, nil
}

// ofFlag describes a flag's value. A number may be written as a text: a variable may stand in its place.
func ofFlag(f *kong.Flag) *schema {
	s := &schema{Description: f.Help}
	value := &schema{Type: typeOf(element(f.Target.Type()))}
	if f.Enum != "" {
		value.Enum = slices.DeleteFunc(f.EnumSlice(), func(s string) bool { return s == "" })
	}
	switch kindOf(f) {
	case flags.Switch:
		s.Type, s.Default = "boolean", f.Default == "true"
		return s
	case flags.List:
		s.Type, s.Items = []string{"string", "number", "array"}, value
		if f.Default != "" {
			s.Default = strings.Split(f.Default, ",")
		}
		return s
	default:
		s.Type, s.Enum = value.Type, value.Enum
		if f.Default != "" {
			s.Default = f.Default
		}
		return s
	}
}

func typeOf(t reflect.Type) any {
	if t.PkgPath() == "" && (t.Kind() >= reflect.Int && t.Kind() <= reflect.Uint64 || t.Kind() == reflect.Float64) {
		return []string{"number", "string"}
	}
	return []string{"string", "number"} // YAML takes a bare 12 for a number
}
