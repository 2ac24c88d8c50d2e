// SPDX-License-Identifier: Apache-2.0

package rows

import (
	"slices"

	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/registry"
)

type ledger struct {
	book *Book
	zone zone.Zone
}

// Claim finds the row of a record set.
func (l ledger) Claim(s record.Set) (registry.Claim, bool, reason.Reason) {
	row := l.book.Row(s.Key)
	if why := claims(row, s, l.zone.ID); !why.None() {
		return registry.Claim{}, false, why
	}
	return registry.Claim{Key: s.Key, Owner: row.Owner, Resource: row.Resource()}, true, reason.Reason{}
}

// claims tells why a row isn't a claim on a record set of a zone; none: it is one.
func claims(row *registry.Row, s record.Set, zoneID string) reason.Reason {
	switch {
	case row == nil:
		return reason.New(reason.Foreign, "%s has no row in the ownership table", s.Key)
	case !covers(*row, zoneID):
		return reason.New(reason.Foreign, "the row of %s in the ownership table is for other hosted zones", s.Key)
	}
	if d, writing := row.Labels[writingLabel+zoneID]; writing && d != digest(s) {
		return reason.New(reason.Foreign, "%s isn't what its row in the ownership table was written for, so somebody else made it", s.Key)
	}
	return reason.Reason{}
}

// IsMarker reports whether a record set holds a marker of the TXT registry, which is nothing that objects ask for.
func (l ledger) IsMarker(s record.Set) bool {
	_, ok := registry.MarkerOf(s)
	return ok
}

// Attach refuses what another owner has a row for. Rows are no record sets; of one that will name another object, its record set is
// among the changes, as it is.
func (l ledger) Attach(changes []change.Change, after []registry.Owned) ([]change.Change, []registry.Refused) {
	var markers []change.Change
	var refused []registry.Refused
	for _, o := range after {
		row := l.book.Row(o.Set.Key)
		switch {
		case row != nil && row.Owner != l.book.owner:
			why := reason.New(reason.OtherOwner, "%s has a row of the owner %q in the ownership table", o.Set.Key, row.Owner)
			refused = append(refused, registry.Refused{Key: o.Set.Key, Why: why})
		case slices.ContainsFunc(changes, func(c change.Change) bool { return c.Key() == o.Set.Key }):
		case row != nil && row.Resource() != o.Resource:
			markers = append(markers, change.Change{Before: &o.Set, After: &o.Set, Marker: true, Resource: o.Resource})
		}
	}
	if refused != nil {
		return nil, refused
	}
	return markers, nil
}
