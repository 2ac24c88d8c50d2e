// SPDX-License-Identifier: Apache-2.0

// Package sourcetest tests sources: files of objects go in, endpoints come out as text that is compared with a golden file.
package sourcetest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"

	"sigs.k8s.io/yaml"

	"nafuda.io/nafuda/internal/model/endpoint"
	"nafuda.io/nafuda/internal/model/fact"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/source"
	"nafuda.io/nafuda/internal/source/kinds"
)

// Objects is a set of slim objects that sources can look up. The zero Objects is empty, and every kind is known. It is for one
// goroutine.
type Objects struct {
	byRef   map[endpoint.Ref]any
	indexes map[string]map[string]func(any) []string
	unknown map[string]error
	facts   map[fact.Key]fact.Value
}

var _ source.Lookup = (*Objects)(nil)

// Decode reads objects of the given kinds from YAML or JSON: several documents, Lists among them. An unknown field, an unknown
// kind and a second object of one name are errors.
func Decode(data []byte, known []source.Kind) (*Objects, error) {
	o := &Objects{byRef: make(map[endpoint.Ref]any), indexes: make(map[string]map[string]func(any) []string)}
	for _, k := range known {
		o.indexes[k.Name] = k.Indexes
	}
	for i, doc := range bytes.Split(append([]byte("\n"), data...), []byte("\n---")) {
		if err := o.add(doc, known); err != nil {
			return nil, fmt.Errorf("read document %d: %w", i, err)
		}
	}
	return o, nil
}

func (o *Objects) add(doc []byte, known []source.Kind) error {
	var head struct {
		Kind  string            `json:"kind"`
		Items []json.RawMessage `json:"items"`
	}
	if err := yaml.Unmarshal(doc, &head); err != nil {
		return err
	}
	switch head.Kind {
	case "": // only comments
		return nil
	case "List":
		for _, item := range head.Items {
			if err := o.add(item, known); err != nil {
				return err
			}
		}
		return nil
	}
	at := slices.IndexFunc(known, func(k source.Kind) bool { return k.ManifestKind == head.Kind })
	if at < 0 {
		return fmt.Errorf("the kind %s isn't known", head.Kind)
	}
	obj := known[at].New()
	if err := yaml.UnmarshalStrict(doc, obj); err != nil {
		return fmt.Errorf("decode %s: %w", head.Kind, err)
	}
	slim := known[at].Slim(obj, source.Keep{})
	ref := kinds.RefOf(slim)
	if _, ok := o.byRef[ref]; ok {
		return fmt.Errorf("%s comes twice", ref)
	}
	o.byRef[ref] = slim
	return nil
}

// Hide makes a kind unknown: look-ups of it tell nothing but why.
func (o *Objects) Hide(kind string, why error) {
	if o.unknown == nil {
		o.unknown = make(map[string]error)
	}
	o.unknown[kind] = why
}

// Of returns all objects of a kind, sorted by ref.
func (o *Objects) Of(kind string) []any {
	var out []any
	for ref, obj := range o.byRef {
		if ref.Kind == kind {
			out = append(out, obj)
		}
	}
	slices.SortFunc(out, func(a, b any) int { return kinds.RefOf(a).Compare(kinds.RefOf(b)) })
	return out
}

// Get is part of source.Lookup.
func (o *Objects) Get(ref endpoint.Ref) (obj any, known bool) {
	if o.unknown[ref.Kind] != nil {
		return nil, false
	}
	return o.byRef[ref], true
}

// List is part of source.Lookup. It panics where the kind hasn't the index: that is a mistake in the source.
func (o *Objects) List(kind, index, value string) (objs []any, known bool) {
	values := o.indexes[kind][index]
	if values == nil {
		panic(fmt.Sprintf("kind %q has no index %q", kind, index))
	}
	if o.unknown[kind] != nil {
		return nil, false
	}
	for _, obj := range o.Of(kind) {
		if slices.Contains(values(obj), value) {
			objs = append(objs, obj)
		}
	}
	// The order says nothing to a source, and shouldn't help one that relies on it.
	slices.Reverse(objs)
	return objs, true
}

// Why is part of source.Lookup.
func (o *Objects) Why(kind string) error { return o.unknown[kind] }

// Tell enters a fact; those that nobody has told are unknown.
func (o *Objects) Tell(key fact.Key, v fact.Value) {
	if o.facts == nil {
		o.facts = make(map[fact.Key]fact.Value)
	}
	o.facts[key] = v
}

// Fact is part of source.Lookup.
func (o *Objects) Fact(key fact.Key) fact.Value {
	if v, told := o.facts[key]; told {
		return v
	}
	return fact.Unknown(reason.New(reason.FactPending, "nobody has told the %s", key))
}
