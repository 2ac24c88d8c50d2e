// SPDX-License-Identifier: Apache-2.0

package verify

import (
	"slices"

	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/ops/probe"
)

// difference is how an answer differs from record sets.
type difference string

const (
	same     difference = ""
	silent   difference = "silent"   // no answer came
	failed   difference = "failed"   // an error instead of an answer
	referred difference = "referred" // to other servers
	absent   difference = "absent"   // nothing is said to be there
	partial  difference = "partial"  // some of the values, and no others
	other    difference = "other"    // other values
	still    difference = "still"    // there is something, and nothing should be
	longer   difference = "longer"   // the values are right, their TTL is too long
)

// compare compares an answer with the record sets of one name and type, of which several are there with a routing policy.
func compare(sets []record.Set, s probe.Seen) difference {
	switch {
	case !s.Answered():
		return silent
	case s.Referred != "":
		return referred
	case s.Code != noError && s.Code != nxDomain:
		return failed
	case len(sets) == 0 && len(s.Values) > 0:
		return still
	case len(sets) == 0:
		return same
	case len(s.Values) == 0:
		return absent
	case flexible(sets):
		return same
	}
	return compareSet(sets, s)
}

// The codes of answers that tell something about the name (RFC 1035 section 4.1.1).
const (
	noError  = "NOERROR"
	nxDomain = "NXDOMAIN"
)

func compareSet(sets []record.Set, s probe.Seen) difference {
	var all []string
	var ttl uint32
	for _, set := range sets {
		want := probe.Canonical(set.Type, set.Values)
		if slices.Equal(s.Values, want) && (set.TTL == 0 || s.TTL <= set.TTL) {
			return same
		}
		all, ttl = append(all, want...), max(ttl, set.TTL)
	}
	within := !slices.ContainsFunc(s.Values, func(v string) bool { return !slices.Contains(all, v) })
	switch {
	case !within:
		return other
	case len(sets) > 1: // which of them depends on who asks, and when
		return same
	case len(s.Values) < len(probe.Canonical(sets[0].Type, sets[0].Values)):
		return partial
	default:
		return longer
	}
}

// flexible reports that record sets have no data of their own to compare: they are aliases, or one of them is.
func flexible(sets []record.Set) bool {
	return slices.ContainsFunc(sets, func(s record.Set) bool { return s.Alias != nil })
}

// values are all values of record sets.
func values(sets []record.Set) []string {
	var out []string
	for _, s := range sets {
		out = append(out, s.Targets()...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}
