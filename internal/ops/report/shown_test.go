// SPDX-License-Identifier: Apache-2.0

package report

import (
	"errors"
	"io"
	"net/netip"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode"

	"nafuda.io/nafuda/internal/memory/journal"
	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"

	"nafuda.io/nafuda/test/golden"
)

func hostileZone() Zone { return Zone{ID: hostile, Name: hostile} }

func hostileChange() Change {
	return Change{Zone: hostileZone(), Name: hostile, Type: record.TXT, ID: hostile, Action: change.Delete, Before: &Set{Targets: []string{hostile}}, From: hostile}
}

func someHeld() Held {
	c := somePlan().Views[0].Changes
	h := Held{Zone: c[0].Zone, Hash: "0123456789abcdef", Reasons: []reason.Reason{reason.New(reason.BrakeDeletes, "12 of 20 names would go")}}
	h.Deletes = []Change{c[3], hostileChange()}
	h.Updates = []Change{c[2]}
	return h
}

func someUndo() Undo {
	return Undo{Hash: "0123456789abcdef", Damage: hostile, Entries: []journal.ID{2, 3}, Names: []UndoName{
		{Zone: Zone{"Z1", "example.com"}, Name: "a.example.com", Changes: somePlan().Views[0].Changes[:2], Later: []journal.ID{4, 9}},
		{Zone: hostileZone(), Name: hostile, Changes: []Change{hostileChange()}, Later: []journal.ID{5}, Against: []Name{
			{Name: hostile, From: hostile, Reason: reason.New(reason.Foreign, "%s", hostile), Fix: hostile},
		}},
	}}
}

func someJournal() Journal {
	at := time.Date(2026, 11, 23, 14, 0, 0, 0, time.UTC)
	return Journal{More: true, Entries: []Entry{
		{ID: 12, Time: at, Zone: Zone{"Z1", "example.com"}, Outcome: "applied", Receipt: "C0001", Changes: somePlan().Views[0].Changes[:3], Others: 4},
		{ID: 11, Time: at, Zone: hostileZone(), Outcome: hostile, Receipt: hostile, Error: hostile, Changes: []Change{hostileChange()}},
	}}
}

func someStatus() Status {
	retry := time.Date(2026, 11, 23, 14, 0, 5, 0, time.UTC)
	return Status{
		Version: "v0.2.0", Missing: []string{"zone example.net", hostile}, Leader: hostile, Standby: true, Waiting: 1234567,
		Zones: []ZoneStatus{
			{Zone: Zone{"Z1", "example.com"}, Read: true, Records: 20123, Waiting: 1},
			{Zone: Zone{"Z2", "example.net"}, Private: true, Error: "denied", Retry: retry},
			{Zone: hostileZone(), Vanished: true, Error: hostile},
		},
		Kinds: []KindStatus{{Name: "ingress", State: "synced", Objects: 1000}, {Name: hostile, State: hostile, Error: hostile}},
		WAN: []WAN{
			{Family: "ipv4", Address: netip.MustParseAddr("198.51.100.7"), Since: retry, Sharing: "own", Sign: "ports are kept", Methods: []WANMethod{
				{Method: "router", Operator: "router", Endpoint: "nat-pmp", Said: []netip.Addr{netip.MustParseAddr("198.51.100.7")}, Class: "public", At: retry},
				{Method: "https", Operator: hostile, Error: hostile, At: retry},
				{Method: "dns", Operator: "opendns", Said: []netip.Addr{netip.MustParseAddr("10.0.0.1")}, Class: "private", At: retry},
			}},
			{Family: "ipv6", Why: reason.New(reason.WANUnknown, "no method gives a public ipv6 address"), Since: retry},
		},
		Brakes: []Brake{{Zone: Zone{"Z1", "example.com"}, Deletes: 12, Updates: 1}, {Zone: hostileZone()}},
		Names:  []NameCount{{What: change.Held, Reason: reason.NoAddressYet, N: 12}, {What: hostile, Reason: hostile, N: 1}},
	}
}

// someWAN is what docs/wan.md shows.
func someWAN() Status {
	at := func(clock string) time.Time {
		t, _ := time.Parse(time.DateTime, "2026-11-23 "+clock)
		return t
	}
	ours := netip.MustParseAddr("198.51.100.7")
	said := []netip.Addr{ours}
	return Status{Ready: true, WAN: []WAN{{
		Family: "ipv4", Address: ours, Since: at("09:12:40"), Sharing: "own", Sign: "ports are kept", Methods: []WANMethod{
			{Method: "router", Operator: "router", Endpoint: "nat-pmp", Said: said, Class: "public", At: at("10:02:07")},
			{Method: "stun", Operator: "google", Said: said, Class: "public", At: at("10:01:59")},
			{Method: "https", Operator: "identme", Error: "no answer in time", At: at("10:01:35")},
		},
	}}}
}

