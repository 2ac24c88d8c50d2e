// SPDX-License-Identifier: Apache-2.0

// Package soak runs the built program for minutes against a real Kubernetes API server and the emulated Route 53, kills it again and
// again while objects change and the service fails, and looks after every batch whether anything was lost.
//
// Without arguments the test takes about a minute; `make soak` has the long one.
package soak
