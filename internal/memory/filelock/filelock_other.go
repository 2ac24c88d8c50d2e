// SPDX-License-Identifier: Apache-2.0

//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package filelock

import (
	"errors"
	"fmt"
	"io"
)

// Take says that there is no such lock here.
func Take(string) (io.Closer, error) {
	return nil, fmt.Errorf("this system has no flock: %w", errors.ErrUnsupported)
}
