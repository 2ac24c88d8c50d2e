// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"errors"
)

type runCommand struct {
	Options Options `embed:""`
}

func (c *runCommand) start(_ context.Context, x IO, notes []string) error {
	log := NewLogger(x.Err, c.Options.Log)
	for _, note := range notes {
		log.Info(note)
	}
	return errors.New("start the controller: it isn't wired yet")
}
