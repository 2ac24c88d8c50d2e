// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"errors"
	"io/fs"
	"os"
)

// rotate begins the next segment. It is whole before it has its name; until then the last one stays as it is.
func (d *disk) rotate(first ID) error {
	d.expire()
	seg := newSegment(first)
	out, size, err := d.prepare(seg)
	if err != nil {
		return err
	}
	if err := errors.Join(os.Rename(d.path(seg.name+tmpSuffix), d.path(seg.name)), syncDir(d.dir)); err != nil {
		out.Close()
		return err
	}
	if d.out != nil {
		_ = d.out.Sync() // only outcomes can be unsynced, and without theirs an entry is Unknown
		d.out.Close()
	}
	d.segments = append(d.segments, seg)
	d.out, d.last = out, tail{usable: true, size: size}
	return nil
}

// prepare writes the segment under its temporary name.
func (d *disk) prepare(seg segment) (output, int64, error) {
	line, err := headerLine()
	if err != nil {
		return nil, 0, err
	}
	out, err := d.create(d.path(seg.name + tmpSuffix))
	if err != nil {
		return nil, 0, err
	}
	err = out.Truncate(0) // it may be left over
	if err == nil {
		_, err = out.Write(line)
	}
	if err == nil {
		err = out.Sync()
	}
	if err != nil {
		out.Close()
		return nil, 0, err
	}
	return out, int64(len(line)), nil
}

func headerLine() ([]byte, error) {
	body, err := encode(headerBody{Journal: version})
	if err != nil {
		return nil, err
	}
	return frame(body)
}

// expire removes the oldest segments, so that one more is within the limit. What can't be removed now is tried again next time.
func (d *disk) expire() {
	for len(d.segments) >= d.options.MaxFiles {
		name := d.path(d.segments[0].name)
		if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return
		}
		_ = os.Remove(name + cutSuffix) // there is seldom one
		d.segments = d.segments[1:]
	}
}

// syncDir makes a new name in a directory last.
func syncDir(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}
