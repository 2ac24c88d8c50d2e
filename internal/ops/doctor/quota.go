// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"context"

	"nafuda.io/nafuda/internal/loop/limiter"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/provider"
)

// usualQuota is how many record sets a hosted zone may have where nothing else was agreed on (Route 53 Developer Guide, "Quotas").
const usualQuota = 10_000

// tight is how full a zone is, in percent, from which on it is told.
const tight = 80

// quota is how many record sets a zone has and may have.
type quota struct {
	zone       zone.Zone
	have, most int
	err        error // why the most isn't known
}

func checkQuota(ctx context.Context, e *exam) []Finding {
	if e.patient.NoAccounts != nil {
		return e.unopened()
	}
	var out []Finding
	for _, s := range e.surveys {
		reader, tells := s.account.Provider.(provider.QuotaReader)
		if !tells {
			continue
		}
		zones, err := s.zones(ctx)
		if err != nil {
			out = append(out, notLookedAt(s.account.Name, err))
		}
		for _, z := range zones {
			q := quota{zone: z, have: z.Records, most: usualQuota}
			q.err = s.account.call(ctx, limiter.Approved, func(ctx context.Context) error {
				most, err := reader.Quota(ctx, z)
				if err == nil {
					q.most = most
				}
				return err
			})
			out = append(out, judgeQuota(q))
		}
	}
	return out
}

func judgeQuota(q quota) Finding {
	fix := reason.Reason{Code: reason.ZoneFull}.Fix()
	in := q.zone.Name
	switch {
	case q.have >= q.most && q.err == nil:
		return fail(fix, "zone %s (%s) is full: %d of %d record sets; no name can be added, and each name has a marker too", in, q.zone.ID, q.have, q.most)
	case q.have*100 >= q.most*tight:
		return warn(fix, "zone %s (%s) has %d of %d record sets; each name has a marker too", in, q.zone.ID, q.have, q.most)
	case provider.ClassOf(q.err) == provider.Denied && q.err != nil:
		return ok("zone %s (%s) has %d record sets, far below the usual quota of %d; its own isn't known, for the permission route53:GetHostedZoneLimit is missing", in, q.zone.ID, q.have, q.most)
	case q.err != nil:
		return warn("", "the quota of the zone %s (%s) isn't known: %v", in, q.zone.ID, q.err)
	default:
		return ok("zone %s (%s) has %d of %d record sets", in, q.zone.ID, q.have, q.most)
	}
}
