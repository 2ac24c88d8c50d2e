// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"context"
	"sync"
	"time"

	"nafuda.io/nafuda/internal/ops/probe"
)

// exam is what the checks of one run share. It may be used from several goroutines.
type exam struct {
	patient  Patient
	options  Options
	api      *api
	noAPI    error // why there is no api
	accounts []*account
	surveys  []*survey // one an account, in their order
	probe    *probe.Probe

	planned sync.Once
	wants   wanting // once it is planned
}

// newExam begins to read the zones, which several checks look at; that ends with the context.
func newExam(ctx context.Context, p Patient, o Options) *exam {
	e := &exam{patient: p, options: o, probe: probe.New(probe.Options{})}
	if p.Cluster.Config != nil {
		e.api, e.noAPI = newAPI(p.Cluster.Config)
	}
	for _, a := range p.Accounts {
		paced := newAccount(ctx, a)
		s := newSurvey(paced)
		e.accounts, e.surveys = append(e.accounts, paced), append(e.surveys, s)
		go s.run(ctx)
	}
	return e
}

// most returns a context that ends when three quarters of what is left of another have passed, so that there is time to judge.
func most(ctx context.Context) (context.Context, context.CancelFunc) {
	end, limited := ctx.Deadline()
	if !limited {
		return context.WithCancel(ctx)
	}
	return context.WithTimeoutCause(ctx, time.Until(end)*3/4, errTime)
}
