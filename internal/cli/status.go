// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"fmt"
	"time"
)

type statusCommand struct {
	Instance instanceFlags `embed:""`
	View     string        `name:"view" env:"-" placeholder:"NAME" help:"The view of --config that is shown; by default every one."`
	Form     outputFlag    `embed:""`
}

// Help is what --help adds.
func (statusCommand) Help() string {
	return "It asks the running instance: its zones, kinds, brakes, and how many names aren't published as asked for, and why.\n\n" +
		"Exit status: 0; 1 after an error; 2 where a brake holds changes."
}

func (c *statusCommand) start(ctx context.Context, x IO) error {
	client, err := c.Instance.client()
	if err != nil {
		return err
	}
	s, err := client.Status(ctx)
	if err != nil {
		return err
	}
	if c.View != "" {
		if s, err = s.Only(c.View); err != nil {
			return err
		}
	}
	if c.Form.json() {
		err = writeJSON(x.Out, s)
	} else {
		err = s.Write(x.Out, time.Local, x.Colour)
	}
	if err != nil {
		return fmt.Errorf("print the status: %w", err)
	}
	if len(s.Brakes) > 0 {
		return errWaits
	}
	return nil
}
