// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"context"
	"slices"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/ops/report"
	"nafuda.io/nafuda/internal/provider"
)

// listed is a zone that is used, and whether those of its provider are the world's.
type listed struct {
	zone.Zone
	world bool
}

// listing is what the accounts say which zones there are.
type listing struct {
	used    []listed
	skipped []provider.SkippedZone
	unknown []Finding // accounts that don't say
}

func checkZones(ctx context.Context, e *exam) []Finding {
	if e.patient.NoAccounts != nil {
		return e.unopened()
	}
	var l listing
	for _, s := range e.surveys {
		used, err := s.zones(ctx)
		if err != nil {
			l.unknown = append(l.unknown, fail("see what the checks identity and permissions say", "account %s: the zones aren't known: %v", s.account.Name, err))
			continue
		}
		for _, z := range used {
			l.used = append(l.used, listed{z, s.world()})
		}
		l.skipped = append(l.skipped, s.skipped...)
	}
	return judgeZones(l, e.patient.Domains)
}

func judgeZones(l listing, domains []dnsname.Name) []Finding {
	out := l.unknown
	if len(l.used) == 0 && len(out) == 0 {
		out = append(out, fail("create a hosted zone, or correct --domain-filter, --zone-id-filter, --aws-zone-type and --aws-zone-tags", "no hosted zone is used: nothing can be published"))
	}
	out = append(out, l.zones()...)
	for _, d := range domains {
		if len(l.unknown) == 0 && !slices.ContainsFunc(l.used, func(z listed) bool { return d.In(z.Name) || z.Name.In(d) }) {
			out = append(out, warn("correct it, or create the zone; a zone above it is only used with --aws-zone-match-parent", "--domain-filter=%s: no zone that is used is for it", d))
		}
	}
	for _, s := range l.skipped {
		out = append(out, ok("left out: %s", s.Why.Text))
	}
	return out
}

// zones has a finding for each zone that is used, and one where two public ones have the same name.
func (l listing) zones() []Finding {
	var out []Finding
	seen := make(map[dnsname.Name]listed)
	for _, z := range slices.SortedFunc(slices.Values(l.used), func(a, b listed) int { return zone.Compare(a.Zone, b.Zone) }) {
		if first, again := seen[z.Name]; again && !z.Private && z.world {
			out = append(out, warn("choose one by --zone-id-filter, or by --aws-zone-tags", "the public zones %s and %s have the same name %s: both get every name", first.ID, z.ID, z.Name))
		}
		records := ""
		if !z.Private {
			seen[z.Name] = z
		}
		if z.Records >= 0 {
			records = ", " + report.Count(z.Records, "record set")
		}
		out = append(out, ok("used: %s (%s, %s%s)", z.Name, z.ID, report.Seen(z.Zone, z.world), records))
	}
	return out
}
