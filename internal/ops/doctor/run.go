// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"nafuda.io/nafuda/internal/model/crash"
)

// Options are what only doctor is told.
type Options struct {
	Timeout    time.Duration `name:"check-timeout" default:"30s" env:"-" help:"Longest time for one check; all of them run at the same time."`
	StaticPods string        `name:"static-pods" default:"/etc/kubernetes/manifests" env:"-" placeholder:"DIR" help:"Folder of kubelet's static pods, to look at where it is there."`
}

// Check reports a time that no check can keep.
func (o Options) Check() error {
	if o.Timeout < time.Second || o.Timeout > time.Hour {
		return fmt.Errorf("--check-timeout=%v: must be from 1s to 1h", o.Timeout)
	}
	return nil
}

// Run runs all checks at the same time. It changes nothing outside, and takes hardly longer than the options' time.
func Run(ctx context.Context, p Patient, o Options) Report {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	return run(ctx, newExam(ctx, p, o), Checks(), o.Timeout)
}

// errTime is the cause of a check's end.
var errTime = errors.New("the time of the check is over")

func run(ctx context.Context, e *exam, list []Check, timeout time.Duration) Report {
	results := make([]Result, len(list))
	var all sync.WaitGroup
	for i, c := range list {
		all.Go(func() { results[i] = result(c.Name, within(ctx, e, c, timeout)) })
	}
	all.Wait()
	return newReport(results)
}

// grace is how long a check may take to put together what it has once its time is over.
const grace = time.Second

// within runs a check until its time is over. One that doesn't end then is left behind: it can hold nobody.
func within(ctx context.Context, e *exam, c Check, timeout time.Duration) []Finding {
	limited, cancel := context.WithTimeoutCause(ctx, timeout, errTime)
	defer cancel()
	found := make(chan []Finding, 1)
	go func() { found <- survived(limited, e, c) }()
	patience := time.NewTimer(timeout + grace)
	defer patience.Stop()
	select {
	case f := <-found:
		return f
	case <-patience.C:
		return []Finding{warn("give it longer by --check-timeout, or see whether what it asks answers at all", "no answer within %v", timeout)}
	}
}

// survived turns a mistake of ours into a finding.
func survived(ctx context.Context, e *exam, c Check) (found []Finding) {
	if trouble := crash.Catch("check "+c.Name, func() { found = c.run(ctx, e) }); trouble != nil {
		return []Finding{warn("please report it", "%v, at %s", trouble, trouble.Stack)}
	}
	return found
}
