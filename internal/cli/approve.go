// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"nafuda.io/nafuda/internal/decide/guard"
	"nafuda.io/nafuda/internal/ops/control"
	"nafuda.io/nafuda/internal/ops/report"
)

type approveCommand struct {
	Instance instanceFlags `embed:""`
	Zone     string        `name:"zone" env:"-" placeholder:"ZONE" help:"Only this zone: its name or its id."`
	Plan     string        `name:"plan" env:"-" placeholder:"HASH" help:"Release exactly the plan of this hash, without a question."`
	Yes      bool          `name:"yes" env:"-" negatable:"" help:"Release all that is shown, without a question."`
	Form     outputFlag    `embed:""`
}

// Help is what --help adds.
func (approveCommand) Help() string {
	return "It shows what the brake of the running instance holds, zone by zone, and asks, or says what to type. What is released is\n" +
		"exactly what was shown: where something else is held by then, nothing is released.\n\n" + waits
}

// approved is the JSON of the command.
type approved struct {
	Released []report.Held `json:"released"`
	Held     []report.Held `json:"held"` // still
}

func (c *approveCommand) start(ctx context.Context, x IO) error {
	client, err := c.Instance.client()
	if err != nil {
		return err
	}
	held, err := client.Held(ctx)
	if err != nil {
		return err
	}
	all := len(held)
	held = slices.DeleteFunc(held, func(h report.Held) bool { return c.Zone != "" && !c.names(h.Zone) })
	var done approved
	switch {
	case c.Plan != "":
		done, err = c.named(ctx, x, client, held)
	case len(held) == 0 && all > 0 && !c.Form.json():
		_, err = fmt.Fprintf(x.Out, "Nothing is held in %s; other zones hold something.\n", report.Clean(c.Zone))
	default:
		done, err = c.shown(ctx, x, client, held)
	}
	if c.Form.json() && (err == nil || errors.Is(err, errWaits)) {
		err = errors.Join(writeJSON(x.Out, done), err)
	}
	return err
}

func (c *approveCommand) names(z report.Zone) bool {
	return z.ID == c.Zone || strings.EqualFold(strings.TrimSuffix(c.Zone, "."), z.Name)
}

// named releases the plan whose hash is given, if a zone that may be meant still holds exactly that.
func (c *approveCommand) named(ctx context.Context, x IO, client *control.Client, held []report.Held) (approved, error) {
	err := guard.ErrOtherPlan
	if slices.ContainsFunc(held, func(h report.Held) bool { return h.Hash == c.Plan }) {
		var h report.Held
		if h, err = client.Approve(ctx, c.Plan); err == nil {
			rest := slices.DeleteFunc(held, func(h report.Held) bool { return h.Hash == c.Plan })
			c.released(x, h)
			return approved{[]report.Held{h}, some(rest)}, nil
		}
		if held, err = c.again(ctx, client, err); err != nil && !errors.Is(err, guard.ErrOtherPlan) {
			return approved{}, err
		}
	}
	if len(held) == 0 {
		return approved{some(nil), some(nil)}, c.nothing(x)
	}
	fmt.Fprintf(x.Err, "nafuda: approve plan %s: %v; released nothing, this is held now\n", report.Clean(c.Plan), err)
	return approved{some(nil), held}, errors.Join(c.write(x, held...), errWaits)
}

// again asks what is held after a refusal.
func (c *approveCommand) again(ctx context.Context, client *control.Client, refusal error) ([]report.Held, error) {
	if !errors.Is(refusal, guard.ErrOtherPlan) && !errors.Is(refusal, guard.ErrNothingHeld) {
		return nil, refusal
	}
	held, err := client.Held(ctx)
	if err != nil {
		return nil, err
	}
	return held, guard.ErrOtherPlan
}

// shown shows what is held, and releases what is said yes to.
func (c *approveCommand) shown(ctx context.Context, x IO, client *control.Client, held []report.Held) (approved, error) {
	done := approved{some(nil), some(nil)}
	if len(held) == 0 {
		return done, c.nothing(x)
	}
	in := answers(x)
	for _, h := range held {
		if err := c.write(x, h); err != nil {
			return done, err
		}
		yes, err := c.agreed(x, in, h)
		if err != nil {
			return done, err
		}
		if !yes {
			done.Held = append(done.Held, h)
			continue
		}
		released, err := client.Approve(ctx, h.Hash)
		switch {
		case errors.Is(err, guard.ErrOtherPlan), errors.Is(err, guard.ErrNothingHeld):
			fmt.Fprintf(x.Err, "nafuda: %v; run the command again\n", err)
			done.Held = append(done.Held, h)
		case err != nil:
			return done, err
		default:
			done.Released = append(done.Released, released)
			c.released(x, released)
		}
	}
	if len(done.Held) > 0 {
		return done, errWaits
	}
	return done, nil
}

// agreed reports whether what is shown is to be released.
func (c *approveCommand) agreed(x IO, in *bufio.Reader, h report.Held) (bool, error) {
	if c.Yes || !x.Terminal || c.Form.json() {
		return c.Yes, nil
	}
	return ask(x, in, fmt.Sprintf("Release %s in %s?", h.Counts(), report.Clean(h.Zone.Name)))
}

// some is never null in JSON.
func some(list []report.Held) []report.Held { return append([]report.Held{}, list...) }

func (c *approveCommand) write(x IO, held ...report.Held) error {
	if c.Form.json() {
		return nil
	}
	for _, h := range held {
		if err := h.Write(x.Out, x.Colour); err != nil {
			return fmt.Errorf("print what is held: %w", err)
		}
	}
	return nil
}

func (c *approveCommand) nothing(x IO) error {
	if c.Form.json() {
		return nil
	}
	_, err := fmt.Fprintln(x.Out, "Nothing is held.")
	return err
}

func (c *approveCommand) released(x IO, h report.Held) {
	if !c.Form.json() {
		fmt.Fprintf(x.Out, "Released %s in %s. Deletes go once their grace is over.\n", h.Counts(), report.Clean(h.Zone.Name))
	}
}
