// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"nafuda.io/nafuda/internal/memory/filelock"
)

const (
	dirMode  = 0o700
	fileMode = 0o600
)

// ErrLocked means that another process has the journal open.
var ErrLocked = errors.New("another process is writing it: stop that one, or give this one a directory of its own")

// output is a file that is written to: an *os.File but for tests.
type output interface {
	io.WriteCloser
	Truncate(size int64) error
	Sync() error
}

// creator opens a file for appending; it makes the file if it isn't there.
type creator func(path string) (output, error)

func create(path string) (output, error) {
	return os.OpenFile(path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, fileMode)
}

// disk is the journal that has a directory.
type disk struct {
	dir      string
	options  Options
	create   creator
	lock     io.Closer
	segments []segment // oldest first; the last one is appended to
	out      output    // the last segment; nil: it is to be made or mended first
	last     tail
}

func openDisk(dir string, o Options, c creator) (*disk, survey, error) {
	if err := os.MkdirAll(dir, dirMode); err != nil {
		return nil, survey{}, err
	}
	l, err := filelock.Take(filepath.Join(dir, lockName)) // without it two processes could write one file
	switch {
	case errors.Is(err, filelock.ErrTaken):
		return nil, survey{}, ErrLocked
	case errors.Is(err, errors.ErrUnsupported):
		return nil, survey{}, fmt.Errorf("keep the journal in memory: %w", err)
	case err != nil:
		return nil, survey{}, err
	}
	d := &disk{dir: dir, options: o, create: c, lock: l}
	if d.segments, err = segments(dir); err != nil {
		l.Close()
		return nil, survey{}, err
	}
	s := surveyAll(d.segments, d.open)
	d.last = s.last
	// A disk that is full now may have room when the first batch comes, which tries this again.
	if d.last.usable {
		_ = d.mend()
	}
	return d, s, nil
}

func (d *disk) path(name string) string { return filepath.Join(d.dir, name) }

func (d *disk) open(s segment) (*os.File, error) { return os.Open(d.path(s.name)) }

func (d *disk) begin(id ID, in Intent) error {
	body, err := encodeIntent(id, in)
	if err != nil {
		return err
	}
	line, err := frame(body)
	if err != nil {
		return err
	}
	if err := d.ready(id, int64(len(line))); err != nil {
		return err
	}
	if err := d.write(line); err != nil {
		return err
	}
	if err := d.out.Sync(); err != nil {
		d.last.size -= int64(len(line))
		d.fail()
		return err
	}
	return nil
}

// end doesn't sync: the next begin does, and until then the entry is Unknown after a power cut.
func (d *disk) end(id ID, out Outcome) error {
	body, err := encodeOutcome(id, out)
	if err != nil {
		return err
	}
	line, err := frame(body)
	if err != nil {
		return err
	}
	if err := d.ready(id, 0); err != nil {
		return err
	}
	return d.write(line)
}

// ready makes the last segment one that a line can be appended to.
func (d *disk) ready(id ID, more int64) error {
	if !d.last.usable {
		return d.rotate(id)
	}
	if d.out == nil {
		if err := d.mend(); err != nil {
			return err
		}
	}
	if more > 0 && d.last.size+more > d.options.MaxBytes && d.segments[len(d.segments)-1].first < id {
		return d.rotate(id)
	}
	return nil
}

// write appends a line. After an error nothing of it stays: the next ready cuts off what did get written.
func (d *disk) write(line []byte) error {
	if _, err := d.out.Write(line); err != nil {
		d.fail()
		return err
	}
	d.last.size += int64(len(line))
	return nil
}

func (d *disk) fail() {
	d.out.Close()
	d.out = nil
}

// mend opens the last segment and cuts off what isn't whole. A torn end is kept in a file beside, what an error of ours left is not.
func (d *disk) mend() error {
	name := d.segments[len(d.segments)-1].name
	if d.last.torn > 0 {
		if err := d.keep(name); err != nil {
			return fmt.Errorf("keep the torn end of %s: %w", name, err)
		}
	}
	out, err := d.create(d.path(name))
	if err != nil {
		return err
	}
	if err := d.trim(out); err != nil {
		out.Close()
		return err
	}
	d.out = out
	return nil
}

// trim cuts the segment to its size and completes what it lacks to be appended to.
func (d *disk) trim(out output) error {
	if err := out.Truncate(d.last.size); err != nil {
		return err
	}
	d.last.torn = 0
	lacks, err := []byte(nil), error(nil)
	switch {
	case d.last.size == 0:
		lacks, err = headerLine()
	case d.last.open:
		lacks = []byte("\n")
	}
	if err != nil || lacks == nil {
		return err
	}
	if _, err := out.Write(lacks); err != nil {
		return err
	}
	d.last.size += int64(len(lacks))
	d.last.open = false
	return nil
}

// keep appends the torn end to a file of its own, so that nothing of a damaged file is lost.
func (d *disk) keep(name string) error {
	in, err := os.Open(d.path(name))
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := d.create(d.path(name + cutSuffix))
	if err != nil {
		return err
	}
	defer out.Close()
	if _, err := io.Copy(out, io.NewSectionReader(in, d.last.size, d.last.torn)); err != nil {
		return err
	}
	return out.Sync()
}

func (d *disk) close() error {
	var err error
	if d.out != nil {
		err = errors.Join(d.out.Sync(), d.out.Close())
		d.out = nil
	}
	return errors.Join(err, d.lock.Close())
}
