// SPDX-License-Identifier: Apache-2.0

package journal

import "fmt"

// Options bound the journal's files. A zero field stands for its default.
type Options struct {
	MaxBytes int64 `name:"journal-max-bytes" default:"16777216" help:"Size in bytes at which a file of the journal is closed and the next one begun."`
	MaxFiles int   `name:"journal-max-files" default:"8" help:"How many files the journal keeps; the oldest goes first."`
}

const (
	leastBytes = 4 << 10
	mostBytes  = 1 << 30
	leastFiles = 2
	mostFiles  = 100 // a reader has all of them open at once
)

// Check reports options out of bounds.
func (o *Options) Check() error {
	switch {
	case o.MaxBytes != 0 && (o.MaxBytes < leastBytes || o.MaxBytes > mostBytes):
		return fmt.Errorf("--journal-max-bytes=%d: must be from %d to %d", o.MaxBytes, leastBytes, mostBytes)
	case o.MaxFiles != 0 && (o.MaxFiles < leastFiles || o.MaxFiles > mostFiles):
		return fmt.Errorf("--journal-max-files=%d: must be from %d to %d", o.MaxFiles, leastFiles, mostFiles)
	}
	return nil
}

func (o Options) orDefault() Options {
	if o.MaxBytes == 0 {
		o.MaxBytes = 16 << 20
	}
	if o.MaxFiles == 0 {
		o.MaxFiles = 8
	}
	return o
}
