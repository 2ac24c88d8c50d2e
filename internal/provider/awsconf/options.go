// SPDX-License-Identifier: Apache-2.0

package awsconf

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Options say which accounts are used and how.
type Options struct {
	Profiles   []string `name:"aws-profile" sep:"none" placeholder:"NAME" help:"Profile of the shared AWS configuration to use; repeat it to publish to several accounts. Without one, the SDK's default chain of credentials is used."`
	AssumeRole string   `name:"aws-assume-role" placeholder:"ARN" help:"ARN of a role to assume with each account's credentials."`
	ExternalID string   `name:"aws-assume-role-external-id" placeholder:"ID" help:"External id that the role to assume asks for."`
	APIRetries int      `name:"aws-api-retries" default:"3" help:"Accepted for compatibility: a call that fails is tried again by the engine, with growing pauses, for as long as it takes."`

	Observe Observe `kong:"-"` // nil: nobody is told
}

// Check tells what is wrong with the options.
func (o Options) Check() error {
	var errs []error
	if o.AssumeRole != "" && !strings.HasPrefix(o.AssumeRole, "arn:") {
		errs = append(errs, fmt.Errorf("--aws-assume-role=%s: it isn't an ARN: write arn:aws:iam::ACCOUNT:role/NAME", o.AssumeRole))
	}
	if o.ExternalID != "" && o.AssumeRole == "" {
		errs = append(errs, fmt.Errorf("--aws-assume-role-external-id: it says nothing without --aws-assume-role: set both or neither"))
	}
	if o.APIRetries < 0 {
		errs = append(errs, fmt.Errorf("--aws-api-retries=%d: it can't be negative", o.APIRetries))
	}
	return errors.Join(errs...)
}

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
