// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/zone"
)

// Restore is what brings record sets of one hosted zone back.
type Restore struct {
	Zone     zone.Key
	ZoneName dnsname.Name
	Groups   []change.Group // sorted by name, their changes by key
	Later    [][]ID         // of each group: newer entries, not asked for, that edited its record sets since; rising
}

// Inverse returns, by zone, the changes that bring every record set which the entries edit back to what it was before the oldest
// of them: one change a record set, from what the journal last knows to be there, taking unfinished batches for applied. Refused
// entries did nothing and count for nothing; a record set that is back already gives no change. The changes carry no reason.
//
// An entry that isn't in the journal is an error. An error that is a *Damage comes beside a result that stands: a damaged record
// among the entries may have edited the same record sets.
func (j *Journal) Inverse(ids ...ID) ([]Restore, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	chosen := make(map[ID]bool, len(ids))
	for _, id := range ids {
		chosen[id] = true
	}
	oldest := slices.Min(ids)
	s := j.newest(func(id ID) bool { return id >= oldest })
	defer s.done()
	missing := maps.Clone(chosen)
	edits := make(edits)
	var damage []error
	for e, err := range s.all {
		if err != nil {
			damage = append(damage, err)
			continue
		}
		delete(missing, e.ID)
		if chosen[e.ID] {
			edits.choose(e)
		}
	}
	if len(missing) > 0 {
		gone := slices.Sorted(maps.Keys(missing))
		return nil, errors.Join(append(damage, fmt.Errorf("undo entry %s: the journal doesn't have it, or no longer", gone[0]))...)
	}
	for e, err := range s.all {
		if err == nil {
			edits.follow(e, chosen[e.ID])
		}
	}
	if len(damage) > 0 {
		return edits.restores(), fmt.Errorf("undo entry %s and what came after: %w", oldest, errors.Join(damage...))
	}
	return edits.restores(), nil
}
