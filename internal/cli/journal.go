// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"nafuda.io/nafuda/internal/app"
	"nafuda.io/nafuda/internal/memory/journal"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/ops/control"
	"nafuda.io/nafuda/internal/ops/report"
)

type journalCommand struct {
	Name     string        `arg:"" optional:"" name:"name" help:"Only what was changed for this name."`
	Instance instanceFlags `embed:""`
	Since    string        `name:"since" env:"-" placeholder:"TIME" help:"Only entries since this time (RFC 3339), or of this long a time, like 24h."`
	Limit    int           `name:"limit" env:"-" default:"20" help:"How many entries at most, the newest: up to 1000."`
	Form     outputFlag    `embed:""`
}

// Help is what --help adds.
func (journalCommand) Help() string {
	return "It shows what was changed, newest first: when, by which entry, from what to what, for which object, and what came of it.\n" +
		"It asks the running instance; without one it reads the files in --state-dir.\n\n" +
		"Exit status: 0; 1 after an error."
}

// Check reports arguments that can't be used.
func (c *journalCommand) Check() error {
	var errs []error
	if c.Name != "" {
		if _, err := dnsname.Parse(c.Name); err != nil {
			errs = append(errs, fmt.Errorf("the argument NAME: %w", err))
		}
	}
	if _, err := parseSince(c.Since, time.Now()); err != nil {
		errs = append(errs, err)
	}
	if c.Limit < 1 || c.Limit > 1000 {
		errs = append(errs, fmt.Errorf("--limit=%d: must be from 1 to 1000", c.Limit))
	}
	return errors.Join(errs...)
}

func (c *journalCommand) request() (r control.JournalRequest, err error) {
	r.Limit = c.Limit
	if c.Name != "" {
		if r.Name, err = dnsname.Parse(c.Name); err != nil {
			return r, err
		}
	}
	r.Since, err = parseSince(c.Since, time.Now())
	return r, err
}

func (c *journalCommand) start(ctx context.Context, x IO) error {
	r, err := c.request()
	if err != nil {
		return err
	}
	j, err := c.read(ctx, r)
	if err != nil {
		return err
	}
	for _, d := range j.Damage {
		fmt.Fprintf(x.Err, "nafuda: %s\n", report.Clean(d))
	}
	if c.Form.json() {
		return writeJSON(x.Out, j)
	}
	if err := j.Write(x.Out, time.Local, x.Colour); err != nil {
		return fmt.Errorf("print the journal: %w", err)
	}
	return nil
}

// read asks the instance, and reads its files where it doesn't run.
func (c *journalCommand) read(ctx context.Context, r control.JournalRequest) (report.Journal, error) {
	client, err := c.Instance.client()
	if err != nil {
		return report.Journal{}, err
	}
	j, err := client.Journal(ctx, r)
	if errors.Is(err, control.ErrNobody) && c.Instance.StateDir != "" {
		return r.Collect(journal.Read(app.JournalDir(c.Instance.StateDir), r.Filter())), nil
	}
	return j, err
}
