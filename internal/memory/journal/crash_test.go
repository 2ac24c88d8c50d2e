// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/record"
)

// written makes a small journal and returns its file, its entries newest first, and how long the file was after each Begin.
func written(t *testing.T) (file []byte, entries []Entry, safe map[ID]int) {
	t.Helper()
	dir := t.TempDir()
	j := mustOpen(t, dir, Options{})
	safe = make(map[ID]int)
	for n := range 3 {
		in := intent(group("a.example.com", change.Change{After: set("a.example.com", record.A, fmt.Sprintf("192.0.2.%d", n))}))
		id := mustBegin(t, j, in)
		safe[id] = len(content(t, dir, firstName()))
		if n != 1 {
			mustEnd(t, j, id, Applied)
		}
	}
	entries, damage := read(t, j, Filter{})
	if len(entries) != 3 || len(damage) > 0 {
		t.Fatalf("%d entries, damage %v", len(entries), damage)
	}
	mustClose(t, j)
	return content(t, dir, firstName()), entries, safe
}

// sound fails where an entry was invented: all that is read was written, with its outcome or without.
func sound(t *testing.T, what string, got, wrote []Entry) {
	t.Helper()
	last := ^ID(0)
	for _, e := range got {
		want := find(wrote, e.ID)
		if e.Outcome.State == Unknown {
			want.Outcome = Outcome{}
		}
		if !reflect.DeepEqual(want, e) { // cheaper than cmp, and called often
			t.Fatalf("%s: entry %s (-written +read):\n%s", what, e.ID, cmp.Diff(want, e))
		}
		if e.ID >= last {
			t.Fatalf("%s: entry %s comes after %s", what, e.ID, last)
		}
		last = e.ID
	}
}

func find(entries []Entry, id ID) Entry {
	for _, e := range entries {
		if e.ID == id {
			return e
		}
	}
	return Entry{}
}

// TestUndoSurvivesACrashAtEveryByte cuts the file at each byte: it opens, has every entry whose Begin had returned by then, goes
// on with higher IDs, and keeps what it cut off.
func TestUndoSurvivesACrashAtEveryByte(t *testing.T) {
	file, wrote, safe := written(t)
	top := t.TempDir()
	for cut := range len(file) + 1 {
		what := fmt.Sprintf("cut at %d", cut)
		dir := filepath.Join(top, what)
		put(t, dir, firstName(), file[:cut])
		j := mustOpenWith(t, dir, Options{}, unsynced)
		got, damage := read(t, j, Filter{})
		sound(t, what, got, wrote)
		for id, size := range safe {
			if size <= cut && find(got, id).ID == 0 {
				t.Fatalf("%s: entry %s is lost, and its Begin had returned at %d", what, id, size)
			}
		}
		if len(damage) > 0 {
			t.Fatalf("%s: damage is left: %v", what, damage)
		}
		next := mustBegin(t, j, published(9))
		mustClose(t, j)
		for _, d := range j.Damage() {
			if !d.Torn || d.Offset+d.Length != int64(cut) {
				t.Fatalf("%s: %v", what, d)
			}
			kept := content(t, dir, firstName()+cutSuffix)
			if !bytes.Equal(kept, file[d.Offset:cut]) {
				t.Fatalf("%s: kept %q", what, kept)
			}
		}
		after, damage := read(t, mustOpenWith(t, dir, Options{}, unsynced), Filter{})
		if len(damage) > 0 || len(after) != len(got)+1 || after[0].ID != next || len(got) > 0 && next <= got[0].ID {
			t.Fatalf("%s: then entry %s, entries %v, damage %v", what, next, ids(after), damage)
		}
	}
}

// TestDamageLosesOneRecord flips each bit of the file: at most the record that holds it is lost, none for a newline, and it is told.
func TestDamageLosesOneRecord(t *testing.T) {
	file, wrote, _ := written(t)
	dir := t.TempDir()
	for i := range file {
		for bit := range 8 {
			what := fmt.Sprintf("bit %d of byte %d", bit, i)
			bad := bytes.Clone(file)
			bad[i] ^= 1 << bit
			put(t, dir, firstName(), bad)
			var got []Entry
			told := false
			for e, err := range Read(dir, Filter{}) {
				if d, ok := errors.AsType[*Damage](err); ok {
					told = told || d.Offset <= int64(i) && int64(i) < d.Offset+d.Length
					continue
				}
				got = append(got, e)
			}
			sound(t, what, got, wrote)
			lost := len(wrote) - len(got)
			for _, e := range got {
				if e.Outcome != find(wrote, e.ID).Outcome {
					lost++
				}
			}
			if lost > 1 || lost > 0 && file[i] == '\n' || !told {
				t.Fatalf("%s: %d records are lost, told: %v", what, lost, told)
			}
		}
	}
}

