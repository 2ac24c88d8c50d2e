// SPDX-License-Identifier: Apache-2.0

package gateway

import (
	"errors"
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/validation"

	"nafuda.io/nafuda/internal/source"
	"nafuda.io/nafuda/internal/source/kinds"
)

// Options are the flags of the sources.
type Options struct {
	Name         string `name:"gateway-name" placeholder:"NAME" help:"Only Routes at Gateways of this name."`
	Namespace    string `name:"gateway-namespace" placeholder:"NAMESPACE" help:"Only Routes at Gateways of this namespace. Without it Gateways are watched in all namespaces, whatever --namespace says."`
	LabelFilter  string `name:"gateway-label-filter" placeholder:"SELECTOR" help:"Only Routes at Gateways that a label selector wants."`
	ListenerSets bool   `name:"gateway-listener-sets" negatable:"" help:"Follow Routes at ListenerSets to their Gateways, too."`
}

// Check returns every mistake in the options.
func (o Options) Check() error {
	var errs []error
	if _, err := o.labels(); err != nil {
		errs = append(errs, err)
	}
	if o.Namespace != "" && len(validation.IsDNS1123Label(o.Namespace)) > 0 {
		errs = append(errs, fmt.Errorf("--gateway-namespace=%s: no namespace can have this name: it has at most 63 small letters, digits and hyphens", o.Namespace))
	}
	if o.Name != "" && len(validation.IsDNS1123Subdomain(o.Name)) > 0 {
		errs = append(errs, fmt.Errorf("--gateway-name=%s: no Gateway can have this name: it has small letters, digits, hyphens and dots", o.Name))
	}
	return errors.Join(errs...)
}

// labels reads the filter; nil: there is none.
func (o Options) labels() (labels.Selector, error) {
	if strings.TrimSpace(o.LabelFilter) == "" {
		return nil, nil //nolint:nilnil // no filter isn't a mistake
	}
	s, err := labels.Parse(o.LabelFilter)
	if err != nil {
		return nil, fmt.Errorf("--gateway-label-filter=%s: %w", o.LabelFilter, err)
	}
	return s, nil
}

// Place says where a kind is watched: Gateways in one namespace, if the options name it.
func (o Options) Place(k source.Kind) source.Kind {
	if k.Name == kinds.KindGateway && o.Namespace != "" {
		k.Namespaces = []string{o.Namespace}
	}
	return k
}

// watches reports whether a parent may be one that we look at, as far as its name tells.
func (o Options) watches(p kinds.Parent) bool {
	if p.Kind == kinds.KindListenerSet {
		return o.ListenerSets
	}
	return (o.Name == "" || p.Name == o.Name) && (o.Namespace == "" || p.Namespace == o.Namespace)
}
