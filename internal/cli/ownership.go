// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"fmt"

	"nafuda.io/nafuda/internal/app"
	"nafuda.io/nafuda/internal/ops/ownership"
	"nafuda.io/nafuda/internal/ops/report"
)

type ownershipCommand struct {
	Options app.Options `embed:""`
	From    string      `name:"from" env:"-" enum:"txt,dynamodb" default:"txt" help:"Where our ownership is stored now: txt or dynamodb."`
	To      string      `name:"to" env:"-" enum:"txt,dynamodb" default:"dynamodb" help:"Where it shall be stored."`
	View    string      `name:"view" env:"-" placeholder:"NAME" help:"The view of --config whose ownership is moved, where it has several."`
	Apply   bool        `name:"apply" env:"-" negatable:"" help:"Do it, rather than show what would be done."`
}

// Help is what --help adds.
func (ownershipCommand) Help() string {
	return "It moves what tells that record sets are ours between TXT markers and a DynamoDB table, for the zones and the owner of the other flags,\n" +
		"which are those of run. Without --apply it only shows what it would do. Stop the instance first; start it again with the other --registry.\n\n" +
		"What is new is written and read again before what is old is removed. Killed in the midst, it goes on when it is run again.\n\n" +
		"Exit status: 0 where there is nothing to do or all of it was done; 2 where something is to do, or can't be moved; 1 after an error."
}

// Check reports arguments that can't be used.
func (c *ownershipCommand) Check() error {
	if c.From == c.To {
		return fmt.Errorf("--from=%s --to=%s: must be different", c.From, c.To)
	}
	return nil
}

func (c *ownershipCommand) start(ctx context.Context, x IO, notes []string) error {
	log := c.Options.Logger(x.Err)
	tell(log, notes)
	w, err := app.MoveOwnership(ctx, c.Options, c.View, log, ownership.Direction(c.To), c.Apply, x.Out)
	if err != nil {
		return err
	}
	if !c.Apply {
		first, last := "rows of "+report.Count(w.Rows, "record set"), "markers of "+report.Count(w.Markers, "record set")
		if w.To == ownership.ToTXT {
			first, last = last, first
		}
		fmt.Fprintf(x.Out, "would write the %s and remove the %s; done already: %d\n", first, last, w.Done)
	}
	for _, l := range w.Left {
		fmt.Fprintf(x.Out, "stays: %s in zone %s: %s\n", report.Clean(l.Key.String()), l.Zone, report.Clean(l.Why.String()))
	}
	if len(w.Left) > 0 || !c.Apply && !w.Empty() {
		return errWaits
	}
	return nil
}
