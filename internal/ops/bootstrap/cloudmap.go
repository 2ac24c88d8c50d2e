// SPDX-License-Identifier: Apache-2.0

package bootstrap

import (
	"errors"
	"fmt"
	"slices"

	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/provider"
	"nafuda.io/nafuda/internal/provider/awsconf"
	"nafuda.io/nafuda/internal/provider/awssd"
)

// Providers are what a set-up can be made for.
func Providers() []string { return []string{"aws", awssd.Name} }

// cloudMap reports whether names are published to Cloud Map instead of Route 53.
func (o Options) cloudMap() bool { return o.Provider == awssd.Name }

// checkCloudMap refuses what says nothing without a hosted zone of one's own.
func (o Options) checkCloudMap() error {
	if !o.cloudMap() {
		return nil
	}
	var errs []error
	if o.Owner == "" {
		errs = append(errs, errors.New("--owner: aws-sd has no hosted zone whose id could be the owner: choose one"))
	}
	for flag, given := range map[string]bool{
		"hosted-zone-id": o.ZoneID != "", "hosted-zone": o.Zone != "", "limit-names": o.Limit, "registry=" + registryTable: o.Registry == registryTable,
		"aws-assume-role": o.Assume != "", "name=" + incumbent: o.usual(),
	} {
		if given {
			errs = append(errs, fmt.Errorf("--%s: it is for Route 53: leave it out with aws-sd", flag))
		}
	}
	if slices.ContainsFunc(o.published(), func(t record.Type) bool { return !slices.Contains(usualTypes(), t) }) {
		errs = append(errs, fmt.Errorf("--managed-record-types=%v: aws-sd knows only %v", o.published(), usualTypes()))
	}
	return errors.Join(errs...)
}

// cloudMapActions are what the provider asks for itself, and what Cloud Map asks Route 53 in its name ("AWS Cloud Map API permissions
// reference", developer guide). The permission of an option that isn't turned on isn't among them.
func cloudMapActions() []provider.Action {
	all := awssd.New(awsconf.Local(""), awssd.Options{}, provider.Filter{}).Describe().Actions
	all = slices.DeleteFunc(all, func(a provider.Action) bool { return a.Name == "servicediscovery:TagResource" })
	for _, name := range []string{"CreateHealthCheck", "DeleteHealthCheck", "GetHealthCheck", "UpdateHealthCheck"} {
		all = append(all, provider.Action{Name: "route53:" + name, Resource: "*"})
	}
	return all
}
