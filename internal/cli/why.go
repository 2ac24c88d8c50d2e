// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"nafuda.io/nafuda/internal/app"
	"nafuda.io/nafuda/internal/ops/why"
)

// errNotGood makes the exit status of a name that isn't published as wanted.
var errNotGood = errors.New("something isn't published as wanted")

type whyCommand struct {
	Of      string      `arg:"" name:"name|kind/namespace/name" help:"The host name or the object to explain, such as www.example.com or ingress/default/web."`
	Options app.Options `embed:""`
	Output  string      `name:"output" short:"o" default:"text" enum:"text,json" help:"Form of the explanation: text for people, json for machines."`
}

// Check reports a name that can't be one.
func (c *whyCommand) Check() error {
	if c.Of == "" {
		return nil // it is told already that it is missing
	}
	_, _, err := why.ParseSubject(c.Of, c.Options.View.Namespace)
	return err
}

func (c *whyCommand) start(ctx context.Context, x IO, notes []string) error {
	name, ref, err := why.ParseSubject(c.Of, c.Options.View.Namespace)
	if err != nil {
		return err
	}
	log := c.Options.Logger(x.Err)
	tell(log, notes)
	r, err := app.Explain(ctx, c.Options, built(), log, name, ref)
	if err != nil {
		return err
	}
	if c.Output == "json" {
		enc := json.NewEncoder(x.Out)
		enc.SetIndent("", "  ")
		err = enc.Encode(r)
	} else {
		err = r.Write(x.Out, x.Colour)
	}
	if err != nil {
		return fmt.Errorf("print the explanation: %w", err)
	}
	if !r.Good {
		return errNotGood
	}
	return nil
}
