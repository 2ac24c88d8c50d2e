// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"errors"
)

type sandboxCommand struct {
	Log LogOptions `embed:""`
}

func (c *sandboxCommand) start(context.Context, IO, []string) error {
	return errors.New("sandbox: it isn't wired yet")
}
