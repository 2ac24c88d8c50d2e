// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"nafuda.io/nafuda/internal/app"
	"nafuda.io/nafuda/internal/ops/bootstrap"
)

type bootstrapCommand struct {
	Options    bootstrap.Options `embed:""`
	Dir        string            `name:"dir" env:"-" placeholder:"DIR" help:"The folder for the files. Default: made of --name."`
	Apply      bool              `name:"apply" env:"-" negatable:"" help:"Set it up: IAM, the Secret and the manifests, each step shown before it is done. May be repeated."`
	Adopt      bool              `name:"adopt" env:"-" negatable:"" help:"With --apply: take over what has these names and was made by somebody else. Without it that is shown, and nothing is made."`
	Rotate     bool              `name:"rotate" env:"-" negatable:"" help:"Make a new access key, put it into the Secret, try it, and delete the old one."`
	Delete     bool              `name:"delete" env:"-" negatable:"" help:"Take it all back; refused while record sets of this owner are in DNS."`
	Drain      bool              `name:"drain" env:"-" negatable:"" help:"With --delete: delete the owner's record sets too, after they were shown."`
	Plan       string            `name:"plan" env:"-" placeholder:"HASH" help:"With --drain: delete exactly the record sets of the plan of this hash."`
	Kubeconfig string            `name:"kubeconfig" env:"-" placeholder:"FILE" help:"Kubeconfig of the cluster, where it isn't the one that kubectl uses."`
	Profile    string            `name:"aws-profile" env:"-" placeholder:"NAME" help:"AWS profile of someone who may change IAM, where it isn't the usual one."`
}

// Help is what --help adds.
func (bootstrapCommand) Help() string {
	return "It writes the IAM policy, the manifests and a script for the aws command line into a folder, and asks nobody. A file that somebody\n" +
		"has changed is never written over. With --apply it does what the files say, in the account and in the cluster."
}

// Check reports arguments that don't go together.
func (c *bootstrapCommand) Check() error {
	var errs []error
	if !slices.Contains(bootstrap.Providers(), c.Options.Provider) {
		errs = append(errs, errors.New("name the provider to set up for: nafuda bootstrap aws, or aws-sd"))
	}
	if chosen := slices.DeleteFunc([]bool{c.Apply, c.Rotate, c.Delete}, func(b bool) bool { return !b }); len(chosen) > 1 {
		errs = append(errs, errors.New("--apply, --rotate and --delete exclude each other: give one of them"))
	}
	if c.Adopt && !c.Apply {
		errs = append(errs, errors.New("--adopt: it says nothing without --apply"))
	}
	if c.Drain && !c.Delete {
		errs = append(errs, errors.New("--drain: it says nothing without --delete"))
	}
	if c.Plan != "" && !c.Drain {
		errs = append(errs, errors.New("--plan: it says nothing without --drain"))
	}
	return errors.Join(errs...)
}

func (c *bootstrapCommand) start(ctx context.Context, x IO) error {
	if c.Dir == "" {
		c.Dir = c.Options.Name
	}
	if c.Apply || c.Rotate || c.Delete {
		return c.act(ctx, x)
	}
	plan, err := bootstrap.MakePlan(c.Options)
	if err != nil {
		return err
	}
	if err := c.write(x, plan); err != nil {
		return err
	}
	for _, word := range plan.Open {
		fmt.Fprintf(x.Out, "Put what it stands for in place of %s, or run this again with the flag that names it.\n", word)
	}
	fmt.Fprintf(x.Out, "Nothing outside this folder was touched. Run %s/aws-up.sh, or this command again with --apply.\n", c.Dir)
	return nil
}

func (c *bootstrapCommand) write(x IO, plan bootstrap.Plan) error {
	written, err := bootstrap.Write(c.Dir, plan.Files)
	if err != nil {
		return err
	}
	for _, w := range written {
		fmt.Fprintf(x.Out, "%-10s %s/%s\n", w.What, c.Dir, w.Name)
	}
	return nil
}

// act does what touches the account and the cluster.
func (c *bootstrapCommand) act(ctx context.Context, x IO) error {
	b, err := app.OpenBootstrap(ctx, c.Options, app.Access{Kubeconfig: c.Kubeconfig, Profile: c.Profile, Adopt: c.Adopt, Version: built(), Log: x.Err, Read: controller})
	if err != nil {
		return err
	}
	switch {
	case c.Apply:
		if err := c.write(x, b.Plan); err != nil { // what is done is what the files say
			return err
		}
		return b.Target.Apply(ctx, x.Out)
	case c.Rotate:
		return b.Target.Rotate(ctx, x.Out)
	default:
		return c.delete(ctx, x, b)
	}
}

// delete refuses where the owner still holds something, unless exactly that is to be deleted too.
func (c *bootstrapCommand) delete(ctx context.Context, x IO, b *app.Bootstrap) error {
	held, err := b.Holdings(ctx)
	if err != nil {
		return err
	}
	if !held.Empty() {
		if err := held.Write(x.Out, x.Colour); err != nil {
			return fmt.Errorf("print what is held: %w", err)
		}
		switch {
		case !c.Drain:
			fmt.Fprintln(x.Out, "These record sets are this owner's, and nobody would look after them any more. Nothing was deleted; --delete --drain deletes them too.")
			return errWaits
		case c.Plan != held.Hash:
			fmt.Fprintf(x.Out, "Nothing was deleted. To delete exactly these record sets, and then the rest, add: --plan=%s\n", held.Hash)
			return errWaits
		}
	}
	if err := b.Target.Stop(ctx, x.Out); err != nil {
		return err
	}
	if !held.Empty() {
		if err := b.Drain(ctx, c.Plan, x.Out); err != nil {
			return err
		}
	}
	return b.Target.Delete(ctx, x.Out)
}
