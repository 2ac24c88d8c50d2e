// SPDX-License-Identifier: Apache-2.0

package dynamodb

import (
	"errors"
	"fmt"
	"regexp"

	"nafuda.io/nafuda/internal/provider"
)

// Options say where the table is.
type Options struct {
	Table  string `name:"dynamodb-table" default:"external-dns" placeholder:"NAME" help:"Name of the DynamoDB table for --registry=dynamodb; its hash key is the string k."`
	Region string `name:"dynamodb-region" placeholder:"REGION" help:"Region of that table. Without it, the one that the environment or the shared AWS configuration says."`

	Profile string `kong:"-"` // of the shared AWS configuration, for the table alone; empty: none, as ExternalDNS
}

var (
	tableName = regexp.MustCompile(`^[A-Za-z0-9_.-]{3,255}$`) // Amazon DynamoDB Developer Guide, "Naming rules"
	region    = regexp.MustCompile(`^[a-z]{2,4}(-[a-z]+)+-\d{1,2}$`)
)

// Check returns every mistake in the options.
func (o Options) Check() error {
	var errs []error
	if !tableName.MatchString(o.Table) {
		errs = append(errs, fmt.Errorf("--dynamodb-table=%s: must be 3 to 255 letters, digits and _ . -", o.Table))
	}
	if o.Region != "" && !region.MatchString(o.Region) {
		errs = append(errs, fmt.Errorf("--dynamodb-region=%s: must be a region, such as eu-central-1", o.Region))
	}
	return errors.Join(errs...)
}

// Actions lists the permissions that the store uses, on the table's ARN.
func Actions(arn string) []provider.Action {
	var out []provider.Action
	for _, name := range []string{"DeleteItem", "GetItem", "PutItem", "Scan"} {
		out = append(out, provider.Action{Name: "dynamodb:" + name, Resource: arn})
	}
	return out
}
