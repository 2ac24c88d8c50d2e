// SPDX-License-Identifier: Apache-2.0

package bootstrap

import (
	"context"
	"errors"
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

// todo says what is to be done; the empty todo is nothing.
type todo struct {
	text  string
	left  bool // it isn't done: what is there isn't ours
	found bool // nor is anything else: what is there isn't ours, and we would change it
}

// errForeign is told where something has our name and isn't ours.
var errForeign = errors.New("what is there of this name isn't ours")

// survey looks at all steps before any is done, and refuses where one would take over what somebody else has made. What that is, and
// what would become of it, is written to out.
func survey(ctx context.Context, out io.Writer, steps []step) error {
	found := 0
	for _, s := range steps {
		t, err := s.look(ctx)
		if err != nil {
			return fmt.Errorf("nothing was made: look at %s: %w", s.what, err)
		}
		if t.found {
			fmt.Fprintf(out, "found      %s: %s\n", s.what, t.text)
			found++
		}
	}
	if found > 0 {
		return fmt.Errorf("nothing was made: %w: %d of them; choose other names, or add --adopt to take them over", errForeign, found)
	}
	return nil
}

// run goes through steps, one after the other. Each is shown before it is done; what is done already is only told.
func run(ctx context.Context, out io.Writer, steps []step) error {
	for _, s := range steps {
		t, err := s.look(ctx)
		if err != nil {
			return fmt.Errorf("look at %s: %w", s.what, err)
		}
		switch {
		case t.found:
			return fmt.Errorf("%s: %w: it has just come; run this again", s.what, errForeign)
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
func notOurs(mark string) todo { return todo{text: "it isn't ours: it hasn't " + mark, left: true} }

// The marks by which we know what is ours.
const (
	ourTag   = "the tag " + tagKey
	ourLabel = "the label " + managedBy + "=" + manager
)
