// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/record"
)

// both runs a test on the journal in memory and on the one in files.
func both(t *testing.T, run func(t *testing.T, j *Journal)) {
	t.Run("memory", func(t *testing.T) { run(t, mustOpen(t, "", Options{})) })
	t.Run("files", func(t *testing.T) { run(t, mustOpen(t, t.TempDir(), Options{})) })
}

func TestEntriesComeNewestFirst(t *testing.T) {
	both(t, func(t *testing.T, j *Journal) {
		for n, s := range []State{Applied, Refused, Uncertain} {
			mustEnd(t, j, mustBegin(t, j, published(n)), s)
		}
		mustBegin(t, j, published(3)) // the process may die now
		entries, _ := read(t, j, Filter{})
		var states []State
		for _, e := range entries {
			states = append(states, e.Outcome.State)
		}
		wantEqual(t, "ids", []ID{4, 3, 2, 1}, ids(entries))
		wantEqual(t, "states", []State{Unknown, Uncertain, Refused, Applied}, states)
		wantEqual(t, "intent", published(1), entries[2].Intent)
		wantEqual(t, "inverse", published(0).Batch.Inverse(), entries[3].Inverse())
		wantEqual(t, "inverse of what was refused", change.Batch{}, entries[2].Inverse())
		for range j.Entries(Filter{}) {
			break // an early end leaves nothing behind
		}
	})
}

func TestFilter(t *testing.T) {
	both(t, func(t *testing.T, j *Journal) {
		for n := range 5 {
			in := published(n % 3)
			in.Time = noon.Add(time.Duration(n) * time.Minute)
			mustBegin(t, j, in)
		}
		for name, c := range map[string]struct {
			why    string
			filter Filter
			want   []ID
		}{
			"all":      {"the zero filter lets all pass", Filter{}, []ID{5, 4, 3, 2, 1}},
			"name":     {"a batch is found by the name it is for", Filter{Name: "app1.example.com"}, []ID{5, 2}},
			"marker":   {"and by the name of a marker", Filter{Name: "a-app0.example.com"}, []ID{4, 1}},
			"nothing":  {"a name below isn't touched", Filter{Name: "x.app0.example.com"}, nil},
			"time":     {"since is included, until is not", Filter{Since: noon.Add(time.Minute), Until: noon.Add(3 * time.Minute)}, []ID{3, 2}},
			"ids":      {"ids in any order", Filter{IDs: []ID{2, 5, 99}}, []ID{5, 2}},
			"together": {"every condition must hold", Filter{Name: "app1.example.com", IDs: []ID{1, 2}}, []ID{2}},
		} {
			t.Run(name, func(t *testing.T) {
				entries, _ := read(t, j, c.filter)
				wantEqual(t, c.why, c.want, ids(entries))
			})
		}
	})
}

func TestWhatCantBeRecorded(t *testing.T) {
	a, b := set("a.example.com", record.A, "192.0.2.1"), set("b.example.com", record.A, "192.0.2.1")
	both(t, func(t *testing.T, j *Journal) {
		for why, in := range map[string]Intent{
			"no changes":     intent(),
			"empty group":    intent(change.Group{Name: "a.example.com"}),
			"empty change":   intent(group("a.example.com", change.Change{})),
			"two keys":       intent(group("a.example.com", change.Change{Before: a, After: b})),
			"and among good": intent(group("a.example.com", change.Change{After: a}, change.Change{})),
		} {
			if id, err := j.Begin(in); err == nil {
				t.Errorf("%s: begun as %s", why, id)
			}
		}
		id := mustBegin(t, j, published(1))
		wantEqual(t, "a refused begin uses no ID", ID(1), id)
		if err := j.End(id, Outcome{}); err == nil {
			t.Error("an entry ended as Unknown")
		}
		if err := j.End(id+1, Outcome{State: Applied}); err == nil {
			t.Error("an entry that wasn't begun has ended")
		}
		mustEnd(t, j, id, Applied)
		if err := j.End(id, Outcome{State: Refused}); err == nil {
			t.Error("an entry has ended twice")
		}
		mustClose(t, j)
		mustClose(t, j)
		if _, err := j.Begin(published(1)); !errors.Is(err, ErrClosed) {
			t.Errorf("begin after close: %v", err)
		}
	})
}

func TestErrorTextIsBounded(t *testing.T) {
	both(t, func(t *testing.T, j *Journal) {
		id := mustBegin(t, j, published(1))
		if err := j.End(id, Outcome{State: Refused, Err: strings.Repeat("é", 5000)}); err != nil {
			t.Fatal(err)
		}
		entries, _ := read(t, j, Filter{})
		wantEqual(t, "whole characters, 1,000 bytes", strings.Repeat("é", 500), entries[0].Outcome.Err)
	})
}

