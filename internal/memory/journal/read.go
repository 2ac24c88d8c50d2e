// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"math"
	"os"
	"path/filepath"
	"slices"
)

// sequence yields entries, newest first, as often as it is asked, until it is done.
type sequence struct {
	all  iter.Seq2[Entry, error]
	done func()
}

// Entries yields the entries that a filter lets pass, newest first. Each error is a *Damage, and the entries before it follow. Of
// each file only an index is held in memory. Entries begun after the range has started aren't in it.
func (j *Journal) Entries(f Filter) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		s := j.newest(f.wants)
		defer s.done()
		s.filtered(f)(yield)
	}
}

func (j *Journal) newest(wants func(ID) bool) sequence {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.store.newest(wants)
}

func (s sequence) filtered(f Filter) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		for e, err := range s.all {
			if (err != nil || f.passes(e)) && !yield(e, err) {
				return
			}
		}
	}
}

// Read yields what Entries does from a directory that another process may be writing, without its lock. A Torn damage at the end
// may be a write that goes on.
func Read(dir string, f Filter) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		segs, err := segments(dir)
		if err != nil {
			yield(Entry{}, &Damage{File: filepath.Base(dir), Why: "the journal can't be listed: " + plain(err)})
			return
		}
		d := disk{dir: dir, segments: segs, last: tail{size: math.MaxInt64}}
		s := d.newest(f.wants)
		defer s.done()
		s.filtered(f)(yield)
	}
}

// newest opens every file at once, so that a rotation takes nothing away from a reader.
func (d *disk) newest(wants func(ID) bool) sequence {
	var files []source
	for i, seg := range d.segments {
		f, err := d.open(seg)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		limit := int64(math.MaxInt64)
		if i == len(d.segments)-1 {
			limit = d.last.size
		}
		files = append(files, source{name: seg.name, file: f, err: err, limit: limit})
	}
	return sequence{
		done: func() {
			for _, s := range files {
				if s.file != nil {
					s.file.Close()
				}
			}
		},
		all: func(yield func(Entry, error) bool) {
			outcomes := make(map[ID]Outcome) // of entries that are in older files
			for _, s := range slices.Backward(files) {
				if !s.newest(wants, outcomes, yield) {
					return
				}
			}
		},
	}
}

// source is a file that is read.
type source struct {
	name  string
	file  *os.File
	err   error
	limit int64
}

// newest reads the file once forward, for an index, and then its entries backward.
func (s source) newest(wants func(ID) bool, outcomes map[ID]Outcome, yield func(Entry, error) bool) bool {
	if s.err != nil {
		return yield(Entry{}, s.unreadable(s.err))
	}
	index, err := s.index(wants, outcomes)
	if err != nil && !yield(Entry{}, s.unreadable(err)) {
		return false
	}
	for _, x := range slices.Backward(index) {
		e, err := s.entry(x)
		if err == nil {
			e.Outcome = outcomes[e.ID]
			delete(outcomes, e.ID)
		}
		if !yield(e, err) {
			return false
		}
	}
	return true
}

func (s source) unreadable(err error) *Damage {
	return &Damage{File: s.name, Why: "it can't be read: " + plain(err)}
}

// spot is where an entry or a damage is.
type spot struct {
	at, size int64
	damage   *Damage
}

func (s source) index(wants func(ID) bool, outcomes map[ID]Outcome) ([]spot, error) {
	var index []spot
	add := func(p spot) {
		if n := len(index); p.damage != nil && n > 0 && index[n-1].damage != nil && index[n-1].damage.absorb(p.damage) {
			return
		}
		index = append(index, p)
	}
	err := walk(io.NewSectionReader(s.file, 0, s.limit), s.name, func(it item) bool {
		switch {
		case it.damage != nil:
			add(spot{damage: it.damage})
		case it.kind == begin && wants(it.id):
			add(spot{at: it.at + headLen, size: it.size - headLen})
		case it.kind == end && wants(it.id):
			id, out, err := decodeOutcome(it.body)
			if err != nil {
				add(spot{damage: s.undecodable(it.at, it.size, err)})
				break
			}
			outcomes[id] = out
		}
		return it.kind != header || it.damage == nil
	})
	return index, err
}

func (s source) entry(x spot) (Entry, error) {
	if x.damage != nil {
		return Entry{}, x.damage
	}
	body := make([]byte, x.size)
	if _, err := s.file.ReadAt(body, x.at); err != nil {
		return Entry{}, s.undecodable(x.at-headLen, x.size+headLen, err)
	}
	e, err := decodeIntent(body)
	if err != nil {
		return Entry{}, s.undecodable(x.at-headLen, x.size+headLen, err)
	}
	return e, nil
}

func (s source) undecodable(at, size int64, err error) *Damage {
	return &Damage{File: s.name, Offset: at, Length: size, Why: fmt.Sprintf("the record can't be used: %s", plain(err))}
}