// TestDamageIsKept opens files with a flipped bit for writing: IDs go on rising, and no byte of the damaged file is gone.
func TestDamageIsKept(t *testing.T) {
	file, wrote, safe := written(t)
	file = file[:safe[wrote[0].ID]] // the last entry has no outcome that would tell its number
	dir := t.TempDir()
	for i := range file {
		what := fmt.Sprintf("bit %d of byte %d", i%8, i)
		bad := bytes.Clone(file)
		bad[i] ^= 1 << (i % 8)
		put(t, dir, firstName(), bad)
		j := mustOpenWith(t, dir, Options{}, unsynced)
		if next := mustBegin(t, j, published(9)); next <= wrote[0].ID {
			t.Fatalf("%s: the next entry is %s", what, next)
		}
		mustClose(t, j)
		all := content(t, dir, firstName())
		cut := filepath.Join(dir, firstName()+cutSuffix)
		if kept, err := os.ReadFile(cut); err == nil {
			all = slices.Insert(all, int(j.Damage()[len(j.Damage())-1].Offset), kept...)
			if err := os.Remove(cut); err != nil {
				t.Fatal(err)
			}
		}
		if !bytes.HasPrefix(all, bad) {
			t.Fatalf("%s: bytes of the damaged file are gone", what)
		}
	}
}

func TestDamageOfWholeBlocks(t *testing.T) {
	file, wrote, _ := written(t)
	for name, c := range map[string]struct {
		why  string
		file []byte
		want []ID
	}{
		"zeros behind":    {"a power cut may leave zeros", append(bytes.Clone(file), make([]byte, 5000)...), []ID{3, 2, 1}},
		"zeros in front":  {"a lost first block", append(make([]byte, 5000), file...), []ID{3, 2, 1}},
		"noise lines":     {"many damaged lines are told as one", append(bytes.Repeat([]byte("noise\n"), 10_000), file...), []ID{3, 2, 1}},
		"a line too long": {"a line longer than any record is passed over", append(append(bytes.Repeat([]byte{'x'}, 40<<20), '\n'), file...), []ID{3, 2, 1}},
		"only noise":      {"nothing is there to be read", bytes.Repeat([]byte("noise\n"), 100), nil},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			put(t, dir, firstName(), c.file)
			j := mustOpen(t, dir, Options{})
			got, _ := read(t, j, Filter{})
			wantEqual(t, c.why, c.want, ids(got))
			sound(t, c.why, got, wrote)
			if len(j.Damage()) != 1 {
				t.Errorf("%s: %d damages are told: %v", c.why, len(j.Damage()), j.Damage())
			}
			mustBegin(t, j, published(1))
		})
	}
}

func TestFilesThatArentOurs(t *testing.T) {
	dir := t.TempDir()
	later := func(body string) []byte {
		line, err := frame([]byte(body))
		if err != nil {
			t.Fatal(err)
		}
		return line
	}
	newer := bytes.Join([][]byte{later(`{"journal":2}`), later(`{"begin":41,"form":"new"}`), later(`{"end":41}`)}, nil)
	put(t, dir, newSegment(40).name, newer)
	put(t, dir, "journal-1.log", []byte("a name that we don't write"))
	put(t, dir, "notes.txt", []byte("somebody's"))
	if err := os.Mkdir(filepath.Join(dir, newSegment(7).name), dirMode); err != nil {
		t.Fatal(err)
	}
	j := mustOpen(t, dir, Options{})
	if d := j.Damage(); len(d) != 1 || d[0].File != newSegment(40).name {
		t.Fatalf("a file of a later version is told as %v", d)
	}
	wantEqual(t, "IDs go on above it", ID(42), mustBegin(t, j, published(1)))
	entries, damage := read(t, j, Filter{})
	wantEqual(t, "entries", []ID{42}, ids(entries))
	wantEqual(t, "damage", 1, len(damage))
	mustClose(t, j)
	wantEqual(t, "it is left as it was", newer, content(t, dir, newSegment(40).name))
	wantEqual(t, "and so are others", "somebody's", string(content(t, dir, "notes.txt")))
}

