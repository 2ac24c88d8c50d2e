// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"errors"
)

type planCommand struct {
	Options Options `embed:""`
}

func (c *planCommand) start(context.Context, IO, []string) error {
	return errors.New("plan: it isn't wired yet")
}
