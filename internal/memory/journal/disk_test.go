// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// faulty is a disk on which one operation after another fails.
type faulty struct {
	left  int // operations that succeed before the first that fails
	fails int // how many then fail
	short bool
}

func (f *faulty) trouble() error {
	if f.left > 0 {
		f.left--
		return nil
	}
	if f.fails > 0 {
		f.fails--
		return syscall.ENOSPC
	}
	return nil
}

func (f *faulty) create(path string) (output, error) {
	if err := f.trouble(); err != nil {
		return nil, err
	}
	out, err := create(path)
	return faultyFile{out, f}, err
}

type faultyFile struct {
	output
	disk *faulty
}

func (f faultyFile) Write(b []byte) (int, error) {
	if err := f.disk.trouble(); err != nil {
		n := 0
		if f.disk.short {
			n, _ = f.output.Write(b[:len(b)/2])
		}
		return n, err
	}
	return f.output.Write(b)
}

func (f faultyFile) Truncate(size int64) error {
	if err := f.disk.trouble(); err != nil {
		return err
	}
	return f.output.Truncate(size)
}

// Sync may fail after the data was written.
func (f faultyFile) Sync() error { return f.disk.trouble() }

// watched notes what happens to the files.
type watched struct {
	output
	log *[]string
}

func (w watched) Write(b []byte) (int, error) {
	*w.log = append(*w.log, "write")
	return w.output.Write(b)
}

func (w watched) Sync() error {
	*w.log = append(*w.log, "sync")
	return w.output.Sync()
}

// TestUndoIsOnTheDiskFirst fails where Begin returns before its record is on the disk.
func TestUndoIsOnTheDiskFirst(t *testing.T) {
	var log []string
	j := mustOpenWith(t, t.TempDir(), Options{}, func(path string) (output, error) {
		out, err := create(path)
		return watched{out, &log}, err
	})
	mustBegin(t, j, published(0))
	log = nil
	id := mustBegin(t, j, published(1))
	wantEqual(t, "begin", []string{"write", "sync"}, log)
	log = nil
	mustEnd(t, j, id, Applied)
	wantEqual(t, "end doesn't wait", []string{"write"}, log)
	log = nil
	mustClose(t, j)
	wantEqual(t, "close", []string{"sync"}, log)
}

// TestUndoOnAFullDisk lets the disk fail at every operation of a run, for one operation or four, with and without half a line
// written. What Begin and End said is what is read, from the running journal and after a restart; it recovers by itself, and what End couldn't write is written
// then.
func TestUndoOnAFullDisk(t *testing.T) {
	top := t.TempDir()
	for left := range 50 {
		for _, fails := range []int{1, 4} {
			for _, short := range []bool{false, true} {
				name := fmt.Sprintf("%d-%d-%v", left, fails, short)
				fullDisk(t, filepath.Join(top, name), name, &faulty{left, fails, short})
			}
		}
	}
}

func fullDisk(t *testing.T, dir, what string, f *faulty) {
	t.Helper()
	const rounds = 24
	j := mustOpenWith(t, dir, Options{MaxBytes: leastBytes, MaxFiles: mostFiles}, f.create)
	want, owed := make(map[ID]State), make(map[ID]bool)
	refused, last := 0, false
	check := func(j *Journal) {
		entries, damage := read(t, j, Filter{})
		got := make(map[ID]State)
		for _, e := range entries {
			if got[e.ID] = e.Outcome.State; owed[e.ID] && e.Outcome.State == Unknown {
				got[e.ID] = Applied // as it will be
			}
		}
		if len(damage) > 0 {
			t.Fatalf("%s: %v", what, damage)
		}
		wantEqual(t, what, want, got)
	}
	for n := range rounds {
		id, err := j.Begin(published(n))
		last = err == nil
		if err != nil {
			refused++
			if !errors.Is(err, syscall.ENOSPC) {
				t.Fatalf("%s: %v doesn't say what is wrong", what, err)
			}
			check(j)
			continue
		}
		want[id], owed[id] = Applied, j.End(id, Outcome{State: Applied}) != nil
	}
	if !last || refused > 4 {
		t.Fatalf("%s: refused %d times, recovered: %v", what, refused, last)
	}
	check(j)
	f.left, f.fails = 0, 0
	mustClose(t, j)
	clear(owed)
	again := mustOpenWith(t, dir, Options{}, unsynced)
	check(again)
	mustClose(t, again)
}

func TestFullDiskAtTheStart(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, firstName(), []byte("torn"))
	f := &faulty{fails: 3}
	j := mustOpenWith(t, dir, Options{}, f.create)
	for f.fails > 0 {
		if id, err := j.Begin(published(1)); err == nil {
			t.Fatalf("begun as %s on a full disk", id)
		}
		wantEqual(t, "the torn end stays until it is kept", "torn", string(content(t, dir, firstName())))
	}
	mustBegin(t, j, published(1))
	wantEqual(t, "kept", "torn", string(content(t, dir, firstName()+cutSuffix)))
}

func TestRotation(t *testing.T) {
	dir := t.TempDir()
	o := Options{MaxBytes: leastBytes, MaxFiles: 3}
	const total = 60
	var last ID
	for range total / 5 { // and many restarts
		j := mustOpen(t, dir, o)
		for range 5 {
			id := mustBegin(t, j, published(int(last)))
			if id != last+1 {
				t.Fatalf("entry %s follows on %s", id, last)
			}
			mustEnd(t, j, id, Applied)
			last = id
		}
		mustClose(t, j)
	}
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	logs := 0
	for _, f := range files {
		info, err := f.Info()
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(f.Name(), nameSuffix) {
			logs++
		} else if f.Name() != lockName {
			t.Errorf("%s is left", f.Name())
		}
		if info.Size() > o.MaxBytes+500 { // one outcome may come after
			t.Errorf("%s has %d bytes", f.Name(), info.Size())
		}
	}
	wantEqual(t, "files", o.MaxFiles, logs)
	entries, damage := read(t, mustOpen(t, dir, o), Filter{})
	if len(damage) > 0 || len(entries) < 10 || len(entries) >= total {
		t.Fatalf("%d of %d entries, damage %v", len(entries), total, damage)
	}
	for i, e := range entries {
		if e.ID != last-ID(i) || e.Outcome.State != Applied {
			t.Fatalf("entry %d is %s, %q", i, e.ID, e.Outcome.State)
		}
	}
}

// TestOutcomeInALaterFile ends a batch after its file was closed.
func TestOutcomeInALaterFile(t *testing.T) {
	j := mustOpen(t, t.TempDir(), Options{MaxBytes: leastBytes})
	first := mustBegin(t, j, published(0))
	for n := range 20 {
		mustBegin(t, j, published(n))
	}
	mustEnd(t, j, first, Uncertain)
	entries, _ := read(t, j, Filter{IDs: []ID{first}})
	wantEqual(t, "outcome", Uncertain, entries[0].Outcome.State)
}

// TestRotationTakesNothingFromAReader rotates files away while they are read.
func TestRotationTakesNothingFromAReader(t *testing.T) {
	j := mustOpen(t, t.TempDir(), Options{MaxBytes: leastBytes, MaxFiles: leastFiles})
	for n := range 10 {
		mustBegin(t, j, published(n))
	}
	before, _ := read(t, j, Filter{})
	var got []ID
	for e, err := range j.Entries(Filter{}) {
		if err != nil {
			t.Fatal(err)
		}
		if len(got) == 0 {
			for n := range 30 {
				mustBegin(t, j, published(n))
			}
		}
		got = append(got, e.ID)
	}
	wantEqual(t, "entries", ids(before), got)
}
