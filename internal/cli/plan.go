// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"nafuda.io/nafuda/internal/app"
)

// errChanges makes the exit status of a plan that isn't empty.
var errChanges = errors.New("there are changes")

type planCommand struct {
	Options app.Options `embed:""`
	View    string      `name:"view" env:"-" placeholder:"NAME" help:"The view of --config that is shown; by default every one."`
	Output  string      `name:"output" short:"o" default:"text" enum:"text,json" help:"Form of the plan: text for people, json for machines."`
}

func (c *planCommand) start(ctx context.Context, x IO, notes []string) error {
	log := c.Options.Logger(x.Err)
	tell(log, notes)
	p, err := app.MakePlan(ctx, c.Options, c.View, built(), log)
	if err != nil {
		return err
	}
	if c.Output == "json" {
		enc := json.NewEncoder(x.Out)
		enc.SetIndent("", "  ")
		err = enc.Encode(p)
	} else {
		err = p.Write(x.Out, x.Colour)
	}
	if err != nil {
		return fmt.Errorf("print the plan: %w", err)
	}
	if !p.Empty() {
		return errChanges
	}
	return nil
}
