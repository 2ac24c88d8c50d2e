// SPDX-License-Identifier: Apache-2.0

package kube

import "syscall"

// dieWithParent ends the program also where the test can't clean up, as after a panic.
func dieWithParent() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
