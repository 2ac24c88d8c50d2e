// SPDX-License-Identifier: Apache-2.0

//go:build linux

package bench

import (
	"slices"
	"time"
)

// figures are what was measured with one number of objects. What was left out is nil or empty.
type figures struct {
	size  int
	place string // of the objects

	publish       time.Duration // from the first batch to the last
	publishWrites int
	rss, peak     int64 // bytes
	quick         *changes
	slow          *changes // with latency added
	storm         *storm
	restart       *restart
	idle          *calls // of a scaled hour
}

// changes are single changes, one after the other.
type changes struct {
	latencies  []time.Duration
	calls      calls
	background float64 // reads to expect in that time without any change
	processor  time.Duration
}

// storm is many objects that change within a short time.
type storm struct {
	objects int
	settled time.Duration // from the first change to the last batch
	calls   calls
}

// restart is a program that finds everything as it should be.
type restart struct {
	ready time.Duration // from its start
	calls calls
	rss   int64
}

// quantile is the smallest value that a share q of them doesn't exceed (nearest rank).
func quantile(values []time.Duration, q float64) time.Duration {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	rank := int(q * float64(len(sorted)))
	if float64(rank) < q*float64(len(sorted)) {
		rank++
	}
	return sorted[max(rank, 1)-1]
}
