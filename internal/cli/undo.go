// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"nafuda.io/nafuda/internal/app"
	"nafuda.io/nafuda/internal/cli/parse"
	"nafuda.io/nafuda/internal/decide/guard"
	"nafuda.io/nafuda/internal/loop/reconcile"
	"nafuda.io/nafuda/internal/memory/journal"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/ops/control"
	"nafuda.io/nafuda/internal/ops/report"
)

type undoCommand struct {
	What    []string    `arg:"" optional:"" name:"entry" help:"The number of an entry in the journal, or several; or one name, whose last entry is undone."`
	Options app.Options `embed:"" check:"-"`
	Since   string      `name:"since" env:"-" placeholder:"TIME" help:"Undo every entry since this time (RFC 3339), or of this long a time, like 30m."`
	Plan    string      `name:"plan" env:"-" placeholder:"HASH" help:"Do exactly the plan of this hash, without a question."`
	Yes     bool        `name:"yes" env:"-" negatable:"" help:"Do what is shown, without a question."`
	Form    outputFlag  `embed:""`
}

// Help is what --help adds.
func (undoCommand) Help() string {
	return "It shows what would bring names back to what they were, and what stands in the way; then it asks, or says what to type.\n" +
		"The running instance does it, with the checks of every change; without one this command does it itself, with all the flags of run.\n" +
		"A name that was undone stays so until its objects ask for something else.\n\n" + waits
}

// Check reports arguments that can't be used.
func (c *undoCommand) Check() error {
	_, err := c.request()
	return err
}

func (c *undoCommand) request() (r reconcile.UndoRequest, err error) {
	if (c.Since != "") == (len(c.What) > 0) {
		return r, errors.New("name what to undo, in one way: entries of the journal, a name, or --since")
	}
	if r.Since, err = parseSince(c.Since, time.Now()); err != nil || c.Since != "" {
		return r, err
	}
	if len(c.What) == 1 && strings.Trim(c.What[0], "0123456789") != "" {
		if r.Name, err = dnsname.Parse(c.What[0]); err != nil {
			return r, fmt.Errorf("the argument ENTRY: neither a number nor a name: %w", err)
		}
		return r, nil
	}
	for _, text := range c.What {
		id, err := journal.ParseID(text)
		if err != nil {
			return r, fmt.Errorf("the argument ENTRY: %w", err)
		}
		r.Entries = append(r.Entries, id)
	}
	return r, nil
}

func (c *undoCommand) start(ctx context.Context, x IO) error {
	r, err := c.request()
	if err != nil {
		return err
	}
	by, u, err := c.plan(ctx, x, r)
	if err != nil {
		return err
	}
	if !c.Form.json() {
		if err := u.Write(x.Out, x.Colour); err != nil {
			return fmt.Errorf("print the undo: %w", err)
		}
	}
	yes, err := c.agreed(x, r, u)
	if err != nil {
		return err
	}
	if yes {
		return c.do(ctx, x, by, r, u)
	}
	if c.Form.json() {
		err = writeJSON(x.Out, undone{u, false})
	}
	if err == nil && !u.Empty() {
		err = errWaits
	}
	return err
}

// agreed reports whether what is shown is to be done, and says what to type where it isn't.
func (c *undoCommand) agreed(x IO, r reconcile.UndoRequest, u report.Undo) (bool, error) {
	switch {
	case u.Empty():
		return false, nil
	case c.Plan != "" && c.Plan != u.Hash:
		fmt.Fprintf(x.Err, "nafuda: undo plan %s: what would be done isn't that any more, but plan %s; did nothing\n", report.Clean(c.Plan), report.Clean(u.Hash))
		return false, nil
	case c.Plan != "" || c.Yes:
		return true, nil
	case c.Form.json():
		return false, nil
	case x.Terminal:
		return ask(x, answers(x), "Do that?")
	default:
		_, err := fmt.Fprintf(x.Out, "Do exactly that: nafuda undo %s --plan=%s\n", c.again(r), report.Clean(u.Hash))
		return false, err
	}
}

// undoer undoes: the running instance, or where none runs this process.
type undoer interface {
	PlanUndo(ctx context.Context, r reconcile.UndoRequest) (report.Undo, error)
	Undo(ctx context.Context, r reconcile.UndoRequest, hash string) (report.Undo, error)
}

// plan asks the running instance what would be done. Where none runs, it takes the way of one run over the journal's files.
func (c *undoCommand) plan(ctx context.Context, x IO, r reconcile.UndoRequest) (undoer, report.Undo, error) {
	client, err := control.NewClient(c.Options.Control, c.Options.StateDir)
	if err != nil {
		return nil, report.Undo{}, err
	}
	u, err := client.PlanUndo(ctx, r)
	if !errors.Is(err, control.ErrNobody) {
		return client, u, err
	}
	if mistakes := parse.Check(&c.Options); c.Options.StateDir == "" || len(mistakes) > 0 {
		for _, m := range mistakes {
			err = fmt.Errorf("%w; %w", err, m)
		}
		return nil, u, fmt.Errorf("%w; to undo without a running instance, give all flags of run, --state-dir among them", err)
	}
	alone := alone{&c.Options, c.Options.Logger(x.Err)}
	u, err = alone.PlanUndo(ctx, r)
	return alone, u, err
}

// alone undoes without a running instance.
type alone struct {
	options *app.Options
	log     *slog.Logger
}

func (a alone) PlanUndo(ctx context.Context, r reconcile.UndoRequest) (report.Undo, error) {
	return a.Undo(ctx, r, "")
}

func (a alone) Undo(ctx context.Context, r reconcile.UndoRequest, hash string) (report.Undo, error) {
	u, err := app.Undo(ctx, *a.options, built(), a.log, r, hash)
	return control.UndoOf(u), err
}

// undone is the JSON of the command.
type undone struct {
	report.Undo
	Done bool `json:"done"`
}

func (c *undoCommand) do(ctx context.Context, x IO, by undoer, r reconcile.UndoRequest, u report.Undo) error {
	u, err := by.Undo(ctx, r, u.Hash)
	if errors.Is(err, guard.ErrOtherPlan) {
		fmt.Fprintf(x.Err, "nafuda: %s; did nothing, run the command again\n", report.Clean(err.Error()))
		return errWaits
	}
	if err != nil {
		return err
	}
	if c.Form.json() {
		return writeJSON(x.Out, undone{u, true})
	}
	_, err = fmt.Fprintln(x.Out, "It is on its way. Deletes wait for their grace; what the brake holds, nafuda approve shows and releases. The names stay\n"+
		"so until their objects ask for something else.")
	return err
}

// again are the arguments that ask for the same entries: a time that passes is a fixed one then.
func (c *undoCommand) again(r reconcile.UndoRequest) string {
	if c.Since != "" {
		return "--since=" + r.Since.Format(time.RFC3339)
	}
	return strings.Join(c.What, " ")
}
