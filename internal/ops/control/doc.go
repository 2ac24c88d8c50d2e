// SPDX-License-Identifier: Apache-2.0

// Package control is how commands reach a running instance: HTTP with JSON over a Unix socket, its two ends and where it is.
//
// Who may connect is decided by the kernel's word on the peer's user id (SO_PEERCRED, unix(7)): the instance's own, or root. There is
// no password, and nothing listens on the network.
package control
