// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"nafuda.io/nafuda/internal/feed/kube"
	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/ops/bootstrap"
	"nafuda.io/nafuda/internal/ops/report"
	"nafuda.io/nafuda/internal/provider/awsconf"
)

// Access says where bootstrap finds an account and a cluster.
type Access struct {
	Kubeconfig, Profile string
	Adopt               bool // take over what has the names and was made by others
	Version             Version
	Log                 io.Writer
	Read                func(args []string) (Options, error) // the command line of run
}

// Bootstrap is an opened account and cluster, and the plan for them.
type Bootstrap struct {
	Plan   bootstrap.Plan
	Target *bootstrap.Target

	access Access
	run    Options // of the Deployment, with our credentials
}

// OpenBootstrap finds out what the plan depends on. It changes nothing.
func OpenBootstrap(ctx context.Context, o bootstrap.Options, a Access) (*Bootstrap, error) {
	const timeout = 30 * time.Second
	aws := awsconf.Options{}
	if a.Profile != "" {
		aws.Profiles = []string{a.Profile}
	}
	target, plan, err := bootstrap.Open(ctx, o, bootstrap.Access{
		AWS: aws, IAMEndpoint: os.Getenv("AWS_ENDPOINT_URL_IAM"), EKSEndpoint: os.Getenv("AWS_ENDPOINT_URL_EKS"), Adopt: a.Adopt,
		Kube: kube.Options{Kubeconfig: a.Kubeconfig, RequestTimeout: timeout, QPS: 20, Burst: 20, Version: a.Version.Number},
	})
	if err != nil {
		return nil, err
	}
	b := &Bootstrap{Plan: plan, Target: target, access: a}
	if b.run, err = a.Read(target.Options().Arguments()); err != nil {
		return nil, fmt.Errorf("read the arguments of the Deployment: %w", err)
	}
	b.run.Publish.AWS, b.run.DynamoDB.Profile = aws, a.Profile
	b.run.Publish.AWS.AssumeRole, b.run.Publish.AWS.ExternalID = o.Assume, o.External
	b.run.View.Policy = string(change.Sync)
	b.run.Lease.Elect, b.run.Probe.Verify = "false", false
	// The owner is asked about all that goes, by name: there is nothing left for the brake and the grace period to ask.
	b.run.Guard.DeleteAfter, b.run.Guard.MaxDeletePercent = 0, 100
	return b, nil
}

// Holdings is what the owner has in DNS, as the plan of a run over no objects: every change in it deletes something. It fails where the
// Deployment that runs is of other options, which would look elsewhere.
func (b *Bootstrap) Holdings(ctx context.Context) (report.Plan, error) {
	if err := b.Target.SameOwnership(ctx); err != nil {
		return report.Plan{}, err
	}
	return b.nothing(func(o Options) (report.Plan, error) {
		plan, whole, err := planWith(ctx, o, b.access.Version, o.Logger(b.access.Log), planning{})
		if err == nil && !whole { // what couldn't be read isn't nothing
			err = errors.New("find out what the owner has in DNS: not every zone could be read; the log says why")
		}
		return plan, err
	})
}

// Drain deletes what Holdings showed, by the same engine, if that still has the hash. Each batch is conditional on what was read: what
// somebody has changed since stays.
func (b *Bootstrap) Drain(ctx context.Context, hash string, out io.Writer) error {
	now, err := b.Holdings(ctx)
	if err != nil {
		return err
	}
	if now.Hash != hash {
		return fmt.Errorf("drain by plan %s: the owner holds something else now, plan %s: look at it, then name that", hash, now.Hash)
	}
	fmt.Fprintln(out, "now        record sets: delete those of the plan")
	_, err = b.nothing(func(o Options) (report.Plan, error) {
		o.Loop.Once = true
		log := o.Logger(b.access.Log)
		logs := &logger{log: log, options: &o, warned: make(map[string]bool)}
		loop, err := build(ctx, o, b.access.Version, log, logs.observe)
		if err != nil {
			return report.Plan{}, err
		}
		return report.Plan{}, loop.Run(ctx)
	})
	if err != nil {
		return fmt.Errorf("drain: %w", err)
	}
	return ctx.Err()
}

// nothing calls f with the Deployment's options, whose objects are those of an empty folder.
func (b *Bootstrap) nothing(f func(Options) (report.Plan, error)) (report.Plan, error) {
	dir, err := os.MkdirTemp("", "nafuda-")
	if err != nil {
		return report.Plan{}, fmt.Errorf("make an empty folder: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }() // an empty folder that stays does no harm
	o := b.run
	o.Files.Manifests = []string{dir}
	return f(o)
}