func TestTexts(t *testing.T) {
	tokyo := time.FixedZone("JST", 9*60*60)
	tests := map[string]func(io.Writer, bool) error{
		"held":       func(w io.Writer, c bool) error { return someHeld().Write(w, c) },
		"undo":       func(w io.Writer, c bool) error { return someUndo().Write(w, c) },
		"undo-none":  func(w io.Writer, c bool) error { return Undo{Entries: []journal.ID{1}}.Write(w, c) },
		"journal":    func(w io.Writer, c bool) error { return someJournal().Write(w, tokyo, c) },
		"status":     func(w io.Writer, c bool) error { return someStatus().Write(w, tokyo, c) },
		"status-wan": func(w io.Writer, c bool) error { return someWAN().Write(w, time.UTC, c) },
		"status-new": func(w io.Writer, c bool) error {
			return Status{Ready: true, Leader: "nafuda-1", WAN: []WAN{{Family: "ipv4", Off: true}}}.Write(w, tokyo, c)
		},
	}
	for name, write := range tests {
		t.Run(name, func(t *testing.T) {
			var out, coloured strings.Builder
			if err := errors.Join(write(&out, false), write(&coloured, true)); err != nil {
				t.Fatal(err)
			}
			golden.File(t, filepath.Join("testdata", name+".golden"), out.String())
			text := coloured.String()
			for _, ours := range []string{green, yellow, red, dim, plain} {
				text = strings.ReplaceAll(text, ours, "")
			}
			if text != out.String() {
				t.Error("colours change the text")
			}
			if i := strings.IndexFunc(text, func(r rune) bool { return r != '\n' && !unicode.IsPrint(r) }); i >= 0 {
				t.Errorf("%q is printed as it is", text[i:min(i+8, len(text))])
			}
			if write(broken{}, false) == nil {
				t.Error("what can't be written is an error")
			}
		})
	}
}

func TestEntryOf(t *testing.T) {
	set := func(n dnsname.Name, value string) *record.Set {
		return &record.Set{Key: record.Key{Name: n, Type: record.A}, TTL: 300, Values: []string{value}}
	}
	at := time.Date(2026, 11, 23, 14, 0, 0, 0, time.UTC)
	e := journal.Entry{ID: 3, Intent: journal.Intent{
		Time: at, Zone: zone.Key{ID: "Z1"}, ZoneName: "example.com", View: "default",
		Batch: change.Batch{Groups: []change.Group{
			{Name: "b.example.com", Changes: []change.Change{{After: set("b.example.com", "192.0.2.1")}, {After: set("m.example.com", "192.0.2.1"), Marker: true}}},
			{Name: "a.example.com", Changes: []change.Change{{Before: set("a.example.com", "192.0.2.1"), After: set("a.example.com", "192.0.2.1")}}},
			{Name: "c.example.com", Changes: []change.Change{{Before: set("c.example.com", "192.0.2.1")}}},
		}},
	}}
	all := EntryOf(e, "")
	if all.Outcome != "unknown" || !all.Ended.IsZero() || len(all.Changes) != 3 || all.Others != 0 || all.Changes[0].Name != "b.example.com" {
		t.Errorf("all: %+v", all)
	}
	e.Outcome = journal.Outcome{Time: at, State: journal.Applied, Receipt: "C1"}
	one := EntryOf(e, "b.example.com")
	if one.Outcome != "applied" || !one.Ended.Equal(at) || len(one.Changes) != 2 || one.Others != 1 {
		t.Errorf("of b.example.com, its marker included: %+v", one)
	}
}

// Damage doesn't hide what is whole, and large batches end a list before its limit does, but never empty it.
func TestCollect(t *testing.T) {
	batch := func(n int) journal.Entry {
		e := journal.Entry{}
		for range n {
			after := record.Set{Key: record.Key{Name: "a.example.com", Type: record.A}}
			e.Intent.Batch.Groups = append(e.Intent.Batch.Groups, change.Group{Name: "a.example.com", Changes: []change.Change{{After: &after}}})
		}
		return e
	}
	list := func(yield func(journal.Entry, error) bool) {
		_ = yield(batch(5), nil) && yield(journal.Entry{}, errors.New("damaged")) && yield(batch(2), nil) && yield(batch(1), nil)
	}
	tests := map[string]struct {
		limit, changes, entries, damage int
		more                            bool
		why                             string
	}{
		"all":         {3, 8, 3, 1, false, "just enough"},
		"limit":       {2, 8, 2, 1, true, "a third is there"},
		"changes":     {3, 7, 2, 1, true, "the third is too much"},
		"one too big": {3, 1, 1, 1, true, "the newest always"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			j := Collect(list, "", tt.limit, tt.changes)
			if len(j.Entries) != tt.entries || len(j.Damage) != tt.damage || j.More != tt.more {
				t.Errorf("%d entries, %d damages, more %t: %s", len(j.Entries), len(j.Damage), j.More, tt.why)
			}
		})
	}
}