func TestRecordsThatMakeNoSense(t *testing.T) {
	dir := t.TempDir()
	var file []byte
	for _, body := range []string{
		`{"journal":1}`, `{"begin":1,"time":"2026-11-22T12:00:00Z","groups":[]}`, `{"begin":2,"groups":[{"changes":[{}]}]}`, `{"begin":3,`,
		`{"end":3,"state":"maybe"}`, `{"pause":4}`, ``, `{"begin":5,"groups":[{"changes":[{"before":{"name":"a","type":"A"},"after":{"name":"b","type":"A"}}]}]}`,
	} {
		line, err := frame([]byte(body))
		if err != nil {
			t.Fatal(err)
		}
		file = append(file, line...)
	}
	put(t, dir, firstName(), file)
	j := mustOpen(t, dir, Options{})
	entries, damage := read(t, j, Filter{})
	wantEqual(t, "entries", nil, ids(entries))
	wantEqual(t, "each is told", 7, len(damage))
	if id := mustBegin(t, j, published(1)); id <= 5 {
		t.Errorf("the next entry is %s", id)
	}
}

func TestRecordsHaveALimit(t *testing.T) {
	j := mustOpen(t, t.TempDir(), Options{})
	in := published(1)
	in.View = string(bytes.Repeat([]byte{'x'}, maxBody))
	if id, err := j.Begin(in); err == nil {
		t.Fatalf("begun as %s", id)
	}
	mustBegin(t, j, published(1))
}

// FuzzReader gives the reader any file. It ends, its pieces cover the file, and what it takes for an entry can be inverted.
func FuzzReader(f *testing.F) {
	line, err := frame([]byte(`{"begin":1,"time":"2026-11-22T12:00:00Z","groups":[{"name":"a","changes":[{"after":{"name":"a","type":"A"}}]}]}`))
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range [][]byte{nil, []byte("\n"), line, line[:40], append(bytes.TrimSpace(bytes.Clone(line)), line...), []byte("00000000 00000000 \n")} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		at := int64(0)
		scan := newScanner(bytes.NewReader(file))
		for {
			p, err := scan.next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil || p.at < at || p.at > at+1 || p.size < 1 {
				t.Fatalf("piece %+v after %d: %v", p, at, err)
			}
			at = p.at + p.size
		}
		if missing := int64(len(file)) - at; missing < 0 || missing > 1 {
			t.Fatalf("%d bytes are in no piece", missing)
		}
		dir := t.TempDir()
		put(t, dir, firstName(), file)
		j := mustOpenWith(t, dir, Options{}, unsynced)
		before, _ := read(t, j, Filter{})
		for _, e := range before {
			e.Inverse()
			e.Touches("a")
			if _, err := j.Inverse(e.ID); err != nil {
				if _, damaged := errors.AsType[*Damage](err); !damaged {
					t.Fatal(err)
				}
			}
		}
		id := mustBegin(t, j, published(1))
		mustClose(t, j)
		after, _ := read(t, mustOpenWith(t, dir, Options{}, unsynced), Filter{})
		if len(after) != len(before)+1 || find(after, id).ID != id {
			t.Fatalf("entries %v became %v", ids(before), ids(after))
		}
	})
}

// FuzzRecord gives the decoders any JSON. What they take can be written and read again.
func FuzzRecord(f *testing.F) {
	f.Add([]byte(`{"begin":1,"groups":[{"name":{"base64":"/w=="},"changes":[{"after":{"name":"a","type":"A","values":[]}}]}]}`))
	f.Add([]byte(`{"end":1,"state":"applied","error":null}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		peek(body)
		if e, err := decodeIntent(body); err == nil {
			again, err := encodeIntent(e.ID, e.Intent)
			if err != nil {
				t.Skip(err) // a time outside JSON's years
			}
			back, err := decodeIntent(again)
			if err != nil {
				t.Fatal(err)
			}
			wantEqual(t, "entry", e, back)
		}
		if id, out, err := decodeOutcome(body); err == nil {
			out.Err = shorten(out.Err)
			again, err := encodeOutcome(id, out)
			if err != nil {
				t.Skip(err)
			}
			_, back, err := decodeOutcome(again)
			if err != nil {
				t.Fatal(err)
			}
			wantEqual(t, "outcome", out, back)
		}
	})
}
