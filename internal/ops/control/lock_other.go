// SPDX-License-Identifier: Apache-2.0

//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package control

import (
	"errors"
	"io"
)

func lock(string) (io.Closer, error) { return nil, errors.ErrUnsupported }
