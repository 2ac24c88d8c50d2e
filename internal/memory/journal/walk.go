// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"errors"
	"fmt"
	"io"
	"os"
)

// item is a piece of a file with its meaning.
type item struct {
	piece
	kind   kind // empty for damage
	id     ID   // of an entry
	damage *Damage
}

// walk visits the items of a file in their order, until visit says false.
func walk(r io.Reader, name string, visit func(item) bool) error {
	scan := newScanner(r)
	for {
		p, err := scan.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if !visit(newItem(p, name)) {
			return nil
		}
	}
}

func newItem(p piece, name string) item {
	kind, n, known := peek(p.body)
	it := item{piece: p, kind: kind, id: ID(n)}
	why := ""
	switch {
	case p.body == nil && !p.ended:
		why = whyTorn
	case p.body == nil:
		why = whyDamaged
	case !known:
		why = "the record isn't of a kind that this program knows"
	case kind == header && n != version:
		why = fmt.Sprintf("the file has format %d and this program reads %d: read it with the program that wrote it", n, version)
	}
	if why != "" {
		it.damage = &Damage{File: name, Offset: p.at, Length: p.size, Torn: why == whyTorn, Why: why}
		if kind != header {
			it.kind = ""
		}
	}
	return it
}

// survey is what Open learns of the files.
type survey struct {
	next   ID // above every ID seen
	damage []*Damage
	last   tail
}

// tail is how the last file ends.
type tail struct {
	usable bool  // may be appended to
	size   int64 // of what stays: records, and damage in their midst
	torn   int64 // bytes behind it
	open   bool  // what stays lacks its newline
}

// surveyAll reads every file once. A file that can't be read is damage, no error: it mustn't keep the process from its work.
func surveyAll(segs []segment, openFile func(segment) (*os.File, error)) survey {
	s := survey{next: 1}
	for _, seg := range segs {
		s.next = max(s.next, seg.first)
		s.last = tail{usable: true}
		f, err := openFile(seg)
		if err == nil {
			err = walk(f, seg.name, func(it item) bool { s.enter(it); return true })
			f.Close()
		}
		if err != nil {
			s.last.usable = false
			s.damage = append(s.damage, &Damage{File: seg.name, Offset: s.last.size, Why: "it can't be read: " + plain(err)})
		}
	}
	if len(segs) > 0 && !s.last.usable { // the next file mustn't take its name
		s.next = max(s.next, segs[len(segs)-1].first+1)
	}
	return s
}

func (s *survey) enter(it item) {
	if it.damage != nil {
		s.tell(it.damage)
		if it.damage.Torn {
			s.last.torn = it.size
			return
		}
	}
	switch it.kind {
	case header:
		s.last.usable = s.last.usable && it.damage == nil
	case begin, end:
		s.next = max(s.next, it.id+1)
	default: // it may have been an entry
		s.next++
	}
	s.last.size = it.at + it.size
	s.last.open = it.body != nil && !it.ended
	if it.body != nil && it.ended {
		s.last.size++
	}
}

func (s *survey) tell(d *Damage) {
	if n := len(s.damage); n == 0 || !s.damage[n-1].absorb(d) {
		s.damage = append(s.damage, d)
	}
}
