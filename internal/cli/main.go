// SPDX-License-Identifier: Apache-2.0

// Package cli is the command line: one file a command, and what they share.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"

	"nafuda.io/nafuda/internal/app/flags"
	"nafuda.io/nafuda/internal/cli/parse"
)

// IO is what a run of the program sees of the outside.
type IO struct {
	Args, Env []string // as os.Args[1:] and os.Environ()
	In        io.Reader
	Out, Err  io.Writer
	Colour    bool // whether Out is a terminal that shows colours
	Terminal  bool // whether a person sits at In
}

type grammar struct {
	Version   bool             `env:"-" help:"Print the version and exit."`
	Run       runCommand       `cmd:"" default:"withargs" help:"Publish objects into DNS until told to stop. The default command."`
	Plan      planCommand      `cmd:"" help:"Show what run would change, and why, and change nothing."`
	Why       whyCommand       `cmd:"" help:"Show why a name is published, or isn't, and what to do about it; change nothing."`
	Verify    verifyCommand    `cmd:"" help:"Compare names at objects, provider, the zone's servers and a resolver, and name the cause where they differ; change nothing."`
	Status    statusCommand    `cmd:"" help:"Show how the running instance is."`
	Approve   approveCommand   `cmd:"" help:"Show what the brake of the running instance holds, and release it."`
	Journal   journalCommand   `cmd:"" help:"Show what was changed, when and for which object."`
	Undo      undoCommand      `cmd:"" help:"Bring names back to what they were before an entry of the journal."`
	Ownership ownershipCommand `cmd:"" help:"Move what tells that record sets are ours between TXT record sets and a DynamoDB table."`
	Check     checkCommand     `cmd:"" help:"Check the flags, and the file of --config, without starting anything."`
	Doctor    doctorCommand    `cmd:"" help:"Find out what keeps run from working: permissions, zones, delegation, clock and more; change nothing."`
	WAN       wanCommand       `cmd:"" name:"wan" help:"Show under which public addresses the world sees us, and who says so; change nothing."`
	Bootstrap bootstrapCommand `cmd:"" help:"Set up what Nafuda needs: the IAM policy, its user or role, and the manifests."`
	Migrate   migrateCommand   `cmd:"" help:"Show what becomes of a running ExternalDNS when its image is swapped for Nafuda's, and how to go back; change nothing."`
	Sandbox   sandboxCommand   `cmd:"" help:"Try Nafuda without a cluster and without a DNS service: manifests in, a DNS server out."`
	Show      versionCommand   `cmd:"" name:"version" help:"Print the version."`
	Docs      docsCommand      `cmd:"" hidden:"" help:"Write the pages of docs/ that are made from the code."`
}

// Main runs the program and returns its exit code: 0, 1 after a mistake in the configuration or an error, or 2 from plan and migrate
// where there are changes, from why, verify and wan where something isn't as wanted, from doctor where a check fails, and from the commands
// to a running instance where something is held or waits for a yes. Nothing outside is touched before the whole configuration has been
// found right.
func Main(ctx context.Context, x IO) int {
	args := x.Args
	if slices.Contains(args, "--version") { // as for ExternalDNS, whatever else is given
		args = []string{"version"}
	}
	g, res, errs := read(args, x.Env)
	if res.Command == "sandbox" {
		g, res, errs = read(args, ownEnvironment(x.Env))
	}
	if len(errs) > 0 {
		for _, err := range errs {
			fmt.Fprintf(x.Err, "nafuda: %v\n", err)
		}
		fmt.Fprintln(x.Err, "nafuda: nothing was started; nafuda --help lists the flags")
		return 1
	}
	if res.Help != "" {
		fmt.Fprint(x.Out, res.Help)
		return 0
	}
	switch err := g.start(ctx, x, res); {
	case err == nil:
		return 0
	case errors.Is(err, errChanges), errors.Is(err, errNotGood), errors.Is(err, errWaits), errors.Is(err, errUnwell):
		return 2
	default:
		fmt.Fprintf(x.Err, "nafuda: %v\n", err)
		return 1
	}
}

func read(args, env []string) (*grammar, parse.Result, []error) {
	g := new(grammar)
	s := spec(g)
	s.Args, s.Env = args, env
	res, errs := parse.Parse(s)
	return g, res, errs
}

func (g *grammar) start(ctx context.Context, x IO, res parse.Result) error {
	start, ok := g.starts(res.Notes)[res.Command]
	if !ok {
		return fmt.Errorf("the command %s does nothing", res.Command)
	}
	return start(ctx, x)
}

// starter is what a command does.
type starter func(context.Context, IO) error

// starts has every command by its name; the empty name is the default command's.
func (g *grammar) starts(notes []string) map[string]starter {
	noted := func(f func(context.Context, IO, []string) error) starter {
		return func(ctx context.Context, x IO) error { return f(ctx, x, notes) }
	}
	alone := func(f func(IO) error) starter { return func(_ context.Context, x IO) error { return f(x) } }
	return map[string]starter{
		"": noted(g.Run.start), "run": noted(g.Run.start), "plan": noted(g.Plan.start), "why": noted(g.Why.start), "verify": noted(g.Verify.start),
		"status": g.Status.start, "approve": g.Approve.start, "journal": g.Journal.start, "undo": g.Undo.start,
		"ownership": noted(g.Ownership.start), "doctor": noted(g.Doctor.start), "check": noted(g.Check.start), "wan": g.WAN.start, "bootstrap": g.Bootstrap.start, "migrate": g.Migrate.start,
		"sandbox": noted(g.Sandbox.start), "version": alone(g.Show.start), "docs": alone(g.Docs.start),
	}
}

// tell logs what the user should know about the command line, one line each.
func tell(log *slog.Logger, notes []string) {
	for _, note := range notes {
		log.Info("read the configuration", "note", note)
	}
}

func spec(g *grammar) parse.Spec {
	return parse.Spec{
		Name:    "nafuda",
		About:   "Publish what runs on a Kubernetes cluster into DNS.",
		Grammar: g,
		Table:   flags.All(),
	}
}
