// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"nafuda.io/nafuda/internal/app"
	"nafuda.io/nafuda/internal/cli/parse"
	"nafuda.io/nafuda/internal/ops/control"
	"nafuda.io/nafuda/internal/ops/why"
)

// errNotGood makes the exit status of a name that isn't published as wanted.
var errNotGood = errors.New("something isn't published as wanted")

type whyCommand struct {
	Of      string      `arg:"" name:"name|kind/namespace/name" help:"The host name or the object to explain, such as www.example.com or ingress/default/web."`
	Options app.Options `embed:"" check:"-"`
	View    string      `name:"view" env:"-" placeholder:"NAME" help:"The view of --config that is explained; by default every one."`
	Form    outputFlag  `embed:""`
}

// Help is what --help adds.
func (whyCommand) Help() string {
	return "It walks from the object to the answer and stops at the first no, with its reason and the fix. It changes nothing.\n" +
		"The running instance tells; without one, or with --control-socket=none, this command looks itself, with all the flags of run.\n\n" +
		"Exit status: 0 where all that was asked about is published as wanted, or was sent and the provider is still at it; 2 where it isn't; 1 an error."
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
	r, err := c.running(ctx)
	if errors.Is(err, control.ErrNobody) {
		r, err = c.alone(ctx, x, notes, err)
	}
	if err != nil {
		return err
	}
	if err := c.Form.print(x, "the explanation", r); err != nil {
		return err
	}
	if !r.Good {
		return errNotGood
	}
	return nil
}

// running asks the running instance. It needn't know in which namespace this command was called.
func (c *whyCommand) running(ctx context.Context) (r why.Report, err error) {
	name, ref, err := why.ParseSubject(c.Of, c.Options.View.Namespace)
	if err != nil {
		return r, err
	}
	if c.Options.Control.Socket == "none" {
		return r, fmt.Errorf("--control-socket=none: %w", control.ErrNobody)
	}
	client, err := control.NewClient(c.Options.Control, c.Options.StateDir)
	if err != nil {
		return r, err
	}
	of := string(name)
	if of == "" {
		of = ref.String()
	}
	text, err := client.Why(ctx, of, c.View)
	if err != nil {
		return r, err
	}
	if err := json.Unmarshal(text, &r); err != nil {
		return r, fmt.Errorf("read the answer of the running instance: %w", err)
	}
	return r, nil
}

// alone looks for itself where no instance runs.
func (c *whyCommand) alone(ctx context.Context, x IO, notes []string, nobody error) (why.Report, error) {
	if mistakes := parse.Check(&c.Options); len(mistakes) > 0 {
		for _, m := range mistakes {
			nobody = fmt.Errorf("%w; %w", nobody, m)
		}
		return why.Report{}, fmt.Errorf("%w; to look without a running instance, give all flags of run", nobody)
	}
	name, ref, err := why.ParseSubject(c.Of, c.Options.View.Namespace)
	if err != nil {
		return why.Report{}, err
	}
	log := c.Options.Logger(x.Err)
	tell(log, notes)
	return app.Explain(ctx, c.Options, built(), log, name, ref, c.View)
}
