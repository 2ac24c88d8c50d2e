// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/ops/report"
	"nafuda.io/nafuda/internal/registry"
	"nafuda.io/nafuda/internal/registry/txt"
)

// forms says in which forms the markers of a zone are written.
type forms struct {
	zone   zone.Zone
	us     string
	ours   map[txt.Form]int
	others map[txt.Form]int
	lost   []dnsname.Name // where markers of ours stand that are read for no record set
}

func checkMarkers(ctx context.Context, e *exam) []Finding {
	if e.patient.Markers == nil {
		return []Finding{ok("no markers are kept")}
	}
	return e.each(ctx, func(c content) []Finding { return judgeMarkers(formsOf(c, e.patient.Markers)) })
}

func formsOf(c content, markers *txt.Registry) forms {
	f := forms{zone: c.Zone, us: markers.Owner(), ours: make(map[txt.Form]int), others: make(map[txt.Form]int)}
	there := func(n dnsname.Name) bool {
		return slices.ContainsFunc(c.Sets[n], func(s record.Set) bool {
			_, marker := registry.MarkerOf(s)
			return !marker
		})
	}
	c.markersOf(func(s record.Set, h registry.Heritage) {
		form := markers.FormOf(s.Name, h, c.Zone, there)
		if h.Owner != f.us {
			f.others[form]++
			return
		}
		f.ours[form]++
		if form == txt.Unread {
			f.lost = append(f.lost, s.Name)
		}
	})
	return f
}

func judgeMarkers(f forms) []Finding {
	in := string(f.zone.Name) + " (" + f.zone.ID + ")"
	total := sum(f.ours)
	var out []Finding
	switch lost := f.ours[txt.Unread]; {
	case lost > 0 && lost == total:
		out = append(out, fail("set --txt-prefix or --txt-suffix to what they were written with, or name it by --txt-old-prefix",
			"zone %s: none of our %s is at the name of a record set, so that nothing counts as ours: %s", in, report.Count(total, "marker"), few(f.lost)))
	case lost > 0:
		out = append(out, warn("if their record sets are there under another prefix, name it by --txt-old-prefix; else they are left over and harmless",
			"zone %s: %s of ours at the name of no record set: %s", in, report.Count(lost, "marker"), few(f.lost)))
	}
	if total == f.ours[txt.Unread] && len(out) == 0 {
		out = append(out, ok("zone %s has no markers of ours yet", in))
	} else if total > f.ours[txt.Unread] {
		out = append(out, ok("zone %s: our markers are %s", in, counted(f.ours)))
	}
	if sum(f.others) > 0 {
		out = append(out, ok("zone %s: the markers of others are %s", in, counted(f.others)))
	}
	return out
}

func sum(counts map[txt.Form]int) int {
	n := 0
	for _, c := range counts {
		n += c
	}
	return n
}

func counted(counts map[txt.Form]int) string {
	var out []string
	for _, form := range slices.Sorted(maps.Keys(counts)) {
		out = append(out, fmt.Sprintf("%d %s", counts[form], form))
	}
	return strings.Join(out, ", ")
}
