// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"context"
	"errors"
	"time"

	"nafuda.io/nafuda/internal/memory/journal"
	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/zone"
)

// UndoRequest says what to undo: exactly one field is set.
type UndoRequest struct {
	Entries []journal.ID
	Since   time.Time    // every entry at or after it
	Name    dnsname.Name // the last entry that changed it
}

// Undoing is what an undo does, name by name.
type Undoing struct {
	Entries []journal.ID // what is undone
	Names   []UndoneName // sorted by zone and name
	Hash    string       // Undo does exactly this
}

// UndoneName is what becomes of one name.
type UndoneName struct {
	Zone      zone.Zone
	Name      dnsname.Name
	Changes   []change.Change   // what would be sent, markers included; none: see Decisions
	Decisions []change.Decision // what stands in the way
	Later     []journal.ID      // entries that changed the same record sets since, and aren't undone
}

// PlanUndo tells what Undo would do.
func (l *Loop) PlanUndo(ctx context.Context, r UndoRequest) (Undoing, error) {
	return Undoing{}, errors.ErrUnsupported
}

// Undo brings names back to what they were, if that is still what PlanUndo gave the hash for. It goes the way of every change;
// until their objects ask for something else the names stay so.
func (l *Loop) Undo(ctx context.Context, r UndoRequest, hash string) (Undoing, error) {
	return Undoing{}, errors.ErrUnsupported
}
