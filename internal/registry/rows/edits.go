// SPDX-License-Identifier: Apache-2.0

package rows

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"

	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/registry"
)

const (
	zonesLabel   = "nafuda/zones"
	writingLabel = "nafuda/writing/"
)

// digest tells the contents of record sets apart; how the provider spells the values doesn't matter.
func digest(s record.Set) string {
	s.Stored = nil
	text, err := json.Marshal(s)
	if err != nil {
		panic(err) // a record set is plain data
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:16])
}

func covers(r registry.Row, zoneID string) bool {
	list, limited := Zones(r)
	return !limited || slices.Contains(list, zoneID)
}

// Zones lists the ids of the hosted zones that a row is for; false: of any.
func Zones(r registry.Row) ([]string, bool) {
	list, limited := r.Labels[zonesLabel]
	return strings.Fields(list), limited
}

// into adds a zone to those that a row is for.
func into(r registry.Row, zoneID string) registry.Row {
	if covers(r, zoneID) {
		return r
	}
	return r.With(zonesLabel, r.Labels[zonesLabel]+" "+zoneID)
}

// written reports whether a row says that its record set is being written in some zone.
func written(r registry.Row) bool {
	for label := range r.Labels {
		if strings.HasPrefix(label, writingLabel) {
			return true
		}
	}
	return false
}

// outOf removes a zone from those that a row is for; nil: none is left. A row that is for any zone stays if others may need it.
func outOf(r registry.Row, zoneID string, elsewhere bool) *registry.Row {
	r = r.With(writingLabel+zoneID, "")
	list, limited := r.Labels[zonesLabel]
	if !limited {
		if !elsewhere && !written(r) {
			return nil
		}
		return &r
	}
	left := slices.DeleteFunc(strings.Fields(list), func(id string) bool { return id == zoneID })
	if len(left) == 0 {
		return nil
	}
	r = r.With(zonesLabel, strings.Join(left, " "))
	return &r
}

// Edit is a change of a record set of one zone, as rows see it.
type Edit struct {
	change.Change
	Owner     string // us
	ZoneID    string
	Elsewhere bool // another zone may hold a record set of the same key that the row is for too
}

// Before returns what the row of an edit must be before the edit is sent. The reason tells why it can't be.
func (e Edit) Before(row *registry.Row) (*registry.Row, reason.Reason) {
	key := e.Key()
	switch {
	case row != nil && row.Owner != e.Owner:
		return row, reason.New(reason.OtherOwner, "%s has a row of the owner %q in the ownership table", key, row.Owner)
	case e.Change.Before == nil:
		if row == nil {
			row = &registry.Row{Key: key, Owner: e.Owner, Labels: map[string]string{zonesLabel: e.ZoneID}}
		}
		next := into(*row, e.ZoneID).With(registry.ResourceLabel, e.Resource).With(writingLabel+e.ZoneID, digest(*e.After))
		return &next, reason.Reason{}
	}
	if why := claims(row, *e.Change.Before, e.ZoneID); !why.None() {
		return row, why
	}
	if e.After == nil {
		next := row.With(writingLabel+e.ZoneID, digest(*e.Change.Before))
		return &next, reason.Reason{}
	}
	next := row.With(writingLabel+e.ZoneID, "") // what it was written for is there, and is about to be something else
	return &next, reason.Reason{}
}

// Done returns what the row of an edit shall be once the edit is made.
func (e Edit) Done(row *registry.Row) *registry.Row {
	if row == nil || row.Owner != e.Owner {
		return row
	}
	if e.After == nil {
		return outOf(*row, e.ZoneID, e.Elsewhere)
	}
	next := row.With(writingLabel+e.ZoneID, "").With(registry.ResourceLabel, e.Resource)
	return &next
}

// Mend returns what a row of ours shall be, given the record set of its key that stands in a zone, nil for none, when nothing is being
// written there. The row of a write that was cut off becomes one of a write that ended, or goes.
func Mend(row registry.Row, have *record.Set, zoneID string, elsewhere bool) *registry.Row {
	if !covers(row, zoneID) {
		return &row
	}
	d, writing := row.Labels[writingLabel+zoneID]
	switch {
	case have == nil, writing && d != digest(*have):
		return outOf(row, zoneID, elsewhere)
	case writing:
		row = row.With(writingLabel+zoneID, "")
	}
	return &row
}
