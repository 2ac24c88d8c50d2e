// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/zone"
)

// ID names an entry. IDs rise from 1 and aren't used twice while the journal's files are kept; there may be gaps.
type ID uint64

func (id ID) String() string { return strconv.FormatUint(uint64(id), 10) }

// ParseID reads an ID as String writes it.
func ParseID(s string) (ID, error) {
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil || n == 0 {
		return 0, fmt.Errorf("%q isn't the number of a journal entry: the journal command lists them", s)
	}
	return ID(n), nil
}

// Intent is a batch that is about to be sent. Nobody changes it once it is given away.
type Intent struct {
	Time     time.Time // kept to the nanosecond, in UTC
	Zone     zone.Key
	ZoneName dnsname.Name
	View     string
	Batch    change.Batch
}

// State is what became of a batch.
type State string

// The states. Unknown is the zero value: the process ended before it told, so the batch may have been applied.
const (
	Unknown   State = ""
	Applied   State = "applied"   // the whole batch
	Refused   State = "refused"   // nothing was changed, whatever the cause
	Uncertain State = "uncertain" // some or all of it may have been applied
)

// Outcome is what came of a batch.
type Outcome struct {
	Time    time.Time // as Intent.Time
	State   State
	Receipt string // the provider's id for an applied batch
	Err     string // what the provider said, shortened to 1,000 bytes; the caller sees to it that no secret is in it
}

// Entry is one batch and what came of it.
type Entry struct {
	ID      ID
	Intent  Intent
	Outcome Outcome
}

// Inverse is the batch that undoes this one, if nothing has changed since. It undoes nothing for a Refused entry, which did nothing.
func (e Entry) Inverse() change.Batch {
	if e.Outcome.State == Refused {
		return change.Batch{}
	}
	return e.Intent.Batch.Inverse()
}

// Touches reports whether the batch edits anything for a name or at it, markers included.
func (e Entry) Touches(n dnsname.Name) bool {
	return slices.ContainsFunc(e.Intent.Batch.Groups, func(g change.Group) bool {
		return g.Name == n || slices.ContainsFunc(g.Changes, func(c change.Change) bool { return c.Key().Name == n })
	})
}

// Filter chooses entries. Each zero field lets all pass.
type Filter struct {
	Name  dnsname.Name // entries that touch it, see Entry.Touches
	Since time.Time    // at or after it
	Until time.Time    // before it
	IDs   []ID
}

func (f Filter) wants(id ID) bool { return len(f.IDs) == 0 || slices.Contains(f.IDs, id) }

func (f Filter) passes(e Entry) bool {
	at := e.Intent.Time
	return f.wants(e.ID) && (f.Name == "" || e.Touches(f.Name)) &&
		(f.Since.IsZero() || !at.Before(f.Since)) && (f.Until.IsZero() || at.Before(f.Until))
}
