// SPDX-License-Identifier: Apache-2.0

// Package filelock keeps two processes from using one folder or socket.
package filelock

import "errors"

// ErrTaken is returned by Take where another process has the file.
var ErrTaken = errors.New("another process has it")
