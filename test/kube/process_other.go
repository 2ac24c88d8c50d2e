// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package kube

import "syscall"

// dieWithParent does nothing where the system has no such signal.
func dieWithParent() *syscall.SysProcAttr { return nil }
