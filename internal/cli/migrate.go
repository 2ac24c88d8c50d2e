// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"nafuda.io/nafuda/internal/app"
	"nafuda.io/nafuda/internal/app/flags"
	"nafuda.io/nafuda/internal/cli/parse"
	"nafuda.io/nafuda/internal/ops/migrate"
	"nafuda.io/nafuda/internal/ops/report"
)

// errMistakes makes the exit status of arguments that can't be used as they are.
var errMistakes = errors.New("the arguments can't be used as they are: correct what is named above")

type migrateCommand struct {
	Flags      string     `name:"from-flags" verbatim:"" env:"-" placeholder:"ARGS" help:"The arguments of the running ExternalDNS, in quotes."`
	Manifest   string     `name:"from-manifest" env:"-" placeholder:"FILE" help:"Its Deployment, StatefulSet, DaemonSet, ReplicaSet or Pod, as YAML or JSON, alone or among other objects, or - for standard input: kubectl get deployment external-dns -o yaml | nafuda migrate --from-manifest=-"`
	Container  string     `name:"container" env:"-" placeholder:"NAME" help:"The container that is meant, where it isn't plain: its name, or that of the Deployment (or the like), a slash and its name."`
	Env        []string   `name:"env" sep:"none" env:"-" placeholder:"NAME=VALUE" help:"Value of a variable of the container which isn't in the manifest, or which an argument needs as $(NAME). Repeatable."`
	Image      string     `name:"image" env:"-" default:"nafuda.io/nafuda:dev" help:"The image to change to."`
	Kubeconfig string     `name:"kubeconfig" env:"-" placeholder:"FILE" help:"Kubeconfig of the cluster, where it isn't the one that kubectl uses."`
	Profile    string     `name:"aws-profile" env:"-" placeholder:"NAME" help:"AWS profile to plan with, in place of those of the arguments."`
	Manifests  []string   `name:"manifests" sep:"none" env:"-" placeholder:"PATH" help:"File or folder to read the objects from, in place of the cluster. Repeatable."`
	Form       outputFlag `embed:""`
}

// Help is what --help adds.
func (migrateCommand) Help() string {
	return "It says what becomes of each argument, plans with them, finds the cause of each change by planning again with the flag that restores\n" +
		"the old way, and prints the commands there and back. It reads the cluster and the zones, and changes nothing.\n\n" +
		"Exit status: 0 nothing would change; 2 something would; 1 an argument can't be used, or an error."
}

// Check reports arguments that don't go together.
func (c *migrateCommand) Check() error {
	var errs []error
	if (c.Flags == "") == (c.Manifest == "") {
		errs = append(errs, errors.New("give either --from-flags or --from-manifest"))
	}
	if c.Image == "" || strings.HasPrefix(c.Image, "-") || strings.ContainsAny(c.Image, " \t\r\n") {
		errs = append(errs, errors.New("--image: give the name of an image, such as nafuda.io/nafuda:dev"))
	}
	_, err := migrate.Variables(c.Env)
	return errors.Join(append(errs, err)...)
}

func (c *migrateCommand) start(ctx context.Context, x IO) error {
	running, err := c.running(x)
	if err != nil {
		return err
	}
	r, err := c.report(ctx, x, &running)
	if err != nil {
		return errors.New(running.Scrub(err.Error()))
	}
	err = c.Form.print(x, "what becomes of ExternalDNS", r)
	switch {
	case err != nil:
		return err
	case r.Outcome == nil:
		return errMistakes
	case !r.Outcome.Still():
		return errChanges
	}
	return nil
}

func (c *migrateCommand) running(x IO) (migrate.Running, error) {
	known, err := migrate.Variables(c.Env)
	if err != nil {
		return migrate.Running{}, err
	}
	if c.Manifest == "" {
		return migrate.FromArgs(c.Flags, known)
	}
	in := x.In
	if c.Manifest != "-" {
		f, err := os.Open(c.Manifest)
		if err != nil {
			return migrate.Running{}, fmt.Errorf("read the manifest: %w", err)
		}
		defer f.Close()
		in = f
	}
	if in == nil {
		in = strings.NewReader("")
	}
	stream, err := io.ReadAll(io.LimitReader(in, migrate.MaxManifest+1))
	if err != nil {
		return migrate.Running{}, fmt.Errorf("read the manifest: %w", err)
	}
	return migrate.Read(stream, c.Container, known)
}

