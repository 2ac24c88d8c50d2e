// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"nafuda.io/nafuda/internal/app"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/ops/verify"
)

type verifyCommand struct {
	Names   []string       `arg:"" optional:"" name:"name" help:"Host names to verify; by default all that objects ask for or that are ours."`
	Options app.Options    `embed:""`
	Verify  verify.Options `embed:""`
	View    string         `name:"view" env:"-" placeholder:"NAME" help:"The view of --config that is looked at; by default every one."`
	Form    outputFlag     `embed:""`
}

// Help is what --help adds.
func (verifyCommand) Help() string {
	return "It takes all the flags of run, compares what objects ask for, what the provider holds, what the zone's servers answer and what\n" +
		"the system's resolver answers, and names the usual cause where they differ. It changes nothing.\n\n" +
		"Exit status: 0 where all say the same, 2 where they don't; 1 an error."
}

// Check reports names that can't be any.
func (c *verifyCommand) Check() error {
	_, err := c.names()
	return err
}

// names are the names that were given, sorted.
func (c *verifyCommand) names() ([]dnsname.Name, error) {
	var out []dnsname.Name
	var errs []error
	for _, text := range c.Names {
		n, err := dnsname.Parse(text)
		if err != nil {
			errs = append(errs, fmt.Errorf("%w: give host names", err))
		}
		out = append(out, n)
	}
	slices.SortFunc(out, dnsname.Name.Compare)
	return slices.Compact(out), errors.Join(errs...)
}

func (c *verifyCommand) start(ctx context.Context, x IO, notes []string) error {
	names, err := c.names()
	if err != nil {
		return err
	}
	log := c.Options.Logger(x.Err)
	tell(log, notes)
	r, err := app.Verify(ctx, c.Options, c.Verify, built(), log, app.Asked{Names: names, View: c.View})
	if err != nil {
		return err
	}
	if err := c.Form.print(x, "what was found", r); err != nil {
		return err
	}
	if !r.Good {
		return errNotGood
	}
	return nil
}
