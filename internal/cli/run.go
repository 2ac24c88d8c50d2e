// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"errors"
	"fmt"
)

type runCommand struct {
	Options Options `embed:""`
}

func (c *runCommand) start(_ context.Context, x IO, notes []string) error {
	for _, note := range notes {
		fmt.Fprintf(x.Err, "nafuda: %s\n", note)
	}
	return errors.New("start the controller: it isn't wired yet")
}
