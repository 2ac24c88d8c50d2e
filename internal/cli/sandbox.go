// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"errors"
	"slices"
	"strings"

	"nafuda.io/nafuda/internal/app"
	"nafuda.io/nafuda/internal/app/flags"
	"nafuda.io/nafuda/internal/app/sandbox"
	"nafuda.io/nafuda/internal/cli/parse"
)

type sandboxCommand struct {
	Options sandbox.Options `embed:""`
}

func (c *sandboxCommand) start(ctx context.Context, x IO, notes []string) error {
	controller, err := controller(c.Options.Arguments())
	if err != nil {
		return err
	}
	log := controller.Logger(x.Err)
	tell(log, notes)
	return sandbox.Run(ctx, c.Options, controller, built(), x.Out, log)
}

// controller reads arguments of the controller without the environment.
func controller(args []string) (app.Options, error) {
	g := new(grammar)
	s := parse.Spec{Name: "nafuda", Grammar: g, Args: append([]string{"run"}, args...), Table: flags.All()}
	_, errs := parse.Parse(s)
	return g.Run.Options, errors.Join(errs...)
}

// ownEnvironment leaves out the variables of ExternalDNS, which are meant for a controller that publishes for real.
func ownEnvironment(env []string) []string {
	return slices.DeleteFunc(slices.Clone(env), func(v string) bool { return strings.HasPrefix(v, "EXTERNAL_DNS_") })
}
