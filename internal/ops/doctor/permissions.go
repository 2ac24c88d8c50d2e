// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	"github.com/aws/aws-sdk-go-v2/service/route53/types"
	"github.com/aws/smithy-go"

	"nafuda.io/nafuda/internal/loop/limiter"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/zone"
)

// tried is what came of a call that needs a permission.
type tried struct {
	action   string // route53:ListHostedZones
	on       string // for people: what it was tried on
	optional string // what is lost without it; empty: it is needed
	expected string // the code of the error that says that the permission is there; empty: the call goes well
	err      error  // as the service said it, with its class
	code     string // of the service's error
}

func checkPermissions(ctx context.Context, e *exam) []Finding {
	if e.patient.NoAccounts != nil {
		return e.unopened()
	}
	all := e.tryTable(ctx)
	var out []Finding
	for _, s := range e.surveys {
		if !s.account.Route53 {
			continue
		}
		all = append(all, tryZones(ctx, s.account), tryChange(ctx, s.account))
		zones, err := s.zones(ctx)
		if err != nil {
			out = append(out, notLookedAt(s.account.Name, err))
		}
		for _, z := range zones {
			all = append(all, tryRead(ctx, s.account, z), tryWrite(ctx, s.account, z, e.patient.Domains))
		}
	}
	return append(out, judgeAllTried(all)...)
}

// try makes a call; its error has a class, its code is the service's.
func (t tried) try(ctx context.Context, a *account, f func(context.Context) error) tried {
	t.err = a.call(ctx, limiter.Approved, func(ctx context.Context) error {
		err := f(ctx)
		if api, is := errors.AsType[smithy.APIError](err); is {
			t.code = api.ErrorCode()
		}
		return err
	})
	return t
}

func tryZones(ctx context.Context, a *account) tried {
	t := tried{action: "route53:ListHostedZones", on: "account " + a.Name}
	return t.try(ctx, a, func(ctx context.Context) error {
		_, err := route53.NewFromConfig(a.AWS.Config).ListHostedZones(ctx, &route53.ListHostedZonesInput{MaxItems: aws.Int32(1)})
		return err
	})
}

// tryChange asks about a change that isn't there: the service says so to whom it lets ask.
func tryChange(ctx context.Context, a *account) tried {
	t := tried{action: "route53:GetChange", on: "account " + a.Name, optional: "when a change has reached every name server isn't known", expected: "NoSuchChange"}
	return t.try(ctx, a, func(ctx context.Context) error {
		_, err := route53.NewFromConfig(a.AWS.Config).GetChange(ctx, &route53.GetChangeInput{Id: aws.String("C" + rand.Text()[:20])})
		return err
	})
}

func tryRead(ctx context.Context, a *account, z zone.Zone) tried {
	t := tried{action: "route53:ListResourceRecordSets", on: "zone " + string(z.Name) + " (" + z.ID + ")"}
	return t.try(ctx, a, func(ctx context.Context) error {
		_, err := a.client(z).ListResourceRecordSets(ctx, &route53.ListResourceRecordSetsInput{HostedZoneId: aws.String(z.ID), MaxItems: aws.Int32(1)})
		return err
	})
}

// tryWrite asks for a change that can't be made: to delete a TXT record set which isn't there. It changes nothing, for three reasons.
// A batch is applied whole or not at all, and this one has nothing else. A DELETE must have the name, the type, the TTL and every
// value of the record set that it deletes (API_Change), and both the name and the value are drawn at random here, with 128 bits each:
// no record set of anybody's has them. And should the draw be known to others, the value still says that it may go. The service
// looks at the permission, with the policy's conditions on names, types and actions, before it looks for the record set; then it
// refuses the batch as InvalidChangeBatch.
func tryWrite(ctx context.Context, a *account, z zone.Zone, domains []dnsname.Name) tried {
	t := tried{action: "route53:ChangeResourceRecordSets", on: "zone " + string(z.Name) + " (" + z.ID + ")", expected: "InvalidChangeBatch"}
	set := &types.ResourceRecordSet{
		Name: aws.String(drawn(z, domains).FQDN()), Type: types.RRTypeTxt, TTL: aws.Int64(1),
		ResourceRecords: []types.ResourceRecord{{Value: aws.String(`"nafuda doctor: never written, may go; ` + rand.Text() + `"`)}},
	}
	return t.try(ctx, a, func(ctx context.Context) error {
		_, err := a.client(z).ChangeResourceRecordSets(ctx, &route53.ChangeResourceRecordSetsInput{
			HostedZoneId: aws.String(z.ID),
			ChangeBatch:  &types.ChangeBatch{Changes: []types.Change{{Action: types.ChangeActionDelete, ResourceRecordSet: set}}},
		})
		return err
	})
}

// drawn is a name that nobody has: below the first domain in the zone, for a policy may be limited to that, else below the zone.
func drawn(z zone.Zone, domains []dnsname.Name) dnsname.Name {
	below := z.Name
	if i := slices.IndexFunc(domains, func(d dnsname.Name) bool { return d.In(z.Name) }); i >= 0 {
		below = domains[i]
	}
	return dnsname.Name("nafuda-doctor-" + strings.ToLower(rand.Text()) + "." + string(below))
}

// denied is the code of a service's error that says so.
const denied = "AccessDenied"

func judgeTried(t tried) Finding {
	isDenied := t.code == denied || t.code == "AccessDeniedException" // credentials that AWS doesn't take are another matter
	fix := "allow " + t.action + " in the IAM policy: nafuda bootstrap aws writes it"
	switch {
	case t.err == nil || t.code != "" && t.code == t.expected:
		return ok("%s is allowed: %s", t.action, t.on)
	case isDenied && t.optional != "":
		return warn(fix, "%s: %s is denied: %s: %v", t.on, t.action, t.optional, t.err)
	case isDenied:
		return fail(fix, "%s: %s is denied: %v", t.on, t.action, t.err)
	default:
		return warn("try again, or see what the check identity says", "%s: whether %s is allowed isn't known: %v", t.on, t.action, t.err)
	}
}

// judgeAllTried makes one finding of each permission that is there, on whatever it was tried.
func judgeAllTried(all []tried) []Finding {
	var out []Finding
	var actions []string
	on := make(map[string][]string)
	for _, t := range all {
		f := judgeTried(t)
		if f.Level != OK {
			out = append(out, f)
			continue
		}
		if !slices.Contains(actions, t.action) {
			actions = append(actions, t.action)
		}
		on[t.action] = append(on[t.action], t.on)
	}
	for _, action := range actions {
		out = append(out, ok("%s is allowed: %s", action, strings.Join(on[action], ", ")))
	}
	return out
}
