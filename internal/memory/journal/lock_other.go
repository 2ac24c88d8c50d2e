// SPDX-License-Identifier: Apache-2.0

//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package journal

import (
	"errors"
	"fmt"
	"io"
)

// lock refuses: without a lock two processes could write one file.
func lock(string) (io.Closer, error) {
	return nil, fmt.Errorf("this system has no flock: keep the journal in memory: %w", errors.ErrUnsupported)
}
