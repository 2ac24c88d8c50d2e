// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"nafuda.io/nafuda/internal/loop/limiter"
	"nafuda.io/nafuda/internal/provider"
)

// unopened is the finding of the checks of accounts where these can't be opened: the check of the identity fails for all.
func (e *exam) unopened() []Finding {
	return []Finding{warn("see what the check identity says", "not looked at, for the accounts can't be opened")}
}

// caller is whose credentials an account has.
type caller struct {
	name        string // of the account, as our flags have it
	number, arn string
	err         error
}

func checkIdentity(ctx context.Context, e *exam) []Finding {
	var out []Finding
	for _, a := range e.accounts {
		if a.AWS == nil {
			continue
		}
		c := caller{name: a.Name}
		c.err = a.call(ctx, limiter.User, func(ctx context.Context) error {
			who, err := sts.NewFromConfig(a.AWS.Config).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
			if err == nil {
				c.number, c.arn = aws.ToString(who.Account), aws.ToString(who.Arn)
			}
			return err
		})
		out = append(out, judgeIdentity(c))
	}
	switch {
	case e.patient.NoAccounts != nil:
		return []Finding{fail("correct the flag, the file or the variable that it names", "the accounts can't be opened: %v", e.patient.NoAccounts)}
	case len(out) == 0:
		return []Finding{ok("no account of AWS is used")}
	}
	return out
}

func judgeIdentity(c caller) Finding {
	switch {
	case c.err != nil && provider.ClassOf(c.err) == provider.Denied:
		return fail("give it credentials that AWS knows: a profile, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a role; the check clock tells whether it is the time",
			"account %s: AWS doesn't take the credentials: %v", c.name, c.err)
	case c.err != nil:
		return fail("see that credentials are given, and that nothing in between keeps us from STS", "account %s: whose credentials these are isn't known: %v", c.name, c.err)
	case strings.HasSuffix(c.arn, ":root"):
		return warn("make a user or a role that may only change the zones: nafuda bootstrap aws writes it", "account %s: the credentials are the root user's of %s, who may do everything", c.name, c.number)
	default:
		return ok("account %s: %s in the AWS account %s", c.name, c.arn, c.number)
	}
}
