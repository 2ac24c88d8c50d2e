// SPDX-License-Identifier: Apache-2.0

package route53

import (
	"errors"
	"fmt"
	"strings"

	"nafuda.io/nafuda/internal/model/change"
)

// What one call may carry at most (Route 53 developer guide, "Quotas", ChangeResourceRecordSets).
const (
	maxValues = 1000
	maxChars  = 32000
)

// Options choose zones and say how records are written.
type Options struct {
	ZoneType             string   `name:"aws-zone-type" placeholder:"TYPE" help:"Use only public or only private hosted zones: public or private."`
	ZoneTags             []string `name:"aws-zone-tags" sep:"none" placeholder:"KEY=VALUE" help:"Use only hosted zones with this tag; repeat it to ask for several. Without a value, any value will do."`
	ZoneMatchParent      bool     `name:"aws-zone-match-parent" negatable:"" help:"Use a hosted zone also where the domain filter names a domain below it."`
	BatchSize            int      `name:"aws-batch-change-size" default:"1000" help:"Most record sets that one call changes; a record set that is replaced counts twice."`
	BatchBytes           int      `name:"aws-batch-change-size-bytes" default:"32000" help:"Most bytes that the values of one call have; Route 53 takes no more than 32000."`
	BatchValues          int      `name:"aws-batch-change-size-values" default:"1000" help:"Most values that one call has; Route 53 takes no more than 1000."`
	EvaluateTargetHealth bool     `name:"aws-evaluate-target-health" default:"true" negatable:"" help:"Let aliases follow the health of their targets, where an object doesn't say otherwise."`
	PreferCNAME          bool     `name:"aws-prefer-cname" negatable:"" help:"Publish names of AWS services as CNAME rather than as aliases."`
}

// Defaults returns the options without any flag.
func Defaults() Options {
	return Options{BatchSize: 1000, BatchBytes: maxChars, BatchValues: maxValues, EvaluateTargetHealth: true}
}

// Check tells what is wrong with the options.
func (o Options) Check() error {
	var errs []error
	if o.ZoneType != "" && o.ZoneType != public && o.ZoneType != private {
		errs = append(errs, fmt.Errorf("--aws-zone-type=%s: it is neither public nor private: correct it, or leave it out to use both", o.ZoneType))
	}
	for _, t := range o.ZoneTags {
		if key, _, _ := strings.Cut(t, "="); t != "" && strings.TrimSpace(key) == "" {
			errs = append(errs, fmt.Errorf("--aws-zone-tags=%s: the tag has no key: write KEY=VALUE", t))
		}
	}
	for _, n := range []struct {
		flag  string
		value int
	}{{"aws-batch-change-size", o.BatchSize}, {"aws-batch-change-size-bytes", o.BatchBytes}, {"aws-batch-change-size-values", o.BatchValues}} {
		if n.value < 1 {
			errs = append(errs, fmt.Errorf("--%s=%d: a call has to carry something: give 1 or more", n.flag, n.value))
		}
	}
	return errors.Join(errs...)
}

// limits are those of the options, or of Route 53 where these are lower.
func (o Options) limits() change.Limits {
	return change.Limits{Changes: o.BatchSize, Values: min(o.BatchValues, maxValues), Chars: min(o.BatchBytes, maxChars)}
}