// report explains the arguments and, where they are right, plans with them.
func (c *migrateCommand) report(ctx context.Context, x IO, running *migrate.Running) (migrate.Report, error) {
	r := migrate.Report{Arguments: []migrate.Explained{}, Notes: append([]string{}, running.Notes...), Mistakes: []string{}}
	given, errs := givenFlags(running)
	have, err := parse.Describe(spec(new(grammar)), "run")
	if err != nil {
		return r, err
	}
	var known []migrate.Known
	for _, f := range have {
		known = append(known, migrate.Known{Name: f.Name, Help: f.Help, Kind: f.Kind, Secret: f.Secret})
	}
	running.HideFlags(given, known)
	r.Arguments = running.Explain(given, known)
	r.Notes = append(r.Notes, migrate.Remarks(given)...)
	options, more := c.options(running, running.Words)
	for _, err := range append(errs, more...) {
		if text := running.Scrub(err.Error()); !slices.Contains(r.Mistakes, text) {
			r.Mistakes = append(r.Mistakes, text)
		}
	}
	if len(r.Mistakes) > 0 {
		return r, nil
	}
	outcome, err := migrate.Attribute(ctx, running.Words, given, options.View.Policy, c.planner(x, running))
	if err != nil {
		return r, err
	}
	swap := migrate.MakeSwap(*running, outcome, c.Image)
	r.Outcome, r.Swap = &outcome, &swap
	return r, nil
}

// givenFlags are the flags of arguments and variables. A flag's argument beats its variable.
func givenFlags(running *migrate.Running) ([]migrate.Given, []error) {
	s := spec(new(grammar))
	s.Args = append([]string{"run"}, running.Words...)
	list, errs := parse.Flags(s)
	var out []migrate.Given
	has := make(map[string]bool)
	for _, a := range list {
		out = append(out, migrate.Given(a))
		has[a.Name] = true
	}
	for _, v := range running.Env {
		name, value, _ := strings.Cut(v, "=")
		_, bare, _ := strings.Cut(strings.Replace(name, "EXTERNAL_DNS_", "EXTERNALDNS_", 1), "_")
		i := slices.IndexFunc(flags.All(), func(f flags.Flag) bool { return parse.Variable(f.Name) == bare })
		if i >= 0 && value != "" && !has[flags.All()[i].Name] {
			out = append(out, migrate.Given{Name: flags.All()[i].Name, Value: strings.Join(strings.Fields(value), " "), Origin: name})
		}
	}
	return out, errs
}

// options are those of a run with arguments, in this place: the pod's files and folders aren't here.
func (c *migrateCommand) options(running *migrate.Running, args []string) (app.Options, []error) {
	g := new(grammar)
	s := spec(g)
	s.Args, s.Env = append([]string{"run"}, args...), running.Env
	res, errs := parse.Parse(s)
	if res.Help != "" {
		errs = append(errs, errors.New("--help is among the arguments: a program with it only prints its help"))
	}
	o := g.Run.Options
	o.StateDir, o.LogLevel = "", "warning"
	if c.Kubeconfig != "" {
		o.Kube.Kubeconfig, o.Kube.Server = c.Kubeconfig, ""
	}
	if c.Profile != "" {
		o.Publish.AWS.Profiles = []string{c.Profile}
	}
	if len(c.Manifests) > 0 {
		o.Files.Manifests, o.Kube.Kubeconfig, o.Kube.Server = c.Manifests, "", ""
		errs = append(errs, parse.Check(&o.Files)...)
	}
	return o, errs
}

// planner makes plans; the first one's warnings are shown, those of the others would be the same.
func (c *migrateCommand) planner(x IO, running *migrate.Running) migrate.Planner {
	first := true
	return func(ctx context.Context, args []string) (report.Plan, error) {
		o, errs := c.options(running, args)
		if len(errs) > 0 {
			return report.Plan{}, errors.Join(errs...)
		}
		if !first {
			o.LogLevel = "error"
		}
		first = false
		return app.MakeWholePlan(ctx, o, built(), o.Logger(x.Err))
	}
}
