// SPDX-License-Identifier: Apache-2.0

package control

import (
	"context"
	"time"

	"nafuda.io/nafuda/internal/loop/reconcile"
	"nafuda.io/nafuda/internal/memory/journal"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/ops/report"
	"nafuda.io/nafuda/internal/wan"
)

// Loop is what commands ask of the loop. The methods may be called from several goroutines.
type Loop interface {
	Status(ctx context.Context) (reconcile.Status, error)
	Braked(ctx context.Context) ([]reconcile.Braked, error)
	Approve(ctx context.Context, hash string) (reconcile.Braked, error)
	PlanUndo(ctx context.Context, r reconcile.UndoRequest) (reconcile.Undoing, error)
	Undo(ctx context.Context, r reconcile.UndoRequest, hash string) (reconcile.Undoing, error)
}

var _ Loop = (*reconcile.Loop)(nil)

// Instance is what commands can ask of a running instance.
type Instance struct {
	Loop    Loop
	Journal *journal.Journal // nil: it keeps none
	// Standby names the replica that has the lease, if one is known to, and whether that is another one. Nil: there is no lease.
	Standby func() (leader string, standby bool)
	// Why explains a name or KIND/NAMESPACE/NAME in one view, or for an empty name in all of them, as a value for encoding/json. Nil: it can't.
	Why     func(ctx context.Context, of, view string) (any, error)
	Version string
	Config  func() *report.ConfigStatus // nil, or answering nil: there is no configuration file
	// WAN says what is known of the public address. Nil: nobody looks for it.
	WAN func() []wan.State
}

// StandbyOf tells from permits what Instance.Standby tells.
func StandbyOf(p reconcile.Permits) func() (leader string, standby bool) {
	return func() (string, bool) {
		_, _, ours := p.Permit(zone.Key{})
		return p.Holder(), !ours
	}
}

func (i *Instance) standby() (leader string, standby bool) {
	if i.Standby == nil {
		return "", false
	}
	return i.Standby()
}

// What may be asked for at once.
const (
	mostEntries   = 1000
	mostChanges   = 20_000
	usualEntries  = 20
	handleTimeout = 30 * time.Second
)

// JournalRequest chooses entries. Zero fields let all pass; a zero limit stands for 20.
type JournalRequest struct {
	Name  dnsname.Name
	Since time.Time
	Limit int
}

// Filter is what the journal is asked.
func (r JournalRequest) Filter() journal.Filter { return journal.Filter{Name: r.Name, Since: r.Since} }

// Collect takes from entries, newest first, what the request asks for.
func (r JournalRequest) Collect(entries func(yield func(journal.Entry, error) bool)) report.Journal {
	limit := r.Limit
	if limit == 0 {
		limit = usualEntries
	}
	return report.Collect(entries, r.Name, min(limit, mostEntries), mostChanges)
}
