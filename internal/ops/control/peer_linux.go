// SPDX-License-Identifier: Apache-2.0

package control

import (
	"fmt"
	"net"
	"syscall"
)

// longest is what a path may have beside its closing zero byte: sun_path has 108 bytes (unix(7)).
const longest = 107

// peer is the user id of the process at the other end, as it was when that one called connect or listen.
func peer(c *net.UnixConn) (uid int, err error) {
	raw, err := c.SyscallConn()
	if err != nil {
		return 0, err
	}
	var cred *syscall.Ucred
	var failed error
	err = raw.Control(func(fd uintptr) {
		cred, failed = syscall.GetsockoptUcred(int(fd), syscall.SOL_SOCKET, syscall.SO_PEERCRED)
	})
	if err == nil {
		err = failed
	}
	if err != nil {
		return 0, fmt.Errorf("ask who is at the other end: %w", err)
	}
	return int(cred.Uid), nil
}
