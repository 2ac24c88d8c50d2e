// SPDX-License-Identifier: Apache-2.0

package awsconf

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// Options say which accounts are used and how.
type Options struct {
	Profiles   []string `name:"aws-profile" sep:"none" placeholder:"NAME" help:"Profile of the shared AWS configuration to use; repeat it to publish to several accounts. Without one, the SDK's default chain of credentials is used."`
	AssumeRole string   `name:"aws-assume-role" placeholder:"ARN" help:"ARN of a role to assume with each account's credentials."`
	ExternalID string   `name:"aws-assume-role-external-id" placeholder:"ID" help:"External id that the roles to assume ask for."`
	ZoneRoles  []string `name:"aws-zone-role" sep:"none" placeholder:"ZONEID=ARN" help:"Role to assume for one hosted zone, which may be in another account; repeat it for others. It takes the place of --aws-assume-role for that zone. Where --zone-id-filter names only such zones, no others are looked for."`
	RoleTag    string   `name:"aws-zone-role-tag" placeholder:"KEY" help:"Key of a tag of hosted zones whose value is the ARN of the role to assume for reading and changing that zone. Without it, no tag is followed."`
	APIRetries int      `name:"aws-api-retries" default:"3" help:"Accepted for compatibility: a call that fails is tried again by the engine, with growing pauses, for as long as it takes."`

	Observe Observe `kong:"-"` // nil: nobody is told
}

// Check tells what is wrong with the options.
func (o Options) Check() error {
	var errs []error
	if o.AssumeRole != "" && !IsRole(o.AssumeRole) {
		errs = append(errs, fmt.Errorf("--aws-assume-role=%s: it isn't a role's ARN: write arn:aws:iam::ACCOUNT:role/NAME", o.AssumeRole))
	}
	if o.ExternalID != "" && o.AssumeRole == "" && len(o.ZoneRoles) == 0 && o.RoleTag == "" {
		errs = append(errs, fmt.Errorf("--aws-assume-role-external-id: it says nothing without a role: set --aws-assume-role, --aws-zone-role or --aws-zone-role-tag too, or leave it out"))
	}
	errs = append(errs, o.checkZoneRoles()...)
	if o.APIRetries < 0 {
		errs = append(errs, fmt.Errorf("--aws-api-retries=%d: it can't be negative", o.APIRetries))
	}
	return errors.Join(errs...)
}

func (o Options) checkZoneRoles() []error {
	var errs []error
	given := make(map[string]string)
	for _, text := range o.ZoneRoles {
		id, arn := zoneRole(text)
		switch before, again := given[id]; {
		case !zoneID.MatchString(id) || !IsRole(arn):
			errs = append(errs, fmt.Errorf("--aws-zone-role=%s: write the hosted zone's id, = and the role's ARN: Z0123456789ABC=arn:aws:iam::ACCOUNT:role/NAME", text))
		case again && before != arn:
			errs = append(errs, fmt.Errorf("--aws-zone-role=%s: the zone %s has the role %s already: keep one of them", text, id, before))
		}
		given[id] = arn
	}
	return errs
}

// role is a role that some hosted zones are used with.
type role struct {
	arn   string
	zones []string
}

// roles lists those of --aws-zone-role, by name.
func (o Options) roles() []role {
	zones := make(map[string][]string)
	for _, text := range o.ZoneRoles {
		id, arn := zoneRole(text)
		if !slices.Contains(zones[arn], id) {
			zones[arn] = append(zones[arn], id)
		}
	}
	var out []role
	for _, arn := range slices.Sorted(maps.Keys(zones)) {
		out = append(out, role{arn, zones[arn]})
	}
	return out
}

// zoneRole splits a value of --aws-zone-role into the bare id and the ARN.
func zoneRole(text string) (id, arn string) {
	id, arn, _ = strings.Cut(text, "=")
	id = strings.TrimSpace(id)
	return id[strings.LastIndexByte(id, '/')+1:], strings.TrimSpace(arn)
}

var (
	zoneID  = regexp.MustCompile(`^[A-Z0-9]{1,32}$`)
	roleARN = regexp.MustCompile(`^arn:aws[a-z-]*:iam::[0-9]{12}:role/[\x21-\x7e]{1,576}$`)
)

// IsRole reports whether a text is the ARN of a role of IAM (IAM User Guide, "IAM ARNs"; AssumeRole takes at most 2,048 characters).
func IsRole(arn string) bool { return roleARN.MatchString(arn) }

// names lists the accounts: the profiles without blanks and repetitions, or DefaultName.
func (o Options) names() []string {
	var out []string
	for _, p := range o.Profiles {
		if p = strings.TrimSpace(p); p != "" && !slices.Contains(out, p) {
			out = append(out, p)
		}
	}
	if len(out) == 0 {
		return []string{DefaultName}
	}
	return out
}
