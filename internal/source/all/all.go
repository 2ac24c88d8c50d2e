// SPDX-License-Identifier: Apache-2.0

// Package all lists the sources: one line each.
package all

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"nafuda.io/nafuda/internal/source"
	"nafuda.io/nafuda/internal/source/gateway"
	"nafuda.io/nafuda/internal/source/ingress"
	"nafuda.io/nafuda/internal/source/kinds"
	"nafuda.io/nafuda/internal/source/service"
	"nafuda.io/nafuda/internal/source/static"
)

// Options are the flags of all sources.
type Options struct {
	Shared  source.Options  `embed:""`
	Service service.Options `embed:""`
	Ingress ingress.Options `embed:""`
	Gateway gateway.Options `embed:""`
	Static  static.Options  `embed:""`
}

// Sources returns every source by its name, as --source has it.
func Sources(o Options) map[string]source.Source {
	list := []source.Source{
		service.New(o.Service, o.Shared),
		ingress.New(o.Ingress, o.Shared),
		static.New(),
	}
	list = append(list, gateway.Sources(o.Gateway, o.Shared)...)
	out := make(map[string]source.Source, len(list))
	for _, s := range list {
		out[s.Name] = s
	}
	return out
}

// Kinds returns every kind by its name.
func Kinds(o Options) map[string]source.Kind {
	out := make(map[string]source.Kind)
	for _, k := range kinds.All(o.Shared) {
		out[k.Name] = o.Gateway.Place(k)
	}
	out[kinds.KindStatic] = source.Kind{Name: kinds.KindStatic}
	return out
}

// Check returns every mistake in the options, given the names of the sources that are used.
func (o Options) Check(use []string) error {
	errs := []error{o.Shared.Check(), o.Service.Check(), o.Ingress.Check(), o.Gateway.Check(), o.Static.Check()}
	known := Sources(o)
	for _, name := range use {
		if _, ok := known[name]; !ok {
			errs = append(errs, fmt.Errorf("--source=%s: there is no such source; use one of %s", name, strings.Join(slices.Sorted(maps.Keys(known)), ", ")))
		}
	}
	switch {
	case slices.Contains(use, static.Name) && len(o.Static.Names) == 0:
		errs = append(errs, fmt.Errorf("--source=%s: write down at least one name, such as --static=home.example.com=wan", static.Name))
	case !slices.Contains(use, static.Name) && len(o.Static.Names) > 0:
		errs = append(errs, fmt.Errorf("--static: is read by --source=%s only, which isn't among the sources", static.Name))
	}
	if o.Shared.IgnoreHostnameAnnotation && o.Shared.Compatibility == "" && slices.Equal(slices.Compact(slices.Clone(use)), []string{service.Name}) {
		errs = append(errs, fmt.Errorf("--ignore-hostname-annotation: the source %s has no other host names, so nothing would be published; leave the flag out", service.Name))
	}
	return errors.Join(errs...)
}
