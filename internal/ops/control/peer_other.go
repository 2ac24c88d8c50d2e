// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package control

import (
	"net"
	"os"
)

// longest is what a path may have beside its closing zero byte: sun_path has 104 bytes on macOS and the BSDs.
const longest = 103

// peer takes the other end for ourselves: the mode of the socket's file lets nobody else but root connect.
func peer(*net.UnixConn) (uid int, err error) { return os.Getuid(), nil }
