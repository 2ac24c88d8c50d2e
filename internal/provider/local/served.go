// SPDX-License-Identifier: Apache-2.0

package local

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/serve/zonedb"
)

// Served are the zones that a process serves itself. All its methods may be called at the same time, but Run once.
type Served struct {
	opts  Options
	log   *slog.Logger
	db    *zonedb.DB
	zones []dnsname.Name
	ours  map[record.Key]bool // record sets that we put into zones ourselves

	mu      sync.Mutex // guards files
	files   map[dnsname.Name]*file
	damaged []dnsname.Name // whose files aren't as we wrote them
}

// file is what is known of a zone's file.
type file struct {
	serial         uint32
	clean, filling bool
}

// lead is how far a file's ceiling is ahead of its serial: more than the edits that a zone can have before the file is written again.
const lead = 1 << 14

// leap is how far a zone whose file is damaged goes ahead of the time: more than crashes and edits have made of it, which nobody knows
// any more, and far from what serials can be ahead (RFC 1982).
const leap = 1 << 24

// Open reads the zones of options that Check and Complete find nothing wrong with, as they were when their files were written last.
// It writes nothing. The error is of a file that can't be read for now; a damaged one only makes its zone start empty.
func Open(o Options, log *slog.Logger) (*Served, error) {
	s := &Served{
		opts: o, log: log, db: zonedb.New(), zones: o.ZoneNames(), ours: make(map[record.Key]bool),
		files: make(map[dnsname.Name]*file),
	}
	for _, n := range s.zones {
		if err := s.load(n); err != nil {
			return nil, fmt.Errorf("read the zone %s in --state-dir: %w", n, err)
		}
	}
	return s, nil
}

// Filled says that all that the objects ask for in a zone is in it. Until then a zone without a file, or whose file was written before
// that or is damaged, answers with what it has, fails all other questions, and nobody may take it: what it doesn't have isn't known to be
// absent. A zone that isn't ours, or is filled, is left alone.
func (s *Served) Filled(z zone.Key) {
	if z.Provider == Name {
		s.db.SetFilling(z.ID, false)
	}
}

// load takes a zone from its file.
func (s *Served) load(n dnsname.Name) error {
	apex := s.opts.apex(n)
	for _, set := range apex {
		s.ours[set.Key] = true
	}
	was, there, err := s.read(n)
	switch {
	case errors.Is(err, errDamaged):
		s.log.Warn("the file of a zone is damaged: it starts empty, and fails questions for what it doesn't have until the objects are read", "zone", string(n), "err", err)
		s.damaged = append(s.damaged, n)
		was, there = saved{Ceiling: uint32(time.Now().Unix()) + leap, Filling: true}, true
	case err != nil:
		return err
	}
	same := there && was.Clean && equalSaved(was.Ours, save(apex))
	sets := slices.Clone(apex)
	for _, set := range was.Sets {
		k := record.Key{Name: set.Name, Type: set.Type}
		if !s.ours[k] {
			sets = append(sets, record.Set{Key: k, TTL: set.TTL, Values: set.Values})
		}
	}
	s.files[n] = &file{}
	if same {
		s.files[n] = &file{was.Serial, true, was.Filling}
	}
	s.db.Restore(s.zone(n), sets, serialAfter(was, there, same))
	s.db.SetFilling(string(n), !there || was.Filling)
	return nil
}

// serialAfter is where a zone goes on, of which there is a file: where it was if it is the same, or after all that was given out.
func serialAfter(was saved, there, same bool) uint32 {
	now := uint32(time.Now().Unix())
	switch {
	case same:
		return was.Serial
	case there && was.Clean:
		return was.Serial + 1
	case there && !zonedb.Newer(now, was.Ceiling):
		return was.Ceiling + 1
	}
	return now
}

func (s *Served) read(n dnsname.Name) (saved, bool, error) {
	if s.opts.Dir == "" {
		return saved{}, false, nil
	}
	return readFile(s.opts.Dir, n)
}

func (s *Served) zone(n dnsname.Name) zone.Zone {
	return zone.Zone{Key: zone.Key{Provider: Name, Account: Account, ID: string(n)}, Name: n}
}

// Start makes the zones' files ours to write: it sets damaged ones aside and writes each, so that no serial that is given out from now
// on is given out again. No other process may use the folder.
func (s *Served) Start() error {
	if s.opts.Dir == "" {
		return nil
	}
	if err := os.MkdirAll(s.opts.Dir, 0o700); err != nil {
		return fmt.Errorf("make the folder of the zones in --state-dir: %w", err)
	}
	for _, n := range s.damaged {
		from := filepath.Join(s.opts.Dir, fileName(n))
		to := fmt.Sprintf("%s.damaged-%d", from, time.Now().Unix())
		if err := os.Rename(from, to); err != nil {
			return fmt.Errorf("set the damaged file of the zone %s aside: %w", n, err)
		}
		s.log.Warn("the damaged file of a zone is set aside", "zone", string(n), "file", to)
	}
	s.damaged = nil
	return s.write(false)
}

// write writes the files of the zones that have changed since. A clean file says that the process ends here.
func (s *Served) write(clean bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var errs []error
	for _, n := range s.zones {
		z, ok := s.db.Zone(string(n))
		if !ok {
			continue
		}
		was := s.files[n]
		if now := (file{z.Serial, clean, z.Filling}); *was == now {
			continue
		}
		next := saved{Zone: n, Serial: z.Serial, Ceiling: z.Serial + lead, Clean: clean, Filling: z.Filling}
		if clean {
			next.Ceiling = z.Serial
		}
		var ours, sets []record.Set
		for set := range z.From("") {
			if s.ours[set.Key] {
				ours = append(ours, set)
			} else {
				sets = append(sets, set)
			}
		}
		next.Ours, next.Sets = save(ours), save(sets)
		if err := writeFile(s.opts.Dir, next); err != nil {
			errs = append(errs, fmt.Errorf("write the zone %s to --state-dir: %w", n, err))
			continue
		}
		s.files[n] = &file{z.Serial, clean, z.Filling}
	}
	return errors.Join(errs...)
}
