// SPDX-License-Identifier: Apache-2.0

package app

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"nafuda.io/nafuda/internal/decide/view"
	providers "nafuda.io/nafuda/internal/provider/all"
	"nafuda.io/nafuda/internal/registry/awssd"
	"nafuda.io/nafuda/internal/registry/dynamodb"
	"nafuda.io/nafuda/internal/registry/txt"
	sources "nafuda.io/nafuda/internal/source/all"
	"nafuda.io/nafuda/internal/source/selector"
)

// ViewOptions are all that one view is configured with: where it publishes to, what, how, and how it knows what is ours. Flags make one of
// them; a file makes several. Fields with the tag config are keys of the file alone.
type ViewOptions struct {
	Name     string `kong:"-" config:"name" help:"The view's name in logs and plans: small letters, digits and hyphens."`
	Provider string `name:"provider" placeholder:"NAME" help:"Where record sets are published: aws (Route 53), aws-sd (Cloud Map), rfc2136 (BIND, Knot and others, by dynamic updates) or local (zones that we serve ourselves on --dns-listen)."`
	Registry string `name:"registry" enum:"txt,dynamodb,aws-sd,noop" default:"txt" help:"How our ownership is stored: in txt record sets, in a dynamodb table, in descriptions (aws-sd, which --provider=aws-sd implies), or noop for not at all."`

	View     view.Options      `embed:""`
	TXT      txt.Options       `embed:""`
	DynamoDB dynamodb.Options  `embed:""`
	Publish  providers.Options `embed:""`
}

// Check returns the mistakes that concern more than one package's options.
func (o *ViewOptions) Check() error {
	var errs []error
	add := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if o.Provider == "" {
		add("--provider: name the provider: %s", strings.Join(providers.Names(), ", "))
	} else if !slices.Contains(providers.Names(), o.Provider) {
		add("--provider=%s: must be %s", o.Provider, strings.Join(providers.Names(), " or "))
	}
	if o.Registry == awssd.Name && o.Provider != awssd.Name {
		add("--registry=%s: only the services of --provider=%s have descriptions to store our ownership in: use txt", awssd.Name, awssd.Name)
	}
	if o.Registry == dynamodbName && o.Provider == awssd.Name {
		add("--registry=%s: our ownership of Cloud Map's services is stored in their descriptions: use %s", dynamodbName, awssd.Name)
	}
	filter := func(flag, text string) {
		if _, err := selector.Parse(text); err != nil {
			add("--%s=%s: %w", flag, text, err)
		}
	}
	filter("annotation-filter", o.View.AnnotationFilter)
	filter("label-filter", o.View.LabelFilter)
	errs = append(errs, o.Publish.Complete(o.Provider))
	return errors.Join(errs...)
}

// selectors compiles the label selectors.
func (o *ViewOptions) selectors() (labels, annotations selector.Selector, err error) {
	if labels, err = selector.Parse(o.View.LabelFilter); err != nil {
		return labels, annotations, fmt.Errorf("read --label-filter: %w", err)
	}
	if annotations, err = selector.Parse(o.View.AnnotationFilter); err != nil {
		return labels, annotations, fmt.Errorf("read --annotation-filter: %w", err)
	}
	return labels, annotations, nil
}

// views are the views, whoever has named them.
func (o *Options) views() []ViewOptions {
	switch {
	case o.live != nil:
		return *o.live.Load()
	case o.Config != "":
		return o.Views
	}
	v := o.ViewOptions
	v.Name = cmp.Or(v.Name, viewName)
	return []ViewOptions{v}
}

// One returns the options with one of their views alone, as if flags had made it: the one of a name, or for an empty name the only one.
func (o Options) One(name string) (Options, error) {
	views := o.views()
	i := slices.IndexFunc(views, func(v ViewOptions) bool { return v.Name == name })
	if name == "" && len(views) == 1 {
		i = 0
	}
	if i < 0 {
		return o, fmt.Errorf("this command takes one view: choose it with --view: %s", strings.Join(o.viewNames(), ", "))
	}
	o.ViewOptions, o.Config, o.Views, o.live = views[i], "", nil, nil
	return o, nil
}

// viewNames are the names of the views, in their order.
func (o *Options) viewNames() []string {
	var names []string
	for _, v := range o.views() {
		names = append(names, v.Name)
	}
	return names
}

// checkView refuses a name that isn't that of a view. The empty name stands for all of them.
func (o *Options) checkView(name string) error {
	if names := o.viewNames(); name != "" && !slices.Contains(names, name) {
		return fmt.Errorf("--view=%.60s: there is no such view: use %s", name, strings.Join(names, " or "))
	}
	return nil
}

// calledSo is what a view may be called.
var calledSo = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

// checkViews returns the mistakes in the names of the file's views, each under views[INDEX].
func (o *Options) checkViews() error {
	var errs []error
	if len(o.Views) == 0 {
		errs = append(errs, errors.New("--views: name at least one view"))
	}
	before := make(map[string]bool)
	for i, v := range o.Views {
		switch {
		case v.Name == "":
			errs = append(errs, fmt.Errorf("views[%d]: give it a name of its own: name: lan, for example", i))
		case !calledSo.MatchString(v.Name):
			errs = append(errs, fmt.Errorf("views[%d]: name: %.60q isn't one: write small letters, digits and hyphens, at most 63", i, v.Name))
		case before[v.Name]:
			errs = append(errs, fmt.Errorf("views[%d]: name: another view is called %s already: choose another name", i, v.Name))
		}
		before[v.Name] = true
		for _, name := range v.View.Sources {
			if _, known := sources.Sources(o.Sources)[name]; !known {
				errs = append(errs, fmt.Errorf("views[%d]: source=%.60s: there is no such source: use one of %s", i, name, strings.Join(slices.Sorted(maps.Keys(sources.Sources(o.Sources))), ", ")))
			}
		}
	}
	return errors.Join(errs...)
}
