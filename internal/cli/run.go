// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"

	"nafuda.io/nafuda/internal/app"
)

type runCommand struct {
	Options app.Options `embed:""`
}

func (c *runCommand) start(ctx context.Context, x IO, notes []string) error {
	log := c.Options.Logger(x.Err)
	tell(log, notes)
	c.Options.Reread = func() (app.Options, []error) {
		g, _, errs := read(x.Args, x.Env)
		return g.Run.Options, errs
	}
	return app.Run(ctx, c.Options, built(), log)
}

// built is the version that the toolchain put into the program.
func built() app.Version {
	number, revision := Build()
	return app.Version{Number: number, Revision: revision}
}
