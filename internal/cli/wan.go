// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"errors"
	"fmt"

	"nafuda.io/nafuda/internal/app"
	"nafuda.io/nafuda/internal/cli/parse"
	"nafuda.io/nafuda/internal/wan"
)

type wanCommand struct {
	Options app.Options `embed:"" check:"-"` // all of them: those of wan may stand in the file of --config
	Form    outputFlag  `embed:""`
}

// Check reports mistakes in what is used.
func (c *wanCommand) Check() error { return errors.Join(parse.Check(&c.Options.WAN)...) }

// Help is what --help adds.
func (wanCommand) Help() string {
	return "It asks the router, the interfaces, STUN servers, DNS and pages that echo the caller's address, everybody once, and judges as run does. " +
		"docs/wan.md says who is asked where no flag names anybody, and what they learn. Of the flags of run, and of --config, only those of wan count.\n\n" +
		"Exit status: 0 where each address that is looked for is known; 2 where one isn't; 1 an error."
}

func (c *wanCommand) start(ctx context.Context, x IO) error {
	w, err := wan.New(c.Options.WAN, nil)
	if err != nil {
		return err
	}
	r := wan.Report{Families: w.Look(ctx)}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("look for the public address: %w", err)
	}
	if c.Form.json() {
		err = writeJSON(x.Out, r)
	} else {
		err = r.Write(x.Out)
	}
	if err != nil {
		return fmt.Errorf("print what was said: %w", err)
	}
	if !r.Good() {
		return errNotGood
	}
	return nil
}
