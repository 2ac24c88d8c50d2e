// SPDX-License-Identifier: Apache-2.0

package report

import (
	"io"

	"nafuda.io/nafuda/internal/memory/journal"
	"nafuda.io/nafuda/internal/model/dnsname"
)

// Undo is what an undo does, name by name.
type Undo struct {
	Hash    string       `json:"hash"` // confirms exactly this
	Entries []journal.ID `json:"entries"`
	Names   []UndoName   `json:"names"`
	Damage  string       `json:"damage,omitempty"` // what of the journal can't be read; it may have changed the same record sets
}

// UndoName is what becomes of one name. Without changes, Against says why.
type UndoName struct {
	Zone    Zone         `json:"zone"`
	Name    dnsname.Name `json:"name"`
	Changes []Change     `json:"changes"`
	Against []Name       `json:"against"`
	Later   []journal.ID `json:"later,omitempty"` // entries that changed the same record sets since
}

// Empty reports whether the undo would change nothing.
func (u Undo) Empty() bool {
	for _, n := range u.Names {
		if len(n.Changes) > 0 {
			return false
		}
	}
	return true
}

// Write writes for people what an undo does, and what stands in its way.
func (u Undo) Write(w io.Writer, colour bool) error {
	t := planText{colour: colour}
	zone := Zone{}
	for _, n := range u.Names {
		if n.Zone != zone {
			zone = n.Zone
			t.line("", "Zone %s (%s)", clean(zone.Name), clean(zone.ID))
		}
		t.changes(n.Changes)
		for _, d := range n.Against {
			t.refusal(yellow, d)
		}
		if len(n.Later) > 0 {
			what := "entries " + ids(n.Later) + " have"
			if len(n.Later) == 1 {
				what = "entry " + ids(n.Later) + " has"
			}
			t.line(yellow, "  ! %s: %s changed it since, and what that did goes too", clean(string(n.Name)), what)
		}
	}
	if u.Damage != "" {
		t.line(red, "! part of the journal can't be read, and may have changed these names too: %s", clean(u.Damage))
	}
	if u.Empty() {
		t.line("", "Nothing to undo.")
	} else {
		what := "entries "
		if len(u.Entries) == 1 {
			what = "entry "
		}
		t.line("", "That undoes %s%s. Plan %s.", what, ids(u.Entries), clean(u.Hash))
	}
	_, err := io.WriteString(w, t.b.String())
	return err
}
