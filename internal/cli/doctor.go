// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"errors"
	"fmt"

	"nafuda.io/nafuda/internal/app"
	"nafuda.io/nafuda/internal/ops/doctor"
)

// errUnwell makes the exit status of a check that failed.
var errUnwell = errors.New("a check failed")

type doctorCommand struct {
	Options app.Options    `embed:""`
	Doctor  doctor.Options `embed:""`
	View    string         `name:"view" env:"-" placeholder:"NAME" help:"The view of --config that is examined; by default every one."`
	Form    outputFlag     `embed:""`
}

// Help is what --help adds.
func (doctorCommand) Help() string {
	return "It takes the flags of run, and asks the cluster, the DNS service and DNS itself, all at the same time. It changes nothing.\n\n" +
		"Exit status: 0 where no check fails, warnings or not; 2 where one does; 1 an error."
}

func (c *doctorCommand) start(ctx context.Context, x IO, notes []string) error {
	tell(c.Options.Logger(x.Err), notes)
	r, err := app.Examine(ctx, c.Options, c.View, c.Doctor, built())
	if err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("examine: %w", err)
	}
	if err := c.Form.print(x, "the report", r); err != nil {
		return err
	}
	if r.Level == doctor.Fail {
		return errUnwell
	}
	return nil
}
