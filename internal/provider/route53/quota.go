// SPDX-License-Identifier: Apache-2.0

package route53

import (
	"context"
	"errors"
	"fmt"
	"regexp"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	"github.com/aws/aws-sdk-go-v2/service/route53/types"
	"github.com/aws/smithy-go"

	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/provider"
	"nafuda.io/nafuda/internal/provider/awsconf"
)

// Quota implements provider.QuotaReader with one request (API_GetHostedZoneLimit, MAX_RRSETS_BY_ZONE): 10,000 unless AWS has granted
// more (developer guide, "Quotas").
func (p *Provider) Quota(ctx context.Context, z zone.Zone) (int, error) {
	doing := fmt.Sprintf("ask how many record sets zone %s may have", z.Name)
	out, err := p.of(z.ID).GetHostedZoneLimit(ctx, &route53.GetHostedZoneLimitInput{
		HostedZoneId: aws.String(z.ID), Type: types.HostedZoneLimitTypeMaxRrsetsByZone,
	})
	if err != nil {
		return 0, provider.Doing(awsconf.Classify(err), actionQuota, doing)
	}
	const most = 1 << 31 // more is no number of record sets
	if out.Limit == nil || out.Limit.Value == nil || *out.Limit.Value < 1 || *out.Limit.Value > most {
		return 0, &provider.Error{Class: provider.Unavailable, Err: fmt.Errorf("%s: the answer has no number", doing)}
	}
	return int(*out.Limit.Value), nil
}

// zoneFull is what a message about the zone's quota has: its name in the API. AWS documents neither the error's code nor its text, so
// the API's general code for quotas counts too. A quota of one record set, as of its values, isn't meant.
var zoneFull = regexp.MustCompile(`MAX_RRSETS_BY_ZONE`)

// full reports whether a batch was refused for the zone's quota.
func full(err error, messages []string) bool {
	if api, ok := errors.AsType[smithy.APIError](err); ok && api.ErrorCode() == "LimitsExceeded" {
		return true
	}
	for _, m := range messages {
		if zoneFull.MatchString(m) {
			return true
		}
	}
	return false
}
