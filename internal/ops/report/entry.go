// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"nafuda.io/nafuda/internal/memory/journal"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/zone"
)

// Journal is what the journal has, newest first.
type Journal struct {
	Entries []Entry  `json:"entries"`
	More    bool     `json:"more,omitempty"`   // older entries are left out
	Damage  []string `json:"damage,omitempty"` // what couldn't be read
}

// Entry is one batch and what came of it. Its outcome is "applied", "refused", "uncertain" or, where the process ended before it
// told, "unknown". Others counts the changes of other names, where one was asked for.
type Entry struct {
	ID      journal.ID `json:"entry"`
	Time    time.Time  `json:"time"`
	Zone    Zone       `json:"zone"`
	View    string     `json:"view"`
	Outcome string     `json:"outcome"`
	Ended   time.Time  `json:"ended,omitzero"`
	Receipt string     `json:"receipt,omitempty"`
	Error   string     `json:"error,omitempty"`
	Changes []Change   `json:"changes"`
	Others  int        `json:"others,omitempty"`
}

// EntryOf shows an entry; with a name only what its batch does for that name.
func EntryOf(e journal.Entry, n dnsname.Name) Entry {
	z := zone.Zone{Key: e.Intent.Zone, Name: e.Intent.ZoneName}
	out := Entry{
		ID: e.ID, Time: e.Intent.Time, Zone: ZoneOf(z), View: e.Intent.View, Outcome: string(e.Outcome.State),
		Receipt: e.Outcome.Receipt, Error: e.Outcome.Err, Changes: []Change{},
	}
	if e.Outcome.State == journal.Unknown {
		out.Outcome = "unknown"
	} else {
		out.Ended = e.Outcome.Time
	}
	for _, g := range e.Intent.Batch.Groups {
		for _, c := range g.Changes {
			switch {
			case c.Keeps():
			case n != "" && g.Name != n && c.Key().Name != n:
				out.Others++
			default:
				out.Changes = append(out.Changes, ChangeOf(z, c))
			}
		}
	}
	slices.SortStableFunc(out.Changes, Compare)
	return out
}

// Collect takes entries, newest first, until it has so many entries or, after the first, so many changes.
func Collect(entries func(yield func(journal.Entry, error) bool), n dnsname.Name, limit, changes int) Journal {
	out := Journal{Entries: []Entry{}}
	for e, err := range entries {
		if err != nil {
			const most = 20
			if len(out.Damage) < most {
				out.Damage = append(out.Damage, err.Error())
			}
			continue
		}
		entry := EntryOf(e, n)
		changes -= len(entry.Changes)
		if len(out.Entries) == limit || changes < 0 && len(out.Entries) > 0 {
			out.More = true
			break
		}
		out.Entries = append(out.Entries, entry)
	}
	return out
}

// Write writes the journal for people, its times as in a zone of time.
func (j Journal) Write(w io.Writer, zone *time.Location, colour bool) error {
	t := planText{colour: colour}
	for _, e := range j.Entries {
		outcome := e.Outcome
		if e.Receipt != "" {
			outcome += ", receipt " + e.Receipt
		}
		where := fmt.Sprintf("%s (%s)", clean(e.Zone.Name), clean(e.Zone.ID))
		if Named(e.View) {
			where += ", view " + clean(e.View)
		}
		t.line("", "%s  entry %s  %s  %s", e.Time.In(zone).Format(time.RFC3339), e.ID, where, clean(outcome))
		if e.Error != "" {
			t.line(red, "  ! %s", clean(e.Error))
		}
		t.changes(e.Changes)
		if e.Others > 0 {
			t.line(dim, "  and %s of other names in the same batch", Count(e.Others, "change"))
		}
	}
	switch {
	case len(j.Entries) == 0:
		t.line("", "The journal has no such entry.")
	case j.More:
		t.line("", "There are older entries: ask for more with --limit.")
	}
	_, err := io.WriteString(w, t.b.String())
	return err
}

// ids lists entries for a sentence.
func ids(list []journal.ID) string {
	texts := make([]string, 0, len(list))
	for _, id := range list {
		texts = append(texts, strconv.FormatUint(uint64(id), 10))
	}
	return strings.Join(texts, ", ")
}
