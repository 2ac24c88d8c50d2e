// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"context"
	"maps"
	"slices"
	"strings"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/ops/report"
	"nafuda.io/nafuda/internal/registry"
)

// holders says who owns the names of a zone.
type holders struct {
	zone    zone.Zone
	us      string
	kept    string         // what a claim is, in a word
	names   map[string]int // by owner; a name with record sets of several owners counts for each
	nobody  int            // names without a claim
	several []dnsname.Name // names with a marker that names several owners
}

func checkOwners(ctx context.Context, e *exam) []Finding {
	if e.patient.Claims == nil {
		return []Finding{warn("with --registry=noop every record set that the filters let through counts as ours: --registry=txt marks it", "no markers are kept in the zones: who has what isn't looked at here")}
	}
	wait, cancel := most(ctx)
	defer cancel()
	claims, err := e.patient.Claims(wait)
	if err != nil {
		return []Finding{fail("without it nothing is published: see what the check permissions says", "who has what isn't known: %v", err)}
	}
	return e.each(ctx, func(c content) []Finding { return judgeOwners(ownersOf(c, claims, e.patient.Kept)) })
}

func ownersOf(c content, claims registry.Registry, kept string) holders {
	h := holders{zone: c.Zone, us: claims.Owner(), kept: kept, names: make(map[string]int)}
	for _, n := range c.names() {
		owners, bare := ownersAt(c, claims, n)
		for o := range owners {
			if strings.Contains(o, ",") { // no id has one: registry.MarkerOf lists several so
				h.several = append(h.several, n)
				continue
			}
			h.names[o]++
		}
		if bare && len(owners) == 0 {
			h.nobody++
		}
	}
	return h
}

// ownersAt says who has record sets at a name, and whether one of them has no marker.
func ownersAt(c content, claims registry.Registry, n dnsname.Name) (owners map[string]bool, bare bool) {
	owners = make(map[string]bool)
	ledger := claims.Open(n, c.Zone, c.look, func(string, dnsname.Name) bool { return false })
	for _, s := range c.Sets[n] {
		if ledger.IsMarker(s) || s.Type == record.SOA || s.Type == record.NS && n == c.Zone.Name {
			continue
		}
		claim, claimed, _ := ledger.Claim(s)
		if claimed {
			owners[claim.Owner] = true
		}
		bare = bare || !claimed
	}
	return owners, bare
}

func judgeOwners(h holders) []Finding {
	in := string(h.zone.Name) + " (" + h.zone.ID + ")"
	var out []Finding
	if len(h.several) > 0 {
		out = append(out, fail("delete the marker of the installation that shouldn't have them; until then neither changes them",
			"zone %s: two owners have marked the same record sets: %s", in, few(h.several)))
	}
	for _, o := range slices.Sorted(maps.Keys(h.names)) {
		if o != h.us {
			out = append(out, warn("if that is an earlier installation of yours, set --txt-owner-id to its id; else leave it: we never change what it has",
				"zone %s has a second owner: %s %q", in, report.Count(h.names[o], "name")+" with the owner", o))
		}
	}
	return append(out, ok("zone %s: %s with our owner %q, %d without a %s", in, report.Count(h.names[h.us], "name"), h.us, h.nobody, h.kept))
}

// few lists some of many names.
func few(names []dnsname.Name) string {
	const most = 5
	var out []string
	for _, n := range names[:min(len(names), most)] {
		out = append(out, string(n))
	}
	text := strings.Join(out, ", ")
	if len(names) > most {
		text += " and " + report.Count(len(names)-most, "other")
	}
	return text
}

// markersOf calls f with every marker of a zone, by name.
func (c content) markersOf(f func(s record.Set, h registry.Heritage)) {
	for _, n := range c.names() {
		for _, s := range c.Sets[n] {
			if h, is := registry.MarkerOf(s); is {
				f(s, h)
			}
		}
	}
}
