// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"fmt"

	"nafuda.io/nafuda/internal/app"
)

type checkCommand struct {
	Options app.Options `embed:""`
}

// Help is what --help adds.
func (checkCommand) Help() string {
	return "It takes the flags of run, --config among them, and reads and checks all that they name, without starting anything or asking anybody.\n" +
		"nafuda doctor asks the cluster, the DNS service and DNS as well.\n\n" +
		"Exit status: 0 where run would start, warnings or not; 1 after a mistake."
}

func (c *checkCommand) start(ctx context.Context, x IO, notes []string) error {
	for _, note := range notes {
		fmt.Fprintf(x.Err, "nafuda: note: %s\n", note)
	}
	warnings, err := app.Check(ctx, c.Options)
	for _, w := range warnings {
		fmt.Fprintf(x.Err, "nafuda: warning: %s\n", w)
	}
	if err != nil {
		return err
	}
	fmt.Fprintln(x.Out, "ok")
	return nil
}
