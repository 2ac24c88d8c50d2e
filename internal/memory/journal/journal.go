// SPDX-License-Identifier: Apache-2.0

// Package journal records every batch before it is sent, what came of it, and how to undo it: in files that survive a crash at
// any byte (docs/journal.md has the format), or, without a directory, the last entries in memory.
package journal

import (
	"errors"
	"fmt"
	"sync"
)

// Journal is the record of what was sent. Its methods may be called from several goroutines.
type Journal struct {
	mu     sync.Mutex
	store  store
	next   ID
	begun  map[ID]bool // and not ended
	damage []*Damage   // found by Open
	closed bool
	full   error // why the last Begin failed; nil: it didn't
	owed   []owed
}

// owed is an outcome that couldn't be written.
type owed struct {
	id  ID
	out Outcome
}

// mostOwed bounds them: each is of a batch that was sent before the journal took no more.
const mostOwed = 1000

// store keeps entries. The journal's mutex is held during each call; what newest returns is read without it.
type store interface {
	begin(id ID, in Intent) error
	end(id ID, out Outcome) error
	newest(wants func(ID) bool) sequence
	close() error
}

// ErrClosed means that the journal was closed.
var ErrClosed = errors.New("the journal is closed")

// Open opens the journal in a directory of its own, which is made if it isn't there. An empty dir keeps the last 1,000 entries
// in memory. Another process that has the directory open makes it fail with ErrLocked; damaged files don't, see Damage.
func Open(dir string, o Options) (*Journal, error) {
	return open(dir, o, create)
}

func open(dir string, o Options, c creator) (*Journal, error) {
	if err := o.Check(); err != nil {
		return nil, err
	}
	j := &Journal{next: 1, begun: make(map[ID]bool)}
	if dir == "" {
		j.store = &recent{}
		return j, nil
	}
	d, s, err := openDisk(dir, o.orDefault(), c)
	if err != nil {
		return nil, fmt.Errorf("open the journal in %s: %w", dir, err)
	}
	j.store, j.next, j.damage = d, s.next, s.damage
	return j, nil
}

// Damage tells what Open found damaged, oldest first. None of it is removed but a torn end, which is cut off into a file beside.
func (j *Journal) Damage() []*Damage { return j.damage }

// Begin writes a batch that is about to be sent and returns once it is on the disk. After an error the batch must not be sent;
// nothing of it is kept, and a later Begin succeeds as soon as the disk takes it.
func (j *Journal) Begin(in Intent) (ID, error) {
	if err := checkBatch(in.Batch); err != nil {
		return 0, fmt.Errorf("record a batch: %w", err)
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.closed {
		return 0, fmt.Errorf("record a batch: %w", ErrClosed)
	}
	id := j.next
	if err := j.store.begin(id, in); err != nil {
		j.full = err
		return 0, fmt.Errorf("record a batch before it is sent: %w", err)
	}
	j.full = nil
	j.settle()
	j.next++
	j.begun[id] = true
	return id, nil
}

// Full is why the last Begin failed, so that nothing is sent; nil where it didn't. A nil Journal never fails.
func (j *Journal) Full() error {
	if j == nil {
		return nil
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.full
}

// End tells what came of a batch that this Journal began, once. After an error the next Begin that succeeds, or Close, writes it. It outlives the
// process as soon as it returns; a power cut may lose it, which leaves the entry Unknown.
func (j *Journal) End(id ID, out Outcome) error {
	if err := out.check(); err != nil {
		return fmt.Errorf("record the outcome of entry %s: %w", id, err)
	}
	out.Err, out.Time = shorten(out.Err), out.Time.UTC()
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.closed {
		return fmt.Errorf("record the outcome of entry %s: %w", id, ErrClosed)
	}
	if !j.begun[id] {
		return fmt.Errorf("record the outcome of entry %s: it wasn't begun, or has ended", id)
	}
	delete(j.begun, id)
	if err := j.store.end(id, out); err != nil {
		if len(j.owed) < mostOwed {
			j.owed = append(j.owed, owed{id, out})
		}
		return fmt.Errorf("record the outcome of entry %s: %w", id, err)
	}
	return nil
}

// settle writes outcomes that couldn't be written before, as far as the disk takes them.
func (j *Journal) settle() {
	for len(j.owed) > 0 && j.store.end(j.owed[0].id, j.owed[0].out) == nil {
		j.owed = j.owed[1:]
	}
}

// Close flushes the journal and lets another process open it. Closing it again does nothing.
func (j *Journal) Close() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.closed {
		return nil
	}
	j.closed = true
	j.settle()
	if err := j.store.close(); err != nil {
		return fmt.Errorf("close the journal: %w", err)
	}
	return nil
}
