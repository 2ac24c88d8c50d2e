// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/route53"

	"nafuda.io/nafuda/internal/loop/limiter"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/provider"
	"nafuda.io/nafuda/internal/provider/awsconf"
)

// Route 53 takes five requests a second of an account, whoever sends them (Developer Guide, "Quotas", API requests); a running
// instance needs some too.
const (
	callRate  = 4
	callBurst = 4
)

// account is an account whose calls all checks share out among each other.
type account struct {
	Account
	limit *limiter.Limiter
}

func newAccount(ctx context.Context, a Account) *account {
	out := &account{Account: a, limit: limiter.New(callRate, callBurst)}
	go out.limit.Run(ctx)
	return out
}

// call calls f when it is its turn, and again for as long as the service says that it is asked too much. Its error has a class.
func (a *account) call(ctx context.Context, urgency limiter.Priority, f func(context.Context) error) error {
	for {
		if err := a.limit.Wait(ctx, urgency); err != nil {
			return context.Cause(ctx)
		}
		err := awsconf.Classify(f(ctx))
		throttled := err != nil && provider.ClassOf(err) == provider.Throttled
		a.limit.Report(ctx, throttled)
		if !throttled {
			return err
		}
	}
}

// client is who to ask about a zone: with the role of its tag, where --aws-zone-role-tag gives it one.
func (a *account) client(z zone.Zone) *route53.Client {
	if role, given := z.Tags[a.AWS.RoleTag]; given && a.AWS.RoleTag != "" && awsconf.IsRole(role) {
		return route53.NewFromConfig(a.AWS.As(role).Config)
	}
	return route53.NewFromConfig(a.AWS.Config)
}
