// SPDX-License-Identifier: Apache-2.0

// Package home lives through days of a line at home, in simulated time: modems that are reset, routers that are down, boot or are behind
// another NAT, echoes that lie, hang or give nonsense, prefixes that change. The whole loop publishes what the watcher of package wan
// finds out, and an oracle that knows the true address at each moment looks at every write.
//
//	go test ./test/home -args -days 30 -seed 7
package home
