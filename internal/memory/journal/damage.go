// SPDX-License-Identifier: Apache-2.0

package journal

import "fmt"

// Damage is a stretch of a file that holds no whole record. Every record around it is read. It is an error, for errors.As.
type Damage struct {
	File   string // its base name
	Offset int64  // where it begins, in bytes
	Length int64  // in bytes; 0: to the end of the file
	Torn   bool   // the end of the last file: a write that didn't finish, or that goes on
	Why    string
}

func (d *Damage) Error() string {
	return fmt.Sprintf("read %s at byte %d (%d bytes): %s", d.File, d.Offset, d.Length, d.Why)
}

const (
	whyTorn    = "the last write didn't finish; its batch wasn't sent"
	whyDamaged = "the record is damaged and left out: keep a copy of the file and check the disk"
)

// absorb joins damage that follows directly on d, so that a file of noise is told in one line.
func (d *Damage) absorb(o *Damage) bool {
	if d.File != o.File || d.Offset+d.Length != o.Offset || d.Why != o.Why {
		return false
	}
	d.Length += o.Length
	return true
}
