// SPDX-License-Identifier: Apache-2.0

//go:build !race

package simulation

// race says that the race detector is on, which makes a run ten times as slow.
const race = false
