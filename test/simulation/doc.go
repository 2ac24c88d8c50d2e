// SPDX-License-Identifier: Apache-2.0

// Package simulation tries to break the engine. Under testing/synctest's clock it runs the real loop, registry, guard and journal
// against a model of Route 53 and a scripted feed, through random schedules of object changes and of all that can go wrong. The model
// judges every write by naive rules of its own; at the end the zones must be what a naive oracle says.
//
//	go test ./test/simulation -schedules=10000
//	go test ./test/simulation -seed=17 -schedules=1 -v
package simulation
