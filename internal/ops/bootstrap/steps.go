// SPDX-License-Identifier: Apache-2.0

package bootstrap

import (
	"context"
	"fmt"
	"io"
)

// step is one thing to do in the account or the cluster.
type step struct {
	what string // "IAM user nafuda"
	// look finds out what is to be done, and changes nothing.
	look func(ctx context.Context) (todo, error)
	do   func(ctx context.Context) error
}

// todo says what is to be done; the empty todo is nothing. A left todo isn't done, because what is there isn't ours.
type todo struct {
	text string
	left bool
}

// run goes through steps, one after the other. Each is shown before it is done; what is done already is only told.
func run(ctx context.Context, out io.Writer, steps []step) error {
	for _, s := range steps {
		t, err := s.look(ctx)
		if err != nil {
			return fmt.Errorf("look at %s: %w", s.what, err)
		}
		switch {
		case t.left:
			fmt.Fprintf(out, "left       %s: %s\n", s.what, t.text)
			continue
		case t.text == "":
			fmt.Fprintf(out, "as it is   %s\n", s.what)
			continue
		}
		fmt.Fprintf(out, "now        %s: %s\n", s.what, t.text)
		if err := s.do(ctx); err != nil {
			return fmt.Errorf("%s: %w; what came before is done, and the same command goes on from here", s.what, err)
		}
	}
	return nil
}

// notOurs is what is told of things without our tag or label.
func notOurs(mark string) todo { return todo{"it isn't ours: it hasn't " + mark, true} }

// The marks by which we know what is ours.
const (
	ourTag   = "the tag " + tagKey
	ourLabel = "the label " + managedBy + "=" + manager
)
