// SPDX-License-Identifier: Apache-2.0

package simulation

import (
	"reflect"

	"nafuda.io/nafuda/internal/memory/journal"
	"nafuda.io/nafuda/internal/model/change"
)

// record opens the journal of a process, in memory.
func (p *process) record() *journal.Journal {
	j, err := journal.Open("", journal.Options{})
	if err != nil {
		panic(err) // nothing that it needs can be missing
	}
	return j
}

// judgeJournal looks whether a batch that comes in is the last one in the journal for the zone, and not known to have ended: undo. The
// world's mutex is held.
func (w *world) judgeJournal(p *process, zoneName string, b change.Batch) {
	for e, err := range p.journal.Entries(journal.Filter{}) {
		switch {
		case err != nil:
			w.broken("undo", "%s: the journal can't be read: %v", p, err)
		case e.Intent.Zone.ID != zoneName:
			continue
		case e.Outcome.State != journal.Unknown || !reflect.DeepEqual(e.Intent.Batch, b):
			w.broken("undo", "%s sends to %s what isn't the last in its journal", p, zoneName)
		}
		return
	}
	w.broken("undo", "%s sends to %s what isn't in its journal", p, zoneName)
}

// closeJournal makes the journal of a party's process take nothing any more, as a full disk does.
func (w *world) closeJournal(p *party) {
	if p.process.unwritable {
		return
	}
	w.fired(journalEnds)
	w.note("%s can't write its journal any more", p.process)
	p.process.unwritable = true
	_ = p.process.journal.Close()
}
