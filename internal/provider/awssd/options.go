// SPDX-License-Identifier: Apache-2.0

package awssd

import (
	"errors"
	"fmt"
	"strings"
)

// Options say how services are made and when they go.
type Options struct {
	ServiceCleanup bool     `name:"aws-sd-service-cleanup" negatable:"" help:"Delete a Cloud Map service of ours with its last instance. Otherwise it stays, empty."`
	CreateTags     []string `name:"aws-sd-create-tag" sep:"none" placeholder:"KEY=VALUE" help:"A tag of Cloud Map services that are made from now on. Repeatable."`

	// ZoneType is --aws-zone-type: public or private namespaces only; empty: both.
	ZoneType string `kong:"-"`
}

// Check tells what is wrong with the options (API_Tag: at most 200 tags, keys of 1 to 128 characters, values of at most 256).
func (o Options) Check() error {
	const mostTags, mostKey, mostValue = 200, 128, 256
	var errs []error
	if len(o.CreateTags) > mostTags {
		errs = append(errs, fmt.Errorf("--aws-sd-create-tag: there are %d tags, and a service takes %d: leave some out", len(o.CreateTags), mostTags))
	}
	seen := make(map[string]bool)
	for _, t := range o.CreateTags {
		key, value, ok := strings.Cut(t, "=")
		switch {
		case !ok || key == "":
			errs = append(errs, fmt.Errorf("--aws-sd-create-tag=%s: it isn't a key and a value: write KEY=VALUE", t))
		case len([]rune(key)) > mostKey || len([]rune(value)) > mostValue:
			errs = append(errs, fmt.Errorf("--aws-sd-create-tag=%s: a key has at most %d characters and a value %d: shorten it", t, mostKey, mostValue))
		case seen[key]:
			errs = append(errs, fmt.Errorf("--aws-sd-create-tag=%s: the key is there twice: leave one out", t))
		}
		seen[key] = true
	}
	return errors.Join(errs...)
}