func TestConcurrentUse(t *testing.T) {
	dir := t.TempDir()
	o := Options{MaxBytes: leastBytes, MaxFiles: mostFiles}
	j := mustOpen(t, dir, o)
	const writers, each = 8, 25
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for range each {
				id, err := j.Begin(published(w))
				if err == nil {
					err = j.End(id, Outcome{State: Applied})
				}
				if err != nil {
					t.Error(err)
				}
				for _, err := range j.Entries(Filter{IDs: []ID{id}}) {
					if err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	wg.Wait()
	mustClose(t, j)
	entries, damage := read(t, mustOpen(t, dir, o), Filter{})
	if len(entries) != writers*each || len(damage) > 0 {
		t.Fatalf("%d entries, want %d; damage %v", len(entries), writers*each, damage)
	}
	for i, e := range entries {
		if want := ID(writers*each - i); e.ID != want || e.Outcome.State != Applied {
			t.Fatalf("entry %s is %q, want entry %s applied", e.ID, e.Outcome.State, want)
		}
	}
}

func TestOneWriter(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state", "journal")
	j := mustOpen(t, dir, Options{})
	if _, err := Open(dir, Options{}); !errors.Is(err, ErrLocked) {
		t.Fatalf("a second writer: %v", err)
	}
	mustBegin(t, j, published(1))
	for name, want := range map[string]fs.FileMode{"": fs.ModeDir | dirMode, firstName(): fileMode, lockName: fileMode} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		wantEqual(t, "mode of "+name, want, info.Mode())
	}
	mustClose(t, j)
	mustClose(t, mustOpen(t, dir, Options{}))
}

func TestReadBesideAWriter(t *testing.T) {
	dir := t.TempDir()
	j := mustOpen(t, dir, Options{})
	mustEnd(t, j, mustBegin(t, j, published(1)), Applied)
	n := 0
	for e, err := range Read(dir, Filter{}) {
		if err != nil || e.ID != 1 || e.Outcome.State != Applied {
			t.Fatalf("read %v, %v", e, err)
		}
		n++
	}
	wantEqual(t, "entries", 1, n)
	for _, err := range Read(filepath.Join(dir, "none"), Filter{}) {
		if err == nil {
			t.Fatal("no directory, no error")
		}
		return
	}
	t.Fatal("a directory that isn't there reads as an empty journal")
}

func TestMemoryIsBounded(t *testing.T) {
	j := mustOpen(t, "", Options{})
	first := mustBegin(t, j, published(0))
	for n := range mostEntries {
		mustBegin(t, j, published(n))
	}
	entries, _ := read(t, j, Filter{})
	wantEqual(t, "entries", mostEntries, len(entries))
	wantEqual(t, "oldest", ID(2), entries[mostEntries-1].ID)
	mustEnd(t, j, first, Applied) // dropped meanwhile

	large := published(0)
	for range mostChanges/2 - 1 {
		large.Batch.Groups = append(large.Batch.Groups, published(0).Batch.Groups...)
	}
	mustBegin(t, j, large)
	last := mustBegin(t, j, large)
	entries, _ = read(t, j, Filter{})
	wantEqual(t, "large batches", []ID{last}, ids(entries))
}

func TestParseID(t *testing.T) {
	for in, want := range map[string]ID{"1": 1, "1742": 1742, "0": 0, "": 0, "-1": 0, "1.5": 0, "x": 0, "18446744073709551616": 0} {
		got, err := ParseID(in)
		if got != want || (err == nil) != (want > 0) {
			t.Errorf("ParseID(%q) = %v, %v", in, got, err)
		}
		if err == nil && got.String() != in {
			t.Errorf("%q is written %q", in, got)
		}
	}
}

func TestOptions(t *testing.T) {
	for why, c := range map[string]struct {
		o  Options
		ok bool
	}{
		"defaults":       {Options{}, true},
		"least":          {Options{leastBytes, leastFiles}, true},
		"most":           {Options{mostBytes, mostFiles}, true},
		"too small":      {Options{MaxBytes: leastBytes - 1}, false},
		"negative":       {Options{MaxBytes: -1}, false},
		"too large":      {Options{MaxBytes: mostBytes + 1}, false},
		"too few files":  {Options{MaxFiles: 1}, false},
		"too many files": {Options{MaxFiles: mostFiles + 1}, false},
	} {
		if err := c.o.Check(); (err == nil) != c.ok {
			t.Errorf("%s: %v", why, err)
		}
		if _, err := Open("", c.o); (err == nil) != c.ok {
			t.Errorf("%s: open: %v", why, err)
		}
	}
}

// TestUndoAfterAClockThatJumped: entries are in the order in which they were begun, whatever the clock said, and none hides another from a search by time.
func TestUndoAfterAClockThatJumped(t *testing.T) {
	both(t, func(t *testing.T, j *Journal) {
		day := 24 * time.Hour
		for n, at := range []time.Duration{0, day, time.Minute, -day, 2 * time.Minute} { // a day ahead and back, then a day behind and back
			in := published(n % 3)
			in.Time = noon.Add(at)
			mustBegin(t, j, in)
		}
		for why, c := range map[string]struct {
			filter Filter
			want   []ID
		}{
			"all, the last begun first":         {Filter{}, []ID{5, 4, 3, 2, 1}},
			"since, beyond one that is behind":  {Filter{Since: noon}, []ID{5, 3, 2, 1}},
			"until, beyond one that is ahead":   {Filter{Until: noon.Add(time.Hour)}, []ID{5, 4, 3, 1}},
			"the last of a name is the last":    {Filter{Name: "app1.example.com"}, []ID{5, 2}},
			"a time of which there was nothing": {Filter{Since: noon.Add(2 * day)}, nil},
		} {
			t.Run(why, func(t *testing.T) {
				entries, _ := read(t, j, c.filter)
				wantEqual(t, why, c.want, ids(entries))
			})
		}
	})
}
